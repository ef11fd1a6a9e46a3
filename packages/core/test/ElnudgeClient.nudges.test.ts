import { Coverage, ElnudgeClient, ElnudgeError, WalkPosition } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as FakeNudges from "./FakeNudges.ts"
import * as VirtualTime from "./VirtualTime.ts"

const { nudge } = FakeNudges

const window = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }

const listNudges = (request: ElnudgeClient.ListRequest = { window, limit: 200 }) =>
  Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listNudges(request))

const listSessions = Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listSessions({ window }))

const okPage = FakeApi.page([nudge(1)], "next")

describe("ElnudgeClient.listNudges", () => {
  it.effect("asks for a page with key, window and page size, and gives it", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => okPage)
      const page = yield* listNudges().pipe(Effect.provide(layer))
      assert.deepStrictEqual(page, { data: [nudge(1)], next_cursor: "next", has_more: true })
      assert.strictEqual(
        seen[0]?.url.href,
        "https://api.test/v1/nudges?from=2026-10-01T00%3A00%3A00Z&to=2026-11-01T00%3A00%3A00Z&limit=200",
      )
      assert.strictEqual(seen[0]?.headers["authorization"], `Bearer ${FakeApi.apiKey}`)
    }),
  )

  it.effect("sends a cursor along with the window or alone, and nothing at all for the API's defaults", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => okPage)
      const asked: ReadonlyArray<ElnudgeClient.ListRequest | undefined> = [
        { window, limit: 7, cursor: "a+b" },
        { window, limit: 7, cursor: "a+b", cursorAlone: true },
        { window, limit: 7, cursorAlone: true },
        undefined,
      ]
      yield* Effect.forEach(asked, (request) =>
        Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listNudges(request)),
      ).pipe(Effect.provide(layer))
      const bounds = "from=2026-10-01T00%3A00%3A00Z&to=2026-11-01T00%3A00%3A00Z&limit=7"
      assert.deepStrictEqual(
        seen.map(({ url }) => url.search),
        [`?${bounds}&cursor=a%2Bb`, "?cursor=a%2Bb", `?${bounds}`, ""],
      )
    }),
  )

  it.effect("passes unknown types, outcomes and fields through as they came, and ids that no path could carry", () =>
    Effect.gen(function* () {
      const data = [
        nudge(1, { type: "hologram", outcome: "waved_at", color: "red" }),
        nudge(2, { id: "..", session_id: ".", shown_at: "2026-10-15T13:58:00.123+02:00" }),
      ]
      const { layer } = FakeApi.make(() => FakeApi.json({ data, has_more: false, total: 2 }))
      const page = yield* listNudges().pipe(Effect.provide(layer))
      assert.deepStrictEqual<unknown>(page, { data, has_more: false, total: 2 })
    }),
  )

  const misfits: ReadonlyArray<readonly [unknown, string | undefined, string | undefined, RegExp]> = [
    [[nudge(1), nudge(2, { outcome: 7 })], "data[1].outcome", "nudg_2", /string, got a number/],
    [[nudge(1, { shown_at: "yesterday" })], "data[0].shown_at", "nudg_1", /ISO 8601/],
    [[nudge(1, { shown_at: "2026-10-15T11:59:00" })], "data[0].shown_at", "nudg_1", /time zone/],
    [[nudge(1, { influenced_conversion: null })], "data[0].influenced_conversion", "nudg_1", /boolean, got null/],
    [[nudge(1, { session_id: "" })], "data[0].session_id", "nudg_1", /not empty/],
    [[nudge(1, { session_id: undefined })], "data[0].session_id", "nudg_1", /Missing/],
    [[nudge(1, { id: "" })], "data[0].id", "", /not empty/],
    [[nudge(1, { id: undefined })], "data[0].id", undefined, /Missing/],
    [null, "data", undefined, /array, got null/],
  ]
  it.effect.each(misfits)("names nudge, path and what was expected in a 200 that does not fit: %#", ([data, ...is]) =>
    Effect.gen(function* () {
      const [path, nudgeId, reason] = is
      const { layer, seen } = FakeApi.make(() => FakeApi.json({ data, has_more: false }))
      const error = yield* listNudges().pipe(Effect.provide(layer), Effect.flip)
      assert.strictEqual(error._tag, "ResponseInvalid")
      if (error._tag !== "ResponseInvalid") return
      assert.deepStrictEqual([error.path, error.nudgeId, error.sessionId], [path, nudgeId, undefined])
      assert.match(error.reason, reason)
      assert.notInclude(`${error.message} ${JSON.stringify(error)}`, "yesterday")
      assert.lengthOf(seen, 1)
    }),
  )

  const refusals: ReadonlyArray<readonly [number, string, string]> = [
    [400, "RequestRefused", "CursorRejected"],
    [401, "Unauthorized", "Unauthorized"],
    [403, "Unauthorized", "Unauthorized"],
    [404, "NudgesUnavailable", "CursorRejected"],
    [410, "NudgesUnavailable", "CursorRejected"],
    [422, "RequestRefused", "RequestRefused"],
    [302, "UnsafeAddress", "UnsafeAddress"],
  ]
  it.effect.each(refusals)("never repeats %i: first page %s, next page %s", ([status, first, next]) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({
        status,
        body: "<p>no</p>",
        headers: { location: "https://evil.test/x" },
      }))
      const errors = yield* Effect.all([
        Effect.flip(listNudges()),
        Effect.flip(listNudges({ window, cursor: "c", rowsEmitted: 400 })),
      ]).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        errors.map((error) => error._tag),
        [first, next],
      )
      assert.lengthOf(seen, 2)
      assert.isTrue(errors.every((error) => error.message.endsWith(".") && error.advice.endsWith(".")))
    }),
  )

  it.effect("explains where there is no such list, and says where the nudges are as well", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 1))
      const failure = (options: Partial<ElnudgeClient.Options>, request: ElnudgeClient.ListRequest) =>
        listNudges(request).pipe(Effect.provide(FakeApi.make(() => ({ status: 404 }), options).layer), Effect.flip)
      const unknown = yield* failure({}, {})
      assert.strictEqual(
        unknown.message,
        "The API has no list of nudges for a window from 30 days ago (404): the plan may be without one, the window may be older than the plan keeps, or the base URL is wrong.",
      )
      assert.strictEqual(
        unknown.advice,
        "Read the nudges from the sessions' details instead (without --nudges-from list), or use a later from.",
      )
      const known = yield* failure({ retentionDays: 30 }, { window })
      assert.include(known.message, window.from)
      assert.include(known.advice, "a from of 2026-10-02T00:00:00Z or later")
      assert.deepInclude(known, { from: window.from, oldestFrom: "2026-10-02T00:00:00Z", status: 404 })
    }),
  )

  it.effect("says of a 403 that the key may not list nudges, and of a 401 what it says of every request", () =>
    Effect.gen(function* () {
      const adviceOf = (
        status: number,
        asked: Effect.Effect<unknown, ElnudgeError.ElnudgeError | Unavailable, Client>,
      ) =>
        Effect.map(
          asked.pipe(Effect.provide(FakeApi.make(() => ({ status })).layer), Effect.flip),
          ({ advice }) => advice,
        )
      assert.include(yield* adviceOf(403, listNudges()), "from the sessions' details instead")
      assert.strictEqual(yield* adviceOf(401, listNudges()), yield* adviceOf(401, listSessions))
      assert.notInclude(yield* adviceOf(403, listSessions), "details")
    }),
  )

  it.effect("says in an error's words that it is of nudges", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => ({ status: 422 }))
      const messages = yield* Effect.forEach([undefined, "c"], (cursor) =>
        Effect.map(Effect.flip(listNudges({ window, cursor, rowsEmitted: 400 })), ({ message }) => message),
      ).pipe(Effect.provide(layer))
      assert.deepStrictEqual(messages, [
        "The request is not valid: the API refused it with 422 Unprocessable Content (first page of nudges).",
        "The request is not valid: the API refused it with 422 Unprocessable Content (page after 400 nudges).",
      ])
    }),
  )

  it("says in the words of what was refused, or did not fit, that it is of nudges", () => {
    const of = { request: { _tag: "ListNudges", ...window, cursor: "c", rowsEmitted: 400 } } as const
    const misfit = new ElnudgeError.ResponseInvalid({ reason: "it is odd", path: "data[0].type", nudgeId: "n", ...of })
    assert.strictEqual(
      misfit.message,
      "The API's answer does not fit its contract in nudge n at data[0].type: it is odd (page after 400 nudges).",
    )
    assert.strictEqual(
      misfit.advice,
      "Nothing was guessed in its place. Report it to elNudge with the nudge and the path.",
    )
    const stalled = new ElnudgeError.CursorRejected({ status: 410, stalledAt: window.to, ...of })
    assert.include(stalled.message, "asking again for what was shown before 2026-11-01T00:00:00Z brought nothing new")
    assert.include(stalled.advice, "More nudges may be shown in one second than a page holds")
  })

  it.effect("is no place where a walk of sessions could go on", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => ({ status: 422 }))
      const { request } = yield* listNudges({ window, cursor: "c" }).pipe(Effect.provide(layer), Effect.flip)
      assert.deepStrictEqual(request, { _tag: "ListNudges", ...window, cursor: "c", rowsEmitted: 0 })
      assert.isDefined(request)
      if (request !== undefined) assert.isUndefined(WalkPosition.ofRequest(request))
    }),
  )

  it.effect("is retried as every request, and counted by itself", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<FakeApi.Answer> = [{ status: 503 }, { failure: "ECONNRESET" }, okPage]
      const { layer, seen } = FakeApi.make((_, index) => answers[index] ?? FakeApi.page([]))
      const recorder = yield* Coverage.make
      const page = yield* VirtualTime.run(
        Effect.tap(listNudges(), () => listSessions).pipe(
          Effect.provideService(Coverage.Current, recorder),
          Effect.provide(layer),
        ),
      )
      assert.lengthOf(page.data, 1)
      assert.lengthOf(seen, 4)
      assert.deepInclude(recorder.snapshot(), {
        requests: 4,
        list_requests: 1,
        detail_requests: 0,
        nudge_requests: 3,
        retries: 2,
      })
      assert.strictEqual(recorder.sent(), 4)
    }),
  )

  it.effect("shares the key's limit with the other endpoints: a 429 holds them all", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "277403" } }))
      const errors = yield* Effect.all([Effect.flip(listNudges()), Effect.flip(listSessions)]).pipe(
        Effect.provide(layer),
      )
      assert.deepStrictEqual(
        errors.map((error) => error._tag),
        ["RateLimited", "RateLimited"],
      )
      assert.lengthOf(seen, 1)
    }),
  )
})

type Client = ElnudgeClient.ElnudgeClient
type Unavailable = ElnudgeError.NudgesUnavailable
