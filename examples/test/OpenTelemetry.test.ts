import { Emulator, Generator } from "@effect-elnudge/emulator"
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
            Schema.Struct({
              name: Schema.String,
              spanId: Schema.String,
              parentSpanId: Schema.optional(Schema.String),
              attributes: Attributes,
              status: Schema.Struct({ code: Schema.Int }),
            }),
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

const Value = Schema.Union([
  Schema.Struct({ stringValue: Schema.String }),
  Schema.Struct({ intValue: Schema.Union([Schema.Finite, Schema.FiniteFromString]) }),
  Schema.Struct({ doubleValue: Schema.Finite }),
])

/** The values of these attributes; undefined for one that is not there. */
const plain = ({ attributes }: { readonly attributes: typeof Attributes.Type }, keys: ReadonlyArray<string>) =>
  keys.map((key) => {
    const found = attributes.find((each) => each.key === key)
    return found === undefined ? undefined : Object.values(Schema.decodeUnknownSync(Value)(found.value))[0]
  })

describe("OpenTelemetry", () => {
  it.live("sends a span of each request and each attempt, and what attempts took, to a collector", () =>
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
      const faults = { rules: [{ on: "list", at: 2, fault: "server-error" } as const] }
      const live = Layer.merge(
        EmulatedClient.layer({ sessions, faults }),
        Layer.provide(collector, NodeHttpClient.layerUndici),
      )
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
      const lists = below.filter(({ name }) => name === "ElnudgeClient.listSessions")
      assert.deepStrictEqual(
        lists.map((span) =>
          plain(span, ["elnudge.page", "elnudge.rows", "elnudge.attempts", "http.response.status_code"]),
        ),
        [
          [1, 200, 1, 200],
          [2, 100, 2, 200],
        ],
      )
      const attemptsOf = (of: string) => spans.filter(({ parentSpanId }) => parentSpanId === of)
      assert.deepStrictEqual(
        lists.flatMap(({ spanId }) =>
          attemptsOf(spanId).map((span) => [
            span.name,
            // In order, or an error.
            span.status.code,
            ...plain(span, [
              "http.request.method",
              "http.response.status_code",
              "http.request.resend_count",
              "error.type",
            ]),
          ]),
        ),
        [
          ["GET /sessions", 1, "GET", 200, undefined, undefined],
          ["GET /sessions", 2, "GET", 503, undefined, "503"],
          ["GET /sessions", 1, "GET", 200, 1, undefined],
        ],
      )
      // Neither the key nor a session, and no address but the server's.
      const told = JSON.stringify(spans)
      for (const held of [Emulator.defaultKey, sessions[0]?.id.slice(0, 5) ?? "", "/v1", "cursor="])
        assert.notInclude(told, held)
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
        [text("ListSessions"), text("failed"), 1],
        [text("GetSession"), text("answered"), bought],
      ])
    }),
  )
})
