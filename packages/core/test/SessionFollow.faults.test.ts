import {
  Coverage,
  ElnudgeError,
  FollowPosition,
  ResumableFollow,
  Session,
  SessionFile,
  type SessionRead,
  SessionStream,
} from "@effect-elnudge/core"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Logger from "effect/Logger"
import * as Path from "effect/Path"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { inject } from "vitest"
import * as LiveShop from "./LiveShop.ts"
import * as VirtualTime from "./VirtualTime.ts"

const minute = 60_000
const hour = 60 * minute
const start = Date.UTC(2026, 9, 1)
const from = DateTime.makeUnsafe(start)
const at = (minutes: number): number => start + minutes * minute

const visit = (id: string, ...minutes: ReadonlyArray<number>): LiveShop.Visit => ({
  id,
  startedAt: at(minutes[0] ?? 0),
  activity: minutes.map(at),
})

const pass = Effect.fnUntraced(function* (minutes: number) {
  for (let passed = 0; passed < minutes; passed++) yield* TestClock.adjust(minute)
})

const misfit = (id: string) =>
  new ElnudgeError.ResponseInvalid({ reason: "expected an integer", path: "data.page_count", sessionId: id })

const noKey = new ElnudgeError.Unauthorized({ status: 401 })

const codec = Schema.fromJsonString(FollowPosition.FollowPosition)

const gone404 = new ElnudgeError.RetentionExceeded({})

type Shop = ReturnType<typeof LiveShop.make>

/** Follows for so many minutes; what came, how it ended, and how many warnings there were. */
const follow = Effect.fnUntraced(function* (shop: Shop, minutes: number, options: SessionStream.FollowOptions = {}) {
  const taken: Array<SessionRead.SessionRead> = []
  const warnings: Array<unknown> = []
  const fiber = yield* SessionStream.follow({ from, ...options }).pipe(
    Stream.runForEach((read) =>
      Effect.sync(() => {
        taken.push(read)
        options.tracker?.done(read)
      }),
    ),
    Effect.provide([shop.layer, Logger.layer([Logger.make(({ message }) => void warnings.push(message))])]),
    Effect.forkChild,
  )
  yield* pass(minutes)
  const exit = fiber.pollUnsafe()
  yield* Fiber.interrupt(fiber)
  return { taken, exit, warnings: warnings.length }
})

const ids = (reads: ReadonlyArray<SessionRead.SessionRead>) => reads.map(({ summary }) => summary.id).toSorted()
const all = (visits: ReadonlyArray<LiveShop.Visit>) => visits.map(({ id }) => id).toSorted()

const inFolder = Effect.gen(function* () {
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
  return (yield* Path.Path).join(folder, "follow.checkpoint")
})

/** What the file says, once there is one. */
const whole = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fileSystem) => fileSystem.readFileString(file)).pipe(
    Effect.retry(Schedule.spaced(100)),
  )

describe("a worker that is killed", () => {
  // What stands in the file at a moment is what a kill at that moment leaves.
  it.effect("goes on from where it began, though no session had come yet", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      yield* TestClock.setTime(start)
      const shop = LiveShop.make([visit("early", 1, 2), visit("late", 70)])
      const run = Effect.gen(function* () {
        const { during, tracker } = yield* ResumableFollow.open({ file, query: {}, state: Schema.Null })
        yield* during(Effect.succeed(null), Stream.runDrain(SessionStream.follow({ tracker })))
      }).pipe(Effect.provide(shop.layer))
      const killed = yield* Effect.forkChild(run)
      const left = yield* VirtualTime.run(whole(file), 100)
      assert.isBelow(yield* Clock.currentTimeMillis, at(40))
      yield* Fiber.interrupt(killed)
      yield* (yield* FileSystem.FileSystem).writeFileString(file, left)
      yield* TestClock.setTime(at(180))
      const { tracker } = yield* ResumableFollow.open({ file, query: {}, state: Schema.Null })
      const { taken } = yield* follow(shop, 5, { tracker, from: DateTime.makeUnsafe(at(180)) })
      assert.deepStrictEqual(ids(taken), ["early", "late"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("has what was done, though nothing came after it", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      yield* TestClock.setTime(at(120))
      const shop = LiveShop.make([visit("one", 0), visit("two", 1)])
      const isDone = yield* Deferred.make<void>()
      const { during, tracker } = yield* ResumableFollow.open({ file, query: {}, state: Schema.Null })
      const waiting: Array<SessionRead.SessionRead> = []
      const take = (read: SessionRead.SessionRead) => {
        waiting.push(read)
        if (waiting.length < 2) return Effect.void
        for (const each of waiting) tracker.done(each)
        return Effect.asVoid(Deferred.succeed(isDone, undefined))
      }
      const sessions = SessionStream.follow({ from, tracker })
      const fiber = yield* Effect.forkChild(
        during(Effect.succeed(null), Effect.provide(Stream.runForEach(sessions, take), shop.layer)),
      )
      yield* VirtualTime.run(Deferred.await(isDone), 1_000)
      const isSaved = Effect.map(
        ResumableFollow.open({ file, query: {}, state: Schema.Null }),
        (saved) => saved.saved() === 2,
      )
      yield* VirtualTime.run(Effect.repeat(isSaved, { until: (is) => is, schedule: Schedule.spaced(100) }), 100)
      const saved = yield* ResumableFollow.open({ file, query: {}, state: Schema.Null })
      assert.strictEqual(saved.saved(), 2)
      assert.deepStrictEqual(saved.tracker.position()?.open, [])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})

describe("a session whose detail is never right", () => {
  it.effect("holds nobody up, and ends the stream after a day, unless it is skipped", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const visits = yield* LiveShop.draw(200, start, 20 * hour, "misfit")
      const shop = LiveShop.make(visits, { fault: (_, __, id) => (id === "sess_9" ? misfit(id) : undefined) })
      const tracker = new FollowPosition.Tracker()
      const { exit, taken } = yield* follow(shop, 48 * 60, { tracker })
      assert.deepStrictEqual(exit, Exit.fail(misfit("sess_9")))
      const others = all(visits).filter((id) => id !== "sess_9")
      assert.deepStrictEqual(ids(taken), others)
      // It is asked for again every 31 minutes.
      const position = yield* Schema.encodeEffect(codec)(tracker.position() ?? assert.fail("it has no position"))
      const kept = new FollowPosition.Tracker(yield* Schema.decodeEffect(codec)(position))
      const restarted = yield* follow(shop, 40, { tracker: kept })
      assert.deepStrictEqual(restarted.exit, Exit.fail(misfit("sess_9")))
      kept.skip("sess_9")
      const skipped = yield* follow(shop, 60, { tracker: kept })
      assert.isUndefined(skipped.exit)
      assert.deepStrictEqual(skipped.taken, [])
    }),
  )

  it.effect("is asked for less and less often", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const shop = LiveShop.make([visit("bad", 0)], {
        fault: (_, __, id) => (id === "bad" ? misfit("bad") : undefined),
      })
      const { exit, warnings } = yield* follow(shop, 45 + 12 * 60)
      assert.isUndefined(exit)
      assert.isAtMost(shop.requests.details, 30)
      assert.isAtMost(warnings, 30)
    }),
  )
})

describe("an API that fails", () => {
  it.effect("is not hammered for details, nor complained of for each", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const visits = yield* LiveShop.draw(100 * inject("times"), start, 2 * hour, "details down")
      const isDown = (now: number) => now < at(8 * 60)
      const shop = LiveShop.make(visits, {
        fault: (now, _, id) => (id !== undefined && isDown(now) ? LiveShop.lost : undefined),
      })
      const down = yield* follow(shop, 7 * 60, { tracker: new FollowPosition.Tracker() })
      assert.isUndefined(down.exit)
      // Sixteen in a look at most: eight in a row and those under way.
      assert.isAtMost(shop.requests.details, 16 * 7 * 60)
      assert.isAtMost(down.warnings, 7 * 60)
      yield* TestClock.setTime(start)
      const { taken } = yield* follow(shop, 24 * 60)
      assert.deepStrictEqual(ids(taken), all(visits))
    }),
  )

  const refused = new ElnudgeError.CursorRejected({ status: 410, isUnordered: true })
  it.effect.each<[string, LiveShop.Answers["listFault"]]>([
    ["lose a cursor, whatever the order of its rows", (now, cursor) => (cursor && now < at(180) ? refused : undefined)],
    ["never give a second page", (_, cursor) => (cursor ? LiveShop.lost : undefined)],
  ])("may %s", ([, listFault]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at(120))
      const visits = yield* LiveShop.draw(400, start, 30 * minute, "cursor")
      const { taken } = yield* follow(LiveShop.make(visits, { listFault }), 15 * 60, { pageSize: 50 })
      assert.deepStrictEqual(ids(taken), all(visits))
    }),
  )

  it.effect("is not given up for what the consumer takes after a page, nor while there is more each time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      let asked = 0
      const shop = LiveShop.make([visit("one", 0), visit("two", 1)], {
        listFault: (_, cursor) => (cursor && asked++ === 0 ? LiveShop.lost : undefined),
      })
      const sessions = SessionStream.follow({ from, pageSize: 1, interval: "5 minutes" })
      const slow = yield* Effect.forkChild(
        Stream.runForEach(Stream.provide(sessions, shop.layer), () => Effect.sleep("70 minutes")),
      )
      yield* pass(3 * 60)
      assert.isUndefined(slow.pollUnsafe())
      assert.isAtLeast(asked, 1)
      yield* Fiber.interrupt(slow)
      yield* TestClock.setTime(start)
      // All of them in one second, which comes only as a whole.
      const visits = Array.from({ length: 400 }, (_, index) => ({ ...visit("", 0), id: `sess_${index}` }))
      const more = LiveShop.make(visits, {
        listFault: (now, cursor) => (Number(cursor ?? 0) > 50 * ((now - at(45)) / minute) ? LiveShop.lost : undefined),
      })
      const { taken } = yield* follow(more, 60, { pageSize: 50, patience: "3 minutes" })
      assert.deepStrictEqual(ids(taken), all(visits))
    }),
  )

  it.effect.each<[string, ReadonlyArray<number>, LiveShop.Answers]>([
    ["list", [1, 0, 0], { listFault: () => noKey }],
    ["details", [1, 1, 0], { fault: (_, __, id) => (id === undefined ? undefined : noKey) }],
  ])("that no longer takes the key ends it at once: %s", ([, requests, answers]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at(120))
      const shop = LiveShop.make([visit("one", 0)], answers)
      const { exit, warnings } = yield* follow(shop, 3)
      assert.deepStrictEqual(exit, Exit.fail(noKey))
      assert.deepStrictEqual([shop.requests.list, shop.requests.details, warnings], requests)
    }),
  )

  it.effect("is asked for no more of the list while 50,000 sessions are open", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const visits = Array.from({ length: 70_000 }, (_, index) => {
        const startedAt = start - 8 * hour + 360 * index
        return { id: `sess_${index}`, startedAt, activity: [startedAt], hasEnd: false }
      })
      const tracker = new FollowPosition.Tracker()
      const sessions = SessionStream.follow({ from: DateTime.makeUnsafe(start - 8 * hour), tracker })
      const fiber = yield* Effect.forkChild(Stream.runDrain(Stream.provide(sessions, LiveShop.make(visits).layer)))
      let turns = 0
      for (; tracker.openCount < 50_000; turns++) yield* TestClock.adjust(1)
      // As much time again; what starts in an hour is listed as a whole.
      for (; turns > 0; turns--) yield* TestClock.adjust(1)
      yield* Fiber.interrupt(fiber)
      assert.isAtMost(tracker.openCount, 60_000)
    }),
  )

  it.effect("may say for a minute that it has no such window; where the plan has none it ends at once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const visits = [visit("one", 0), visit("two", 100)]
      const shop = LiveShop.make(visits, { listFault: (now) => (now > at(90) && now < at(95) ? gone404 : undefined) })
      const { taken } = yield* follow(shop, 5 * 60)
      assert.deepStrictEqual(ids(taken), ["one", "two"])
      const old = LiveShop.make(visits, { listFault: () => gone404 })
      const { exit } = yield* follow(old, 2, { from: DateTime.makeUnsafe(start - 40 * 24 * hour) })
      assert.deepStrictEqual(exit, Exit.fail(gone404))
    }),
  )

  it.effect("is not given up for two failures far apart, because nobody asked between them", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      let failures = 0
      const shop = LiveShop.make([visit("one", 0), visit("two", 46), visit("three", 200)], {
        listFault: (now) => {
          const isFirst = failures === 0 && now > at(45.5)
          const isSecond = failures === 1 && now > at(110)
          if (!isFirst && !isSecond) return undefined
          failures++
          return LiveShop.lost
        },
      })
      const taken: Array<string> = []
      const fiber = yield* SessionStream.follow({ from }).pipe(
        // The consumer takes more than an hour for one.
        Stream.runForEach(({ summary }) =>
          Effect.andThen(
            Effect.sync(() => taken.push(summary.id)),
            Effect.sleep("70 minutes"),
          ),
        ),
        Effect.provide(shop.layer),
        Effect.forkChild,
      )
      yield* pass(10 * 60)
      assert.isUndefined(fiber.pollUnsafe())
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(failures, 2)
      assert.deepStrictEqual(taken, ["one", "two", "three"])
    }),
  )
})

describe("what is handed on", () => {
  it.effect("has its row of the list, and nothing of a detail that was deleted since", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const gone = new Set<string>()
      const shop = LiveShop.make([visit("deleted", 0, 20, 40), visit("grown", 0, 20, 40, 60)], { gone })
      const tracker = new FollowPosition.Tracker()
      const recorder = yield* Coverage.make
      const first = yield* Effect.provideService(follow(shop, 55, { tracker }), Coverage.Current, recorder)
      assert.deepStrictEqual(first.taken, [])
      gone.add("deleted")
      const { taken } = yield* Effect.provideService(follow(shop, 120, { tracker }), Coverage.Current, recorder)
      const byId = new Map(taken.map((read) => [read.summary.id, read]))
      assert.strictEqual(byId.get("grown")?.summary.page_count, 3)
      assert.strictEqual(recorder.snapshot().changed_since_listed, 1)
      const deleted = byId.get("deleted")
      if (deleted === undefined) return assert.fail("it did not come")
      assert.strictEqual(deleted.detail._tag, "Unavailable")
      assert.notInclude(SessionFile.formatLine(deleted), "events")
    }),
  )

  it.effect("is counted once, when it is done, over any number of runs", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const visits = yield* LiveShop.draw(30, start, hour, "counts")
      const shop = LiveShop.make(visits, { gone: new Set(["sess_3", "sess_4"]) })
      const recorder = yield* Coverage.make
      const tracker = new FollowPosition.Tracker()
      // These runs take nothing in.
      for (let run = 0; run < 4; run++) {
        const fiber = yield* SessionStream.follow({ from, tracker }).pipe(
          Stream.runDrain,
          Effect.provide(shop.layer),
          Effect.provideService(Coverage.Current, recorder),
          Effect.forkChild,
        )
        yield* pass(60)
        yield* Fiber.interrupt(fiber)
      }
      assert.strictEqual(recorder.snapshot().sessions, 0)
      yield* Effect.provideService(follow(shop, 15 * 60, { tracker }), Coverage.Current, recorder)
      const { details, details_unavailable, sessions, unsettled } = recorder.snapshot()
      assert.deepStrictEqual(
        { details, details_unavailable, sessions, unsettled },
        {
          details: 28,
          details_unavailable: { past_retention: 0, not_found: 2 },
          sessions: 30,
          unsettled: 0,
        },
      )
    }),
  )

  it.effect("may be done after a new stream began with its tracker, and does not come again then", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at(120))
      const shop = LiveShop.make([visit("one", 0), visit("two", 1)])
      const tracker = new FollowPosition.Tracker()
      const run = Stream.runCollect(Stream.take(Stream.provide(SessionStream.follow({ from, tracker }), shop.layer), 2))
      const reads = yield* run
      assert.deepStrictEqual(ids(reads), ["one", "two"])
      const [first] = reads
      if (first === undefined) return assert.fail("nothing came")
      tracker.begin(0, undefined)
      tracker.done(first)
      tracker.done(first)
      assert.strictEqual(tracker.taken, 1)
      const { taken } = yield* follow(shop, 10, { tracker })
      assert.deepStrictEqual(
        ids(taken),
        ids(reads).filter((id) => id !== first.summary.id),
      )
    }),
  )

  it.effect("starts at `from` to the millisecond, and where its end is before its start counts from the start", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const early = { id: "early", startedAt: start + 100, activity: [start + 100] }
      const odd = { id: "odd", startedAt: start + 900, activity: [0] }
      const { taken } = yield* follow(LiveShop.make([early, odd]), 40, {
        from: DateTime.makeUnsafe(start + 900),
        listedAfter: "31 minutes",
      })
      assert.deepStrictEqual(ids(taken), ["odd"])
      assert.isAtLeast(taken[0]?.readAt ?? 0, at(31))
    }),
  )
})

describe("a clock that is wrong", () => {
  it.effect("and is put right loses no session and doubles none, and says so", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const visits = Array.from({ length: 48 }, (_, index) => visit(`sess_${index}`, 30 * index))
      const shop = LiveShop.make(visits)
      const tracker = new FollowPosition.Tracker()
      yield* follow(shop, 120, { tracker })
      // A day ahead, while the API shows what there is.
      yield* TestClock.setTime(at(120) + 24 * hour)
      const empty = LiveShop.make(visits.filter(({ startedAt }) => startedAt < at(120)))
      yield* follow(empty, 60, { tracker })
      assert.isAtMost(Session.millis(tracker.position()?.listed_to ?? ""), at(120))
      yield* TestClock.setTime(at(180))
      yield* follow(shop, 26 * 60, { tracker })
      assert.strictEqual(tracker.taken, visits.length)
    }),
  )

  it.effect("and was set back says so", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at(300))
      const tracker = new FollowPosition.Tracker()
      const shop = LiveShop.make([visit("one", 200)])
      yield* follow(shop, 5, { tracker })
      yield* TestClock.setTime(at(100))
      const { warnings } = yield* follow(shop, 3, { tracker })
      assert.isAtLeast(warnings, 1)
    }),
  )
})
