/** What the flags of a walk mean together: the window in its zone, the retention, and where the sessions come from. */
import {
  ElnudgeClient,
  ElnudgeError,
  RequestBudget,
  RequestLimiter,
  Retention,
  Session,
  SessionFile,
  SessionStream,
  TimeWindow,
} from "@effect-elnudge/core"
import type { Coverage, SessionRead, WalkPosition } from "@effect-elnudge/core"
import * as WallClock from "@effect-elnudge/core/WallClock"
import type * as Arr from "effect/Array"
import type * as Config from "effect/Config"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as FlagValues from "./FlagValues.ts"
import * as HttpTransport from "./HttpTransport.ts"
import * as SharedLimiter from "./SharedLimiter.ts"
import type * as SiteInUse from "./SiteInUse.ts"
import { UsageError } from "./UsageError.ts"

export interface WalkFlags extends SiteInUse.SiteFlags {
  readonly from: Option.Option<FlagValues.Moment>
  readonly to: Option.Option<FlagValues.Moment>
  readonly since: Option.Option<Duration.Duration>
  readonly input: ReadonlyArray<string>
  readonly concurrency: number
  readonly listConcurrency: number
  readonly pageSize: number
  readonly share: number
  readonly checkpoint: Option.Option<string>
  readonly deadline: Option.Option<Duration.Duration>
  readonly maxRequests: Option.Option<number>
  readonly quiet: boolean
  readonly verbose: boolean
  /** Only of a report. @default "details" */
  readonly nudgesFrom?: "details" | "list" | undefined
}

export interface WalkPlan {
  readonly from: DateTime.DateTime | undefined
  readonly to: DateTime.DateTime | undefined
  readonly files: ReadonlyArray<string>
  /** The files as they must be, where more than one walk reads them. @default as they are when the walk begins */
  readonly pins?: SessionFile.Pins | undefined
  readonly concurrency: number
  readonly listConcurrency: number
  readonly pageSize: number
  /** Whether nudges come from the list of nudges, where a report does with them. */
  readonly hasNudgeList: boolean
  /** What the run may ask for in a minute: its share of the key's limit. */
  readonly rateLimit: RequestLimiter.Limit
  readonly retentionDays: number | undefined
  /** What the whole command may spend. */
  readonly budget: RequestBudget.RequestBudget
  readonly quiet: boolean
  /** What deserves a word before the walk. */
  readonly notes: ReadonlyArray<string>
}

const refuse = (reason: string, advice: string) => new UsageError({ reason, advice })

/** A date is midnight in the zone; where a clock change skips midnight, the first instant of the day. */
export const resolveMoment = (moment: FlagValues.Moment, timeZone: DateTime.TimeZone.Named): DateTime.DateTime =>
  moment._tag === "Instant"
    ? moment.at
    : DateTime.makeZonedUnsafe(
        { year: moment.year, month: moment.month, day: moment.day },
        { timeZone, adjustForTimeZone: true },
      )

const written = (moment: DateTime.DateTime): string => Session.instant(DateTime.toEpochMillis(moment))

/** Fails with `UsageError` where flags contradict each other. */
export const make = Effect.fn("WalkPlan.make")(function* (flags: WalkFlags) {
  const { from, plan, retentionDays, since, timeZone, to } = flags
  if (Option.isSome(from) && Option.isSome(since)) {
    return yield* refuse("--from and --since both say where the window begins", "Give one of them.")
  }
  if (Option.isSome(plan) && Option.isSome(retentionDays)) {
    return yield* refuse("--plan and --retention-days both say how long sessions are kept", "Give one of them.")
  }
  const now = yield* WallClock.second
  const momentOf = (moment: Option.Option<FlagValues.Moment>) =>
    Option.getOrUndefined(Option.map(moment, (given) => resolveMoment(given, timeZone)))
  // Counted back from now, the window ends at the same now.
  const end = momentOf(to) ?? (Option.isSome(since) ? now : undefined)
  const start = Option.isSome(since) ? DateTime.subtractDuration(end ?? now, since.value) : momentOf(from)
  yield* TimeWindow.checkYears([start, end].filter((moment) => moment !== undefined))
  if (start !== undefined && end !== undefined && DateTime.toEpochMillis(start) >= DateTime.toEpochMillis(end)) {
    return yield* refuse(
      `the window is empty: it begins at ${written(start)} and ends at ${written(end)}`,
      "Give a --from that lies before --to (the end is exclusive).",
    )
  }
  const days = Option.getOrUndefined(
    Option.orElse(retentionDays, () => Option.map(plan, (name) => Retention.plans[name])),
  )
  const notes: Array<string> = []
  if (days !== undefined && start !== undefined && flags.input.length === 0) {
    const oldest = DateTime.subtract(now, { days })
    if (DateTime.toEpochMillis(start) < DateTime.toEpochMillis(oldest)) {
      notes.push(
        `note: the window begins at ${written(start)}, but the plan keeps ${days} days: ` +
          `sessions before ${written(oldest)} are likely missing`,
      )
    }
  }
  const rateLimit = yield* RequestLimiter.parse(flags.rateLimit, flags.share)
  const budget = yield* RequestBudget.make({
    maxRequests: Option.getOrUndefined(flags.maxRequests),
    deadline: Option.getOrUndefined(flags.deadline),
  })
  const walkPlan: WalkPlan = {
    from: start,
    to: end,
    files: flags.input,
    concurrency: flags.concurrency,
    listConcurrency: flags.listConcurrency,
    hasNudgeList: flags.nudgesFrom === "list" && flags.input.length === 0,
    pageSize: flags.pageSize,
    rateLimit,
    retentionDays: days,
    budget,
    quiet: flags.quiet,
    notes,
  }
  return walkPlan
})

/** What the files were asked for and do not hold, as far as they say which window they were read in. */
export const shortfall = (
  { files, from, to }: Pick<WalkPlan, "files" | "from" | "to">,
  covered: TimeWindow.TimeWindow | null,
): ReadonlyArray<string> => {
  if (files.length === 0 || covered === null) return []
  const isBefore = from !== undefined && DateTime.toEpochMillis(from) < Session.millis(covered.from)
  const isAfter = to !== undefined && DateTime.toEpochMillis(to) > Session.millis(covered.to)
  return isBefore || isAfter
    ? [`note: the files hold sessions from ${covered.from} to ${covered.to} only, which is less than was asked for`]
    : []
}

/** What a reader of numbers out of files must know of them: that there was nothing to count, and {@link shortfall}. */
export const fileNotes = (
  plan: Pick<WalkPlan, "files" | "from" | "to">,
  { sessions, window }: Pick<Coverage.Coverage, "sessions" | "window">,
): ReadonlyArray<string> => {
  if (plan.files.length === 0) return []
  const nothing =
    window === null
      ? "note: the files hold no session at all"
      : `note: the files cover ${window.from} to ${window.to}, and hold no session of that time`
  return [...(sessions === 0 ? [nothing] : []), ...shortfall(plan, window)]
}

const client = ({ rateLimit, retentionDays }: WalkPlan) =>
  ElnudgeClient.layerConfigLimited({ requestsPerMinute: rateLimit, retentionDays }).pipe(
    Layer.provide([HttpTransport.layer, SharedLimiter.layer]),
  )

/** Runs what asks the API, as the plan's flags say. */
export const withClient =
  (plan: WalkPlan) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(Effect.provide(client(plan)), Effect.provideService(RequestBudget.Current, plan.budget))

/** Whether the API knows the session. */
export const hasSession = (plan: WalkPlan) => (id: string) =>
  Effect.flatMap(ElnudgeClient.ElnudgeClient, ({ getSession }) => getSession(id)).pipe(
    Effect.as(true),
    Effect.catchTag("SessionUnavailable", () => Effect.succeed(false)),
    withClient(plan),
  )

export type ReadError = ElnudgeError.ElnudgeError | UsageError | SessionFile.SessionFileError | Config.ConfigError

export interface ReadOptions {
  readonly pick: (session: Session.Summary) => boolean
  /** Which of those need more than their nudges. @default all */
  readonly needsEvents?: ((session: Session.Summary) => boolean) | undefined
  /** Whether the reads come in the list's order. */
  readonly ordered: boolean
  /** Follows the walk, and brings the position to go on from. @default none */
  readonly tracker?: WalkPosition.Tracker | undefined
}

// A fold that needs a detail cannot do without: a file of list rows would give it numbers of nothing.
const requireDetails = (files: ReadonlyArray<string>, pick: ReadOptions["pick"]) =>
  Stream.mapArrayEffect((reads: Arr.NonEmptyReadonlyArray<SessionRead.SessionRead>) => {
    const lacking = reads.find(({ detail, summary }) => detail._tag === "NotNeeded" && pick(summary))
    return lacking === undefined
      ? Effect.succeed(reads)
      : Effect.fail(SessionFile.withoutDetails(files.join(", "), lacking.summary))
  })

/** The sessions that the plan names, with the details that `pick` picks; a 404 is emitted, because reports count it. */
export const reads = (
  plan: WalkPlan,
  { needsEvents, ordered, pick, tracker }: ReadOptions,
): Stream.Stream<SessionRead.SessionRead, ReadError, FileSystem.FileSystem> => {
  if (plan.files.length > 0) {
    return SessionFile.reads(plan.files, { from: plan.from, to: plan.to, pins: plan.pins }).pipe(
      requireDetails(plan.files, pick),
    )
  }
  const options: SessionStream.DetailOptions = {
    from: plan.from,
    to: plan.to,
    concurrency: plan.concurrency,
    listConcurrency: plan.listConcurrency,
    pageSize: plan.pageSize,
    pick,
    onUnavailable: "emit",
    unordered: !ordered,
    tracker,
  }
  const walk =
    plan.hasNudgeList && needsEvents !== undefined
      ? SessionStream.nudges({ ...options, needsEvents })
      : SessionStream.details(options)
  return walk.pipe(Stream.provide(client(plan)), Stream.provideService(RequestBudget.Current, plan.budget))
}
