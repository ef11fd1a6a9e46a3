/** What each command does: its flags turned into reports, a plan, and an output. */
// For the whole program, and so never in a library: checks of what is read compile to code of their own.
import "effect/schema/SchemaJITCompiler/enable"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as References from "effect/References"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as AskedReport from "./AskedReport.ts"
import * as CheckpointQuery from "./CheckpointQuery.ts"
import * as DebugLog from "./DebugLog.ts"
import * as Destination from "./Destination.ts"
import * as EventLog from "./EventLog.ts"
import type * as FlagValues from "./FlagValues.ts"
import type * as HtmlCommand from "./HtmlCommand.ts"
import * as OutputFile from "./OutputFile.ts"
import * as PlanCommand from "./PlanCommand.ts"
import type * as PrintedReport from "./PrintedReport.ts"
import type * as ReportFlags from "./ReportFlags.ts"
import * as ReportFolder from "./ReportFolder.ts"
import type * as ReportName from "./ReportName.ts"
import * as ReportRunner from "./ReportRunner.ts"
import * as SessionsExport from "./SessionsExport.ts"
import * as SiteInUse from "./SiteInUse.ts"
import * as StateFile from "./StateFile.ts"
import { UsageError } from "./UsageError.ts"
import * as WalkPlan from "./WalkPlan.ts"
import * as WindowComparison from "./WindowComparison.ts"

/** --verbose says more, and --quiet less, than the log says by itself; a --log-level of its own counts beside --quiet. */
const speaking =
  ({ quiet, verbose }: TalkFlags) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(References.MinimumLogLevel, (given) => {
      const level = verbose ? "Debug" : quiet && given === "Info" ? "Error" : given
      return DebugLog.debuggable(effect).pipe(
        EventLog.quietly(quiet),
        Effect.provideService(References.MinimumLogLevel, level),
      )
    })

/** A command that asks the API: for its site, where one is named. */
const asking =
  <Flags extends SiteInUse.SiteFlags & TalkFlags, A, E, R>(command: (flags: Flags) => Effect.Effect<A, E, R>) =>
  (flags: Flags) =>
    SiteInUse.during(flags, command).pipe(speaking(flags))

const refuse = (reason: string, advice: string) => new UsageError({ reason, advice })

interface RowFlags {
  readonly format: Option.Option<ReportRunner.Format>
  readonly output: Option.Option<string>
  readonly bom: boolean
  readonly escapeFormulas: boolean
}

interface StateFlags {
  readonly saveState: Option.Option<string>
}

/** Claims where the rows go, before any work; then writes them as the flags say. */
const prepareRows = Effect.fnUntraced(function* (flags: RowFlags) {
  const stdio = yield* Stdio.Stdio
  const isTerminal = Option.isNone(flags.output) && (yield* stdio.stdoutIsTerminal)
  const format = Option.getOrElse(flags.format, () => (isTerminal ? "table" : "csv"))
  const destination = yield* Destination.prepare(flags.output)
  return <Row>(printed: PrintedReport.Printed<Row>, basis: Readonly<Record<string, unknown>>) =>
    destination.write(Stream.succeed(ReportRunner.format(printed, basis, format, flags)))
})

// What the API is asked for is known beforehand; of files, the end of their window counts.
const checkEnded = Effect.fnUntraced(function* ({ files, to }: WalkPlan.WalkPlan) {
  if (files.length === 0 && to !== undefined) yield* StateFile.checkEnded(DateTime.toEpochMillis(to))
})

/** Claims where a state goes, before any work; then stages it, and gives what puts it in its place. */
const prepareState = Effect.fnUntraced(function* (file: string | undefined) {
  const output = file === undefined ? undefined : yield* OutputFile.prepare(file)
  return Effect.fnUntraced(function* (
    report: PrintedReport.PrintedReport,
    running: PrintedReport.Running,
    { coverage, ledger }: ReportRunner.Basis,
    site: string | undefined,
  ) {
    if (output === undefined) return Effect.void
    const text = yield* StateFile.format({ report, site, state: running.save(), coverage, ledger })
    yield* output.stage(Stream.succeed(text))
    return output.publish
  })
})

const named = (flag: string, file: Option.Option<string>): ReadonlyArray<OutputFile.Named> =>
  Option.match(file, { onNone: () => [], onSome: (given) => [{ flag, file: given }] })

const inputs = ({ input }: { readonly input: ReadonlyArray<string> }): ReadonlyArray<OutputFile.Named> =>
  input.map((file) => ({ flag: "--input", file }))

const states = (files: ReadonlyArray<string>): ReadonlyArray<OutputFile.Named> =>
  files.map((file) => ({ flag: "the state", file }))

const one = Effect.fn("Commands.one")(function* (
  report: PrintedReport.PrintedReport,
  flags: RowFlags & StateFlags & WalkPlan.WalkFlags,
) {
  const plan = yield* WalkPlan.make(flags)
  const asked = yield* CheckpointQuery.make(flags, CheckpointQuery.ofReports([report]))
  if (Option.isSome(flags.saveState)) yield* checkEnded(plan)
  const outputs = [
    ...named("--checkpoint", flags.checkpoint),
    ...named("--output", flags.output),
    ...named("--save-state", flags.saveState),
  ]
  yield* OutputFile.checkApart(outputs, inputs(flags))
  const write = yield* prepareRows(flags)
  const save = yield* prepareState(Option.getOrUndefined(flags.saveState))
  yield* EventLog.notes(plan.notes)
  const running = report.start()
  const walked = yield* ReportRunner.walk([running], plan, asked)
  const { coverage, ledger } = walked
  if (Option.isSome(flags.saveState)) yield* StateFile.checkSavable(walked)
  const { site } = SiteInUse.named(flags)
  const publishState = yield* save(report, running, walked, site)
  const isTaken = yield* write(running.done(), { site, coverage, ledger })
  yield* publishState
  if (isTaken) yield* walked.finish
  yield* EventLog.notes(WalkPlan.fileNotes(plan, coverage))
  yield* EventLog.covered(coverage, ledger)
}, Effect.scoped)

/** A command of one report, from the flags that define it. */
const report = <Flags>(toReport: (flags: Flags) => PrintedReport.PrintedReport) =>
  asking((flags: Flags & RowFlags & StateFlags & WalkPlan.WalkFlags) => one(toReport(flags), flags))

/** The commands of one report each. */
export const reports = {
  attribution: report(AskedReport.toReport.attribution),
  cohorts: report(AskedReport.toReport.cohorts),
  lift: report(AskedReport.toReport.lift),
  reconcile: report((flags: ReportFlags.ReconcileFlags) =>
    flags.readings ? AskedReport.toReport.readings(flags) : AskedReport.toReport.reconcile(flags),
  ),
  calibration: report(AskedReport.toReport.calibration),
  "nudge-performance": report(AskedReport.toReport["nudge-performance"]),
}

export const sessions = asking((flags: SessionsExport.Options & WalkPlan.WalkFlags) =>
  Effect.gen(function* () {
    const plan = yield* WalkPlan.make(flags)
    const path = yield* Path.Path
    const asked = yield* CheckpointQuery.make(flags, {
      command: "sessions",
      details: String(flags.details),
      format: flags.format,
      bom: String(flags.bom),
      "escape formulas": String(flags.escapeFormulas),
      output: Option.match(flags.output, { onNone: () => "stdout", onSome: (file) => path.resolve(file) }),
    })
    const growing = Option.map(flags.output, (file) => `${file}.partial`)
    yield* OutputFile.checkApart(
      [
        ...named("--checkpoint", flags.checkpoint),
        ...named("--output", flags.output),
        ...named("the growing", growing),
      ],
      [],
    )
    yield* EventLog.notes(plan.notes)
    const coverage = yield* SessionsExport.run(flags, plan, asked)
    yield* EventLog.notes(WalkPlan.fileNotes(plan, coverage))
    yield* EventLog.covered(coverage)
  }),
)

interface RunFlags extends ReportFlags.AnyFlags, WalkPlan.WalkFlags {
  readonly reports: ReadonlyArray<ReportName.Name>
  readonly outputDirectory: string
  readonly saveStates: boolean
  readonly bom: boolean
  readonly escapeFormulas: boolean
}

/** All files are claimed before the walk and written after it, so that a failed walk leaves none. */
export const run = asking((flags: RunFlags) =>
  Effect.gen(function* () {
    const plan = yield* WalkPlan.make(flags)
    if (flags.saveStates) yield* checkEnded(plan)
    const folder = yield* ReportFolder.make(flags.outputDirectory)
    const written = [
      ...flags.reports.map(folder.csv),
      ...(flags.saveStates ? flags.reports.map(folder.state) : []),
      folder.coverage,
    ]
    yield* OutputFile.checkApart(
      [...named("--checkpoint", flags.checkpoint), ...written.map((file) => ({ flag: "--output-dir with", file }))],
      inputs(flags),
    )
    const jobs = yield* Effect.forEach(
      flags.reports,
      Effect.fnUntraced(function* (name) {
        const report = AskedReport.toReport[name](flags)
        return {
          report,
          running: report.start(),
          csv: yield* OutputFile.prepare(folder.csv(name)),
          save: yield* prepareState(flags.saveStates ? folder.state(name) : undefined),
        }
      }),
    )
    const coverageFile = yield* OutputFile.prepare(folder.coverage)
    yield* EventLog.notes([...plan.notes, ...folder.leftoverNotes(written)])
    const walked = yield* ReportRunner.walk(
      jobs.map(({ running }) => running),
      plan,
      yield* CheckpointQuery.make(flags, CheckpointQuery.ofReports(jobs.map(({ report }) => report))),
    )
    const { coverage, ledger } = walked
    if (flags.saveStates) yield* StateFile.checkSavable(walked)
    const publish = yield* Effect.forEach(
      jobs,
      Effect.fnUntraced(function* ({ csv, report, running, save }) {
        yield* csv.stage(Stream.succeed(ReportRunner.format(running.done(), { coverage, ledger }, "csv", flags)))
        const publishState = yield* save(report, running, walked, SiteInUse.named(flags).site)
        return Effect.andThen(csv.publish, publishState)
      }),
    )
    const summary = {
      ...SiteInUse.named(flags),
      definitions: Object.fromEntries(jobs.map(({ report: { name, version } }) => [name, version])),
      options: Object.fromEntries(jobs.map(({ report: { name, options } }) => [name, options])),
      coverage,
      ledger,
    }
    yield* coverageFile.stage(Stream.succeed(`${JSON.stringify(summary, null, 2)}\n`))
    // Only now that all of them are whole: a full disk must not leave one report beside another of yesterday.
    yield* Effect.all([...publish, coverageFile.publish], { discard: true })
    yield* walked.finish
    yield* EventLog.notes(WalkPlan.fileNotes(plan, coverage))
    yield* EventLog.covered(coverage, ledger)
  }).pipe(Effect.scoped),
)

interface TalkFlags {
  readonly quiet: boolean
  readonly verbose: boolean
}

/** Every report in one page; what draws it is loaded for it alone. */
export const html = asking((flags: HtmlCommand.HtmlFlags) =>
  Effect.flatMap(
    Effect.promise(() => import("./HtmlCommand.ts")),
    ({ run }) => run(flags),
  ),
)

/** What `run` would take, for a few requests. */
export const plan = asking((flags: PlanCommand.PlanFlags) => PlanCommand.run(flags))

interface MergeFlags extends RowFlags, StateFlags, TalkFlags {
  /** At least one. */
  readonly states: ReadonlyArray<string>
}

/** The report of several saved states together, as if their sessions had been read in one walk. */
export const merge = (flags: MergeFlags) =>
  Effect.gen(function* () {
    const saved = named("--save-state", flags.saveState)
    yield* OutputFile.checkApart(named("--output", flags.output), [...states(flags.states), ...saved])
    const write = yield* prepareRows(flags)
    const save = yield* prepareState(Option.getOrUndefined(flags.saveState))
    const [first, ...rest] = yield* Effect.forEach(flags.states, (file) => StateFile.read(file))
    if (first === undefined) return yield* refuse("there is no state to merge", "Give at least one file.")
    const { coverage, ledger, report, running, site } = yield* StateFile.merge(first, rest)
    const publishState = yield* save(report, running, { coverage, ledger }, site)
    yield* write(running.done(), { site, coverage, ledger })
    yield* publishState
    yield* EventLog.covered(coverage, ledger)
  }).pipe(Effect.scoped, speaking(flags))

interface CompareFlags extends RowFlags, Omit<WalkPlan.WalkFlags, "from" | "to" | "since" | "checkpoint"> {
  readonly subjects: ReadonlyArray<string>
  readonly before: Option.Option<FlagValues.Span>
  readonly after: Option.Option<FlagValues.Span>
  readonly bands: ReportFlags.AnyFlags["bands"]
  readonly split: ReportFlags.AnyFlags["split"]
  readonly dismissCounts: ReportFlags.AnyFlags["dismissCounts"]
  readonly confidence: number
}

const comparableReport = Effect.fnUntraced(function* (name: string, flags: CompareFlags) {
  const makers = {
    attribution: () => AskedReport.toReport.attribution({ ...AskedReport.plain, ...flags }),
    cohorts: () => AskedReport.toReport.cohorts({ ...AskedReport.plain, ...flags }),
    reconcile: () => AskedReport.toReport.reconcile({ ...AskedReport.plain, ...flags }),
    calibration: () => AskedReport.toReport.calibration(flags),
    "nudge-performance": () => AskedReport.toReport["nudge-performance"](flags),
  }
  const make = Object.entries(makers).find(([known]) => known === name)?.[1]
  return make === undefined
    ? yield* refuse(
        `"${name}" is no report that can be compared`,
        `Give one of ${Object.keys(makers).join(", ")}; or two files that --save-state wrote.`,
      )
    : make()
})

/** The flags that two saved states answer themselves, and with what. */
const answered = {
  confidence: "confidence",
  bands: "bands",
  split: "split",
  "dismiss-counts": "rule for dismissed nudges",
  "time-zone": "time zone",
  input: "sessions",
}

// Flags that were left out have defaults by now: only the words tell which were given.
const refuseAnswered = Effect.fnUntraced(function* () {
  const words = yield* (yield* Stdio.Stdio).args
  for (const [name, what] of Object.entries(answered)) {
    if (words.some((word) => word === `--${name}` || word.startsWith(`--${name}=`))) {
      return yield* refuse(`two saved states have their own ${what}`, `Leave --${name} out.`)
    }
  }
})

const comparison = Effect.fnUntraced(function* (flags: CompareFlags) {
  const [first = "", second] = flags.subjects
  const { after, before } = flags
  if (second === undefined) {
    const report = yield* comparableReport(first, flags)
    if (Option.isNone(before) || Option.isNone(after)) {
      return yield* refuse(
        "a report is compared between two windows, --before and --after",
        "Give both, such as --before 2026-09-01..2026-10-01 --after 2026-10-01..2026-11-01.",
      )
    }
    return yield* WindowComparison.ofWindows(report, flags, { before: before.value, after: after.value })
  }
  if (Option.isSome(before) || Option.isSome(after)) {
    return yield* refuse("two saved states have their own windows", "Leave --before and --after out.")
  }
  yield* refuseAnswered()
  return yield* WindowComparison.ofStates(first, second)
})

/** The same report for two windows, and how its rates moved. */
export const compare = asking((flags: CompareFlags) =>
  Effect.gen(function* () {
    const read = flags.subjects.length > 1 ? states(flags.subjects) : inputs(flags)
    yield* OutputFile.checkApart(named("--output", flags.output), read)
    const write = yield* prepareRows(flags)
    const compared = yield* comparison(flags)
    yield* write(WindowComparison.print(compared), { ...SiteInUse.named(flags), ...WindowComparison.basis(compared) })
    yield* EventLog.notes(compared.notes)
    for (const name of ["before", "after"] as const) {
      const { coverage, ledger, notes } = compared[name]
      yield* EventLog.notes(notes, name)
      yield* EventLog.covered(coverage, ledger, name)
    }
  }).pipe(Effect.scoped),
)
