import {
  Coverage,
  ElnudgeError,
  FollowPosition,
  ResumableFollow,
  ResumableWalk,
  Session,
  SessionRead,
  SessionStream,
} from "@effect-elnudge/core"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as LiveShop from "./LiveShop.ts"
import * as VirtualTime from "./VirtualTime.ts"

const minute = 60_000
const hour = 60 * minute
const start = Date.UTC(2026, 9, 1)
const from = DateTime.makeUnsafe(start)

const at = (minutes: number): number => start + minutes * minute

interface Taken {
  readonly read: SessionRead.SessionRead
  readonly at: number
}

// One after the other, so that the first look is at the start.
const pass = Effect.fnUntraced(function* (minutes: number) {
  for (let passed = 0; passed < minutes; passed++) yield* TestClock.adjust(minute)
})

/** Follows the shop for some time, in steps of a minute; gives what came and how the stream ended, if it did. */
const follow = Effect.fnUntraced(function* (
  shop: ReturnType<typeof LiveShop.make>,
  minutes: number,
  options: SessionStream.FollowOptions = {},
) {
  yield* TestClock.setTime(start)
  const taken: Array<Taken> = []
  const fiber = yield* SessionStream.follow({ from, ...options }).pipe(
    Stream.runForEach((read) => Effect.map(Clock.currentTimeMillis, (now) => void taken.push({ read, at: now }))),
    Effect.provide(shop.layer),
    Effect.forkChild,
  )
  yield* pass(minutes)
  const exit = fiber.pollUnsafe()
  yield* Fiber.interrupt(fiber)
  return { taken, exit }
})

const codec = Schema.fromJsonString(FollowPosition.FollowPosition)

const throughJson = (position: FollowPosition.FollowPosition | undefined): FollowPosition.FollowPosition | undefined =>
  position && Schema.decodeSync(codec)(Schema.encodeSync(codec)(position))

const idsOf = (taken: ReadonlyArray<Taken>): ReadonlyArray<string> => taken.map(({ read }) => read.summary.id)

const visit = (id: string, ...minutes: ReadonlyArray<number>): LiveShop.Visit => ({
  id,
  startedAt: at(minutes[0] ?? 0),
  activity: minutes.map(at),
})

describe("SessionStream.follow", () => {
  it.effect("hands every session on once, as it is at its end, whenever that is", () =>
    Effect.gen(function* () {
      const visits = yield* LiveShop.draw(2_000, start, 36 * hour, "follow")
      const shop = LiveShop.make(visits)
      const { taken } = yield* follow(shop, 60 * 60)
      assert.deepStrictEqual(idsOf(taken).toSorted(), visits.map(({ id }) => id).toSorted())
      const byId = new Map(visits.map((each) => [each.id, each]))
      for (const { at, read } of taken) {
        const own = byId.get(read.summary.id)
        if (own === undefined) return assert.fail("a session that is not the shop's")
        const last = LiveShop.lastOf(own)
        assert.strictEqual(SessionRead.session(read).ended_at, Session.instant(last))
        assert.strictEqual(SessionRead.session(read).page_count, own.activity.length)
        // As soon as it is old enough and has settled, and somebody looks.
        assert.isAtMost(at, Math.max(own.startedAt + 45 * minute, last + 31 * minute) + 2 * minute)
      }
      // One for its detail; one that was not over when it was listed was read again for each time that something happened.
      const most = visits.map((own) => 1 + own.activity.filter((each) => each > own.startedAt + 45 * minute).length)
      const sum = most.reduce((total, each) => total + each)
      assert.isAtMost(shop.requests.details, sum)
      assert.isAtMost(shop.requests.list, 60 * 60)
    }),
  )

  it.effect("asks for no details that nobody picks, but of sessions that were still going on", () =>
    Effect.gen(function* () {
      const shop = LiveShop.make([visit("short", 0, 5), visit("long", 0, 20, 40)])
      const { taken } = yield* follow(shop, 120, { pick: () => false })
      assert.deepStrictEqual(
        taken.map(({ at, read }) => [read.summary.id, read.detail._tag, (at - start) / minute]),
        [
          ["short", "NotNeeded", 46],
          ["long", "Read", 71],
        ],
      )
      assert.strictEqual(shop.requests.details, 1)
    }),
  )

  it.effect("goes on after every stop: nothing is missing, and only what was not taken in comes again", () =>
    Effect.gen(function* () {
      const visits = yield* LiveShop.draw(600, start, 8 * hour, "stops")
      const shop = LiveShop.make(visits)
      const random = yield* Random.Random
      const received: Array<string> = []
      const stored: Array<string> = []
      let position: FollowPosition.FollowPosition | undefined
      let again = 0
      yield* TestClock.setTime(start)
      for (let run = 0; run < 120; run++) {
        const tracker = new FollowPosition.Tracker(throughJson(position))
        const lag = Math.floor(4 * random.nextDoubleUnsafe())
        const waiting: Array<SessionRead.SessionRead> = []
        const stopAfter = 1 + Math.floor(30 * random.nextDoubleUnsafe())
        const fiber = yield* SessionStream.follow({ from, pageSize: 10, concurrency: 3, tracker }).pipe(
          Stream.take(stopAfter),
          Stream.runForEach((read) =>
            Effect.sync(() => {
              received.push(read.summary.id)
              waiting.push(read)
              if (waiting.length <= lag) return
              const [oldest] = waiting.splice(0, 1)
              if (oldest === undefined) return
              stored.push(oldest.summary.id)
              tracker.done(oldest)
            }),
          ),
          Effect.provide(shop.layer),
          Effect.forkChild,
        )
        yield* pass(Math.floor(20 * random.nextDoubleUnsafe()))
        yield* Fiber.interrupt(fiber)
        again += waiting.length
        position = tracker.position()
        // Nobody looks for a while.
        yield* TestClock.adjust(Math.floor(12 * random.nextDoubleUnsafe()) * minute)
      }
      assert.isAbove(again, 50)
      assert.deepStrictEqual(stored.toSorted(), visits.map(({ id }) => id).toSorted())
      assert.strictEqual(received.length, stored.length + again)
      assert.strictEqual(position?.sessions, visits.length)
      assert.deepStrictEqual(position?.open, [])
    }).pipe(Random.withSeed("stops")),
  )

  it.effect("waits for an API that gives no answer, and goes on where it was", () =>
    Effect.gen(function* () {
      const visits = yield* LiveShop.draw(900, start, 10 * hour, "outage")
      // Every tenth request, and all of them for 50 minutes.
      const fault = (now: number, number: number) =>
        number % 10 === 3 || (now > at(200) && now < at(250)) ? LiveShop.lost : undefined
      const shop = LiveShop.make(visits, { fault })
      const recorder = yield* Coverage.make
      const { taken } = yield* Effect.provideService(
        follow(shop, 30 * 60, { pageSize: 50 }),
        Coverage.Current,
        recorder,
      )
      assert.deepStrictEqual(idsOf(taken).toSorted(), visits.map(({ id }) => id).toSorted())
      assert.strictEqual(recorder.snapshot().sessions, visits.length)
      assert.strictEqual(recorder.snapshot().duplicates, 0)
    }),
  )

  it.effect("is not held up by one session whose detail cannot be read, and reads it once it can", () =>
    Effect.gen(function* () {
      const visits = yield* LiveShop.draw(300, start, 3 * hour, "one fails")
      const fault = (now: number, _: number, id?: string) =>
        id === "sess_7" && now < at(20 * 60) ? LiveShop.lost : undefined
      const shop = LiveShop.make(visits, { fault })
      const { exit, taken } = yield* follow(shop, 21 * 60)
      assert.isUndefined(exit)
      assert.deepStrictEqual(idsOf(taken).toSorted(), visits.map(({ id }) => id).toSorted())
      assert.strictEqual(taken.at(-1)?.read.summary.id, "sess_7")
    }),
  )

  it.effect("fails once its patience is over", () =>
    Effect.gen(function* () {
      const shop = LiveShop.make([visit("one", 0)], { fault: (now) => (now >= at(90) ? LiveShop.lost : undefined) })
      const { exit, taken } = yield* follow(shop, 200, { patience: "20 minutes" })
      assert.deepStrictEqual(exit, Exit.fail(LiveShop.lost))
      assert.deepStrictEqual(idsOf(taken), ["one"])
      // 45 looks before, 20 after, of which one fails at once.
      assert.strictEqual(shop.requests.list, 64)
    }),
  )

  it.effect("hands on what cannot be had as that, or leaves it out", () =>
    Effect.gen(function* () {
      const visits = [visit("short", 0, 5), visit("long", 0, 20, 40), visit("fine", 1)]
      const gone = new Set(["short", "long"])
      const { taken } = yield* follow(LiveShop.make(visits, { gone }), 120)
      assert.deepStrictEqual(
        taken.map(({ read }) => [read.summary.id, read.detail._tag]),
        [
          ["short", "Unavailable"],
          ["fine", "Read"],
          ["long", "Unavailable"],
        ],
      )
      const tracker = new FollowPosition.Tracker()
      const recorder = yield* Coverage.make
      const left = yield* Effect.provideService(
        follow(LiveShop.make(visits, { gone }), 120, { onUnavailable: "skip", tracker }),
        Coverage.Current,
        recorder,
      )
      assert.deepStrictEqual(idsOf(left.taken), ["fine"])
      assert.strictEqual(recorder.snapshot().details_unavailable.not_found, 2)
      assert.strictEqual(tracker.taken, 2)
    }),
  )

  it.effect("gives a session up that the API never ends, after a day, with what it has", () =>
    Effect.gen(function* () {
      const shop = LiveShop.make([{ ...visit("endless", 0, 3), hasEnd: false }])
      const { taken } = yield* follow(shop, 30 * 60)
      assert.deepStrictEqual(
        taken.map(({ at, read }) => [
          SessionRead.session(read).ended_at,
          SessionRead.session(read).page_count,
          (at - start) / hour,
        ]),
        [[null, 2, 24]],
      )
      // Once every 31 minutes.
      assert.isAtMost(shop.requests.details, 48)
    }),
  )

  it.effect("catches up with days that it was not there", () =>
    Effect.gen(function* () {
      const visits = yield* LiveShop.draw(500, start - 72 * hour, 70 * hour, "days")
      const shop = LiveShop.make(visits)
      const { taken } = yield* follow(shop, 16 * 60, {
        from: DateTime.makeUnsafe(start - 72 * hour),
        pick: () => false,
      })
      assert.deepStrictEqual(idsOf(taken).toSorted(), visits.map(({ id }) => id).toSorted())
    }),
  )

  it.effect("ends at once where it waits for the next look", () =>
    Effect.gen(function* () {
      const shop = LiveShop.make([])
      yield* TestClock.setTime(start)
      const fiber = yield* Effect.forkChild(Stream.runDrain(Stream.provide(SessionStream.follow({ from }), shop.layer)))
      yield* TestClock.adjust(60 * minute)
      assert.isTrue(Exit.hasInterrupts(yield* Effect.exit(Effect.andThen(Fiber.interrupt(fiber), Fiber.join(fiber)))))
    }),
  )

  it.effect.each<[string, SessionStream.FollowOptions]>([
    ["settles after it is listed", { settlesAfter: "1 hour" }],
    ["is given up before it is listed", { givenUpAfter: "40 minutes" }],
    ["no interval", { interval: 0 }],
    ["no patience", { patience: "-1 minute" }],
    ["no concurrency", { concurrency: 0 }],
    ["no page", { pageSize: 0 }],
  ])("refuses options that make no sense: %s", ([, options]) =>
    Effect.gen(function* () {
      const { exit } = yield* follow(LiveShop.make([]), 60, options)
      assert.isDefined(exit)
      const error = yield* Effect.flip(exit ?? Effect.void)
      assert.instanceOf(error, ElnudgeError.InvalidOption)
    }),
  )

  it.effect("keeps its place in a file, which another query does not go on from", () =>
    Effect.gen(function* () {
      const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const file = (yield* Path.Path).join(folder, "follow.checkpoint")
      const visits = yield* LiveShop.draw(60, start - 2 * hour, hour, "file")
      const shop = LiveShop.make(visits)
      yield* TestClock.setTime(start)
      const stored: Array<string> = []
      const run = (most: number) =>
        Effect.gen(function* () {
          const following = yield* ResumableFollow.open({ file, query: { shop: "one" }, state: Schema.Int })
          assert.strictEqual(following.earlier, stored.length === 0 ? undefined : stored.length)
          assert.strictEqual(following.saved(), stored.length === 0 ? undefined : stored.length)
          const { tracker } = following
          yield* following.during(
            Effect.sync(() => stored.length),
            SessionStream.follow({ from: DateTime.makeUnsafe(start - 2 * hour), tracker }).pipe(
              Stream.take(most),
              Stream.runForEach((read) =>
                Effect.sync(() => {
                  stored.push(read.summary.id)
                  tracker.done(read)
                }),
              ),
              Effect.provide(shop.layer),
            ),
          )
        })
      yield* VirtualTime.run(run(20), minute)
      yield* VirtualTime.run(run(40), minute)
      assert.deepStrictEqual(stored.toSorted(), visits.map(({ id }) => id).toSorted())
      const other = yield* Effect.flip(ResumableFollow.open({ file, query: { shop: "two" }, state: Schema.Int }))
      assert.strictEqual(other._tag, "CheckpointMismatch")
      const walk = yield* Effect.flip(ResumableWalk.open({ file, query: { shop: "one" }, state: Schema.Int }))
      assert.strictEqual(walk._tag, "CheckpointUnusable")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
