/** Options without a compiler: what is spelled wrong or of another type is refused by its name, before anything is sent. */
import {
  ElnudgeClient,
  ElnudgeError,
  RequestBudget,
  RequestLimiter,
  SessionStream,
  WalkSample,
} from "@effect-elnudge/core"
import { Elnudge } from "@effect-elnudge/core/promise"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as PromiseFace from "./PromiseFace.ts"

const { collect, outcome, rows, window } = PromiseFace

const span = { from: DateTime.makeUnsafe(window.from), to: DateTime.makeUnsafe(window.to) }

const apiKey = "sk_test_options"

/** As JavaScript has it: JSON.parse knows no types either, and what JSON has not is put in here. */
const loose = (options: unknown) => {
  const parsed = JSON.parse("{}")
  parsed.options = options
  return parsed.options
}

const assertRefused = (error: unknown, option: string, words: RegExp) => {
  assert.instanceOf(error, ElnudgeError.InvalidOption)
  assert.strictEqual(error.option, option)
  assert.match(`${error.message} ${error.advice}`, words)
  assert.notInclude(`${error.message} ${error.advice}`, apiKey)
}

type Case = readonly [options: unknown, option: string, words: RegExp]

const common: ReadonlyArray<Case> = [
  [null, "options", /options is null, not an object/],
  ["from=2026-10-01", "options", /options is a string/],
  [7, "options", /options is 7/],
  [{ fromm: "2026-10-01" }, "fromm", /there is no option fromm, but there is from.*Did you mean from\?/],
  [{ form: "2026-10-01" }, "form", /Did you mean from\?/],
  [{ From: "2026-10-01" }, "From", /Did you mean from\?/],
  [{ page_size: 50 }, "page_size", /Did you mean pageSize\?/],
  [{ since: "7d" }, "since", /there is no option since\..*The options are from, to, signal, pageSize/],
  [{ from: 1_790_000_000_000 }, "from", /from is 1790000000000/],
  [{ from: new Date("") }, "from", /from is an invalid date/],
  [{ to: 10n }, "to", /to is 10/],
  [{ to: "yesterday" }, "to", /to is "yesterday"/],
  [{ pageSize: "50" }, "pageSize", /pageSize is a string, not a number/],
  [{ pageSize: Number.NaN }, "pageSize", /pageSize is NaN.*from 1 to 200/],
  [{ pageSize: null }, "pageSize", /pageSize is null/],
  [{ listConcurrency: Infinity }, "listConcurrency", /listConcurrency is Infinity/],
  [{ followWindow: "no" }, "followWindow", /not true or false/],
  [{ signal: "abort" }, "signal", /signal is a string, not an AbortSignal/],
  [{ signal: new AbortController() }, "signal", /not an AbortSignal/],
]

const ofDetails: ReadonlyArray<Case> = [
  [{ pick: "all" }, "pick", /pick is a string, not a function/],
  [{ picks: () => true }, "picks", /Did you mean pick\?/],
  [{ ...window, pick: async () => false }, "pick", /pick gave a promise, not true or false/],
  [{ ...window, pick: async () => Promise.reject(new Error("mine")) }, "pick", /pick gave a promise/],
  [{ ...window, pick: () => 0 }, "pick", /pick gave 0/],
  [{ ...window, pick: () => {} }, "pick", /pick gave undefined/],
  [{ concurrency: "8" }, "concurrency", /not a number/],
  [{ concurrency: 0 }, "concurrency", /from 1 to 1000/],
  [{ unordered: 1 }, "unordered", /not true or false/],
  [{ onUnavailable: "ignore" }, "onUnavailable", /not "skip" or "emit" or "fail"/],
]

const walks: ReadonlyArray<readonly [keyof Elnudge.Client & string, unknown, string, RegExp]> = [
  ...common.flatMap(([...each]) =>
    (["sessions", "details", "ndjson"] as const).map((call) => [call, ...each] as const),
  ),
  ...ofDetails.map(([...each]) => ["details", ...each] as const),
  ["sessions", { pick: () => true }, "pick", /there is no option pick/],
  ["ndjson", { details: "yes" }, "details", /not true or false/],
  ["ndjson", { ...window, details: true, pick: async () => true }, "pick", /pick gave a promise/],
  ["ndjson", { detail: true }, "detail", /Did you mean details\?/],
]

describe("A walk", () => {
  it.effect.each(walks)("refuses what is no option of it: %s %o", ([call, options, option, words]) =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script(rows(3)))
      const given = loose(options)
      const asked =
        call === "ndjson"
          ? elnudge.ndjson(given).started()
          : collect<unknown>(call === "details" ? elnudge.details(given) : elnudge.sessions(given))
      const error = yield* Effect.promise(() => outcome(asked))
      assertRefused(error, option, words)
      // A page must have come before there is a session to ask about; no detail is read.
      assert.lengthOf(seen, /gave/.test(String(error)) ? 1 : 0)
    }),
  )

  it.effect("takes all that there is", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(FakeList.script(rows(3)))
      const { signal } = new AbortController()
      const list = { ...window, signal, pageSize: 2, followWindow: true, listConcurrency: 2 }
      const options = { ...list, pick: () => false, concurrency: 1, unordered: true, onUnavailable: "fail" } as const
      assert.lengthOf(yield* Effect.promise(() => collect(elnudge.sessions(list))), 3)
      assert.lengthOf(yield* Effect.promise(() => collect(elnudge.details(options))), 3)
      const lines = yield* Effect.promise(() => new Response(elnudge.ndjson({ ...options, details: false })).text())
      assert.lengthOf(lines.trim().split("\n"), 3)
    }),
  )
})

describe("getSession", () => {
  const cases: ReadonlyArray<Case> = [
    [null, "options", /options is null/],
    [{ startedat: "2026-10-01T00:00:00Z" }, "startedat", /Did you mean startedAt\?/],
    [{ startedAt: "yesterday" }, "startedAt", /not an instant/],
    [{ startedAt: new Date(0) }, "startedAt", /startedAt is a date/],
    [{ signal: {} }, "signal", /not an AbortSignal/],
  ]
  it.effect.each(cases)("refuses what is no option of it: %o", ([options, option, words]) =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(() => "hang")
      assertRefused(yield* Effect.promise(() => outcome(elnudge.getSession("sess_1", loose(options)))), option, words)
      assert.lengthOf(seen, 0)
    }),
  )

  it.effect("refuses what is no id", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(() => "hang")
      for (const id of [10n, undefined, {}, Symbol("id")]) {
        assertRefused(yield* Effect.promise(() => outcome(elnudge.getSession(loose(id)))), "id", /is no session id/)
      }
    }),
  )
})

describe("make", () => {
  const cases: ReadonlyArray<Case> = [
    [undefined, "options", /options is undefined/],
    [apiKey, "options", /options is a string/],
    [{ apiKey, baseURL: "https://api.test/v1" }, "baseURL", /but there is baseUrl.*Did you mean baseUrl\?/],
    [{ apikey: apiKey }, "apikey", /Did you mean apiKey\?/],
    [{ key: apiKey }, "key", /Did you mean apiKey\?/],
    [{ apiKey, timeout: 5 }, "timeout", /Did you mean attemptTimeout\?/],
    [{ apiKey, baseUrl: new URL("https://api.test/v1") }, "baseUrl", /baseUrl is an object, not a string/],
    [{ apiKey, requestsPerMinute: "600" }, "requestsPerMinute", /is a string, not a number, or "auto"/],
    [{ apiKey, requestsPerMinute: Number.NaN }, "requestsPerMinute", /a rate limit of NaN/],
    [{ apiKey, share: "0.5" }, "share", /share is a string/],
    [{ apiKey, retentionDays: "30" }, "retentionDays", /retentionDays is a string/],
    [{ apiKey, attemptTimeout: "30s" }, "attemptTimeout", /not a duration/],
    [{ apiKey, maxHold: null }, "maxHold", /maxHold is null, not a duration/],
    [{ apiKey, fetch: {} }, "fetch", /fetch is an object, not a function/],
    [{ apiKey, reloadKey: apiKey }, "reloadKey", /reloadKey is a string, not a function/],
  ]
  it.each(cases)("refuses at once what is no option of it: %o", async (options, option, words) => {
    assertRefused(await outcome((async () => Elnudge.make(loose(options)))()), option, words)
  })

  const ofEnv: ReadonlyArray<Case> = [
    [null, "options", /options is null/],
    [{ apiKey }, "apiKey", /there is no option apiKey/],
    [{ baseUrl: "https://api.test/v1" }, "baseUrl", /there is no option baseUrl/],
    [{ environment: {} }, "environment", /Did you mean env\?/],
    [{ env: "production" }, "env", /env is a string/],
    [{ env: { ELNUDGE_API_KEY: 7 } }, "env", /whose ELNUDGE_ variables are strings/],
  ]
  it.each(ofEnv)("so does fromEnv: %o", async (options, option, words) => {
    assertRefused(await outcome((async () => Elnudge.fromEnv(loose(options)))()), option, words)
  })

  it("takes an environment that has more than texts", () => {
    assert.isFunction(Elnudge.fromEnv(loose({ env: { ELNUDGE_API_KEY: apiKey, BUCKET: {} } })).sessions)
  })

  it("refuses a second client of a key that has another limit, and names both", async () => {
    const shared = { apiKey: `${apiKey}_shared` }
    Elnudge.make({ ...shared, requestsPerMinute: 600 })
    Elnudge.make({ ...shared, requestsPerMinute: 1_200, share: 0.5 })
    const others: ReadonlyArray<Pick<Elnudge.Options, "requestsPerMinute" | "share">> = [
      { requestsPerMinute: 500 },
      { requestsPerMinute: "auto" },
      { requestsPerMinute: 600, share: 0.5 },
      {},
    ]
    for (const other of others) {
      const error = await outcome((async () => Elnudge.make({ ...shared, ...other }))())
      const asked = other.share !== undefined ? "300" : `${other.requestsPerMinute ?? 1000}`
      const words = asked === "auto" ? "a limit that is learned" : `${asked} requests a minute`
      assertRefused(error, "requestsPerMinute", new RegExp(`has 600 requests a minute .* asks for ${words}`))
    }
    // Another address has a limit of its own, and so has another key.
    Elnudge.make({ ...shared, baseUrl: "https://api.test/v1" })
    Elnudge.make({ apiKey: `${apiKey}_other` })
  })
})

describe("The Effect face", () => {
  const layerOf = (options: object, script: FakeApi.Script = FakeList.script(rows(3))) =>
    FakeApi.make(script, loose(options))

  const cases: ReadonlyArray<readonly [string, unknown, string, RegExp]> = [
    ["layer", { baseURL: "https://api.test/v1" }, "baseURL", /Did you mean baseUrl\?/],
    ["layer", { apiKey }, "apiKey", /apiKey is a string, not a Redacted/],
    ["layer", { reloadKey: () => apiKey }, "reloadKey", /reloadKey is a function, not an Effect/],
    ["summaries", { form: undefined }, "form", /Did you mean from\?/],
    ["summaries", { from: "2026-10-01" }, "from", /from is a string, not a DateTime/],
    ["pages", { pagesize: 5 }, "pagesize", /Did you mean pageSize\?/],
    ["details", { ...span, pick: () => Effect.succeed(false) }, "pick", /pick gave an object/],
    ["details", { signal: null }, "signal", /there is no option signal/],
    ["nudges", { ...span, needsEvents: async () => false }, "needsEvents", /needsEvents gave a promise/],
    ["nudges", { needEvents: () => false }, "needEvents", /Did you mean needsEvents\?/],
    ["follow", { intervall: "1 minute" }, "intervall", /Did you mean interval\?/],
    ["follow", { interval: "1m" }, "interval", /interval is not a duration/],
    ["budget", { maxRequest: 5 }, "maxRequest", /Did you mean maxRequests\?/],
    ["budget", { maxRequests: "5" }, "maxRequests", /maxRequests is a string/],
    ["sample", { page: 5 }, "page", /Did you mean pages\?/],
    ["listSessions", { limit: 0 }, "limit", /limit is 0/],
    ["listSessions", { cursr: "c" }, "cursr", /Did you mean cursor\?/],
    ["listNudges", { limit: "50" }, "limit", /limit is a string/],
  ]
  it.effect.each(cases)("refuses what is no option: %s %o", ([name, options, option, words]) =>
    Effect.gen(function* () {
      const given = loose(options)
      const { layer } = name === "layer" ? layerOf(given) : layerOf({})
      const of: Readonly<
        Record<string, Effect.Effect<unknown, { readonly _tag: string }, ElnudgeClient.ElnudgeClient>>
      > = {
        layer: ElnudgeClient.ElnudgeClient,
        pages: Stream.runDrain(SessionStream.pages(given)),
        summaries: Stream.runDrain(SessionStream.summaries(given)),
        details: Stream.runDrain(SessionStream.details(given)),
        nudges: Stream.runDrain(SessionStream.nudges(given)),
        follow: Stream.runDrain(SessionStream.follow(given)),
        budget: RequestBudget.make(given),
        sample: WalkSample.take(given),
        listSessions: Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listSessions(given)),
        listNudges: Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listNudges(given)),
      }
      const error = yield* Effect.flip((of[name] ?? Effect.never).pipe(Effect.provide(layer)))
      assertRefused(error, option, words)
    }),
  )

  it.effect("ends a stream that follows at the first answer that is none, rather than ask again", () =>
    Effect.gen(function* () {
      const now = DateTime.makeUnsafe("2026-10-15T14:00:00Z")
      yield* TestClock.setTime(DateTime.toEpochMillis(now))
      const { layer, seen } = FakeApi.make(FakeList.script(rows(3)))
      const options = loose({ from: DateTime.subtract(now, { hours: 6 }), pick: async () => false })
      const error = yield* Effect.flip(Stream.runDrain(SessionStream.follow(options)).pipe(Effect.provide(layer)))
      assertRefused(error, "pick", /pick gave a promise/)
      assert.isNotEmpty(seen)
      assert.isTrue(seen.every(({ url }) => url.pathname === "/v1/sessions"))
    }),
  )

  it.effect("leaves what a function of the caller's throws as it is", () =>
    Effect.gen(function* () {
      const thrown = new RangeError("mine")
      const { elnudge } = yield* PromiseFace.make(FakeList.script(rows(3)))
      const pick = () => {
        throw thrown
      }
      assert.strictEqual(yield* Effect.promise(() => outcome(collect(elnudge.details({ ...window, pick })))), thrown)
    }),
  )

  it.effect("refuses another limit of a key that has one", () =>
    Effect.gen(function* () {
      const limiter = yield* RequestLimiter.RequestLimiter
      const first = yield* limiter.forKey("a", 600)
      assert.strictEqual(yield* limiter.forKey("a", 600), first)
      assertRefused(yield* Effect.flip(limiter.forKey("a", 500)), "requestsPerMinute", /600 .* 500 requests a minute/)
    }).pipe(Effect.provide(RequestLimiter.layerFresh)),
  )
})
