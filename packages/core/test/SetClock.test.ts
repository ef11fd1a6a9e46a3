import { Coverage, ElnudgeClient, RequestBudget, ResumableWalk, SessionStream } from "@effect-elnudge/core"
import * as MonotonicClock from "@effect-elnudge/core/MonotonicClock"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as LiveShop from "./LiveShop.ts"
import * as SetClock from "./SetClock.ts"
import type * as Resumable from "../src/Resumable.ts"
import * as VirtualTime from "./VirtualTime.ts"

const day = 86_400_000
const jumps = [-day, -1_500, 1_500, day]

type Files = FileSystem.FileSystem | Path.Path

const start = Date.UTC(2026, 9, 15, 12)
const listSessions = Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listSessions())
const emptyPage = FakeApi.page([])

/** When the requests went, in milliseconds that really passed. */
const sentAt = Effect.map(MonotonicClock.now, (first) => (at: number) => at - first)

describe("A wall clock that is set in the middle", () => {
  it.effect.each(jumps)("leaves the deadline where it was: by %i ms", (jump) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      // Each page takes a second, and there is no end of them.
      const { layer, seen } = FakeApi.make((_, index) => ({
        afterMillis: 1_000,
        answer: FakeApi.page([FakeApi.row(index)], `c${index}`),
      }))
      const passed = yield* sentAt
      const walk = Effect.gen(function* () {
        const budget = yield* RequestBudget.make({ deadline: "6 seconds" })
        return yield* SessionStream.summaries({ from: DateTime.makeUnsafe("2026-10-01T00:00:00Z") }).pipe(
          Stream.runDrain,
          Effect.flip,
          Effect.provideService(RequestBudget.Current, budget),
        )
      })
      const error = yield* VirtualTime.run(walk.pipe(Effect.provide(layer), SetClock.jumping(3_000, jump)), 500)
      assert.strictEqual(passed(yield* MonotonicClock.now), 6_000)
      // Told as the clock reads now.
      const deadline = DateTime.formatIso(DateTime.makeUnsafe(start + 6_000 + jump)).replace(".000Z", "Z")
      assert.deepInclude(error, { _tag: "DeadlineReached", deadline })
      assert.lengthOf(seen, 6)
    }),
  )

  it.effect.each(jumps)("leaves a hold as long as the API says, and counts it: by %i ms", (jump) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const { layer, seen } = FakeApi.make((_, index) =>
        index === 0 ? { status: 429, headers: { "retry-after": "20" } } : emptyPage,
      )
      const recorder = yield* Coverage.make
      const passed = yield* sentAt
      yield* VirtualTime.run(
        listSessions.pipe(
          Effect.provideService(Coverage.Current, recorder),
          Effect.provide(layer),
          SetClock.jumping(5_000, jump),
        ),
        500,
      )
      assert.lengthOf(seen, 2)
      assert.strictEqual(passed(yield* MonotonicClock.now), 20_000)
      assert.deepInclude(recorder.snapshot(), { held_ms: 20_000, paced_ms: 0 })
    }),
  )

  it.effect.each(jumps)("leaves the pace, and what is counted for it, as they are: by %i ms", (jump) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const { layer, seen } = FakeApi.make(() => emptyPage, { requestsPerMinute: 60 })
      const recorder = yield* Coverage.make
      const passed = yield* sentAt
      yield* VirtualTime.run(
        Effect.forEach(Array.from({ length: 12 }), () => listSessions).pipe(
          Effect.provideService(Coverage.Current, recorder),
          Effect.provide(layer),
          SetClock.jumping(5_000, jump),
        ),
        50,
      )
      assert.lengthOf(seen, 12)
      const took = passed(yield* MonotonicClock.now)
      assert.isAtLeast(took, 10_000)
      assert.isAtMost(took, 14_000)
      // Told to the step of this test.
      assert.closeTo(recorder.snapshot().paced_ms, took, 50)
    }),
  )

  it.effect.each(jumps)("saves a checkpoint every second all the same: by %i ms", (jump) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const file = (yield* Path.Path).join(folder, "walk.checkpoint")
      const walk = yield* ResumableWalk.open({ file, query: {}, state: Schema.Int })
      walk.tracker.begin({ from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" })
      const clock = yield* TestClock.testClockWith(Effect.succeed)
      let saves = 0
      const state = Effect.sync(() => ++saves)
      const asked = Effect.fnUntraced(function* (saveWhenDue: Effect.Effect<void, Resumable.SaveError, Files>) {
        walk.recorder.request("ListSessions", false)
        yield* clock.adjust(999)
        yield* saveWhenDue
        const early = saves
        yield* clock.adjust(1)
        yield* saveWhenDue
        return [early, saves]
      })
      const during = walk.during(state, (saveWhenDue) => Effect.all([asked(saveWhenDue), asked(saveWhenDue)]))
      assert.deepStrictEqual(yield* SetClock.jumping(1_500, jump)(during), [
        [0, 1],
        [1, 2],
      ])
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("does not end a follow whose list has failed for minutes", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      let looks = 0
      // Set between the request and its failure.
      const set = yield* SetClock.make({ offset: () => (looks >= 5 ? day : 0) })
      const listFault = () => {
        looks++
        return LiveShop.lost
      }
      const fiber = yield* SessionStream.follow({
        from: DateTime.makeUnsafe(start - day),
        patience: "20 minutes",
      }).pipe(
        Stream.runDrain,
        Effect.provide(LiveShop.make([], { listFault }).layer),
        Effect.provideService(Clock.Clock, set),
        Effect.forkChild,
      )
      for (let minutes = 0; minutes < 15; minutes++) yield* TestClock.adjust(60_000)
      assert.isUndefined(fiber.pollUnsafe())
      for (let minutes = 0; minutes < 15; minutes++) yield* TestClock.adjust(60_000)
      assert.isDefined(fiber.pollUnsafe())
    }),
  )

  it.effect("does not set what goes by a steady clock", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      let offset = 0
      const set = yield* SetClock.make({ offset: () => offset })
      const steady = yield* Effect.provideService(MonotonicClock.steady, Clock.Clock, set)
      const read = Effect.provideService(
        Effect.all([Clock.currentTimeMillis, Clock.currentTimeNanos]),
        Clock.Clock,
        steady,
      )
      offset = -day
      yield* TestClock.adjust(1_500)
      assert.deepStrictEqual(yield* read, [start + 1_500, BigInt(start + 1_500) * 1_000_000n])
    }),
  )
})
