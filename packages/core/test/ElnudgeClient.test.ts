import { ElnudgeClient, type ElnudgeError } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
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
      assert.strictEqual(error._tag, "InvalidOption")
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

  it.effect.each<readonly [unknown, string | undefined, string | undefined, RegExp]>([
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
    [[], undefined, undefined, /object, got an array/],
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
    [400, "RequestRefused", "CursorRejected", "RequestRefused"],
    [401, "Unauthorized", "Unauthorized", "Unauthorized"],
    [403, "Unauthorized", "Unauthorized", "Unauthorized"],
    [404, "RetentionExceeded", "CursorRejected", "SessionUnavailable"],
    [410, "RequestRefused", "CursorRejected", "SessionUnavailable"],
    [422, "RequestRefused", "RequestRefused", "RequestRefused"],
    [302, "UnsafeAddress", "UnsafeAddress", "UnsafeAddress"],
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
      assert.deepInclude(list, { _tag: "RetentionExceeded", oldestFrom: "2026-10-02T00:00:00Z" })
      assert.deepInclude(old, { _tag: "SessionUnavailable", reason: "past_retention" })
      assert.deepInclude(recent, { _tag: "SessionUnavailable", reason: "not_found" })
      assert.deepInclude(unknown, { _tag: "SessionUnavailable", reason: "not_found" })
    }),
  )

  it.effect.each<readonly [Partial<ElnudgeClient.Options>, RegExp, string?]>([
    [{ baseUrl: "http://api.elnudge.com/v1" }, /https/, "UnsafeAddress"],
    [{ requestsPerMinute: 1 }, /rate limit of 1/],
    [{ requestsPerMinute: 2.5 }, /rate limit of 2.5/],
    [{ retentionDays: 1e10 }, /retention of 10000000000 days/],
    [{ attemptTimeout: 0 }, /attemptTimeout/],
    [{ maxHold: -1 }, /maxHold/],
    [{ apiKey: Redacted.make("sk_test\nbroken") }, /API key has a character/],
  ])("refuses unusable options: %j", ([options, reason, tag = "InvalidOption"]) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => okPage, options)
      const error: ElnudgeError.ListError = yield* listSessions().pipe(Effect.provide(layer), Effect.flip)
      assert.strictEqual(error._tag, tag)
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
