import { ElnudgeClient, RequestLimiter } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Redis from "effect/persistence/Redis"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as LimitedServer from "./LimitedServer.ts"
import * as VirtualTime from "./VirtualTime.ts"

const limiterOfStore = RequestLimiter.layerShared.pipe(Layer.provide(RateLimiter.layer))

/** What each of several processes has: a limiter of its own on the store that they share. */
const processes = Effect.fnUntraced(function* (count: number, requestsPerMinute: number) {
  const store = yield* Layer.build(Layer.fresh(RateLimiter.layerStoreMemory))
  return yield* Effect.forEach(Array.from({ length: count }), () =>
    Effect.flatMap(Layer.build(Layer.fresh(limiterOfStore)), (built) =>
      Context.get(built, RequestLimiter.RequestLimiter).forKey("key", requestsPerMinute),
    ).pipe(Effect.provide(store)),
  )
})

type Reserve = RateLimiter.RateLimiterStore["Service"]["tokenBucket"]

/** A store that only knows how to reserve. */
const storeWith = (reserve: Reserve) =>
  Layer.effect(
    RateLimiter.RateLimiterStore,
    Effect.map(RateLimiter.RateLimiterStore, (memory) =>
      RateLimiter.RateLimiterStore.of({ ...memory, tokenBucket: reserve }),
    ),
  ).pipe(Layer.provide(Layer.fresh(RateLimiter.layerStoreMemory)))

const limiterOn = (reserve: Reserve) => limiterOfStore.pipe(Layer.provide(storeWith(reserve)))

const failed = (cause: unknown) =>
  Effect.fail(
    new RateLimiter.RateLimiterError({ reason: new RateLimiter.RateLimitStoreError({ message: "store", cause }) }),
  )

const refused = failed(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }))

const limiterFor = (limit: RequestLimiter.Limit) =>
  Effect.flatMap(RequestLimiter.RequestLimiter, (limiter) => limiter.forKey("key", limit))

describe("RequestLimiter.layerShared", () => {
  it.effect.each<readonly [number, number]>([
    [2, 60],
    [2, 3000],
    [4, 1000],
    [4, 3000],
  ])("makes one limit of %i processes with %i a minute, and nearly all of it is used", ([count, limit]) =>
    Effect.gen(function* () {
      const [first, ...others] = yield* processes(count, limit)
      if (first === undefined) return assert.fail("no process")
      const limiters = [first, ...others]
      // Each turn is of the next process, and a hold is of the one that was refused.
      let turn = 0
      const seen = yield* LimitedServer.run(
        {
          take: (maxHeldMillis) => (limiters[turn++ % count] ?? first).take(maxHeldMillis),
          hold: (millis) => first.hold(millis),
        },
        LimitedServer.fixedWindow(limit),
        { minutes: 3, latency: 50 },
      )
      assert.deepStrictEqual(seen.refused, [0, 0, 0])
      assert.isAtLeast(LimitedServer.sum(seen.accepted) / 3 / limit, 0.98)
    }).pipe(Effect.scoped),
  )

  it.effect("gives up a turn that a hold overtakes", () =>
    Effect.gen(function* () {
      const [limiter] = yield* processes(1, 60)
      if (limiter === undefined) return assert.fail("no process")
      const times: Array<number> = []
      const take = Effect.andThen(limiter.take(120_000), Clock.currentTimeMillis)
      const walk = Effect.forEach(
        Array.from({ length: 100 }),
        () =>
          Effect.andThen(
            Effect.map(take, (now) => times.push(now)),
            Effect.sleep(1),
          ),
        { concurrency: 16 },
      )
      const fiber = yield* Effect.forkChild(walk)
      yield* TestClock.adjust(20_000)
      yield* limiter.hold(30_000)
      yield* TestClock.adjust(180_000)
      yield* Fiber.join(fiber)
      assert.isTrue(times.every((time) => time <= 20_000 || time >= 50_000))
      for (const start of times) {
        assert.isAtMost(times.filter((time) => time >= start && time < start + 60_000).length, 60)
      }
    }).pipe(Effect.scoped),
  )

  it.effect("refuses to learn a limit that is shared", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(limiterFor("auto"))
      assert.strictEqual(error._tag, "InvalidOption")
      assert.match(error.message, /limit that is learned cannot be shared/)
    }).pipe(Effect.provide(limiterOn(() => Effect.never))),
  )

  it.effect.each<readonly [Error, string]>([
    [Object.assign(new Error("connect 10.0.0.1"), { code: "ECONNREFUSED" }), "ECONNREFUSED"],
    [new Error("NOAUTH Authentication required at 10.0.0.1"), "NOAUTH"],
    [new Error("the socket of 10.0.0.1 is closed"), "the connection failed"],
  ])("fails where the store does, with a word and nothing else of it: %s", ([cause, reason]) =>
    Effect.gen(function* () {
      const limiter = yield* limiterFor(1000)
      const error = yield* Effect.flip(limiter.take(1_000))
      assert.deepInclude(error, { _tag: "LimiterUnavailable", reason })
      assert.notInclude(JSON.stringify(error), "10.0.0.1")
    }).pipe(Effect.provide(limiterOn(() => failed(new Redis.RedisError({ cause }))))),
  )

  it.effect("waits five seconds for a store that hangs, and can be interrupted before", () =>
    Effect.gen(function* () {
      const limiter = yield* limiterFor(1000)
      const [interrupted, waiting] = [
        yield* Effect.forkChild(limiter.take(1_000)),
        yield* Effect.forkChild(Effect.flip(limiter.take(1_000))),
      ]
      yield* TestClock.adjust(1_000)
      yield* Fiber.interrupt(interrupted)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(interrupted)))
      // The one behind it was not asked for before.
      yield* TestClock.adjust(4_999)
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* Fiber.join(waiting), { _tag: "LimiterUnavailable", reason: "no answer within 5s" })
    }).pipe(Effect.provide(limiterOn(() => Effect.never))),
  )

  it.effect("goes on once the store answers again", () => {
    let calls = 0
    const once: Reserve = (options) =>
      calls++ === 0 ? refused : Effect.succeed([options.limit - options.tokens, 0] as const)
    return Effect.gen(function* () {
      const limiter = yield* limiterFor(1000)
      assert.strictEqual((yield* Effect.flip(limiter.take(1_000)))._tag, "LimiterUnavailable")
      assert.strictEqual((yield* limiter.take(1_000)).pacedMillis, 0)
    }).pipe(Effect.provide(limiterOn(once)))
  })

  it.effect("sends nothing without the store, and says which request it was for", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(
        () => "hang",
        {},
        limiterOn(() => refused),
      )
      const error = yield* VirtualTime.run(
        Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => Effect.flip(client.getSession("sess_1"))).pipe(
          Effect.provide(layer),
        ),
      )
      assert.deepInclude(error, { _tag: "LimiterUnavailable", request: { _tag: "GetSession", id: "sess_1" } })
      assert.include(error.message, "shared with other processes cannot be asked for: ECONNREFUSED (session sess_1)")
      assert.lengthOf(seen, 0)
    }),
  )
})
