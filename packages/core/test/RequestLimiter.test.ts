import { RequestLimiter } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import * as VirtualTime from "./VirtualTime.ts"

const limiterFor = (requestsPerMinute: number) =>
  Effect.flatMap(RequestLimiter.RequestLimiter, (limiter) => limiter.forKey("key", requestsPerMinute))

const takeAt = (limiter: RequestLimiter.KeyLimiter) => Effect.andThen(limiter.take(120_000), Clock.currentTimeMillis)

const mostInAnyMinute = (times: ReadonlyArray<number>): number =>
  Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + 60_000).length))

describe("RequestLimiter", () => {
  it.effect.each([2, 3, 9, 10, 60, 1000])("never puts more than %i requests into any 60 seconds", (limit) =>
    Effect.gen(function* () {
      const limiter = yield* limiterFor(limit)
      const count = limit * 2 + 10
      const times = yield* VirtualTime.run(
        Effect.forEach(Array.from({ length: count }), () => takeAt(limiter), { concurrency: 16 }),
        250,
      )
      assert.strictEqual(times.length, count)
      assert.isAtMost(mostInAnyMinute(times), limit)
    }).pipe(Effect.provide(RequestLimiter.layer)),
  )

  it.effect("uses nearly all of a limit of 1000 a minute", () =>
    Effect.gen(function* () {
      const limiter = yield* limiterFor(1000)
      const times = yield* VirtualTime.run(
        Effect.forEach(Array.from({ length: 2000 }), () => takeAt(limiter), { concurrency: 16 }),
        10,
      )
      const minutes = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 60_000
      assert.isAtLeast(2000 / minutes, 980)
    }).pipe(Effect.provide(RequestLimiter.layer)),
  )

  it.effect("gives the same limiter for the same key", () =>
    Effect.gen(function* () {
      const limiters = yield* RequestLimiter.RequestLimiter
      assert.strictEqual(yield* limiters.forKey("a", 1000), yield* limiters.forKey("a", 1000))
      assert.notStrictEqual(yield* limiters.forKey("a", 1000), yield* limiters.forKey("b", 1000))
    }).pipe(Effect.provide(RequestLimiter.layer)),
  )

  it.effect("holds every request of the key, and a shorter hold does not end a longer one", () =>
    Effect.gen(function* () {
      const limiter = yield* limiterFor(1000)
      yield* limiter.hold(30_000)
      yield* limiter.hold(10_000)
      const fiber = yield* Effect.forkChild(Effect.all([takeAt(limiter), takeAt(limiter)], { concurrency: 2 }))
      yield* TestClock.adjust(29_999)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(fiber), [30_000, 30_000])
    }).pipe(Effect.provide(RequestLimiter.layer)),
  )

  it.effect("keeps the limit when a hold falls among requests that already wait for a token", () =>
    Effect.gen(function* () {
      const limit = 60
      const limiter = yield* limiterFor(limit)
      const walk = Effect.forEach(Array.from({ length: 150 }), () => takeAt(limiter), { concurrency: 16 })
      const fiber = yield* Effect.forkChild(walk)
      yield* TestClock.adjust(20_000)
      yield* limiter.hold(30_000)
      for (let step = 0; step < 800 && fiber.pollUnsafe() === undefined; step++) yield* TestClock.adjust(250)
      const times = yield* Fiber.join(fiber)
      assert.isTrue(times.every((time) => time <= 20_000 || time >= 50_000))
      assert.isAtMost(mostInAnyMinute(times), limit)
    }).pipe(Effect.provide(RequestLimiter.layer)),
  )

  it.effect("fails at once when the hold is longer than the request may wait", () =>
    Effect.gen(function* () {
      const limiter = yield* limiterFor(1000)
      yield* limiter.hold(120_001)
      const error = yield* Effect.flip(limiter.take(120_000))
      assert.deepInclude(error, { _tag: "HeldTooLong", remainingMillis: 120_001 })
      yield* TestClock.adjust(1)
      const fiber = yield* Effect.forkChild(limiter.take(120_000))
      yield* TestClock.adjust(120_000)
      assert.strictEqual((yield* Fiber.join(fiber)).heldMillis, 120_000)
    }).pipe(Effect.provide(RequestLimiter.layer)),
  )

  it.effect("fails soon after a hold has grown beyond what the request may wait", () =>
    Effect.gen(function* () {
      const limiter = yield* limiterFor(1000)
      yield* limiter.hold(60_000)
      const fiber = yield* Effect.forkChild(Effect.flip(limiter.take(120_000)))
      yield* TestClock.adjust(1_000)
      yield* limiter.hold(600_000)
      yield* TestClock.adjust(1_000)
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "HeldTooLong", remainingMillis: 599_000 })
    }).pipe(Effect.provide(RequestLimiter.layer)),
  )

  it.effect("reports how long a turn was paced and held", () =>
    Effect.gen(function* () {
      const limiter = yield* limiterFor(1000)
      yield* limiter.hold(1_000)
      const turns = yield* VirtualTime.run(
        Effect.forEach(Array.from({ length: 6 }), () => limiter.take(120_000), { concurrency: 6 }),
        1,
      )
      assert.deepStrictEqual(
        turns.map((turn) => turn.heldMillis),
        [1000, 1000, 1000, 1000, 1000, 1000],
      )
      assert.deepStrictEqual(
        turns.slice(0, 5).map((turn) => turn.pacedMillis),
        [0, 0, 0, 0, 0],
      )
      // Five go at once, and almost a thousand a minute follow them.
      assert.strictEqual(turns[5]?.pacedMillis, 61)
    }).pipe(Effect.provide(RequestLimiter.layer)),
  )

  it.effect("ends a wait at once when it is interrupted", () =>
    Effect.gen(function* () {
      const limiter = yield* limiterFor(1000)
      yield* limiter.hold(60_000)
      const fiber = yield* Effect.forkChild(limiter.take(120_000))
      yield* TestClock.adjust(10)
      yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.hasInterrupts(exit))
    }).pipe(Effect.provide(RequestLimiter.layer)),
  )
})

describe("RequestLimiter.parse", () => {
  it.effect.each<readonly [number, number, number]>([
    [1000, 1, 1000],
    [1000, 1 / 3, 333],
    [100, 0.29, 29],
    [4, 0.5, 2],
  ])("makes of %i a minute with a share of %f %i", ([limit, share, part]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* RequestLimiter.parse(limit, share), part)
    }),
  )
})
