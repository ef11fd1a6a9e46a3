/** Sessions as they settle, for as long as somebody listens: behind `SessionStream.follow`. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Coverage from "./Coverage.ts"
import { ElnudgeClient } from "./ElnudgeClient.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as FollowPosition from "./FollowPosition.ts"
import * as PositiveDuration from "./PositiveDuration.ts"
import * as Session from "./Session.ts"
import * as SessionPages from "./SessionPages.ts"
import * as SessionRead from "./SessionRead.ts"
import type * as TimeSpan from "./TimeSpan.ts"
import * as WholeNumber from "./WholeNumber.ts"

export interface FollowOptions {
  /** Sessions that start from here on. Not older than the plan keeps. @default now */
  readonly from?: DateTime.DateTime | undefined
  /** Which sessions are handed on with their detail; those that were read again by id have it anyway. @default all */
  readonly pick?: ((session: Session.Summary) => boolean) | undefined
  /** How long to wait after one look before the next. @default 1 minute */
  readonly interval?: Duration.Input | undefined
  /**
   * How long after its last activity a session is settled: the vendor's 30 minutes, and some more for clocks that differ and
   * events that arrive late. @default 31 minutes
   */
  readonly settlesAfter?: Duration.Input | undefined
  /**
   * How old sessions are when they are listed, once, 200 with each request; at least `settlesAfter`. A session that is over by then
   * needs no request of its own. Later costs fewer requests, earlier hands on sooner. @default 45 minutes
   */
  readonly listedAfter?: Duration.Input | undefined
  /** How old a session is when it is handed on although it has not settled: one that the API never ends. @default 1 day */
  readonly givenUpAfter?: Duration.Input | undefined
  /**
   * How long the API may give no answer (`TransportFailure`, `ServerUnavailable`, `RateLimited`, `LimiterUnavailable`) before the
   * stream fails with that error; until then it asks again at each interval. @default 1 hour
   */
  readonly patience?: Duration.Input | undefined
  /** What becomes of a session whose detail is a 404: emitted as `Unavailable`, or left out and counted. @default "emit" */
  readonly onUnavailable?: "skip" | "emit" | undefined
  /** Details asked for at once. @default 8 */
  readonly concurrency?: number | undefined
  /** Rows on a page, 1–200. @default 200 */
  readonly pageSize?: number | undefined
  /**
   * Goes on from where an earlier stream of it stopped; call its `done` for every session that was taken in.
   * @default a new one, for which handed on is taken in
   */
  readonly tracker?: FollowPosition.Tracker | undefined
}

type FollowError = ElnudgeError.ListError | Exclude<ElnudgeError.DetailError, ElnudgeError.SessionUnavailable>

type Read = SessionRead.SessionRead & { readonly window: TimeSpan.TimeSpan }

type Outage =
  | ElnudgeError.TransportFailure
  | ElnudgeError.ServerUnavailable
  | ElnudgeError.RateLimited
  | ElnudgeError.LimiterUnavailable

// So many are read again in some 100 minutes at the API's limit; until they are fewer, no more are listed.
const mostOpen = 100_000

const second = 1_000

const lastActivity = ({ ended_at, started_at }: Session.Summary): number => Session.millis(ended_at ?? started_at)

/**
 * Each session that starts from `from` on, once, when it has settled, so that it changes no more; without end. A part of
 * the list is asked for once, when its sessions are `listedAfter` old; those that were still going on then are read again by id
 * when they may have settled, as often as it takes. In no order. Memory: the sessions that are open, and those of a page.
 *
 * A session that is listed later than `listedAfter` after its start is missed. With a tracker whose position is kept, a stream
 * that was killed goes on without a hole; the sessions that were handed on and not `done` come again.
 *
 * @example SessionStream.follow({ interval: "1 minute" }).pipe(Stream.runForEach(store))
 */
export const make = (options: FollowOptions = {}): Stream.Stream<SessionRead.SessionRead, FollowError, ElnudgeClient> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { concurrency = 8, onUnavailable = "emit", pageSize, pick = () => true } = options
      const millisOf = (name: string, given: Duration.Input) =>
        Effect.map(PositiveDuration.parse(name, given), Duration.toMillis)
      const interval = yield* millisOf("interval", options.interval ?? "1 minute")
      const settlesAfter = yield* millisOf("time to settle", options.settlesAfter ?? "31 minutes")
      const listedAfter = yield* millisOf("age at which sessions are listed", options.listedAfter ?? "45 minutes")
      const givenUpAfter = yield* millisOf("age at which sessions are given up", options.givenUpAfter ?? "1 day")
      const patience = yield* millisOf("patience", options.patience ?? "1 hour")
      yield* WholeNumber.check("the concurrency", concurrency, 1, 1000)
      if (listedAfter < settlesAfter || givenUpAfter < listedAfter) {
        return yield* new ElnudgeError.InvalidRequest({
          reason: "sessions settle, are listed and are given up in this order",
          advice: "Give settlesAfter ≤ listedAfter ≤ givenUpAfter, such as 31 minutes, 45 minutes and 1 day.",
        })
      }
      const client = yield* ElnudgeClient
      const recorder = yield* Coverage.Current
      const tracker = options.tracker ?? new FollowPosition.Tracker()
      const from = options.from ?? (yield* DateTime.now)
      tracker.begin(second * Math.floor(DateTime.toEpochMillis(from) / second))

      /** Whether nothing more is waited for: it has settled by what was read at an instant, or is given up. */
      const isDecided = (session: Session.Summary, readAt: number): boolean =>
        (session.ended_at !== null && readAt - lastActivity(session) >= settlesAfter) ||
        readAt - Session.millis(session.started_at) >= givenUpAfter

      const nowMillis = Clock.currentTimeMillis
      let failingSince: number | undefined
      const answered = () => {
        failingSince = undefined
      }
      /** Says that it is asked again, unless that has been so for too long. */
      const endure = Effect.fnUntraced(function* (error: Outage) {
        const now = yield* nowMillis
        failingSince ??= now
        if (now - failingSince >= patience) return yield* error
        yield* Effect.logWarning(`${error.message} It is asked again in ${Duration.format(Duration.millis(interval))}.`)
      })

      /** What was read, if it is handed on; else the session is kept, or left out. */
      const settle = (read: Read): ReadonlyArray<Read> => {
        const { detail, readAt, window } = read
        const session = SessionRead.session(read)
        const isGone = detail._tag === "Unavailable"
        const needsDetail = detail._tag === "NotNeeded" && pick(session)
        if (!isGone && (needsDetail || !isDecided(session, readAt))) {
          // One without an end does not tell when it will have one.
          const settling = session.ended_at === null ? readAt : lastActivity(session)
          const givingUp = Session.millis(session.started_at) + givenUpAfter
          const dueAt = Math.max(readAt, Math.min(settling + settlesAfter, givingUp))
          tracker.keep({ session, window, dueAt })
          return []
        }
        tracker.handOn({ session, window, dueAt: readAt })
        const isLeftOut = isGone && onUnavailable === "skip"
        if (isLeftOut || options.tracker === undefined) tracker.done(read)
        return isLeftOut ? [] : [read]
      }

      const readAgain = Effect.fnUntraced(
        function* ({ session: summary, window }: FollowPosition.Open) {
          const detail = yield* client.getSession(summary.id, { startedAt: summary.started_at }).pipe(
            Effect.map((session): SessionRead.DetailState => ({ _tag: "Read", session })),
            Effect.catchTag("SessionUnavailable", ({ reason }) =>
              Effect.succeed<SessionRead.DetailState>({ _tag: "Unavailable", reason }),
            ),
          )
          answered()
          const readAt = yield* nowMillis
          if (detail._tag === "Unavailable") recorder?.detailUnavailable(detail.reason)
          else if (detail._tag === "Read" && isDecided(detail.session, readAt))
            recorder?.detail(summary, detail.session)
          const read: Read = { summary, detail, readAt, window }
          return read
        },
        (reading, open) =>
          Effect.catchTags(reading, {
            TransportFailure: (error) => postpone(open, error),
            ServerUnavailable: (error) => postpone(open, error),
            RateLimited: (error) => postpone(open, error),
            LimiterUnavailable: (error) => postpone(open, error),
          }),
      )
      // The others go on meanwhile: the API may be failing for this session alone.
      const postpone = Effect.fnUntraced(function* (open: FollowPosition.Open, error: Outage) {
        yield* endure(error)
        tracker.keep({ ...open, dueAt: (yield* nowMillis) + interval })
        return undefined
      })

      /** Those that are due. */
      const reread: Stream.Stream<Read, FollowError> = Stream.unwrap(
        Effect.map(nowMillis, (now) => Stream.fromArray(tracker.due(now))),
      ).pipe(
        // An error is one of the results until those before it are handed on.
        Stream.mapEffect((open) => Effect.result(readAgain(open)), { concurrency, unordered: true }),
        Stream.mapEffect(Effect.fromResult),
        Stream.flatMap((read) => Stream.fromArray(read === undefined ? [] : settle(read))),
      )

      /** Those of the next part of the list, which needs only be as old as they must be to be listed. */
      const list: Stream.Stream<Read, FollowError, ElnudgeClient> = Stream.unwrap(
        Effect.map(nowMillis, (now) => {
          if (tracker.openCount >= mostOpen) return Stream.empty
          // Whole seconds, for an API that drops fractions from what it is asked.
          const walk = tracker.walkTo(second * Math.floor((now - listedAfter) / second), recorder)
          if (walk === undefined) return Stream.empty
          const { window } = walk
          return SessionPages.make({ pageSize }, walk.tracker).pipe(
            Stream.map(({ readAt, sessions }) => {
              answered()
              return sessions.flatMap((summary) => {
                const read: Read = { summary, detail: SessionRead.notNeeded, readAt, window }
                walk.tracker.done(read)
                return settle(read)
              })
            }),
            // After each page, so that no more than a page's sessions wait for their details.
            Stream.flatMap((reads) => Stream.concat(Stream.fromArray(reads), reread)),
            Stream.concat(Stream.fromEffectDrain(Effect.sync(() => tracker.walked()))),
          )
        }),
      )

      // The next look goes on from where this one failed.
      const wait = (error: Outage) => Stream.fromEffectDrain(endure(error))
      return Stream.concat(list, reread).pipe(
        Stream.catchTags({
          TransportFailure: wait,
          ServerUnavailable: wait,
          RateLimited: wait,
          LimiterUnavailable: wait,
        }),
        Stream.repeat(Schedule.spaced(interval)),
      )
    }),
  )
