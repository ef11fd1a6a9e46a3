import { FollowPosition, Session, SessionStream } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as LiveShop from "./LiveShop.ts"

const minute = 60_000
const start = Date.UTC(2026, 9, 1)
const from = DateTime.makeUnsafe(start)
const at = (minutes: number): number => start + minutes * minute
const visit = (id: string): LiveShop.Visit => ({ id, startedAt: start, activity: [start] })

/** What comes in so many minutes. */
const follow = Effect.fnUntraced(function* (
  shop: ReturnType<typeof LiveShop.make>,
  tracker: FollowPosition.Tracker,
  minutes: number,
  { afterEach = Effect.void, interval }: { afterEach?: Effect.Effect<void>; interval?: Duration.Input } = {},
) {
  const taken: Array<string> = []
  const fiber = yield* SessionStream.follow({ from, interval, tracker }).pipe(
    Stream.runForEach(({ summary }) =>
      Effect.andThen(
        Effect.sync(() => taken.push(summary.id)),
        afterEach,
      ),
    ),
    Effect.provide(shop.layer),
    Effect.forkChild,
  )
  for (let passed = 0; passed < minutes; passed++) yield* TestClock.adjust(minute)
  yield* Fiber.interrupt(fiber)
  return taken
})

/** What a stream hands on, that nobody takes in before it has ended. */
const handedOn = (shop: ReturnType<typeof LiveShop.make>, tracker: FollowPosition.Tracker, count: number) =>
  Stream.runCollect(Stream.take(Stream.provide(SessionStream.follow({ from, tracker }), shop.layer), count))

describe("a session of an earlier stream, with the same tracker", () => {
  const inVain = (now: number, _: number, id?: string) =>
    id !== undefined && now >= at(130) && now < at(140) ? LiveShop.lost : undefined
  it.effect.each<[string, ReturnType<typeof LiveShop.make>]>([
    ["in vain", LiveShop.make([visit("one")], { fault: inVain })],
    ["and it goes on", LiveShop.make([{ ...visit("one"), activity: [start, at(125)] }])],
  ])("may be done while the new stream reads it %s", ([, shop]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at(120))
      const tracker = new FollowPosition.Tracker()
      const reads = yield* handedOn(shop, tracker, 1)
      yield* TestClock.setTime(at(130))
      assert.deepStrictEqual(yield* follow(shop, tracker, 5), [])
      assert.isAtLeast(shop.requests.details, 2)
      for (const read of reads) tracker.done(read)
      assert.strictEqual(tracker.taken, 1)
      assert.deepStrictEqual(yield* follow(shop, tracker, 60), [])
    }),
  )

  it.effect("does not come again once it is done, though the new stream has read it already", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at(120))
      const shop = LiveShop.make([visit("one"), visit("two"), visit("three")])
      const tracker = new FollowPosition.Tracker()
      const reads = yield* handedOn(shop, tracker, 3)
      const done = Effect.sync(() => {
        for (const read of reads) tracker.done(read)
      })
      const again = yield* follow(shop, tracker, 5, { afterEach: Effect.andThen(Effect.sleep("1 minute"), done) })
      assert.strictEqual(shop.requests.details, 6)
      assert.lengthOf(again, 1)
      assert.strictEqual(tracker.taken, 3)
    }),
  )
})

describe("what is due", () => {
  it("comes by how long it is due, and without what is not", () => {
    const tracker = new FollowPosition.Tracker()
    const window = { from: start, to: at(60) }
    const row: Session.Summary = {
      id: "",
      started_at: Session.instant(start),
      ended_at: null,
      page_count: 1,
      intent_score: 0,
      converted: false,
      nudge_count: 0,
    }
    for (const minutes of [3, 1, 4, 2]) {
      tracker.keep({ summary: { ...row, id: `sess_${minutes}` }, window, dueAt: at(minutes) })
    }
    assert.deepStrictEqual(
      tracker.due(at(3)).map(({ summary }) => summary.id),
      ["sess_1", "sess_2", "sess_3"],
    )
  })

  it.effect("is all asked for in one look, though one in two fails", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at(120))
      const visits = Array.from({ length: 200 }, (_, index) => visit(`sess_${index}`))
      const fault = (_: number, number: number, id?: string) =>
        id !== undefined && number % 2 === 0 ? LiveShop.lost : undefined
      const shop = LiveShop.make(visits, { fault })
      const taken = yield* follow(shop, new FollowPosition.Tracker(), 50, { interval: "1 hour" })
      assert.lengthOf(taken, 100)
      assert.strictEqual(shop.requests.details, 200)
    }),
  )
})

describe("a session that is skipped", () => {
  it.effect("while it is read in vain does not stay", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at(120))
      const tracker = new FollowPosition.Tracker()
      const fault = (_: number, __: number, id?: string) => {
        if (id === undefined) return undefined
        tracker.skip(id)
        return LiveShop.lost
      }
      const shop = LiveShop.make([visit("one")], { fault })
      assert.deepStrictEqual(yield* follow(shop, tracker, 60), [])
      assert.strictEqual(shop.requests.details, 1)
      assert.strictEqual(tracker.openCount, 0)
    }),
  )
})
