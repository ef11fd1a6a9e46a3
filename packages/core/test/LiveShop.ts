/** A shop whose sessions grow while time goes by, behind the client's own interface; it counts what it is asked. */
import { ElnudgeClient, ElnudgeError, Session } from "@effect-elnudge/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"

const minute = 60_000

export interface Visit {
  readonly id: string
  readonly startedAt: number
  /** Instants in order, epoch milliseconds: the first is the start, no two are more than 30 minutes apart. */
  readonly activity: ReadonlyArray<number>
  /** Whether the API says when it ended. @default true */
  readonly hasEnd?: boolean | undefined
}

export const lastOf = ({ activity, startedAt }: Visit): number => activity.at(-1) ?? startedAt

/** Visits that start at random: most are over in minutes, some go on for hours. */
export const draw = (count: number, from: number, millis: number, seed: string): Effect.Effect<ReadonlyArray<Visit>> =>
  Effect.map(Random.Random, (random) => {
    const next = () => random.nextDoubleUnsafe()
    return Array.from({ length: count }, (_, index): Visit => {
      const startedAt = from + 1000 * Math.floor((next() * millis) / 1000)
      const activity = [startedAt]
      let at = startedAt
      // A tenth comes back again and again, after up to half an hour.
      const isLong = next() < 0.1
      const steps = isLong ? 1 + Math.floor(40 * next() ** 2) : Math.floor(6 * next())
      for (let step = 0; step < steps; step++) {
        at += 1000 * Math.floor(((isLong ? 29 : 3) * minute * next()) / 1000)
        activity.push(at)
      }
      return { id: `sess_${index}`, startedAt, activity }
    })
  }).pipe(Random.withSeed(seed))

/** The session as the API has it at an instant. */
const asOf = ({ activity, hasEnd = true, id, startedAt }: Visit, now: number): Session.Detail => {
  const seen = activity.filter((at) => at <= now)
  return {
    id,
    started_at: Session.instant(startedAt),
    ended_at: hasEnd ? Session.instant(seen.at(-1) ?? startedAt) : null,
    page_count: seen.length,
    intent_score: Math.min(100, seen.length),
    converted: seen.length > 20,
    nudge_count: 0,
    events: seen.map((at) => ({ type: "PAGE_VIEW", url: "/", occurred_at: Session.instant(at) })),
    nudges: [],
  }
}

export interface Answers {
  /** What goes wrong with a request now, if anything. */
  readonly fault?:
    | ((
        now: number,
        number: number,
        id: string | undefined,
      ) => ElnudgeError.TransportFailure | ElnudgeError.ResponseInvalid | ElnudgeError.Unauthorized | undefined)
    | undefined
  /** What becomes of a page instead, if anything. */
  readonly listFault?: ((now: number, cursor: string | undefined) => ElnudgeError.ListError | undefined) | undefined
  /** Ids whose details are a 404. */
  readonly gone?: ReadonlySet<string> | undefined
}

export const lost = new ElnudgeError.TransportFailure({ reason: "ECONNRESET", attempts: 4, origin: "https://api.test" })

/** The client, and how often it was asked for what. */
export const make = (visits: ReadonlyArray<Visit>, { fault, gone, listFault }: Answers = {}) => {
  const newestFirst = visits.toSorted((a, b) => b.startedAt - a.startedAt)
  /** How many of them start at or after the instant. */
  const countFrom = (instant: number): number => {
    let [low, high] = [0, newestFirst.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((newestFirst[middle]?.startedAt ?? 0) >= instant) low = middle + 1
      else high = middle
    }
    return low
  }
  const byId = new Map(visits.map((visit) => [visit.id, visit]))
  const requests = { list: 0, details: 0 }
  const failing = (id?: string) =>
    Effect.map(Clock.currentTimeMillis, (now) => fault?.(now, requests.list + requests.details, id))
  const client = ElnudgeClient.ElnudgeClient.of({
    listSessions: Effect.fnUntraced(function* ({ cursor, limit = 50, window } = {}) {
      requests.list++
      const failure = yield* failing()
      if (failure !== undefined) return yield* failure
      const now = yield* Clock.currentTimeMillis
      const refused = listFault?.(now, cursor)
      if (refused !== undefined) return yield* refused
      const [from, to] = [Session.millis(window?.from ?? ""), Session.millis(window?.to ?? "")]
      const start = Number(cursor ?? countFrom(Math.min(to, now + 1)))
      const end = countFrom(from)
      const data = newestFirst.slice(start, Math.min(end, start + limit)).map((visit) => {
        const { events: _, nudges: __, ...summary } = asOf(visit, now)
        return summary
      })
      const has_more = start + limit < end
      return { data, has_more, next_cursor: has_more ? String(start + limit) : null }
    }),
    getSession: Effect.fnUntraced(function* (id) {
      requests.details++
      const failure = yield* failing(id)
      if (failure !== undefined) return yield* failure
      const visit = byId.get(id)
      if (visit === undefined || gone?.has(id) === true) {
        return yield* new ElnudgeError.SessionUnavailable({ sessionId: id, reason: "not_found" })
      }
      return asOf(visit, yield* Clock.currentTimeMillis)
    }),
    listNudges: () => Effect.die("nobody asks for nudges here"),
  })
  return { layer: Layer.succeed(ElnudgeClient.ElnudgeClient, client), requests }
}
