import { RequestLimiter } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as LimitedServer from "./LimitedServer.ts"
import * as SetClock from "./SetClock.ts"

const { fixedWindow, sum, tokenBucket } = LimitedServer

const limiterFor = (limit: RequestLimiter.Limit) =>
  Effect.flatMap(RequestLimiter.RequestLimiter, (limiter) => limiter.forKey("key", limit))

const utilisation = ({ accepted }: LimitedServer.Seen, requestsPerMinute: number): number =>
  sum(accepted) / accepted.length / requestsPerMinute

type MakeServer = (requestsPerMinute: number) => LimitedServer.Server

const servers: ReadonlyArray<readonly [string, MakeServer]> = [
  ["token buckets", tokenBucket],
  ["fixed windows", fixedWindow],
  ["full minutes", (requestsPerMinute) => fixedWindow(requestsPerMinute, "minute")],
]

describe("A limit that is known", () => {
  const cases = servers.flatMap(([name, server]) =>
    [2, 10, 60, 300, 1000, 3000].flatMap((limit) =>
      [0, 100].map((latency): readonly [number, string, number, MakeServer] => [limit, name, latency, server]),
    ),
  )

  it.effect.each(cases)(
    "of %i a minute is used to 98 percent without a refusal: %s, %i ms away",
    ([limit, , latency, server]) =>
      Effect.gen(function* () {
        const minutes = limit < 60 ? 20 : 3
        const seen = yield* LimitedServer.run(yield* limiterFor(limit), server(limit), { minutes, latency })
        assert.strictEqual(sum(seen.refused), 0)
        assert.isAtLeast(utilisation(seen, limit), 0.98)
      }).pipe(Effect.provide(RequestLimiter.layerFresh)),
  )

  it.effect("is used to 98 percent where timers fire late", () =>
    Effect.gen(function* () {
      const late = yield* SetClock.make({
        offset: () => 0,
        sleep: (duration) => Duration.sum(duration, Duration.millis(30)),
      })
      const { hold, take } = yield* limiterFor(3000)
      const limiter: RequestLimiter.KeyLimiter = {
        hold,
        take: (maxHeldMillis) => Effect.provideService(take(maxHeldMillis), Clock.Clock, late),
      }
      const seen = yield* LimitedServer.run(limiter, tokenBucket(3000), { minutes: 2 })
      assert.strictEqual(sum(seen.refused), 0)
      assert.isAtLeast(utilisation(seen, 3000), 0.98)
    }).pipe(Effect.provide(RequestLimiter.layerFresh)),
  )

  it.effect("is used, and a hold ends, where the wall clock is set back an hour", () =>
    Effect.gen(function* () {
      let offset = 0
      const elapsed = yield* Effect.clockWith((clock) => Effect.succeed(() => clock.currentTimeMillisUnsafe()))
      const changed = yield* SetClock.make({ offset: () => offset })
      const departures: Array<number> = []
      const limiter = yield* limiterFor(600)
      const depart = Effect.gen(function* () {
        yield* limiter.take(60_000)
        departures.push(elapsed())
        // The test's clock waits for nobody who is not asleep.
        yield* Effect.sleep(1)
      })
      yield* Effect.forkChild(Effect.provideService(Effect.forever(depart), Clock.Clock, changed))
      yield* TestClock.adjust(20_000)
      offset = -3_600_000
      yield* TestClock.adjust(20_000)
      yield* Effect.provideService(limiter.hold(10_000), Clock.Clock, changed)
      offset = -7_200_000
      yield* TestClock.adjust(20_000)
      const within = (from: number, to: number) => departures.filter((at) => at >= from && at < to).length
      assert.isAtLeast(within(20_000, 40_000), 196)
      assert.strictEqual(within(40_001, 50_000), 0)
      assert.isAtLeast(within(50_000, 60_000), 98)
    }).pipe(Effect.provide(RequestLimiter.layerFresh)),
  )
})

describe("A limit that is learned", () => {
  // What the server does, its limit, how far away it is, and the most refusals in each of three minutes.
  const cases: ReadonlyArray<readonly [string, number, number, number, MakeServer]> = [
    ["a token bucket", 3000, 0, 3, tokenBucket],
    ["a token bucket", 3000, 50, 3, tokenBucket],
    ["a token bucket", 1000, 0, 3, tokenBucket],
    ["a token bucket", 1000, 50, 3, tokenBucket],
    ["a token bucket", 300, 0, 6, tokenBucket],
    ["a token bucket", 300, 50, 6, tokenBucket],
    ["fixed windows", 3000, 0, 1, fixedWindow],
    // All that were under way when the window was used up.
    ["fixed windows", 3000, 50, 16, fixedWindow],
    ["fixed windows", 1000, 0, 1, fixedWindow],
    ["fixed windows", 1000, 50, 16, fixedWindow],
    ["fixed windows", 300, 0, 1, fixedWindow],
    ["fixed windows", 300, 50, 16, fixedWindow],
  ]

  it.effect.each(cases)(
    "is used to 90 percent in each of three minutes: %s of %i a minute, %i ms away, at most %i refusals in one",
    ([, limit, latency, refusals, server]) =>
      Effect.gen(function* () {
        const seen = yield* LimitedServer.run(yield* limiterFor("auto"), server(limit), { minutes: 3, latency })
        for (const accepted of seen.accepted) assert.isAtLeast(accepted / limit, 0.9)
        for (const refused of seen.refused) assert.isAtMost(refused, refusals)
      }).pipe(Effect.provide(RequestLimiter.layerFresh)),
  )

  // From which limit to which, after two of six minutes, and in which minute it is used to 90 percent again.
  const changes: ReadonlyArray<readonly [string, number, number, number, MakeServer]> = [
    ["a token bucket", 3000, 1000, 2, tokenBucket],
    ["a token bucket", 3000, 300, 2, tokenBucket],
    ["a token bucket", 1000, 3000, 3, tokenBucket],
    ["fixed windows", 3000, 1000, 2, fixedWindow],
    ["fixed windows", 3000, 300, 2, fixedWindow],
    ["fixed windows", 1000, 3000, 3, fixedWindow],
  ]

  it.effect.each(changes)(
    "is learned anew when it changes: %s of %i, then %i a minute",
    ([, first, then, from, server]) =>
      Effect.gen(function* () {
        const change = { minute: 2, requestsPerMinute: then }
        const traffic = { minutes: 6, latency: 20, change }
        const seen = yield* LimitedServer.run(yield* limiterFor("auto"), server(first), traffic)
        for (const accepted of seen.accepted.slice(from)) assert.isAtLeast(accepted / then, 0.9)
        assert.isAtMost(sum(seen.refused.slice(2)), 16)
      }).pipe(Effect.provide(RequestLimiter.layerFresh)),
  )

  it.effect("does not grow while something else is why requests are few", () =>
    Effect.gen(function* () {
      const limiter = yield* limiterFor("auto")
      const idle = yield* LimitedServer.run(limiter, fixedWindow(100_000), { minutes: 10, concurrency: 4, pause: 500 })
      assert.strictEqual(sum(idle.refused), 0)
      // Had it grown in those minutes, all of these would leave at once.
      const busy = yield* LimitedServer.run(limiter, tokenBucket(1000), { minutes: 1, concurrency: 16 })
      assert.isAtMost(sum(busy.refused), 3)
    }).pipe(Effect.provide(RequestLimiter.layerFresh)),
  )

  it.effect("is the same in every run", () =>
    Effect.gen(function* () {
      const once = Effect.gen(function* () {
        const traffic = { minutes: 2, latency: 50 }
        return yield* LimitedServer.run(yield* limiterFor("auto"), tokenBucket(3000), traffic)
      }).pipe(Effect.provide(RequestLimiter.layerFresh))
      assert.deepStrictEqual(yield* once, yield* once)
    }),
  )
})
