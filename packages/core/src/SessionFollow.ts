/** Sessions as they settle, for as long as somebody listens: behind `SessionStream.follow`. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Coverage from "./Coverage.ts"
import { ElnudgeClient } from "./ElnudgeClient.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as FollowPosition from "./FollowPosition.ts"
import * as MonotonicClock from "./MonotonicClock.ts"
import * as OptionCheck from "./OptionCheck.ts"
import * as PositiveDuration from "./PositiveDuration.ts"
import * as Retention from "./Retention.ts"
import * as Session from "./Session.ts"
import * as SessionPages from "./SessionPages.ts"
import * as SessionRead from "./SessionRead.ts"
import * as SessionsApi from "./SessionsApi.ts"
import type * as TimeSpan from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"
import * as Trace from "./Trace.ts"
import * as WalkPosition from "./WalkPosition.ts"
import * as WallClock from "./WallClock.ts"
import * as WholeNumber from "./WholeNumber.ts"

/** When sessions are listed, taken for settled and given up. */
export interface FollowOptions {
  /** Sessions that start from here on. Not older than the plan keeps. A tracker that goes on has its own. @default now */
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
  /**
   * How old a session is when it is handed on although it has not settled: one that the API never ends. Also how long a
   * session's detail may not be had before the stream fails with that error. @default 1 day
   */
  readonly givenUpAfter?: Duration.Input | undefined
  /**
   * How long the list may bring nothing but failures before the stream fails with the last of them; until then it is asked for
   * again at each interval. @default 1 hour
   */
  readonly patience?: Duration.Input | undefined
  /** What becomes of a session whose detail is a 404: emitted as `Unavailable`, or left out and counted. @default "emit" */
  readonly onUnavailable?: "emit" | "skip" | undefined
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

/** What asking again can change nothing about: the key, the way to the API, what the run may spend, or what `pick` answers. */
const final: ReadonlySet<string> = new Set([
  "Unauthorized",
  "TlsFailure",
  "DeadlineReached",
  "RequestsUsedUp",
  "InvalidOption",
])

const isFinal = (error: FollowError): boolean =>
  final.has(error._tag) || (error._tag === "ProxyFailure" && !error.isRetryable)

// So many are read again in some 50 minutes at the API's limit; until they are fewer, no more are listed.
const mostOpen = 50_000

const second = 1_000
const hour = 3_600 * second
const day = 24 * hour
// An error names its session.
const warn = (message: string) => Trace.besides(Effect.logWarning(message))

const checks: OptionCheck.Checks<FollowOptions> = {
  from: OptionCheck.dateTime,
  pick: OptionCheck.callable,
  interval: OptionCheck.duration,
  settlesAfter: OptionCheck.duration,
  listedAfter: OptionCheck.duration,
  givenUpAfter: OptionCheck.duration,
  patience: OptionCheck.duration,
  onUnavailable: OptionCheck.oneOf("skip", "emit"),
  concurrency: OptionCheck.number,
  pageSize: OptionCheck.number,
  tracker: OptionCheck.struct,
}

/** What every plan has, and a day for clocks that differ. */
const keptMillis = (Math.min(...Object.values(Retention.plans)) - 1) * day

/**
 * Each session that starts from `from` on, once, when it has settled, so that it changes no more; without end. A part of
 * the list is asked for once, when its sessions are `listedAfter` old; those that were still going on then are read again by id
 * when they may have settled, as often as it takes. In no order. Memory: the sessions that are open (at most 50,000 and those of an
 * hour), those handed on and not `done`, and the ids of what is listed at once, an hour unless it is empty.
 *
 * With a tracker whose position is kept, a stream that failed or was killed goes on without a hole; the sessions that were handed on
 * and not `done` come again. Without one, do not `retry` it: it would begin anew. A detail that cannot be had, or does not fit
 * the contract, is asked for again, less and less often, while the others go on; `tracker.skip` leaves its session out. What a
 * session's age and settling are told by is this machine's clock. A session that is listed later than `listedAfter` after its start
 * is missed if later ones were listed by then.
 *
 * @example SessionStream.follow({ interval: "1 minute" }).pipe(Stream.runForEach(store))
 */
export const make = (options: FollowOptions = {}): Stream.Stream<SessionRead.SessionRead, FollowError, ElnudgeClient> =>
  Stream.unwrap(
    Effect.gen(function* () {
      yield* OptionCheck.check(checks, options)
      const { concurrency = 8, onUnavailable = "emit", pageSize = SessionsApi.maxPageSize } = options
      const isPicked = OptionCheck.answering("pick", options.pick ?? (() => true))
      const millisOf = (name: string, given: Duration.Input) =>
        Effect.map(PositiveDuration.parse(name, given), Duration.toMillis)
      const interval = yield* millisOf("interval", options.interval ?? "1 minute")
      const settlesAfter = yield* millisOf("settlesAfter", options.settlesAfter ?? "31 minutes")
      const listedAfter = yield* millisOf("listedAfter", options.listedAfter ?? "45 minutes")
      const givenUpAfter = yield* millisOf("givenUpAfter", options.givenUpAfter ?? "1 day")
      const patience = yield* millisOf("patience", options.patience ?? "1 hour")
      yield* WholeNumber.check("concurrency", concurrency, 1, 1000)
      yield* WholeNumber.check("pageSize", pageSize, 1, SessionsApi.maxPageSize)
      if (listedAfter < settlesAfter || givenUpAfter < listedAfter) {
        return yield* new ElnudgeError.InvalidOption({
          option: listedAfter < settlesAfter ? "listedAfter" : "givenUpAfter",
          reason: "sessions settle, are listed and are given up in this order",
          advice: "Give settlesAfter ≤ listedAfter ≤ givenUpAfter, such as 31 minutes, 45 minutes and 1 day.",
        })
      }
      const client = yield* ElnudgeClient
      const tracker = options.tracker ?? new FollowPosition.Tracker()
      const recorder = yield* Coverage.Current
      tracker.begin(DateTime.toEpochMillis(options.from ?? (yield* WallClock.second)), recorder)
      // How old a session is says only the clock that its instants are of; so does what is kept over restarts, such as since
      // when a detail cannot be had. What this stream alone waits for is measured by the other clock.
      const nowMillis = WallClock.now
      const again = (millis: number) => `asked for again in ${Duration.format(Duration.millis(Math.round(millis)))}`

      const lastActivity = ({ ended_at, started_at }: Session.Summary): number =>
        Math.max(Session.millis(started_at), ended_at === null ? 0 : Session.millis(ended_at))

      /** Whether nothing more is waited for: it has settled by what was read at an instant, or is given up. */
      const isDecided = (session: Session.Summary, readAt: number): boolean =>
        (session.ended_at !== null && readAt - lastActivity(session) >= settlesAfter) ||
        readAt - Session.millis(session.started_at) >= givenUpAfter

      /** What was read, if it is handed on; else the session is kept, or left out. */
      const settle = (
        read: SessionRead.SessionRead,
        window: TimeSpan.TimeSpan,
      ): ReadonlyArray<SessionRead.SessionRead> => {
        const { detail, readAt, summary } = read
        const session = SessionRead.session(read)
        const isGone = detail._tag === "Unavailable"
        if (!isGone && !isDecided(session, readAt)) {
          // One without an end does not tell when it will have one.
          const settling = session.ended_at === null ? readAt : lastActivity(session)
          const givingUp = Session.millis(session.started_at) + givenUpAfter
          tracker.keep({ summary, window, dueAt: Math.min(settling + settlesAfter, givingUp) })
          return []
        }
        if (detail._tag === "NotNeeded" && isPicked(summary)) {
          tracker.keep({ summary, window, dueAt: readAt })
          return []
        }
        tracker.handOn({ summary, window, dueAt: readAt })
        const isLeftOut = isGone && onUnavailable === "skip"
        if (isLeftOut || options.tracker === undefined) tracker.done(read)
        return isLeftOut ? [] : [read]
      }

      const readAgain = Effect.fnUntraced(function* ({ summary, window }: FollowPosition.Open) {
        const detail = yield* client.getSession(summary.id, { startedAt: summary.started_at }).pipe(
          Effect.map((session): SessionRead.DetailState => ({ _tag: "Read", session })),
          Effect.catchTag("SessionUnavailable", ({ reason }) =>
            Effect.succeed<SessionRead.DetailState>({ _tag: "Unavailable", reason }),
          ),
        )
        return { summary, detail, readAt: yield* nowMillis, window }
      })

      /** What one look, from the list to the last detail, has met. */
      let failuresInARow = 0
      let hasWarned = false
      let givenUp: FollowError | undefined
      const beginLook = Effect.sync(() => {
        failuresInARow = 0
        hasWarned = false
        givenUp = undefined
      })

      const putOff = Effect.fnUntraced(function* (open: FollowPosition.Open, error: FollowError) {
        failuresInARow++
        if (!tracker.isOpen(open.summary.id)) return
        const now = yield* nowMillis
        const failingSince = open.failingSince ?? now
        const wait = Math.min(settlesAfter, Math.max(interval, now - failingSince))
        tracker.keep({ ...open, failingSince, dueAt: now + wait })
        if (now - failingSince >= givenUpAfter) givenUp = error
        if (hasWarned) return
        hasWarned = true
        yield* warn(`${error.message} It is ${again(wait)}.`)
      })

      const readOne = Effect.fnUntraced(function* (open: FollowPosition.Open) {
        // The API itself is failing: the next look asks for the rest.
        if (failuresInARow >= concurrency) return Result.succeed([])
        const read = yield* Effect.result(readAgain(open))
        if (Result.isFailure(read)) {
          if (isFinal(read.failure)) return Result.fail(read.failure)
          yield* putOff(open, read.failure)
          return Result.succeed([])
        }
        failuresInARow = 0
        return Result.succeed([read.success])
      })

      /** Those that are due. One that cannot be had is put off, at first for an interval. */
      const reread = Stream.unwrap(Effect.map(nowMillis, (now) => Stream.fromArray(tracker.due(now)))).pipe(
        // An error is one of the results until those before it are handed on.
        Stream.mapEffect(readOne, { concurrency, unordered: true }),
        Stream.mapEffect(Effect.fromResult),
        Stream.flatMap(Stream.fromArray),
        // When it is its turn: it may have been done meanwhile, by who had it from an earlier stream.
        Stream.flatMap((read) => Stream.fromArray(tracker.isOpen(read.summary.id) ? settle(read, read.window) : [])),
      )

      /** How long the list was asked for in vain, without the time that nobody asked. */
      let failedMillis = 0
      let askedAt = 0
      /** The same by the monotonic clock. */
      let askedSince = 0
      const asking = Effect.zipWith(nowMillis, MonotonicClock.now, (now, elapsed) => {
        askedAt = now
        askedSince = elapsed
      })
      /**
       * How much is listed at once: more where there is nothing, because only what comes after it tells that it is over; less
       * where it failed, because it must come without a failure.
       */
      let spanMillis = hour

      const warnOfMissing = (counted: ReadonlyArray<Coverage.ListCounts>, window: TimeSpan.TimeSpan) => {
        const missing = counted.reduce((sum, { possibly_missing }) => sum + possibly_missing, 0)
        if (missing === 0) return Effect.void
        const { from, to } = TimeWindow.ofSpan(window)
        return Effect.logWarning(
          `Up to ${missing} sessions from ${from} to ${to} may be missing: the list has no order for them.`,
        )
      }

      const listSpan = (window: TimeSpan.TimeSpan) => {
        const span = { from: DateTime.makeUnsafe(window.from), to: DateTime.makeUnsafe(window.to) }
        const counted: Array<Coverage.ListCounts> = []
        // A page that fails is no place to go on from: what came of its window is known by the ids.
        const anew: Parameters<typeof SessionPages.make>[1] = {
          begin: WalkPosition.start,
          page: (_, __, counts) => counted.push(counts),
        }
        return SessionPages.make({ ...span, pageSize }, anew).pipe(
          Stream.mapEffect(({ readAt, sessions }) =>
            OptionCheck.evaluate(() =>
              sessions.flatMap((summary) => {
                if (!tracker.list(summary)) return []
                failedMillis = 0
                return settle({ summary, detail: SessionRead.notNeeded, readAt, window }, window)
              }),
            ),
          ),
          // After each page, so that no more than a page's sessions wait for their details.
          Stream.flatMap((reads) =>
            Stream.fromArray(reads).pipe(Stream.concat(reread), Stream.concat(Stream.fromEffectDrain(asking))),
          ),
          Stream.concat(
            Stream.fromEffectDrain(
              Effect.suspend(() => {
                failedMillis = 0
                spanMillis = tracker.advance(window.to) ? Math.min(hour, 2 * spanMillis) : 2 * spanMillis
                for (const counts of counted) recorder?.listed(counts)
                return warnOfMissing(counted, window)
              }),
            ),
          ),
        )
      }

      /** The list from where it was taken in, up to an instant. */
      const listTo = (to: number) =>
        Stream.paginate(undefined, () =>
          Effect.sync(() => {
            const window = { from: tracker.listedTo, to: Math.min(to, tracker.listedTo + spanMillis) }
            const isOver = window.from >= window.to || tracker.openCount >= mostOpen
            return [isOver ? [] : [window], isOver || window.to >= to ? Option.none() : Option.some(undefined)] as const
          }),
        ).pipe(Stream.flatMap(listSpan))

      const endure = Effect.fnUntraced(function* (error: FollowError) {
        const now = yield* nowMillis
        spanMillis = Math.max(second, Math.min(hour, spanMillis) / 2)
        failedMillis += interval + (yield* MonotonicClock.now) - askedSince
        const isTooOld = error._tag === "RetentionExceeded" && now - tracker.listedTo >= keptMillis
        if (failedMillis >= patience || isTooOld) return yield* error
        yield* warn(`${error.message} It is ${again(interval)}.`)
      })

      const list = Stream.unwrap(
        Effect.gen(function* () {
          yield* asking
          if (tracker.isAheadOf(askedAt)) {
            const [clock, newest] = [Session.instant(askedAt), Session.instant(tracker.listedTo)]
            yield* Effect.logWarning(`The clock says ${clock}, before the newest session that was listed, ${newest}.`)
          }
          return listTo(second * Math.floor((askedAt - listedAfter) / second))
        }),
      ).pipe(
        Stream.catchIf(
          (error) => !isFinal(error),
          (error) => Stream.fromEffectDrain(endure(error)),
        ),
      )

      const end = Effect.suspend(() => (givenUp === undefined ? Effect.void : Effect.fail(givenUp)))
      return Stream.fromEffectDrain(beginLook).pipe(
        Stream.concat(list),
        Stream.concat(reread),
        Stream.concat(Stream.fromEffectDrain(end)),
        Stream.repeat(Schedule.spaced(interval)),
      )
    }),
  )
