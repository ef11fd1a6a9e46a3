import { Coverage, ElnudgeClient, type ElnudgeError, RequestBudget } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
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

describe("ElnudgeClient under faults", () => {
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
      assert.deepInclude(first, { _tag: "RateLimited", resumeAt: "2026-11-04T05:03:23Z" })
      assert.deepInclude(second, { _tag: "RateLimited", resumeAt: "2026-11-04T05:03:23Z" })
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
      assert.isAbove(recorder.live().heldUntil, 0)
    }),
  )

  it.effect("says of no hold that it is waited for where it is too long for that", () =>
    Effect.gen(function* () {
      const recorder = yield* Coverage.make
      const { layer } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "277403" } }))
      const failed = listSessions().pipe(Effect.provideService(Coverage.Current, recorder), Effect.provide(layer))
      assert.strictEqual((yield* Effect.flip(failed))._tag, "RateLimited")
      assert.strictEqual(recorder.snapshot().rate_limited, 1)
      assert.strictEqual(recorder.live().heldUntil, 0)
    }),
  )

  const told = (status: number, retryAfter: string): FakeApi.Answer => ({
    status,
    headers: { "retry-after": retryAfter },
  })
  const date = (millis: number) => new Date(millis).toUTCString()

  it.effect.each([202, 206, 408, 425, 429, 500, 502, 503, 504, 520])("waits as Retry-After says: %i", (status) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(inTurn(told(status, "20"), told(status, date(50_000)), okPage))
      yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer)), 10)
      const [, second = 0, third = 0] = seen.map(({ at }) => at)
      assert.isTrue(second >= 20_000 && second <= 20_100, `${second}`)
      assert.isTrue(third >= 50_000 && third <= 50_100, `${third}`)
    }),
  )

  const clipped: ReadonlyArray<readonly [number, ElnudgeError.ListError["_tag"]]> = [
    [202, "ResponseInvalid"],
    [408, "ServerUnavailable"],
    [429, "RateLimited"],
    [503, "ServerUnavailable"],
  ]
  it.effect.each(clipped)("fails at once where it is told to wait for longer than it may: %i", ([status, tag]) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => told(status, "3600"))
      const error = yield* listSessions().pipe(Effect.provide(layer), Effect.flip)
      assert.deepInclude(error, { _tag: tag, resumeAt: "1970-01-01T01:00:00Z" })
      assert.include(`${error.message} ${error.advice}`, "1970-01-01T01:00:00Z")
      assert.lengthOf(seen, 1)
    }),
  )

  it.effect.each([202, 429, 503])("keeps the deadline where it is told to wait for longer: %i", (status) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => told(status, "60"))
      const budget = yield* RequestBudget.make({ deadline: "10 seconds" })
      const error = yield* listSessions().pipe(
        Effect.provideService(RequestBudget.Current, budget),
        Effect.provide(layer),
        Effect.flip,
      )
      assert.deepInclude(error, { _tag: "DeadlineReached", heldUntil: "1970-01-01T00:01:00Z" })
      assert.lengthOf(seen, 1)
    }),
  )

  it.effect("keeps all that one request is told to wait under the ceiling, 503 and 429 together", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make((_, index) => told(index % 2 === 0 ? 503 : 429, "50"))
      const error = yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer), Effect.flip), 250)
      assert.strictEqual(error._tag, "ServerUnavailable")
      assert.lengthOf(seen, 3)
    }),
  )

  it.effect("holds no other request of the key for a 503", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(inTurn(told(503, "20"), okPage))
      yield* Effect.gen(function* () {
        const first = yield* Effect.forkChild(VirtualTime.run(listSessions(), 10))
        while (seen.length === 0) yield* Effect.yieldNow
        yield* listSessions()
        yield* Fiber.join(first)
      }).pipe(Effect.provide(layer))
      assert.isTrue((seen[1]?.at ?? Infinity) < 1_000 && (seen[2]?.at ?? 0) >= 20_000)
    }),
  )

  it.effect.each([429, 503])("takes an instant for no number of seconds, and says so: %i", (status) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => told(status, "1790000000"))
      const error = yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer), Effect.flip), 250)
      assert.include(error.message, 'its Retry-After, "1790000000", is no time to wait')
      assert.notInclude(error.message, "2036")
      assert.isAbove(seen.length, 5)
    }),
  )

  it.effect.each([501, 505, 511])("does not repeat what no other try can change: %i", (status) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => told(status, "1"))
      const error = yield* listSessions().pipe(Effect.provide(layer), Effect.flip)
      assert.include(error.message, `${status} `)
      assert.lengthOf(seen, 1)
    }),
  )

  it.effect("does not ask for hours where every 429 says to wait next to nothing", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "1" } }))
      const error = yield* VirtualTime.run(listSessions().pipe(Effect.provide(layer), Effect.flip), 250)
      assert.strictEqual(error._tag, "RateLimited")
      assert.isAtMost(seen.length, 130)
    }),
  )
})
