import { Coverage, ElnudgeClient, type ElnudgeError } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as VirtualTime from "./VirtualTime.ts"

const window = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }

const listSessions = (request: ElnudgeClient.ListRequest = { window, limit: 200 }) =>
  Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listSessions(request))

const getSession = (id: string, options?: { readonly startedAt?: string }) =>
  Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.getSession(id, options))

const okPage = FakeApi.page([FakeApi.row(1)])

/** Answers the script's entries one after the other, then the last one for ever. */
const inTurn =
  (...answers: ReadonlyArray<FakeApi.Answer>): FakeApi.Script =>
  (_, index) =>
    answers[Math.min(index, answers.length - 1)] ?? "hang"

describe("ElnudgeClient", () => {
  it.effect("sends key, user agent, window and page size, and no more", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => okPage)
      yield* listSessions().pipe(Effect.provide(layer))
      const [request] = seen
      assert.strictEqual(
        request?.url.href,
        "https://api.test/v1/sessions?from=2026-10-01T00%3A00%3A00Z&to=2026-11-01T00%3A00%3A00Z&limit=200",
      )
      assert.strictEqual(request?.headers["authorization"], `Bearer ${FakeApi.apiKey}`)
      assert.match(request?.headers["user-agent"] ?? "", /^effect-elnudge\/\d+\.\d+\.\d+$/)
    }),
  )

  it.effect("sends a cursor alone where nothing else is given, and nothing at all for the API's defaults", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => okPage)
      yield* Effect.andThen(listSessions({ cursor: "a+b/c=" }), listSessions({})).pipe(Effect.provide(layer))
      assert.strictEqual(seen[0]?.url.href, "https://api.test/v1/sessions?cursor=a%2Bb%2Fc%3D")
      assert.strictEqual(seen[1]?.url.href, "https://api.test/v1/sessions")
    }),
  )

  it.effect("asks for one session by its id, whatever is in the id", () =>
    Effect.gen(function* () {
      const id = "sess/../x?y#ü"
      const { layer, seen } = FakeApi.make(() => FakeApi.json({ data: { ...FakeApi.exampleDetail, id } }))
      const detail = yield* getSession(id).pipe(Effect.provide(layer))
      assert.strictEqual(detail.id, id)
      assert.strictEqual(seen[0]?.url.pathname, `/v1/sessions/${encodeURIComponent(id)}`)
    }),
  )

  it.effect.each(["", ".", ".."])("does not ask for an id that would name another endpoint: %j", (id) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => okPage)
      const error = yield* getSession(id).pipe(Effect.provide(layer), Effect.flip)
      assert.strictEqual(error._tag, "InvalidRequest")
      assert.lengthOf(seen, 0)
    }),
  )

  it.effect("passes unknown events, nudge types, outcomes and fields through as they came", () =>
    Effect.gen(function* () {
      const data = {
        ...FakeApi.exampleDetail,
        device: { kind: "phone" },
        events: [{ type: "TELEPATHY", url: "/", occurred_at: "2026-10-01T10:14:32.123Z", depth: 3 }],
        nudges: [{ ...FakeApi.clickedToast, type: "hologram", outcome: "waved_at", color: "red" }],
      }
      const { layer } = FakeApi.make(() => FakeApi.json({ data }))
      assert.deepStrictEqual(yield* getSession(data.id).pipe(Effect.provide(layer)), data)
    }),
  )

  it.effect("accepts an open session without an end", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => FakeApi.page([FakeApi.row(1, { ended_at: null })]))
      assert.isNull((yield* listSessions().pipe(Effect.provide(layer))).data[0]?.ended_at)
    }),
  )

  it.effect.each<readonly [unknown, string, string | undefined, RegExp]>([
    [
      { data: [FakeApi.row(1), FakeApi.row(2, { intent_score: "82" })], has_more: false },
      "data[1].intent_score",
      "sess_2",
      /number, got a string/,
    ],
    [{ data: [FakeApi.row(1, { intent_score: 82.5 })], has_more: false }, "data[0].intent_score", "sess_1", /integer/],
    [
      { data: [FakeApi.row(1, { started_at: "yesterday" })], has_more: false },
      "data[0].started_at",
      "sess_1",
      /ISO 8601/,
    ],
    [
      { data: [FakeApi.row(1, { started_at: "2026-10-01T10:00:00" })], has_more: false },
      "data[0].started_at",
      "sess_1",
      /time zone/,
    ],
    [{ data: [FakeApi.row(1, { id: 7 })], has_more: false }, "data[0].id", undefined, /string, got a number/],
    [{ data: null, has_more: false }, "data", undefined, /array, got null/],
    [{ data: [], has_more: "no" }, "has_more", undefined, /boolean, got a string/],
    [{ data: [] }, "has_more", undefined, /Missing/],
    [{ sessions: [], has_more: false }, "data", undefined, /Missing/],
    [[], "", undefined, /object, got an array/],
  ])("names session, path and what was expected in a 200 that does not fit: %#", ([body, path, sessionId, reason]) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => FakeApi.json(body))
      const error = yield* listSessions().pipe(Effect.provide(layer), Effect.flip)
      assert.strictEqual(error._tag, "ResponseInvalid")
      if (error._tag !== "ResponseInvalid") return
      assert.deepStrictEqual([error.path, error.sessionId], [path, sessionId])
      assert.match(error.reason, reason)
      assert.notInclude(JSON.stringify(error), "yesterday")
      assert.lengthOf(seen, 1)
    }),
  )

  it.effect("refuses a detail of another session", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => FakeApi.json({ data: FakeApi.exampleDetail }))
      const error = yield* getSession("sess_other").pipe(Effect.provide(layer), Effect.flip)
      assert.strictEqual(error._tag, "ResponseInvalid")
      assert.include(error.message, "sess_other")
    }),
  )

  const refusals: ReadonlyArray<readonly [number, string, string, string]> = [
    [400, "InvalidRequest", "CursorRejected", "InvalidRequest"],
    [401, "Unauthorized", "Unauthorized", "Unauthorized"],
    [403, "Unauthorized", "Unauthorized", "Unauthorized"],
    [404, "RetentionExceeded", "CursorRejected", "SessionUnavailable"],
    [410, "InvalidRequest", "CursorRejected", "SessionUnavailable"],
    [422, "InvalidRequest", "InvalidRequest", "InvalidRequest"],
    [302, "InvalidRequest", "InvalidRequest", "InvalidRequest"],
  ]
  it.effect.each(refusals)(
    "never repeats %i: first page %s, next page %s, detail %s",
    ([status, first, next, detail]) =>
      Effect.gen(function* () {
        const { layer, seen } = FakeApi.make(() => ({
          status,
          body: "<p>no</p>",
          headers: { location: "https://evil.test/x" },
        }))
        const tags = yield* Effect.all([
          Effect.flip(listSessions()),
          Effect.flip(listSessions({ window, cursor: "c", rowsEmitted: 400 })),
          Effect.flip(getSession("sess_1")),
        ]).pipe(Effect.provide(layer))
        assert.deepStrictEqual(
          tags.map((error) => error._tag),
          [first, next, detail],
        )
        assert.lengthOf(seen, 3)
        assert.isTrue(seen.every((request) => request.url.origin === "https://api.test"))
        assert.isTrue(tags.every((error) => error.message.endsWith(".") && error.advice.endsWith(".")))
      }),
  )

  it.effect("carries window, cursor and rows handed on in a page's error", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => ({ status: 410 }))
      const error = yield* listSessions({ window, cursor: "c", rowsEmitted: 400 }).pipe(
        Effect.provide(layer),
        Effect.flip,
      )
      assert.deepInclude(error, { request: { _tag: "ListSessions", ...window, cursor: "c", rowsEmitted: 400 } })
    }),
  )

  it.effect("explains a 404 by the plan's retention where it is known", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 1))
      const { layer } = FakeApi.make(() => ({ status: 404 }), { retentionDays: 30 })
      const [list, old, recent, unknown] = yield* Effect.all([
        Effect.flip(listSessions()),
        Effect.flip(getSession("sess_1", { startedAt: "2026-10-01T23:59:59Z" })),
        Effect.flip(getSession("sess_1", { startedAt: "2026-10-02T00:00:00Z" })),
        Effect.flip(getSession("sess_1")),
      ]).pipe(Effect.provide(layer))
      assert.deepInclude(list, { _tag: "RetentionExceeded", oldestFrom: "2026-10-02T00:00:00.000Z" })
      assert.deepInclude(old, { _tag: "SessionUnavailable", reason: "past_retention" })
      assert.deepInclude(recent, { _tag: "SessionUnavailable", reason: "not_found" })
      assert.deepInclude(unknown, { _tag: "SessionUnavailable", reason: "not_found" })
    }),
  )

  const faults: ReadonlyArray<readonly [string, FakeApi.Answer, string]> = [
    ["500", { status: 500 }, "ServerUnavailable"],
    ["503 with HTML", { status: 503, body: "<html>" }, "ServerUnavailable"],
    ["a reset", { failure: "ECONNRESET" }, "TransportFailure"],
    ["a refused connection", { failure: "ECONNREFUSED" }, "TransportFailure"],
    ["no answer", "hang", "TransportFailure"],
    ["a body that breaks off", { brokenBody: '{"data":[' }, "TransportFailure"],
    ["a body that is cut short", { status: 200, body: '{"data":[' }, "ResponseInvalid"],
    ["HTML with a 200", { status: 200, body: "<html>" }, "ResponseInvalid"],
    ["an empty body", { status: 200 }, "ResponseInvalid"],
  ]
  it.effect.each(faults)("recovers from %s within five retries", ([, fault]) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(inTurn(fault, fault, fault, fault, fault, okPage))
      const page = yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer)))
      assert.lengthOf(page.data, 1)
      assert.lengthOf(seen, 6)
    }),
  )

  it.effect.each(faults)("gives up on %s after five retries", ([, fault, tag]) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => fault)
      const error = yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer), Effect.flip))
      assert.strictEqual(error._tag, tag)
      assert.lengthOf(seen, 6)
    }),
  )

  it.effect("ends a refused connection within 30 seconds, with growing waits of at most 5", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({ failure: "ECONNREFUSED" }))
      const error = yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer), Effect.flip), 10)
      const waits = seen.slice(1).map((request, index) => request.at - (seen[index]?.at ?? 0))
      assert.isTrue(waits.every((wait, index) => wait <= Math.min(5_000, 200 * 2 ** index) + 20))
      assert.isAtMost(yield* Clock.currentTimeMillis, 30_000)
      assert.include(error.message, "ECONNREFUSED")
    }),
  )

  it.effect("gives an attempt 30 seconds, body included", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(inTurn("hang", okPage))
      yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer)), 100)
      assert.isAtLeast(seen[1]?.at ?? 0, 30_000)
      assert.isAtMost(seen[1]?.at ?? 0, 30_500)
    }),
  )

  it.effect("waits as long as Retry-After says, and lets no other request of the key pass", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(inTurn({ status: 429, headers: { "retry-after": "20" } }, okPage))
      yield* Effect.gen(function* () {
        const first = yield* Effect.forkChild(VirtualTime.run(listSessions(), 10))
        while (seen.length === 0) yield* Effect.yieldNow
        yield* VirtualTime.run(Effect.sleep(1_000), 10)
        yield* listSessions()
        yield* Fiber.join(first)
      }).pipe(Effect.provide(layer))
      assert.lengthOf(seen, 3)
      assert.isTrue(seen.slice(1).every((request) => request.at >= 20_000 && request.at <= 20_200))
    }),
  )

  it.effect("backs off where Retry-After is garbage", () =>
    Effect.gen(function* () {
      const garbage: FakeApi.Answer = { status: 429, headers: { "retry-after": "soon" } }
      const { layer, seen } = FakeApi.make(inTurn(garbage, garbage, garbage, okPage))
      yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer)), 10)
      assert.lengthOf(seen, 4)
      assert.isAtMost(yield* Clock.currentTimeMillis, 2_000)
    }),
  )

  it.effect("fails at once when Retry-After is above the ceiling, and says when to resume", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 1))
      const { layer, seen } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "277403" } }))
      const [first, second] = yield* Effect.all([Effect.flip(listSessions()), Effect.flip(getSession("sess_1"))]).pipe(
        Effect.provide(layer),
      )
      assert.deepInclude(first, { _tag: "RateLimited", resumeAt: "2026-11-04T05:03:23.000Z" })
      assert.deepInclude(second, { _tag: "RateLimited", resumeAt: "2026-11-04T05:03:23.000Z" })
      assert.lengthOf(seen, 1)
    }),
  )

  it.effect("keeps one request's waits together under the ceiling", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "50" } }))
      const error = yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer), Effect.flip), 250)
      assert.strictEqual(error._tag, "RateLimited")
      assert.lengthOf(seen, 3)
      assert.isAtMost(yield* Clock.currentTimeMillis, 120_000)
    }),
  )

  it.effect("takes a token for each retry", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({ status: 500 }), { requestsPerMinute: 2 })
      yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer), Effect.flip), 1_000)
      assert.isTrue(seen.slice(1).every((request, index) => request.at - (seen[index]?.at ?? 0) >= 30_000))
    }),
  )

  it.effect("records attempts, retries, refusals and waits", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(
        inTurn(
          { status: 500 },
          { status: 429, headers: { "retry-after": "3" } },
          okPage,
          FakeApi.json({ data: FakeApi.exampleDetail }),
        ),
      )
      const recorder = yield* Coverage.make
      yield* VirtualTime.run(
        Effect.andThen(listSessions(), getSession(FakeApi.exampleDetail.id)).pipe(
          Effect.provideService(Coverage.Current, recorder),
          Effect.provide(layer),
        ),
        10,
      )
      const coverage = recorder.snapshot()
      assert.deepInclude(coverage, { requests: 4, list_requests: 3, detail_requests: 1, retries: 2, rate_limited: 1 })
      assert.isAtLeast(coverage.held_ms, 3_000)
      assert.isAtMost(coverage.held_ms, 3_300)
    }),
  )

  it.effect.each<readonly [Partial<ElnudgeClient.Options>, RegExp]>([
    [{ baseUrl: "http://api.elnudge.com/v1" }, /https/],
    [{ requestsPerMinute: 1 }, /rate limit of 1/],
    [{ requestsPerMinute: 2.5 }, /rate limit of 2.5/],
    [{ retentionDays: 1e10 }, /retention of 10000000000 days/],
    [{ attemptTimeout: 0 }, /attempt timeout/],
    [{ maxHold: -1 }, /longest hold/],
    [{ apiKey: Redacted.make("sk_test\nbroken") }, /API key has a character/],
  ])("refuses unusable options: %j", ([options, reason]) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => okPage, options)
      const error: ElnudgeError.ListError = yield* listSessions().pipe(Effect.provide(layer), Effect.flip)
      assert.strictEqual(error._tag, "InvalidRequest")
      assert.match(error.message, reason)
      assert.lengthOf(seen, 0)
    }),
  )

  it.effect("shows the key in no error", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<FakeApi.Answer> = [
        { status: 401 },
        { status: 404 },
        { failure: "EPIPE" },
        { status: 200, body: FakeApi.apiKey },
      ]
      for (const answer of answers) {
        const { layer } = FakeApi.make(() => answer)
        const error = yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer), Effect.flip))
        assert.notInclude(
          `${error.message} ${error.stack ?? ""} ${JSON.stringify(error)} ${String(error)}`,
          FakeApi.apiKey,
        )
      }
    }),
  )

  it.effect("shares a key's limit among clients that are built apart", () =>
    Effect.gen(function* () {
      const sent: Array<number> = []
      const transport = HttpClient.make((request) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          sent.push(now)
          return HttpClientResponse.fromWeb(request, new Response('{"data":[],"has_more":false}'))
        }),
      )
      const live = ElnudgeClient.layer({ apiKey: Redacted.make("sk_test_shared"), requestsPerMinute: 10 }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, transport)),
      )
      const each = Array.from({ length: 30 }, () => listSessions().pipe(Effect.provide(live)))
      yield* VirtualTime.run(Effect.all(each, { concurrency: 30 }), 250)
      assert.lengthOf(sent, 30)
      assert.isAtMost(sent.filter((at) => at < 60_000).length, 10)
    }),
  )

  it.effect("survives a Retry-After that no calendar holds", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "99999999999999" } }))
      const error = yield* listSessions().pipe(Effect.provide(layer), Effect.flip)
      assert.strictEqual(error._tag, "RateLimited")
    }),
  )

  it.effect("does not ask for hours where every 429 says to wait next to nothing", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "0.001" } }))
      const error = yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer), Effect.flip), 250)
      assert.strictEqual(error._tag, "RateLimited")
      assert.isAtMost(seen.length, 130)
    }),
  )

  it.effect.each(["", ".", "..", "a\ud800"])("refuses a listed id that no path can carry: %j", (id) =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => FakeApi.page([FakeApi.row(1, { id })]))
      const error = yield* listSessions().pipe(Effect.provide(layer), Effect.flip)
      assert.deepInclude(error, { _tag: "ResponseInvalid", path: "data[0].id" })
    }),
  )

  it.effect("reads no more of a body than any answer can be", () =>
    Effect.gen(function* () {
      let sent = 0
      const endless = new ReadableStream({
        pull(controller) {
          sent++
          controller.enqueue(new Uint8Array(1024 * 1024).fill(32))
        },
      })
      const transport = HttpClient.make((request) =>
        Effect.succeed(HttpClientResponse.fromWeb(request, new Response(endless))),
      )
      const live = ElnudgeClient.layer({ apiKey: Redacted.make("sk_test_endless") }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, transport)),
      )
      const error = yield* VirtualTime.run(listSessions().pipe(Effect.provide(live), Effect.flip))
      assert.strictEqual(error._tag, "ResponseInvalid")
      assert.match(error.message, /larger than 67108864 bytes/)
      assert.isAtMost(sent, 70)
    }),
  )

  it.effect.each<readonly [number, string]>([
    [401, "Unauthorized"],
    [404, "RetentionExceeded"],
  ])("understands a client that turns statuses into errors: %i", ([status, tag]) =>
    Effect.gen(function* () {
      let sent = 0
      const transport = HttpClient.make((request) =>
        Effect.sync(() => {
          sent++
          return HttpClientResponse.fromWeb(request, new Response("", { status }))
        }),
      ).pipe(HttpClient.filterStatusOk)
      const live = ElnudgeClient.layer({ apiKey: Redacted.make("sk_test_status") }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, transport)),
      )
      const error = yield* VirtualTime.run(listSessions().pipe(Effect.provide(live), Effect.flip))
      assert.deepStrictEqual([error._tag, sent], [tag, 1])
    }),
  )
})
