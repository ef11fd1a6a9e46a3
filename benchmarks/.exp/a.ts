import "effect/schema/SchemaJITCompiler/enable"
import { ElnudgeClient, RequestLimiter, Session } from "@effect-elnudge/core"
import * as CheckedJson from "@effect-elnudge/core/CheckedJson"
import * as SessionsApi from "@effect-elnudge/core/SessionsApi"
import * as BodyText from "@effect-elnudge/core/BodyText"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Schema from "effect/Schema"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import * as HttpTransport from "../../apps/cli-report/src/HttpTransport.ts"
import { NodeHttpClient } from "@effect/platform-node"
import { Pool } from "undici"
import * as Peer from "../peers/Peer.ts"
const base = "http://127.0.0.1:4555/v1"
const ids: string[] = []
const page = await (
  await fetch(base + "/sessions?limit=200&from=2025-10-01T00:00:00Z&to=2025-10-31T00:00:00Z", {
    headers: { authorization: "Bearer " + Peer.key },
  })
).json()
for (const s of page.data) ids.push(s.id)
const N = 4000
const all = Array.from({ length: N }, (_, i) => ids[i % ids.length]!)
const measure = async (name: string, f: () => Promise<unknown>) => {
  await f()
  await f()
  const c = process.cpuUsage()
  const t = performance.now()
  await f()
  await f()
  const d = process.cpuUsage(c)
  console.log(
    name.padEnd(50),
    ((d.user + d.system) / N / 2).toFixed(1) + "µs",
    (((performance.now() - t) / N / 2) * 1000).toFixed(1) + "µs wall",
  )
}
const pool = new Pool("http://127.0.0.1:4555", { connections: 16 })
await measure("raw pool", async () => {
  let i = 0
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (i < N) {
        const id = all[i++]
        const r = await pool.request({
          path: "/v1/sessions/" + id,
          method: "GET",
          headers: { authorization: "Bearer " + Peer.key },
        })
        JSON.parse(await r.body.text())
      }
    }),
  )
})
const run = <E, R>(
  name: string,
  one: (c: HttpClient.HttpClient) => Effect.Effect<(id: string) => Effect.Effect<unknown, E, R>>,
  layer: Layer.Layer<any, any, any>,
) =>
  measure(name, () =>
    Effect.gen(function* () {
      const c = yield* HttpClient.HttpClient
      const f = yield* one(c)
      yield* Effect.forEach(all, f as any, { concurrency: 16, discard: true })
    }).pipe(Effect.scoped, Effect.provide(layer as any), Effect.runPromise as any),
  )
const req = (id: string) =>
  HttpClientRequest.get(base + "/sessions/" + id).pipe(HttpClientRequest.bearerToken(Peer.key))
const read = CheckedJson.reader(SessionsApi.SessionEnvelope)
const U = NodeHttpClient.layerUndici,
  P = HttpTransport.layer
await run(
  "HttpClient undici: execute, text",
  (c) => Effect.succeed((id) => Effect.flatMap(c.execute(req(id)), (r) => r.text)),
  U,
)
await run("+ env proxy agent", (c) => Effect.succeed((id) => Effect.flatMap(c.execute(req(id)), (r) => r.text)), P)
await run(
  "tracer off",
  (c) =>
    Effect.succeed((id) =>
      Effect.flatMap(c.execute(req(id)), (r) => r.text).pipe(
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      ),
    ),
  U,
)
await run(
  "tracer off, scoped",
  (c) => {
    const s = HttpClient.withScope(c)
    return Effect.succeed((id) =>
      Effect.flatMap(s.execute(req(id)), (r) => r.text).pipe(
        Effect.scoped,
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      ),
    )
  },
  U,
)
await run(
  "tracer off, BodyText",
  (c) =>
    Effect.succeed((id) =>
      Effect.flatMap(c.execute(req(id)), (r) => BodyText.read(r)).pipe(
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      ),
    ),
  U,
)
await run(
  "tracer off, arrayBuffer+decode+check",
  (c) =>
    Effect.succeed((id) =>
      Effect.flatMap(c.execute(req(id)), (r) => r.arrayBuffer).pipe(
        Effect.map((b) => read(new TextDecoder("utf-8", { fatal: true }).decode(b))),
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      ),
    ),
  U,
)
await run(
  "tracer off, timeout",
  (c) =>
    Effect.succeed((id) =>
      Effect.flatMap(c.execute(req(id)), (r) => r.text).pipe(
        Effect.timeoutOrElse({ duration: 30000, orElse: () => Effect.succeed("") }),
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      ),
    ),
  U,
)
await run(
  "tracer off, Effect.fn",
  (c) => {
    const f = Effect.fn("x.y")(function* (id: string) {
      return yield* Effect.flatMap(c.execute(req(id)), (r) => r.text)
    })
    return Effect.succeed((id) => f(id).pipe(Effect.provideService(HttpClient.TracerDisabledWhen, () => true)))
  },
  U,
)
await run(
  "tracer off, HttpApiClient",
  (c) =>
    Effect.map(
      HttpApiClient.makeWith(SessionsApi.SessionsApi, {
        httpClient: HttpClient.mapRequest(c, (r) =>
          HttpClientRequest.bearerToken(HttpClientRequest.prependUrl(r, base), Peer.key),
        ),
      }),
      (api) => (id: string) =>
        Effect.flatMap(api.sessions.get({ params: { id }, responseMode: "response-only" }), (r) => r.text).pipe(
          Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
        ),
    ),
  U,
)
const L = Layer.effect(
  ElnudgeClient.ElnudgeClient,
  ElnudgeClient.make({ apiKey: Redacted.make(Peer.key), baseUrl: base, requestsPerMinute: 100_000_000 }),
).pipe(Layer.provide(RequestLimiter.layerFresh), Layer.provideMerge(U))
await run(
  "ElnudgeClient.getSession",
  () => Effect.map(ElnudgeClient.ElnudgeClient, (c) => (id: string) => c.getSession(id)) as any,
  L,
)
process.exit(0)
