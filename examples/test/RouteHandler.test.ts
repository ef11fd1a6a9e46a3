import { createServer } from "node:http"
import { SessionFile } from "@effect-elnudge/core"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it, vi } from "@effect/vitest"
import { DateTime, Effect, FileSystem, Layer, Stream } from "effect"

const now = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

/** The route as it is loaded with a key and an address. */
const route = Effect.gen(function* () {
  const { baseUrl, requests } = yield* Emulator.Emulator
  vi.stubEnv("ELNUDGE_API_KEY", Emulator.defaultKey)
  vi.stubEnv("ELNUDGE_BASE_URL", baseUrl)
  vi.resetModules()
  const { GET } = yield* Effect.promise(() => import("../RouteHandler.ts"))
  yield* Effect.sync(() => vi.unstubAllEnvs())
  return { get: (query: string) => GET(new Request(`http://app.test/sessions?${query}`)), requests }
})

const emulator = (options: Partial<Emulator.Options> = {}) =>
  Emulator.layer({ sessions: [], now, requestsPerMinute: 1_000_000, ...options }).pipe(
    Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: 0 })),
  )

describe("RouteHandler", () => {
  it.live("answers with the sessions of the window, and the details of those that saw a nudge", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end: now, days: 31, count: 60 })
      yield* Effect.gen(function* () {
        const { get, requests } = yield* route
        const response = yield* Effect.promise(() => get("from=2026-10-01&to=2026-11-01"))
        assert.strictEqual(response.status, 200)
        assert.strictEqual(response.headers.get("content-type"), "application/x-ndjson")
        const text = yield* Effect.promise(() => response.text())
        const nudged = sessions.filter(({ nudge_count }) => nudge_count > 0)
        assert.isNotEmpty(nudged)
        // Those with a detail, as a file of a walk is read.
        const lines = text.split("\n").filter((line) => line.includes('"events"'))
        const file = FileSystem.layerNoop({ stream: () => Stream.make(new TextEncoder().encode(lines.join("\n"))) })
        const read = yield* Stream.runCollect(SessionFile.details("october.ndjson")).pipe(Effect.provide(file))
        const byId = (left: { readonly id: string }, right: { readonly id: string }) => (left.id < right.id ? -1 : 1)
        assert.deepStrictEqual(read.toSorted(byId), nudged.toSorted(byId))
        assert.lengthOf(text.trimEnd().split("\n"), sessions.length)
        assert.deepInclude(yield* requests, { list: 1, details: nudged.length })
      }).pipe(Effect.provide(emulator({ sessions })))
    }),
  )

  it.live("has a status for what fails before the first line", () =>
    Effect.gen(function* () {
      const { get } = yield* route
      const refused = yield* Effect.promise(() => get("from=zz"))
      assert.strictEqual(refused.status, 400)
      assert.match(yield* Effect.promise(() => refused.text()), /from is "zz"/)
      const failed = yield* Effect.promise(() => get("from=2026-10-01&to=2026-11-01"))
      assert.strictEqual(failed.status, 502)
      assert.match(yield* Effect.promise(() => failed.text()), /does not fit its contract/)
    }).pipe(Effect.provide(emulator({ fault: () => ({ _tag: "Answer", status: 200, body: '{"data":{}}' }) }))),
  )

  it.live("breaks the answer off where the API fails later, so that what came cannot be taken for all", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end: now, days: 31, count: 300 })
      const fault: Emulator.Options["fault"] = ({ number }) =>
        number > 20 ? { _tag: "Answer", status: 200, body: '{"data":{}}' } : undefined
      yield* Effect.gen(function* () {
        const { get } = yield* route
        const response = yield* Effect.promise(() => get("from=2026-10-01&to=2026-11-01"))
        assert.strictEqual(response.status, 200)
        const error = yield* Effect.flip(Effect.tryPromise({ try: () => response.text(), catch: String }))
        assert.match(error, /does not fit its contract/)
      }).pipe(Effect.provide(emulator({ sessions, fault })))
    }),
  )
})
