import { createServer } from "node:http"
import { ElnudgeClient, type Session, SessionStream } from "@effect-elnudge/core"
import { Emulator, type Faults, Generator } from "@effect-elnudge/emulator"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, DateTime, Deferred, Effect, Exit, FileSystem, Layer, Stream } from "effect"
import { HttpClient, HttpRouter, HttpServer, type HttpServerResponse } from "effect/http"
import * as SessionsService from "../SessionsService.ts"

const now = DateTime.makeUnsafe("2026-11-01T00:00:00Z")
const october = "from=2026-10-01T00:00:00Z&to=2026-11-01T00:00:00Z"
const window = { from: DateTime.makeUnsafe("2026-10-01T00:00:00Z"), to: now }

/** Every server has a port of its own on loopback. */
const loopback = () => NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: 0 })

const emulator = (options: Partial<Emulator.Options> = {}) =>
  Emulator.layer({ sessions: [], now, requestsPerMinute: 1_000_000, ...options }).pipe(Layer.provide(loopback()))

/** The example's client, from an environment that points at the emulator. */
const client = (key = Emulator.defaultKey) =>
  Layer.unwrap(
    Effect.map(Emulator.Emulator, ({ baseUrl }) =>
      ElnudgeClient.layerConfig({ requestsPerMinute: 1_000_000 }).pipe(
        Layer.provide(
          ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ELNUDGE_API_KEY: key, ELNUDGE_BASE_URL: baseUrl } })),
        ),
        Layer.provide([NodeHttpClient.layerUndici, FileSystem.layerNoop({})]),
      ),
    ),
  )

type Answer<E, R> = Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>

/** The service on a server, and a client of it. `onEnd` is told how each answer ended, its body included. */
const service = (onEnd: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<unknown> = () => Effect.void) =>
  HttpRouter.serve(SessionsService.routes, {
    disableLogger: true,
    disableListenLog: true,
    middleware: <E, R>(answer: Answer<E, R>) => Effect.onExit(answer, onEnd),
  }).pipe(
    Layer.merge(HttpServer.layerTestClient.pipe(Layer.provide(NodeHttpClient.layerUndici))),
    Layer.provide(loopback()),
  )

/** What the list shows of the sessions, in its order. */
const listed = (sessions: ReadonlyArray<Session.Detail>) =>
  sessions
    .map(({ events: _events, nudges: _nudges, ...summary }) => summary)
    .toSorted((a, b) => (a.started_at === b.started_at ? (a.id < b.id ? -1 : 1) : a.started_at < b.started_at ? 1 : -1))

const withField = (name: string, value: string, sessions: ReadonlyArray<Session.Detail>) =>
  sessions.map((session) => Object.assign({ [name]: value }, session))

const parse = (text: string): ReadonlyArray<unknown> =>
  text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line))

const pageSize = 200
const pages = 40

// 32 MB: several times what the sockets' buffers hold on the way to a reader that does not read.
const manyFatSessions = Effect.map(Generator.make({ end: now, count: pages * pageSize }), (sessions) =>
  withField("note", "x".repeat(4096), sessions),
)

describe("GET /sessions", () => {
  it.live("gives every session of the window as a line, newest first, unknown fields included", () =>
    Effect.gen(function* () {
      const sessions = withField("shop", "Harbour", yield* Generator.make({ end: now, count: 1001 }))
      yield* Effect.gen(function* () {
        const response = yield* HttpClient.get(`/sessions?${october}`)
        assert.strictEqual(response.status, 200)
        assert.strictEqual(response.headers["content-type"], "application/x-ndjson")
        const text = yield* response.text
        assert.isTrue(text.endsWith("}\n"))
        assert.deepStrictEqual(parse(text), listed(sessions))
      }).pipe(Effect.provide(service().pipe(Layer.provide(client()), Layer.provide(emulator({ sessions })))))
    }),
  )

  it.live("is empty, and not an error, for a window without sessions", () =>
    Effect.gen(function* () {
      const response = yield* HttpClient.get(`/sessions?${october}`)
      assert.deepStrictEqual([response.status, yield* response.text], [200, ""])
    }).pipe(Effect.provide(service().pipe(Layer.provide(client()), Layer.provide(emulator())))),
  )

  it.live("asks the API for no more than a reader takes, and loses nothing meanwhile", () =>
    Effect.gen(function* () {
      const sessions = yield* manyFatSessions
      yield* Effect.gen(function* () {
        const { requests } = yield* Emulator.Emulator
        const response = yield* HttpClient.get(`/sessions?${october}`)
        // Nobody reads the answer while another walk goes from the first page to the last.
        assert.strictEqual(yield* Stream.runCount(SessionStream.summaries(window)), sessions.length)
        assert.isBelow((yield* requests).list - pages, pages / 2)
        assert.deepStrictEqual(parse(yield* response.text), listed(sessions))
        assert.strictEqual((yield* requests).list, 2 * pages)
      }).pipe(Effect.provide(service().pipe(Layer.provideMerge(client()), Layer.provideMerge(emulator({ sessions })))))
    }),
  )

  it.live("stops asking the API when the reader goes away", () =>
    Effect.gen(function* () {
      const sessions = yield* manyFatSessions
      const ended = yield* Deferred.make<Exit.Exit<unknown, unknown>>()
      const walked = service((exit) => Deferred.succeed(ended, exit)).pipe(
        Layer.provideMerge(client()),
        Layer.provideMerge(emulator({ sessions })),
      )
      yield* Effect.gen(function* () {
        const { requests } = yield* Emulator.Emulator
        const response = yield* HttpClient.get(`/sessions?${october}`)
        yield* response.stream.pipe(Stream.take(1), Stream.runDrain)
        assert.isTrue(Exit.isFailure(yield* Deferred.await(ended)))
        const { list } = yield* requests
        assert.isBelow(list, pages)
        // A walk that was still going would ask for pages during this one.
        yield* Stream.runDrain(SessionStream.summaries(window))
        assert.strictEqual((yield* requests).list, list + pages)
      }).pipe(Effect.provide(walked))
    }),
  )

  it.live("gives up the request to the API that is under way when the reader goes away", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end: now, count: 3 * pageSize })
      const asked = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const silent = Deferred.succeed(asked, undefined).pipe(
        Effect.andThen(Effect.never),
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined)),
      )
      // Never answers for the second page.
      const stuck = Layer.effect(
        ElnudgeClient.ElnudgeClient,
        Effect.map(ElnudgeClient.ElnudgeClient, ({ getSession, listNudges, listSessions }) => ({
          getSession,
          listNudges,
          listSessions: (request) => (request?.cursor === undefined ? listSessions(request) : silent),
        })),
      ).pipe(Layer.provide(client()))
      yield* Effect.gen(function* () {
        const { requests } = yield* Emulator.Emulator
        const response = yield* HttpClient.get(`/sessions?${october}`)
        yield* Deferred.await(asked)
        yield* response.stream.pipe(Stream.take(1), Stream.runDrain)
        yield* Deferred.await(interrupted)
        assert.strictEqual((yield* requests).list, 1)
      }).pipe(Effect.provide(service().pipe(Layer.provide(stuck), Layer.provideMerge(emulator({ sessions })))))
    }),
  )

  it.live.each([
    ["from=yesterday", /ISO 8601 instant.*\n.*from/],
    ["from=5", /ISO 8601 instant.*\n.*from/],
    ["to=2026-10-01", /ISO 8601 instant.*\n.*to/],
    ["to=", /ISO 8601 instant.*\n.*to/],
    ["form=2026-10-01T00:00:00Z", /no excess property\n.*form/],
    [`${october}&from=2026-10-02T00:00:00Z`, /Expected string\n.*from/],
    ["from=2026-10-02T00:00:00Z&to=2026-10-01T00:00:00Z", /the window is empty/],
  ] as const)("refuses %s and says why", ([query, reason]) =>
    Effect.gen(function* () {
      const { requests } = yield* Emulator.Emulator
      const response = yield* HttpClient.get(`/sessions?${query}`)
      assert.strictEqual(response.status, 400)
      assert.match(yield* response.text, reason)
      assert.strictEqual((yield* requests).list, 0)
    }).pipe(Effect.provide(service().pipe(Layer.provide(client()), Layer.provideMerge(emulator())))),
  )

  const answer = (status: number, body: string): Faults.Fault => ({ _tag: "Answer", status, body })

  it.live.each([
    { key: "sk_test_wrong", fault: undefined, status: 401, says: /refused the key/ },
    { key: undefined, fault: answer(404, ""), status: 404, says: /older than the plan keeps/ },
    { key: undefined, fault: answer(200, '{"data":{}}'), status: 502, says: /does not fit its contract/ },
    { key: undefined, fault: { _tag: "RateLimited", retryAfter: "3600" }, status: 503, says: /rate limit is used up/ },
  ] as const)("answers $status where the API fails before the first line", ({ fault, key, says, status }) =>
    Effect.gen(function* () {
      const response = yield* HttpClient.get(`/sessions?${october}`)
      assert.strictEqual(response.status, status)
      assert.match(yield* response.text, says)
    }).pipe(
      Effect.provide(service().pipe(Layer.provide(client(key)), Layer.provide(emulator({ fault: () => fault })))),
    ),
  )

  it.live("breaks off where the API fails later, so that what came cannot be taken for all", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end: now, count: 3 * pageSize })
      const fault: Faults.Hook = ({ number }) => (number === 3 ? answer(200, '{"data":{}}') : undefined)
      yield* Effect.gen(function* () {
        const response = yield* HttpClient.get(`/sessions?${october}`)
        assert.strictEqual(response.status, 200)
        const error = yield* Effect.flip(response.text)
        assert.strictEqual(error._tag, "HttpClientError")
      }).pipe(Effect.provide(service().pipe(Layer.provide(client()), Layer.provide(emulator({ sessions, fault })))))
    }),
  )
})
