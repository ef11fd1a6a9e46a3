/**
 * What `SessionStream.follow` may meet, as a value that can be generated: sessions that grow while time goes by, an API that
 * fails in every way that passes, and a program that is stopped, and goes on from any place that it had.
 */
import { ElnudgeClient, ElnudgeError, Session } from "@effect-elnudge/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"

export const minute = 60_000
export const hour = 60 * minute
export const start = Date.UTC(2026, 9, 1)

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Where a program is stopped, and from where the next one goes on. */
const Stop = Schema.Struct({
  afterSeconds: between(0, 9_000),
  /** Its tracker, its last position, or one that it had before. */
  from: Schema.Literals(["tracker", "tracker", "position", "earlier position"]),
  pauseMinutes: Schema.Literals([0, 0, 1, 120]),
  /** By how much the next one's clock is wrong. */
  clockMinutes: Schema.Literals([0, 0, 0, 90, -90]),
})

/** Shares are percents. */
export const Behaviour = Schema.Struct({
  /** For all that chance decides. */
  seed: between(1, 1_000_000),
  sessions: between(1, 200),
  /** They start within so many. */
  hours: between(1, 5),
  /** Starts are multiples of so many milliseconds. */
  grain: Schema.Literals([1, 1, 1_000, 60_000]),
  /** How many of them start in one second. */
  burst: Schema.Literals([0, 0, 30, 60]),
  /** How many go on for hours. */
  long: Schema.Literals([10, 10, 50]),
  /** How many have no end until they are over; how many never have one. */
  openEnds: Schema.Literals([0, 20, 100]),
  endless: Schema.Literals([0, 0, 0, 2]),
  /** How many have no detail, or none from some time on. */
  gone: Schema.Literals([0, 0, 5, 100]),
  /** How late a row may be listed, and how late something that happened may be told. */
  listedLateMinutes: Schema.Literals([0, 0, 44]),
  toldLateSeconds: Schema.Literals([0, 0, 50]),
  /** How many requests fail, and for how long all of them do. */
  faults: Schema.Literals([0, 0, 0, 2, 10, 30]),
  outageMinutes: Schema.Literals([0, 0, 0, 50]),
  /** How many cursors are dead; how many pages begin with rows of the one before. */
  deadCursors: Schema.Literals([0, 0, 0, 20, 60]),
  shifted: Schema.Literals([0, 0, 10]),
  latencyMillis: Schema.Literals([0, 0, 3_000]),
  pageSize: Schema.Literals([1, 7, 7, 20, 50, 200]),
  concurrency: Schema.Literals([1, 3, 8]),
  intervalSeconds: Schema.Literals([30, 60, 60, 60, 1_200]),
  pick: Schema.Literals(["all", "all", "none", "odd"]),
  onUnavailable: Schema.Literals(["emit", "skip"]),
  /** How long one in ten sessions takes the program, at most. */
  slowSeconds: Schema.Literals([0, 0, 2, 300]),
  /** How many sessions it has at once before it takes the first of them in. */
  lag: Schema.Literals([0, 1, 4, 40]),
  /** How early the stream begins to list, before the first session. */
  earlyMinutes: Schema.Literals([0, 0, 300, -30]),
  stops: Schema.Array(Stop).check(Schema.isMaxLength(6)),
})
export type Behaviour = typeof Behaviour.Type
export type Stop = typeof Stop.Type

/** Nothing fails, and nobody stops. */
export const calm: Behaviour = {
  seed: 1,
  sessions: 60,
  hours: 2,
  grain: 1,
  burst: 0,
  long: 10,
  openEnds: 0,
  endless: 0,
  gone: 0,
  listedLateMinutes: 0,
  toldLateSeconds: 0,
  faults: 0,
  outageMinutes: 0,
  deadCursors: 0,
  shifted: 0,
  latencyMillis: 0,
  pageSize: 50,
  concurrency: 3,
  intervalSeconds: 60,
  pick: "all",
  onUnavailable: "emit",
  slowSeconds: 0,
  lag: 0,
  earlyMinutes: 0,
  stops: [],
}

/** Chance that is the same for the same seed, and apart for each use of it. */
export const chance = ({ seed }: Behaviour, use: string) =>
  Effect.map(Random.Random, (random) => ({
    below: (bound: number): number => Math.floor(bound * random.nextDoubleUnsafe()),
    comes: (percent: number): boolean => 100 * random.nextDoubleUnsafe() < percent,
  })).pipe(Random.withSeed(`${use} ${seed}`))

export interface Visit {
  readonly id: string
  /** Epoch milliseconds in order: the first is the start, each less than 30 minutes after the one before. */
  readonly activity: readonly [number, ...ReadonlyArray<number>]
  readonly hasEnd: "always" | "when over" | "never"
  readonly goneFrom: number
  readonly listedAt: number
}

export const startOf = ({ activity: [first] }: Visit): number => first
export const lastOf = ({ activity }: Visit): number => activity.at(-1) ?? activity[0]

export const visits = Effect.fnUntraced(function* (behaviour: Behaviour) {
  const { burst, endless, gone, grain, hours, listedLateMinutes, long, openEnds, sessions } = behaviour
  const { below, comes } = yield* chance(behaviour, "visits")
  const busy = start + 1_000 * below(hours * 3_600)
  const isClockEverAhead = behaviour.stops.some(({ clockMinutes }) => clockMinutes > 0)
  return Array.from({ length: sessions }, (_, index): Visit => {
    const drawn = comes(burst) ? busy + below(1_000) : start + below(hours * hour)
    const first = grain * Math.floor(drawn / grain)
    const isLong = comes(long)
    const steps = isLong ? below(20) : below(4)
    const later: Array<number> = []
    let at = first
    for (let step = 0; step < steps; step++) later.push((at += below((isLong ? 30 : 3) * minute)))
    const isEndless = comes(endless)
    return {
      id: `sess_${index}`,
      activity: [first, ...later],
      hasEnd: isEndless ? "never" : comes(openEnds) ? "when over" : "always",
      goneFrom: comes(gone) ? first + below(3 * hour) - hour : Infinity,
      // What a clock that is ahead has listed by then is not asked for again.
      listedAt: first + (isClockEverAhead ? 0 : below(listedLateMinutes * minute)),
    }
  })
})

/** The session as the API has it at an instant. */
export const asOf = ({ activity, hasEnd, id }: Visit, now: number, toldLateMillis: number): Session.Detail => {
  const [first, ...later] = activity
  const seen = [first, ...later.filter((at) => at + toldLateMillis <= now)]
  const last = seen.at(-1) ?? first
  const isEnded = hasEnd === "always" || (hasEnd === "when over" && now - last >= 30 * minute)
  return {
    id,
    started_at: Session.instant(first),
    ended_at: isEnded ? Session.instant(last) : null,
    page_count: seen.length,
    intent_score: Math.min(100, seen.length),
    converted: seen.length > 10,
    nudge_count: 0,
    events: seen.map((at) => ({ type: "PAGE_VIEW", url: "/", occurred_at: Session.instant(at) })),
    nudges: [],
  }
}

/** Whether nothing fails: what goes wrong then is the program's own. */
export const isSound = ({ deadCursors, faults, outageMinutes, shifted }: Behaviour): boolean =>
  deadCursors + faults + outageMinutes + shifted === 0

/** Whether the program is not stopped, either, and nothing takes time. */
export const isCalm = (behaviour: Behaviour): boolean =>
  isSound(behaviour) && behaviour.stops.length + behaviour.lag + behaviour.latencyMillis + behaviour.slowSeconds === 0

/** A second with more pages than come without a failure cannot be listed. */
export const pageSizeOf = (behaviour: Behaviour, all: ReadonlyArray<Visit>): number => {
  if (isSound(behaviour)) return behaviour.pageSize
  const perSecond = new Map<number, number>()
  for (const visit of all) {
    const second = Math.floor(startOf(visit) / 1_000)
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
  }
  return Math.min(200, Math.max(7, behaviour.pageSize, Math.ceil(Math.max(...perSecond.values()) / 2)))
}

/** What the API was asked. */
export interface Requests {
  readonly details: number
  /** Those of the list without a cursor. */
  readonly listings: number
  /** Those of the list whose window is longer than an hour, and has something in its first half. */
  readonly wide: number
  readonly duringOutage: number
}

const lost = new ElnudgeError.TransportFailure({ reason: "ECONNRESET", attempts: 4, origin: "https://api.test" })
const down = new ElnudgeError.ServerUnavailable({ status: 500, attempts: 6 })
const misfit = new ElnudgeError.ResponseInvalid({ reason: "expected an integer", path: "data.page_count" })
const noWindow = new ElnudgeError.RetentionExceeded({})

/** The API. Its own clock is right. */
export const serve = Effect.fnUntraced(function* (behaviour: Behaviour, all: ReadonlyArray<Visit>) {
  const { below, comes } = yield* chance(behaviour, "API")
  const { deadCursors, faults, hours, latencyMillis, outageMinutes, shifted } = behaviour
  const newestFirst = all.toSorted((a, b) => startOf(b) - startOf(a) || (a.id < b.id ? -1 : 1))
  const byId = new Map(all.map((visit) => [visit.id, visit]))
  const toldLateMillis = 1_000 * behaviour.toldLateSeconds
  const outage = start + below(hours * hour + hour)
  const world = {
    /** By how much the client's clock is ahead. */
    aheadMillis: 0,
    /** Called at each request. */
    onRequest: (): void => {},
    pages: 0,
    listings: 0,
    wide: 0,
    details: 0,
    duringOutage: 0,
  }
  const now = Effect.map(Clock.currentTimeMillis, (millis) => millis - world.aheadMillis)
  const takeTime = Effect.suspend(() =>
    latencyMillis > 0 && comes(30) ? Effect.sleep(below(latencyMillis)) : Effect.void,
  )
  // What fails for as long as this has time to come later.
  const healedAt = start + (hours + 2) * hour
  const isHit = (share: number, instant: number) => comes(share) && instant < healedAt
  const failing = Effect.gen(function* () {
    world.onRequest()
    yield* takeTime
    const instant = yield* now
    const isOutage = instant >= outage && instant < outage + outageMinutes * minute
    if (isOutage) world.duringOutage++
    return isOutage || isHit(faults, instant)
  })
  /** Where one cursor is dead, all are that were given until then. */
  let generation = 0

  const client = ElnudgeClient.ElnudgeClient.of({
    listSessions: Effect.fnUntraced(function* ({ cursor, limit = 50, window } = {}) {
      world.pages++
      if (cursor === undefined) world.listings++
      if (yield* failing) return yield* [lost, down, misfit, noWindow][below(4)] ?? lost
      const instant = yield* now
      const [of, place = 0] = (cursor ?? `${generation} 0`).split(" ").map(Number)
      if (cursor !== undefined && (of !== generation || isHit(deadCursors, instant))) {
        generation++
        return yield* new ElnudgeError.CursorRejected({ status: 410 })
      }
      const [from, to] = [Session.millis(window?.from ?? ""), Session.millis(window?.to ?? "")]
      const rows = newestFirst.filter(
        (visit) => startOf(visit) >= from && startOf(visit) < to && visit.listedAt <= instant,
      )
      const middle = (from + to) / 2
      if (to - from > hour && rows.some((visit) => startOf(visit) > from && startOf(visit) < middle)) world.wide++
      const first = isHit(shifted, instant) ? Math.max(0, place - 1 - below(3)) : place
      const data = rows.slice(first, first + limit).map((visit) => {
        const { events: _, nudges: __, ...summary } = asOf(visit, instant, toldLateMillis)
        return summary
      })
      yield* takeTime
      const has_more = first + limit < rows.length
      return { data, has_more, next_cursor: has_more ? `${generation} ${first + limit} ${world.pages}` : "left over" }
    }),
    getSession: Effect.fnUntraced(function* (id) {
      world.details++
      if (yield* failing) return yield* [lost, down, misfit][below(3)] ?? lost
      const instant = yield* now
      const visit = byId.get(id)
      if (visit === undefined || visit.goneFrom <= instant) {
        return yield* new ElnudgeError.SessionUnavailable({ sessionId: id, reason: "not_found" })
      }
      yield* takeTime
      return asOf(visit, instant, toldLateMillis)
    }),
    listNudges: () => Effect.die("nobody asks for nudges here"),
  })
  return Object.assign(world, { layer: Layer.succeed(ElnudgeClient.ElnudgeClient, client), healedAt })
})
