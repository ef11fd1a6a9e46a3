import { ElnudgeClient, SessionStream } from "@effect-elnudge/core"
import { AttributionReport, Fold, ReportCsv } from "@effect-elnudge/report"
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { DateTime, Effect, FileSystem, Layer, Stream } from "effect"

const report = AttributionReport.make()

// One pass over October: the list, and the details that the report says it needs.
export const program = Effect.gen(function* () {
  const rows = yield* SessionStream.details({
    from: DateTime.makeUnsafe("2026-10-01T00:00:00Z"),
    to: DateTime.makeUnsafe("2026-11-01T00:00:00Z"),
    pick: report.needsDetail,
    onUnavailable: "emit",
  }).pipe(Stream.run(Fold.toSink(report)))
  const fileSystem = yield* FileSystem.FileSystem
  yield* fileSystem.writeFileString("attribution.csv", ReportCsv.make(report.columns, rows))
})

const live = ElnudgeClient.layerConfig().pipe(
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.provideMerge(NodeServices.layer),
)

if (import.meta.main) program.pipe(Effect.provide(live), NodeRuntime.runMain)
