import { ElnudgeClient, type ElnudgeError, RequestBudget } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FakeApi from "./FakeApi.ts"
import * as VirtualTime from "./VirtualTime.ts"

const window = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }

interface Case {
  readonly answer: FakeApi.Answer
  readonly cursor?: string
  readonly budget?: RequestBudget.Options
  readonly limiter?: typeof FakeApi.lostLimiter
}

type Cases<Tag extends string> = Readonly<Record<Tag, ReadonlyArray<Case>>>

// What is wrong with an option is told before there is a page.
type Tag<E extends ElnudgeError.ElnudgeError> = Exclude<E["_tag"], "InvalidOption">

// Each class of a page's errors, with every way to it. The types name them all.
const cases: Cases<Tag<ElnudgeError.ListError & ElnudgeError.NudgesError>> = {
  RequestRefused: [{ answer: { status: 422 }, cursor: "c" }, { answer: { status: 400 } }],
  UnsafeAddress: [{ answer: { status: 302, headers: { location: "https://elsewhere.test/" } }, cursor: "c" }],
  Unauthorized: [
    { answer: { status: 401 }, cursor: "c" },
    { answer: { status: 403 }, cursor: "c" },
  ],
  TransportFailure: [
    { answer: { failure: "ECONNRESET" }, cursor: "c" },
    { answer: "hang", cursor: "c" },
  ],
  TlsFailure: [
    { answer: { failure: "CERT_HAS_EXPIRED" }, cursor: "c" },
    { answer: { failure: "ERR_SSL_WRONG_VERSION_NUMBER" }, cursor: "c" },
  ],
  ProxyFailure: [
    { answer: { status: 407 }, cursor: "c" },
    { answer: { failure: "UND_ERR_PRX_CONN" }, cursor: "c" },
  ],
  ServerUnavailable: [
    { answer: { status: 503 }, cursor: "c" },
    { answer: { status: 501 }, cursor: "c" },
    { answer: { status: 503, headers: { "retry-after": "3600" } }, cursor: "c" },
    { answer: { status: 408 }, cursor: "c" },
  ],
  RateLimited: [
    { answer: { status: 429, headers: { "retry-after": "277403" } }, cursor: "c" },
    { answer: { status: 429, headers: { "retry-after": "50" } }, cursor: "c" },
  ],
  LimiterUnavailable: [{ answer: "hang", cursor: "c", limiter: FakeApi.lostLimiter }],
  DeadlineReached: [
    { answer: "hang", cursor: "c", budget: { deadline: "10 seconds" } },
    { answer: { status: 429, headers: { "retry-after": "60" } }, cursor: "c", budget: { deadline: "10 seconds" } },
    { answer: { status: 503, headers: { "retry-after": "60" } }, cursor: "c", budget: { deadline: "10 seconds" } },
  ],
  RequestsUsedUp: [{ answer: { status: 500 }, cursor: "c", budget: { maxRequests: 1 } }],
  ResponseInvalid: [
    { answer: { status: 200, body: "<html>" }, cursor: "c" },
    { answer: { status: 206 }, cursor: "c" },
    { answer: { status: 304 }, cursor: "c" },
    { answer: { status: 302 }, cursor: "c" },
    { answer: { status: 200, headers: { "content-encoding": "br" } }, cursor: "c" },
    { answer: FakeApi.json({ data: [FakeApi.row(1, { intent_score: "82" })], has_more: false }), cursor: "c" },
  ],
  CursorRejected: [
    { answer: { status: 400 }, cursor: "c" },
    { answer: { status: 404 }, cursor: "c" },
    { answer: { status: 410 }, cursor: "c" },
  ],
}

const first: ReadonlyArray<Case> = [{ answer: { status: 404 } }]

const ofSessions: Cases<Tag<ElnudgeError.ListError>> = { ...cases, RetentionExceeded: first }
const ofNudges: Cases<Tag<ElnudgeError.NudgesError>> = {
  ...cases,
  NudgesUnavailable: [...first, { answer: { status: 410 } }],
}

const each = (name: "ListSessions" | "ListNudges", of: Cases<string>) =>
  Object.entries(of).flatMap(([tag, some]) => some.map((one) => [name, tag, one] as const))

const all = [...each("ListSessions", ofSessions), ...each("ListNudges", ofNudges)]

describe("An error of a page", () => {
  it.effect.each(all)("says from where to go on: %s, %s, %#", ([name, tag, { answer, budget, cursor, limiter }]) =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => answer, {}, limiter)
      const error = yield* VirtualTime.run(
        Effect.gen(function* () {
          const client = yield* ElnudgeClient.ElnudgeClient
          const asked = { window, cursor, limit: 200, rowsEmitted: 400 }
          const request: Effect.Effect<unknown, ElnudgeError.ListError | ElnudgeError.NudgesError> =
            name === "ListNudges" ? client.listNudges(asked) : client.listSessions(asked)
          const current = budget === undefined ? undefined : yield* Effect.orDie(RequestBudget.make(budget))
          return yield* Effect.provideService(Effect.flip(request), RequestBudget.Current, current)
        }).pipe(Effect.provide(layer)),
        1_000,
      )
      assert.strictEqual(error._tag, tag)
      assert.deepStrictEqual(error.request, { _tag: name, ...window, cursor, rowsEmitted: 400 })
      assert.isNotEmpty(error.advice)
    }),
  )

  it.effect("has its window also where the cursor was sent alone", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({ status: 422 }))
      const error = yield* Effect.gen(function* () {
        const client = yield* ElnudgeClient.ElnudgeClient
        return yield* Effect.flip(
          client.listSessions({ window, cursor: "c", limit: 200, rowsEmitted: 400, cursorAlone: true }),
        )
      }).pipe(Effect.provide(layer))
      assert.strictEqual(seen[0]?.url.search, "?cursor=c")
      assert.deepStrictEqual(error.request, { _tag: "ListSessions", ...window, cursor: "c", rowsEmitted: 400 })
    }),
  )
})
