// A report over HTTP as CSV on stdout, or with `ndjson` the sessions that it is of, read without Effect.
import { SessionStream } from "@effect-elnudge/core"
import * as Coverage from "@effect-elnudge/core/Coverage"
import { Elnudge } from "@effect-elnudge/core/promise"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { AttributionReport, Fold, ReportCsv } from "@effect-elnudge/report"
import { Effect, Stream } from "effect"
import * as Shop from "./Shop.js"

const { from, to } = Shop
const attribution = AttributionReport.make()

const report = Effect.gen(function* () {
  const recorder = yield* Coverage.make
  const rows = yield* SessionStream.details({ from, to, pick: attribution.needsDetail, onUnavailable: "emit" }).pipe(
    Stream.run(Fold.toSink(attribution)),
    Effect.provideService(Coverage.Current, recorder),
  )
  return ReportCsv.make(attribution.columns, rows)
})

const lines = async (baseUrl: string): Promise<string> => {
  await using elnudge = Elnudge.make({ apiKey: Emulator.defaultKey, baseUrl, requestsPerMinute: 100_000 })
  const body = elnudge.ndjson({ from: "2026-10-01T00:00:00Z", to: new Date("2026-11-01T00:00:00Z"), details: true })
  return await new Response(body).text()
}

const program = Effect.gen(function* () {
  const sessions = yield* Generator.make({ end: to, days: 31, count: 1000 })
  return yield* Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    return process.argv[2] === "ndjson" ? yield* Effect.promise(() => lines(baseUrl)) : yield* report
  }).pipe(Effect.provide(Shop.layer({ sessions, now: to, requestsPerMinute: 100_000 })))
})

process.stdout.write(await Effect.runPromise(program))
