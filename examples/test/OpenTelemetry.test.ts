import { Generator } from "@effect-elnudge/emulator"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Metric, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as OpenTelemetry from "../OpenTelemetry.ts"
import * as EmulatedClient from "./EmulatedClient.ts"

const Attributes = Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.Unknown }))
const Spans = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({
      scopeSpans: Schema.Array(
        Schema.Struct({
          spans: Schema.Array(
            Schema.Struct({ name: Schema.String, spanId: Schema.String, parentSpanId: Schema.optional(Schema.String) }),
          ),
        }),
      ),
    }),
  ),
})
const Metrics = Schema.Struct({
  resourceMetrics: Schema.Array(
    Schema.Struct({
      scopeMetrics: Schema.Array(
        Schema.Struct({
          metrics: Schema.Array(
            Schema.Struct({
              name: Schema.String,
              unit: Schema.String,
              histogram: Schema.optional(
                Schema.Struct({
                  dataPoints: Schema.Array(Schema.Struct({ count: Schema.Finite, attributes: Attributes })),
                }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
})

describe("OpenTelemetry", () => {
  it.live("sends a span of each request and what attempts took to a collector", () =>
    Effect.gen(function* () {
      const now = yield* DateTime.now
      const sessions = yield* Generator.make({ end: now, days: 20, count: 300 })
      const bought = sessions.filter(({ converted }) => converted).length
      assert.isAbove(bought, 0)
      const received: Array<readonly [string, unknown]> = []
      const take = Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        received.push([request.url, yield* Effect.orDie(request.json)])
        return HttpServerResponse.jsonUnsafe({})
      })
      const collector = Layer.unwrap(
        Effect.map(HttpServer.HttpServer, ({ address }) => OpenTelemetry.telemetry(HttpServer.formatAddress(address))),
      ).pipe(
        Layer.provideMerge(HttpRouter.serve(HttpRouter.add("POST", "/v1/*", take), { disableLogger: true })),
        Layer.provide(EmulatedClient.server()),
      )
      const live = Layer.merge(EmulatedClient.layer({ sessions }), Layer.provide(collector, NodeHttpClient.layerUndici))
      const count = yield* OpenTelemetry.program.pipe(
        Effect.provide(live),
        Effect.provideService(Metric.MetricRegistry, new Map()),
      )
      assert.strictEqual(count, 300)

      const of = (path: string) => received.flatMap(([url, body]) => (url === path ? [body] : []))
      const spans = of("/v1/traces")
        .map((body) => Schema.decodeUnknownSync(Spans)(body))
        .flatMap(({ resourceSpans }) =>
          resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((each) => each.spans)),
        )
      const root = spans.find(({ name }) => name === "count sessions")
      const below = spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId)
      assert.strictEqual(below.filter(({ name }) => name === "ElnudgeClient.listSessions").length, 2)
      assert.strictEqual(below.filter(({ name }) => name === "ElnudgeClient.getSession").length, bought)

      const last = Schema.decodeUnknownSync(Metrics)(of("/v1/metrics").at(-1))
      const metrics = last.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((each) => each.metrics))
      const attempts = metrics.filter(({ name }) => name === "elnudge.client.attempt.duration")
      assert.deepStrictEqual([...new Set(attempts.map(({ unit }) => unit))], ["ms"])
      const points = attempts.flatMap(({ histogram }) => histogram?.dataPoints ?? [])
      const counts = points.map(({ attributes, count }) => {
        const named = new Map(attributes.map(({ key, value }) => [key, JSON.stringify(value)]))
        return [named.get("elnudge.request"), named.get("elnudge.outcome"), count] as const
      })
      const text = (value: string) => JSON.stringify({ stringValue: value })
      assert.sameDeepMembers(counts, [
        [text("ListSessions"), text("answered"), 2],
        [text("GetSession"), text("answered"), bought],
      ])
    }),
  )
})
