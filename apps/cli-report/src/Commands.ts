/** What each command does: its flags turned into reports, a plan, and an output. */
import { Attribution, AttributionReport, type Cohort, CohortReport, Period, Report } from "@effect-elnudge/report"
import * as Console from "effect/Console"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as References from "effect/References"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as AttributionTable from "./AttributionTable.ts"
import * as CohortTable from "./CohortTable.ts"
import * as CoverageText from "./CoverageText.ts"
import * as Destination from "./Destination.ts"
import * as OutputFile from "./OutputFile.ts"
import * as PrintableText from "./PrintableText.ts"
import * as ReportRunner from "./ReportRunner.ts"
import * as SessionsExport from "./SessionsExport.ts"
import * as WalkPlan from "./WalkPlan.ts"

/** Logs the whole cause of a failure at debug. Inside the command, because that is where --log-level applies. */
export const debuggable = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tapCause(effect, (cause) => Effect.logDebug(cause))

const speaking =
  ({ verbose }: { readonly verbose: boolean }) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    verbose ? Effect.provideService(debuggable(effect), References.MinimumLogLevel, "Debug") : debuggable(effect)

const say = (flags: { readonly quiet: boolean }, lines: ReadonlyArray<string>) =>
  flags.quiet
    ? Effect.void
    : Effect.forEach(lines, (line) => Console.error(PrintableText.line(line)), { discard: true })

interface RowFlags {
  readonly format: Option.Option<ReportRunner.Format>
  readonly output: Option.Option<string>
  readonly bom: boolean
}

interface DefinitionFlags {
  readonly confidence: number
  readonly dismissCounts: "yes" | "no"
}

interface AttributionFlags extends DefinitionFlags {
  readonly window: Duration.Duration
}

interface CohortFlags extends DefinitionFlags {
  readonly timeZone: DateTime.TimeZone.Named
  readonly bands: ReadonlyArray<Cohort.Band>
  readonly by: Option.Option<Period.Unit>
  readonly split: Option.Option<"arm">
}

const attributionReport = ({ confidence, dismissCounts, window }: AttributionFlags) =>
  ReportRunner.printed(
    AttributionReport.make({
      rule: { windowMillis: Duration.toMillis(window), dismissCounts: dismissCounts === "yes" },
      confidence,
    }),
    AttributionTable.render,
    { window_minutes: Duration.toMinutes(window), dismiss_counts: dismissCounts === "yes", confidence },
  )

const cohortReport = ({ bands, by, confidence, dismissCounts, split, timeZone }: CohortFlags) =>
  ReportRunner.printed(
    CohortReport.make({
      bands,
      by: Option.getOrUndefined(Option.map(by, (unit) => ({ unit, labeler: Period.labeler(unit, timeZone) }))),
      splitByArm: Option.isSome(split),
      rule: { ...Attribution.vendorRule, dismissCounts: dismissCounts === "yes" },
      confidence,
    }),
    CohortTable.render,
    {
      bands: bands.map(({ label }) => label),
      by: Option.getOrNull(by),
      split: Option.getOrNull(split),
      time_zone: timeZone.id,
      dismiss_counts: dismissCounts === "yes",
      confidence,
    },
  )

const one = Effect.fn("Commands.one")(function* (
  report: ReportRunner.PrintedReport,
  flags: RowFlags & WalkPlan.WalkFlags,
) {
  const plan = yield* WalkPlan.make(flags)
  const stdio = yield* Stdio.Stdio
  const isTerminal = Option.isNone(flags.output) && (yield* stdio.stdoutIsTerminal)
  const format = Option.getOrElse(flags.format, () => (isTerminal ? "table" : "csv"))
  const destination = yield* Destination.prepare(flags.output)
  yield* say(flags, plan.notes)
  const outcome = yield* ReportRunner.walk([report], plan)
  const text = outcome.reports.map((finished) => ReportRunner.format(finished, outcome, format, flags.bom))
  yield* destination.write(Stream.fromIterable(text))
  yield* say(flags, [
    ...WalkPlan.shortfall(plan, outcome.coverage.window),
    ...CoverageText.make(outcome.coverage, outcome.ledger),
  ])
}, Effect.scoped)

export const attribution = (flags: AttributionFlags & RowFlags & WalkPlan.WalkFlags) =>
  one(attributionReport(flags), flags).pipe(speaking(flags))

export const cohorts = (flags: CohortFlags & RowFlags & WalkPlan.WalkFlags) =>
  one(cohortReport(flags), flags).pipe(speaking(flags))

export const sessions = (flags: SessionsExport.Options & WalkPlan.WalkFlags) =>
  Effect.gen(function* () {
    const plan = yield* WalkPlan.make(flags)
    yield* say(flags, plan.notes)
    yield* say(flags, CoverageText.make(yield* SessionsExport.run(flags, plan)))
  }).pipe(speaking(flags))

interface RunFlags extends AttributionFlags, CohortFlags, WalkPlan.WalkFlags {
  readonly reports: ReadonlyArray<"attribution" | "cohorts">
  readonly outputDirectory: string
  readonly bom: boolean
}

/** All files are claimed before the walk and written after it, so that a failed walk leaves none. */
export const run = (flags: RunFlags) =>
  Effect.gen(function* () {
    const plan = yield* WalkPlan.make(flags)
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* OutputFile.explained(
      flags.outputDirectory,
      fileSystem.makeDirectory(flags.outputDirectory, { recursive: true }),
    )
    const claim = (name: string) => OutputFile.prepare(path.join(flags.outputDirectory, name))
    const make = { attribution: attributionReport, cohorts: cohortReport }
    const files = yield* Effect.forEach(flags.reports, (name) => claim(`${name}.csv`))
    const coverageFile = yield* claim("coverage.json")
    yield* say(flags, plan.notes)
    const outcome = yield* ReportRunner.walk(
      flags.reports.map((name) => make[name](flags)),
      plan,
    )
    const { coverage, ledger, reports } = outcome
    yield* Effect.forEach(files, (file, index) => {
      const finished = reports[index]
      return finished === undefined
        ? Effect.void
        : file.stage(Stream.succeed(ReportRunner.format(finished, outcome, "csv", flags.bom)))
    })
    const summary = {
      definitions: Report.definitions,
      options: Object.fromEntries(reports.map(({ name, options }) => [name, options])),
      coverage,
      ledger,
    }
    yield* coverageFile.stage(Stream.succeed(`${JSON.stringify(summary, null, 2)}\n`))
    // Only now that all of them are whole: a full disk must not leave one report beside another of yesterday.
    yield* Effect.forEach([...files, coverageFile], (file) => file.publish, { discard: true })
    yield* say(flags, [...WalkPlan.shortfall(plan, coverage.window), ...CoverageText.make(coverage, ledger)])
  }).pipe(Effect.scoped, speaking(flags))
