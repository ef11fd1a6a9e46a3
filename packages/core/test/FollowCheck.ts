/** Holds `SessionStream.follow` against a generated shop, API and program. */
import { Coverage, FollowPosition, Session, SessionRead, SessionStream } from "@effect-elnudge/core"
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FollowModel from "./FollowModel.ts"

const { hour, minute, start } = FollowModel

const codec = Schema.fromJsonString(FollowPosition.FollowPosition)

const throughJson = (position: FollowPosition.FollowPosition): FollowPosition.FollowPosition =>
  Schema.decodeSync(codec)(Schema.encodeSync(codec)(position))

const givenUpAfter = 12 * hour

/** A session that the program has taken in. */
interface Taken {
  readonly read: SessionRead.SessionRead
  /** When it came, by the API's clock. */
  readonly at: number
  readonly isClockAhead: boolean
}

/** What a program that is killed leaves: all three are of one moment. */
interface Left {
  readonly position: FollowPosition.FollowPosition
  readonly taken: ReadonlyArray<Taken>
  readonly coverage: Coverage.Coverage
}

// Older ones are forgotten.
const mostLeft = 12

const idOf = ({ read }: Taken): string => read.summary.id

const count = <A>(values: ReadonlyArray<A>, is: (value: A) => boolean): number => values.filter(is).length

/** No session is lost or twice between what is done and what the position knows, and both are counted as they are. */
const checkMoment = ({ coverage, position, taken }: Left, due: ReadonlyArray<FollowModel.Visit>) => {
  const { listed, listed_to, open, sessions } = position
  const ids = [...taken.map(idOf), ...open.map(({ summary }) => summary.id)]
  const known = new Set(ids)
  assert.strictEqual(known.size, ids.length, "a session twice")
  const lost = due.filter((visit) => FollowModel.startOf(visit) < Session.millis(listed_to) && !known.has(visit.id))
  const leftOut =
    coverage.details_unavailable.not_found - count(taken, ({ read }) => read.detail._tag === "Unavailable")
  assert.strictEqual(sessions, taken.length + leftOut)
  assert.strictEqual(coverage.sessions, sessions)
  assert.strictEqual(
    coverage.details,
    count(taken, ({ read }) => read.detail._tag === "Read"),
  )
  const unknown = listed.filter(({ id }) => !known.has(id))
  const without = new Set([...lost, ...unknown].map(({ id }) => id))
  assert.isAtMost(without.size, leftOut, `lost: ${[...without].join(", ")}`)
}

/** What came of each session, at the end. */
const checkTaken = (behaviour: FollowModel.Behaviour, visit: FollowModel.Visit, { at, isClockAhead, read }: Taken) => {
  const { detail, readAt } = read
  if (detail._tag === "Unavailable") {
    assert.isAtMost(visit.goneFrom, at, "unavailable, and it is there")
    return
  }
  const isPicked = pick(behaviour)(read.summary)
  if (isPicked) assert.strictEqual(detail._tag, "Read")
  // What has settled, and what is old enough, is told by the clock.
  if (isClockAhead) return
  if (visit.hasEnd === "never") {
    assert.isAtLeast(readAt, FollowModel.startOf(visit) + givenUpAfter)
    return
  }
  assert.isAtLeast(readAt, FollowModel.lastOf(visit) + 31 * minute, `${visit.id} early`)
  const { ended_at, page_count } = SessionRead.session(read)
  assert.deepStrictEqual(
    { ended_at, page_count },
    { ended_at: Session.instant(FollowModel.lastOf(visit)), page_count: visit.activity.length },
    `${visit.id} as it was before its end`,
  )
}

const pick =
  (behaviour: FollowModel.Behaviour) =>
  ({ id }: Session.Summary): boolean =>
    behaviour.pick === "all" || (behaviour.pick === "odd" && Number(id.slice(5)) % 2 === 1)

const checkRequests = (
  behaviour: FollowModel.Behaviour,
  { details, duringOutage, listings, wide }: FollowModel.Requests,
  due: ReadonlyArray<FollowModel.Visit>,
  looks: number,
  hours: number,
) => {
  const { concurrency, intervalSeconds, outageMinutes, stops } = behaviour
  // A listing that fails, and details until as many have failed in a row as are asked for at once.
  assert.isAtMost(duringOutage, 2 * concurrency * (Math.ceil((60 * outageMinutes) / intervalSeconds) + 2))
  // What was empty while the clock was ahead may have something since.
  if (stops.every(({ clockMinutes }) => clockMinutes <= 0)) assert.strictEqual(wide, 0, "more than an hour at once")
  if (!FollowModel.isSound(behaviour)) return
  // One for each look, and one for each hour of what nobody had looked at.
  assert.isAtMost(listings, looks + Math.ceil(hours) * (1 + stops.length))
  if (!FollowModel.isCalm(behaviour)) return
  const most = due.map(({ activity, hasEnd }) => activity.length + (hasEnd === "never" ? 24 : 12))
  assert.isAtMost(
    details,
    most.reduce((sum, each) => sum + each, 0),
  )
}

/** Where nothing comes between: as soon as it is old enough and has settled, and somebody looks. */
const checkAge = (interval: number, visit: FollowModel.Visit | undefined, { at, read }: Taken) => {
  if (visit === undefined || visit.hasEnd === "never" || read.detail._tag === "Unavailable") return
  const settled = FollowModel.lastOf(visit) + (visit.hasEnd === "always" ? 31 : 61) * minute
  assert.isAtMost(at, Math.max(FollowModel.startOf(visit) + 45 * minute, settled) + interval, `${visit.id} late`)
}

/** When the last session has settled. */
const endOf = (visits: ReadonlyArray<FollowModel.Visit>): number =>
  Math.max(
    ...visits.map((visit) =>
      visit.hasEnd === "never" ? FollowModel.startOf(visit) + givenUpAfter : FollowModel.lastOf(visit) + hour,
    ),
  )

/** Fails where a session is lost, doubled, invented, early or late, counted wrongly or asked for too often. */
export const check = Effect.fnUntraced(
  function* (behaviour: FollowModel.Behaviour) {
    const visits = yield* FollowModel.visits(behaviour)
    const world = yield* FollowModel.serve(behaviour, visits)
    const { below, comes } = yield* FollowModel.chance(behaviour, "program")
    const from = start - minute * behaviour.earlyMinutes
    const byId = new Map(visits.map((visit) => [visit.id, visit]))
    const due = visits.filter((visit) => FollowModel.startOf(visit) >= from)
    const interval = 1_000 * behaviour.intervalSeconds

    let now = start
    let looking = 0
    let lefts: ReadonlyArray<Left> = []
    let taken: Array<Taken> = []
    let tracker = new FollowPosition.Tracker()
    let recorder = yield* Coverage.make
    // Of an earlier stream, too, while the program goes on.
    let waiting = new Map<string, Taken>()

    const left = (): Left | undefined => {
      const position = tracker.position()
      if (position === undefined) return undefined
      const moment = { position, taken: [...taken], coverage: recorder.snapshot() }
      checkMoment(moment, due)
      return moment
    }
    const leave = () => {
      const moment = left()
      if (moment !== undefined) lefts = [...lefts, moment].slice(-mostLeft)
    }
    const takeIn = () => {
      const [oldest] = waiting.values()
      if (oldest === undefined) return
      waiting.delete(idOf(oldest))
      const before = tracker.taken
      tracker.done(oldest.read)
      if (comes(10)) tracker.done(oldest.read)
      if (tracker.taken === before + 1) taken.push(oldest)
      // Of an earlier stream, and this one has left it out since.
      else
        assert.isTrue(
          behaviour.onUnavailable === "skip" && (byId.get(idOf(oldest))?.goneFrom ?? Infinity) < now + 10 * minute,
          "not counted",
        )
    }
    world.onRequest = () => {
      if (comes(25)) takeIn()
      if (comes(5)) leave()
    }

    const take = Effect.fnUntraced(function* (read: SessionRead.SessionRead) {
      const at = (yield* Clock.currentTimeMillis) - world.aheadMillis
      waiting.set(read.summary.id, { read, at, isClockAhead: world.aheadMillis > 0 })
      if (comes(10)) yield* Effect.sleep(below(1_000 * behaviour.slowSeconds))
      while (waiting.size > behaviour.lag) takeIn()
      if (comes(5)) leave()
    })

    /** Follows until an instant, and is interrupted. */
    const follow = Effect.fnUntraced(function* (until: number) {
      if (until <= now) return
      yield* TestClock.setTime(now + world.aheadMillis)
      const fiber = yield* SessionStream.follow({
        from: DateTime.makeUnsafe(tracker.position() === undefined ? from : now),
        pageSize: FollowModel.pageSizeOf(behaviour, visits),
        concurrency: behaviour.concurrency,
        onUnavailable: behaviour.onUnavailable,
        interval,
        givenUpAfter,
        patience: "12 hours",
        pick: pick(behaviour),
        tracker,
      }).pipe(
        Stream.runForEach(take),
        Effect.provide(world.layer),
        Effect.provideService(Coverage.Current, recorder),
        Effect.forkChild({ startImmediately: true }),
      )
      looking += until - now
      while (now < until && fiber.pollUnsafe() === undefined) {
        const step = Math.min(until - now, 10 * minute)
        yield* TestClock.adjust(step)
        now += step
      }
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) assert.fail(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "the stream ended")
      yield* Fiber.interrupt(fiber)
    })

    const goOn = Effect.fnUntraced(function* (stop: FollowModel.Stop) {
      leave()
      now += minute * stop.pauseMinutes
      world.aheadMillis = minute * stop.clockMinutes
      if (stop.from === "tracker") return
      const moment = stop.from === "position" ? lefts.at(-1) : lefts[below(lefts.length)]
      tracker = new FollowPosition.Tracker(moment && throughJson(moment.position))
      recorder = moment === undefined ? yield* Coverage.make : yield* Coverage.resume(moment.coverage)
      taken = [...(moment?.taken ?? [])]
      waiting = new Map()
    })

    for (const stop of behaviour.stops) {
      yield* follow(now + 1_000 * stop.afterSeconds)
      yield* goOn(stop)
    }
    world.aheadMillis = 0
    // Then nothing fails any more, and there is time for all that was put off.
    const end = Math.max(endOf(visits), now, world.healedAt) + 6 * hour
    yield* follow(end)
    while (waiting.size > 0) takeIn()

    const last = left() ?? assert.fail("it has no position")
    assert.deepStrictEqual(last.position.open, [])
    const missing = new Set(due.map(({ id }) => id))
    for (const one of taken) {
      assert.isTrue(missing.delete(idOf(one)), `${idOf(one)} twice, or invented`)
      const visit = byId.get(idOf(one))
      if (visit !== undefined) checkTaken(behaviour, visit, one)
    }
    const leftOut = behaviour.onUnavailable === "skip" ? last.coverage.details_unavailable.not_found : 0
    assert.strictEqual(missing.size, leftOut, `lost: ${[...missing].join(", ")}`)
    for (const id of missing) assert.isBelow(byId.get(id)?.goneFrom ?? Infinity, end, `${id} lost`)

    const looks = Math.ceil(looking / interval) + behaviour.stops.length + 1
    checkRequests(behaviour, world, due, looks, (end - Math.min(from, start)) / hour)
    if (!FollowModel.isCalm(behaviour)) return
    for (const one of taken) checkAge(interval, byId.get(idOf(one)), one)
  },
  Effect.provide(Logger.layer([])),
)
