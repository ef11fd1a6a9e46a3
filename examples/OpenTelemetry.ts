import { ElnudgeClient, SessionStream } from "@effect-elnudge/core"
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Stream } from "effect"
import { Otlp } from "effect/observability"

// A span of our own around the walk; each request has one below it.
export const program = SessionStream.details({ pick: (session) => session.converted }).pipe(
  Stream.runCount,
  Effect.tap((count) => Effect.annotateCurrentSpan({ "shop.sessions": count })),
  Effect.withSpan("count sessions"),
)

// Spans, metrics and logs to a collector; the last of them when the program ends.
export const telemetry = (baseUrl: string) => Otlp.layerJson({ baseUrl, resource: { serviceName: "session-counter" } })

const live = ElnudgeClient.layerConfig().pipe(
  Layer.provideMerge(telemetry("http://127.0.0.1:4318")),
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.provide(NodeServices.layer),
)

if (import.meta.main) program.pipe(Effect.flatMap(Console.log), Effect.provide(live), NodeRuntime.runMain)
