import { createServer } from "node:http"
import { Emulator, type Faults, Generator } from "@effect-elnudge/emulator"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it, vi } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"

const now = DateTime.makeUnsafe("2026-11-01T00:00:00Z")
const october = "http://service.test/sessions?from=2026-10-01&to=2026-11-01"
const pages = 15

const ids = (sessions: ReadonlyArray<{ readonly id: string }>): Array<string | undefined> =>
  sessions.map(({ id }) => id)

/** The service as it starts with a key and an address, and the emulator that it asks. */
const service = Effect.gen(function* () {
  const { baseUrl, requests } = yield* Emulator.Emulator
  vi.stubEnv("ELNUDGE_API_KEY", Emulator.defaultKey)
  vi.stubEnv("ELNUDGE_BASE_URL", baseUrl)
  vi.resetModules()
  const { default: app } = yield* Effect.promise(() => import("../HonoService.ts"))
  yield* Effect.sync(() => vi.unstubAllEnvs())
  const get = (url: string, signal?: AbortSignal) =>
    Effect.promise(async () => app.fetch(new Request(url, signal === undefined ? {} : { signal })))
  return { get, requests }
})

const emulator = (options: Partial<Emulator.Options> = {}) =>
  Emulator.layer({ sessions: [], now, requestsPerMinute: 1_000_000, ...options }).pipe(
    Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: 0 })),
  )

describe("HonoService", () => {
  it.live("gives the sessions of the window, each as a line, and one by its id", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end: now, days: 31, count: 500 })
      yield* Effect.gen(function* () {
        const { get } = yield* service
        const response = yield* get(october)
        assert.deepStrictEqual([response.status, response.headers.get("content-type")], [200, "application/x-ndjson"])
        const lines = (yield* Effect.promise(() => response.text())).trimEnd().split("\n")
        const listed = lines.map((line) => /"id":"(\w+)"/.exec(line)?.[1])
        assert.sameMembers(listed, ids(sessions))
        const one = yield* get(`http://service.test/sessions/${sessions[7]?.id}`)
        assert.deepStrictEqual(yield* Effect.promise(() => one.json()), sessions[7])
      }).pipe(Effect.provide(emulator({ sessions })))
    }),
  )

  const unfit: Faults.Fault = { _tag: "Answer", status: 200, body: '{"data":{}}' }
  const limited: Faults.Fault = { _tag: "RateLimited", retryAfter: "3600" }

  it.live.each([
    { url: "http://service.test/sessions/no", fault: undefined, status: 404, says: /has no detail/ },
    { url: "http://service.test/sessions?from=yesterday", fault: undefined, status: 400, says: /from is "yesterday"/ },
    { url: october, fault: limited, status: 503, says: /rate limit is used up/ },
    { url: "http://service.test/sessions/no", fault: limited, status: 503, says: /rate limit is used up/ },
    { url: october, fault: unfit, status: 502, says: /does not fit its contract/ },
  ])("answers $status for what has gone wrong at $url", ({ fault, says, status, url }) =>
    Effect.gen(function* () {
      const { get } = yield* service
      const response = yield* get(url)
      assert.strictEqual(response.status, status)
      assert.match(yield* Effect.promise(() => response.text()), says)
      const retryAfter = response.headers.get("retry-after")
      if (status === 503) assert.isAbove(Date.parse(retryAfter ?? ""), (yield* DateTime.now).epochMilliseconds)
      else assert.isNull(retryAfter)
    }).pipe(Effect.provide(emulator({ fault: () => fault }))),
  )

  it.live("stops asking the API when the reader goes away", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end: now, days: 31, count: pages * 200 })
      yield* Effect.gen(function* () {
        const { get, requests } = yield* service
        const controller = new AbortController()
        const response = yield* get(october, controller.signal)
        controller.abort("gone")
        assert.strictEqual(yield* Effect.flip(Effect.tryPromise({ try: () => response.text(), catch: String })), "gone")
        const { list } = yield* requests
        assert.isAtMost(list, 3)
        // A walk that was still going would ask for pages during this one.
        const other = yield* get(october)
        yield* Effect.promise(() => other.text())
        assert.strictEqual((yield* requests).list, list + pages)
      }).pipe(Effect.provide(emulator({ sessions })))
    }),
  )
})
