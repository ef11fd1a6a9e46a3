/** `html`: every report of one walk in one file that a browser opens from disk. */
import { Coverage, type TimeSpan, TimeWindow } from "@effect-elnudge/core"
import * as Session from "@effect-elnudge/core/Session"
import type { CohortReport, Period } from "@effect-elnudge/report"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as AskedReport from "./AskedReport.ts"
import * as CheckpointQuery from "./CheckpointQuery.ts"
import * as EventLog from "./EventLog.ts"
import type * as Findings from "./html/Findings.ts"
import * as Page from "./html/Page.ts"
import * as Periods from "./html/Periods.ts"
import * as ReadTimes from "./html/ReadTimes.ts"
import * as OutputFile from "./OutputFile.ts"
import * as PrintableText from "./PrintableText.ts"
import type * as PrintedReport from "./PrintedReport.ts"
import type * as ReportFlags from "./ReportFlags.ts"
import * as ReportRunner from "./ReportRunner.ts"
import { UsageError } from "./UsageError.ts"
import * as WalkPlan from "./WalkPlan.ts"

/** Flags of reports that the page has no use for. */
const withoutSplit = { split: Option.none(), timeToPurchase: false } satisfies Partial<ReportFlags.AnyFlags>

export interface HtmlFlags extends Omit<ReportFlags.AnyFlags, keyof typeof withoutSplit>, WalkPlan.WalkFlags {
  readonly output: string
  readonly title: Option.Option<string>
}

const job = <Row>(report: PrintedReport.PrintedReport<Row>) => ({ report, running: report.start() })

/** The reports, started. By day and by week both, where only the walk can tell which of them fits. */
const jobsOf = (flags: HtmlFlags) => {
  const asked: ReportFlags.AnyFlags = { ...flags, ...withoutSplit }
  const make = AskedReport.toReport
  // Days always: they tell where the window has none.
  const units: ReadonlyArray<Period.Unit> = [
    "day",
    ...Option.match(flags.by, { onNone: () => ["week"] as const, onSome: (unit) => (unit === "day" ? [] : [unit]) }),
  ]
  const single = {
    attribution: job(make.attribution(asked)),
    lift: job(make.lift(asked)),
    calibration: job(make.calibration(asked)),
    performance: job(make["nudge-performance"](asked)),
    reconcile: job(make.reconcile(asked)),
    readings: job(make.readings(asked)),
    readTimes: job(ReadTimes.make()),
  }
  const cohorts = units.map((unit) => ({ unit, ...job(make.cohorts({ ...asked, by: Option.some(unit) })) }))
  return { single, cohorts, all: [...Object.values(single), ...cohorts] }
}

/** More than five weeks are too many days to see. */
const maxDays = 36
const dayMillis = 86_400_000

const daysOf = ({ window }: Coverage.Coverage, byDay: ReadonlyArray<CohortReport.Row>): number =>
  window === null
    ? new Set(byDay.map(({ period }) => period)).size
    : (Session.millis(window.to) - Session.millis(window.from)) / dayMillis

interface FoundCohorts {
  readonly unit: Period.Unit
  readonly rows: ReadonlyArray<CohortReport.Row>
  readonly options: PrintedReport.Options
}

/** Days, and what is shown: the unit that was asked for, or days where they are not too many. */
const cohortsOf = (
  { by }: HtmlFlags,
  { cohorts }: ReturnType<typeof jobsOf>,
  coverage: Coverage.Coverage,
): { readonly days: FoundCohorts; readonly shown: FoundCohorts } => {
  const found = cohorts.map(({ report: { options }, running, unit }) => ({ unit, rows: running.rows(), options }))
  const [days, last] = [found[0], found.at(-1)]
  if (days === undefined || last === undefined) throw new Error("a page has cohorts of at least one unit")
  return { days, shown: Option.isNone(by) && daysOf(coverage, days.rows) <= maxDays ? days : last }
}

/** What was walked, or else asked for. */
const windowOf = ({ window }: Coverage.Coverage, { from, to }: WalkPlan.WalkPlan): TimeSpan.TimeSpan | null => {
  if (window !== null) return TimeWindow.toSpan(window)
  return from === undefined || to === undefined
    ? null
    : { from: DateTime.toEpochMillis(from), to: DateTime.toEpochMillis(to) }
}

const findingsOf = (
  flags: HtmlFlags,
  plan: WalkPlan.WalkPlan,
  jobs: ReturnType<typeof jobsOf>,
  { coverage, ledger }: ReportRunner.Basis,
  notes: ReadonlyArray<string>,
): Findings.Findings => {
  const { attribution, calibration, lift, performance, readTimes, readings, reconcile } = jobs.single
  const { days, shown } = cohortsOf(flags, jobs, coverage)
  const { options, rows, unit } = shown
  const [times] = readTimes.running.rows()
  const window = windowOf(coverage, plan)
  // What had not come when it was read has no sessions yet.
  const cut = ({ from, to }: TimeSpan.TimeSpan) => ({ from, to: Math.min(to, times?.last ?? to) })
  const walked = Coverage.spans(coverage)
    .map(cut)
    .filter(({ from, to }) => from < to)
  return {
    title: Option.getOrElse(
      Option.orElse(
        Option.filter(flags.title, (title) => title.trim() !== ""),
        () => flags.site,
      ),
      () => "Nudges and conversions",
    ),
    coverage,
    window,
    silences: Periods.silences(flags.timeZone, walked, days.rows),
    ledger,
    readTimes: { first: times?.first ?? null, last: times?.last ?? null },
    confidence: flags.confidence,
    timeZone: flags.timeZone,
    notes,
    options: {
      "sessions from":
        flags.input.length === 0 ? "the API" : `${flags.input.length} file${flags.input.length === 1 ? "" : "s"}`,
      ...(flags.input.length === 0 ? { "nudges from": flags.nudgesFrom ?? "details" } : {}),
      ...attribution.report.options,
      ...lift.report.options,
      bands: options["bands"],
      by: unit,
      time_zone: flags.timeZone.id,
      "versions of the definitions": [attribution, lift, calibration, performance, reconcile, readings, ...jobs.cohorts]
        .map(({ report: { name, version } }) => `${name} ${version}`)
        .filter((each, index, all) => all.indexOf(each) === index),
    },
    attribution: attribution.running.rows(),
    lift: lift.running.rows(),
    calibration: calibration.running.rows(),
    cohorts: { unit, rows, periods: Periods.axis(unit, flags.timeZone, window === null ? null : cut(window), rows) },
    performance: performance.running.rows(),
    reconcile: reconcile.running.rows(),
    readings: readings.running.rows(),
  }
}

/** stdout and its names are no place for a file that is whole or not there. */
const refuseStream = (output: string) =>
  /^(?:-|\/dev\/(?:stdout|stderr|fd\/\d+))$/.test(output)
    ? Effect.fail(
        new UsageError({
          reason: `the page is a file, and ${output} is none`,
          advice: "Give --output a name such as report.html.",
        }),
      )
    : Effect.void

/** To people: programs have an event of it. */
const sayWritten = Effect.fnUntraced(function* (output: string) {
  const { isJson, isQuiet } = yield* EventLog.Current
  if (isJson || isQuiet) return
  yield* Console.error(PrintableText.line(`written: ${output} (open it in a browser)`))
})

/** Writes the page, whole or not at all. */
export const run = Effect.fn("HtmlCommand.run")(function* (flags: HtmlFlags) {
  yield* refuseStream(flags.output)
  const plan = yield* WalkPlan.make(flags)
  const outputs = [
    ...Option.match(flags.checkpoint, { onNone: () => [], onSome: (file) => [{ flag: "--checkpoint", file }] }),
    { flag: "--output", file: flags.output },
  ]
  yield* OutputFile.checkApart(
    outputs,
    flags.input.map((file) => ({ flag: "--input", file })),
  )
  const jobs = jobsOf(flags)
  const asked = yield* CheckpointQuery.make(flags, {
    command: "html",
    ...CheckpointQuery.ofReports(jobs.all.map(({ report }) => report)),
  })
  const file = yield* OutputFile.prepare(flags.output)
  yield* EventLog.notes(plan.notes)
  const walked = yield* ReportRunner.walk(
    jobs.all.map(({ running }) => running),
    plan,
    asked,
  )
  const { coverage, ledger } = walked
  const fileNotes = WalkPlan.fileNotes(plan, coverage)
  const findings = findingsOf(flags, plan, jobs, walked, [...plan.notes, ...fileNotes])
  const rule = { windowMinutes: Duration.toMinutes(flags.window), areDismissalsCounted: flags.dismissCounts === "yes" }
  yield* OutputFile.write(file, Stream.succeed(Page.make(findings, rule)))
  yield* walked.finish
  yield* EventLog.notes(fileNotes)
  yield* EventLog.covered(coverage, ledger)
  yield* sayWritten(flags.output)
}, Effect.scoped)
