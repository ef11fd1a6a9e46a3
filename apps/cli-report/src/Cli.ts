/** The command line: commands and their help. What the flags say is in Flags, what a command does in what it calls. */
import { version } from "@effect-elnudge/core/Version"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Stdio from "effect/Stdio"
import * as DashedValue from "./DashedValue.ts"
import * as DebugLog from "./DebugLog.ts"
import * as EmulatorFlags from "./EmulatorFlags.ts"
import * as Flags from "./Flags.ts"
import * as LazyCommand from "./LazyCommand.ts"
import * as ReportFlags from "./ReportFlags.ts"
import * as SetupCommands from "./SetupCommands.ts"

const key =
  "Needs ELNUDGE_API_KEY, or ELNUDGE_API_KEY_FILE with the key in a file. ELNUDGE_BASE_URL changes the address, " +
  "HTTPS_PROXY the way to it, and ELNUDGE_REDIS_URL names a Redis where several programs keep one limit."

const environment = `${key} With --input it needs none of them. What each column means: README of packages/report.`

const commands = () => import("./Commands.ts")

const outputs = { ...Flags.rows, saveState: Flags.saveState }

const attribution = Command.make(
  "attribution",
  { ...Flags.reportWalk, ...outputs, ...ReportFlags.attribution },
  LazyCommand.make(commands, ({ reports }) => reports.attribution),
).pipe(
  Command.withShortDescription("Conversions by nudge type, with bounds on what a nudge can be credited with"),
  Command.withDescription(
    "Conversions by nudge type: displays and outcomes, sessions and purchases, the vendor's flag, and the lower and " +
      "upper bound of what the window rule credits; with --model also the credit that other models give. Reads the " +
      `details of nudged sessions. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report attribution --from 2026-10-01 --to 2026-11-01 --output attribution.csv",
      description: "October, into a file",
    },
    {
      command: "elnudge-report attribution --since 7d --model last,linear,markov",
      description: "Three models side by side",
    },
  ]),
)

const cohorts = Command.make(
  "cohorts",
  { ...Flags.reportWalk, ...outputs, ...ReportFlags.cohorts },
  LazyCommand.make(commands, ({ reports }) => reports.cohorts),
).pipe(
  Command.withShortDescription("Conversion by the final intent score, by period and by what became of the nudges"),
  Command.withDescription(
    "Conversion by bands of the final intent score, with Wilson intervals; by calendar period, and split by what " +
      "became of the nudges. Reads the list only; with --split the details of nudged sessions, with " +
      `--time-to-purchase those of converted ones. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report cohorts --from 2026-10-01 --to 2026-11-01 --bands 0,50,90",
      description: "October in three bands: 0-49, 50-89, 90-100",
    },
    {
      command: "elnudge-report cohorts --since 28d --by week --split arm --time-zone Europe/Berlin",
      description: "Nudged against unnudged, by week in Berlin",
    },
  ]),
)

const lift = Command.make(
  "lift",
  { ...Flags.reportWalk, ...outputs, ...ReportFlags.lift },
  LazyCommand.make(commands, ({ reports }) => reports.lift),
).pipe(
  Command.withShortDescription("Whether nudged sessions convert more often, as it is and adjusted for the final score"),
  Command.withDescription(
    "Three comparisons of conversion: V, the vendor's (interacted with a nudge or not), E (nudged or not) and I (nudged: " +
      "interacted or not); each as it is (crude) and adjusted for bands of the final intent score (mh, att); with all " +
      "nudges, and only with those before the purchase. mh: the difference that the bands have in common; att: the " +
      "bands weighed as arm 1 is spread over them; q: p corrected for three comparisons. Nudges are not randomised: these are " +
      "associations, and those adjusted for a score that was read after the nudge may have the wrong sign. Reads the " +
      `details of nudged sessions. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report lift --from 2026-10-01 --to 2026-11-01 --output lift.csv",
      description: "October: 18 rows, each with a sentence that says what may be said",
    },
    {
      command: "elnudge-report lift --since 28d --mde 0.05",
      description: "How many sessions it takes to see 5 % more",
    },
  ]),
)

const reconcile = Command.make(
  "reconcile",
  { ...Flags.reportWalk, ...outputs, ...ReportFlags.reconcile },
  LazyCommand.make(commands, ({ reports }) => reports.reconcile),
).pipe(
  Command.withShortDescription("Where the vendor's influenced_conversion flag and its own rule agree, and why not"),
  Command.withDescription(
    "Every nudge's influenced_conversion flag against the rule worked out again, by reason; with --readings, how well " +
      `five readings of the rule agree with the flag. Reads the details of nudged sessions. ${environment}`,
  ),
  Command.withExamples([
    { command: "elnudge-report reconcile --since 30d", description: "The reasons, each with example sessions" },
    { command: "elnudge-report reconcile --since 30d --readings", description: "Which reading of the rule fits best" },
  ]),
)

const calibration = Command.make(
  "calibration",
  { ...Flags.reportWalk, ...outputs, ...ReportFlags.calibration },
  LazyCommand.make(commands, ({ reports }) => reports.calibration),
).pipe(
  Command.withShortDescription("How well the final intent score goes with conversion"),
  Command.withDescription(
    "Conversion by bands of the final intent score, how well the score ranks those who convert (AUC), its trend, and how " +
      `far score/100 is from a probability (Brier); for all sessions and for unnudged ones. Reads the list only. ${environment}`,
  ),
  Command.withExamples([
    { command: "elnudge-report calibration --since 30d", description: "The last 30 days" },
    {
      command: "elnudge-report calibration --since 30d --bands 0,10,20,30,40,50,60,70,80,90",
      description: "In ten bands",
    },
  ]),
)

const nudgePerformance = Command.make(
  "nudge-performance",
  { ...Flags.reportWalk, ...outputs, ...ReportFlags.nudgePerformance },
  LazyCommand.make(commands, ({ reports }) => reports["nudge-performance"]),
).pipe(
  Command.withShortDescription("Outcomes by nudge type, funnel, number of nudges, and position in the session"),
  Command.withDescription(
    "What became of the nudges: by type, as a funnel of sessions, by the number of nudges in a session, and by a nudge's " +
      "position in it. Longer sessions see more nudges, so number and position describe sessions, not what one more nudge " +
      `does. Reads the details of nudged sessions. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report nudge-performance --from 2026-10-01 --to 2026-11-01 --format table",
      description: "October, as a table",
    },
  ]),
)

const merge = Command.make(
  "merge",
  { states: Flags.states, ...outputs, ...Flags.talk },
  LazyCommand.make(commands, ({ merge }) => merge),
).pipe(
  Command.withShortDescription("Saved states of several windows as one report, without reading a session again"),
  Command.withDescription(
    "The report of several files that --save-state wrote, as if their sessions had been read in one walk. Refuses states " +
      "of different reports or options, windows that overlap, and files that are not as they were written. Needs no key.",
  ),
  Command.withExamples([
    {
      command: "elnudge-report lift --from 2026-10-01 --to 2026-10-02 --save-state lift-01.json --output lift-01.csv",
      description: "Each day, save its state",
    },
    {
      command: "elnudge-report merge lift-01.json lift-02.json --save-state lift-october.json",
      description: "Put days together, and keep that too",
    },
  ]),
)

const compare = Command.make(
  "compare",
  {
    ...Flags.comparison,
    ...Flags.walkOfTwo,
    ...Flags.rows,
    bands: ReportFlags.cohorts.bands,
    split: ReportFlags.cohorts.split,
    dismissCounts: ReportFlags.cohorts.dismissCounts,
    confidence: ReportFlags.cohorts.confidence,
  },
  LazyCommand.make(commands, ({ compare }) => compare),
).pipe(
  Command.withShortDescription("The same report for two windows: how its rates moved, with interval and q"),
  Command.withDescription(
    "The rates of attribution, cohorts, reconcile, calibration or nudge-performance in two windows, row by row: difference, lift, " +
      "intervals and q. Windows are not randomised: a change may have any cause, the season among them. With two saved " +
      `states it reads nothing else. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report compare cohorts --before 2026-09-01..2026-10-01 --after 2026-10-01..2026-11-01",
      description: "October against September, by band",
    },
    { command: "elnudge-report compare september.json october.json", description: "The same from two saved states" },
  ]),
)

const sessions = Command.make(
  "sessions",
  { ...Flags.walk, ...Flags.sessions },
  LazyCommand.make(commands, ({ sessions }) => sessions),
).pipe(
  Command.withShortDescription("The sessions themselves, as NDJSON or CSV"),
  Command.withDescription(
    "The sessions themselves, newest first: NDJSON as the API gave them (with `_read`, when and in which window they " +
      `were read), or CSV. With --details, --input gives every report from the file without asking again. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report sessions --since 30d --details --output sessions.ndjson",
      description: "Keep the details",
    },
    {
      command: "elnudge-report sessions --since 30d --details --output all.ndjson --checkpoint all.checkpoint",
      description: "The same for hours: run it again when it was cut off, and it goes on",
    },
    {
      command: "elnudge-report cohorts --input sessions.ndjson --bands 0,50",
      description: "Then ask them anything in seconds",
    },
  ]),
)

const run = Command.make(
  "run",
  {
    reports: ReportFlags.reports,
    outputDirectory: Flags.outputDirectory,
    saveStates: Flags.saveStates,
    ...Flags.reportWalk,
    bom: Flags.rows.bom,
    escapeFormulas: Flags.rows.escapeFormulas,
    ...ReportFlags.attribution,
    ...ReportFlags.cohorts,
    ...ReportFlags.lift,
  },
  LazyCommand.make(commands, ({ run }) => run),
).pipe(
  Command.withShortDescription("Several reports in one walk, into a folder"),
  Command.withDescription(
    `Several reports in one walk: one CSV file for each, and coverage.json, in a folder. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report run attribution,cohorts --since 30d --output-dir october",
      description: "Two reports for the price of one",
    },
    { command: "elnudge-report run all --since 30d --output-dir october --save-states", description: "Everything" },
    {
      command: "elnudge-report run all --since 30d --output-dir october --checkpoint october.checkpoint --deadline 20m",
      description: "Everything, in parts of at most 20 minutes",
    },
  ]),
)

const html = Command.make(
  "html",
  {
    ...Flags.page,
    ...Flags.reportWalk,
    ...ReportFlags.attribution,
    bands: ReportFlags.cohorts.bands,
    by: ReportFlags.cohorts.by,
    mde: ReportFlags.lift.mde,
  },
  LazyCommand.make(commands, ({ html }) => html),
).pipe(
  Command.withShortDescription("All reports as one page with charts, in a file that opens anywhere"),
  Command.withDescription(
    "All reports of one walk as one HTML file: headline numbers, charts with a table behind each, data quality and " +
      "definitions. It opens from disk, loads nothing and runs nothing; it is for a screen, a phone and paper. The same " +
      `sessions give the same bytes. Without --by, periods are days up to five weeks and then weeks. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report html --from 2026-10-01 --to 2026-11-01 --output october.html",
      description: "October, to look at and to hand on",
    },
    {
      command: 'elnudge-report html --input sessions.ndjson --title "Shoes & Socks" --output october.html',
      description: "From a file of `sessions --details`, with a title",
    },
  ]),
)

const plan = Command.make(
  "plan",
  {
    reports: ReportFlags.reports,
    ...Flags.plan,
    ...ReportFlags.attribution,
    ...ReportFlags.cohorts,
    ...ReportFlags.lift,
  },
  LazyCommand.make(commands, ({ plan }) => plan),
).pipe(
  Command.withShortDescription(
    "What run would cost, before anything is spent: requests, time, coverage, retention risk",
  ),
  Command.withDescription(
    "What `run` would cost with the same flags: the requests by each source that can serve the reports, and their time at " +
      "the limit, each with its range; how much of the window has sessions, as far as can be seen; and whether it is older " +
      "than the plan keeps. Estimated from at most nine pages of sessions that are spread over the window, and one request " +
      "for nudges; a window of a few pages is read whole, and the numbers are exact. Ends with the command line of each " +
      `source. ${key}`,
  ),
  Command.withExamples([
    { command: "elnudge-report plan attribution --from 2026-10-01 --to 2026-11-01", description: "One report" },
    {
      command: "elnudge-report plan all --since 90d --plan scale --share 0.5",
      description: "Everything, with half of the limit, of a plan that keeps 90 days",
    },
    {
      command: "elnudge-report plan cohorts,lift --since 30d --split arm --format json",
      description: "For a program that decides",
    },
  ]),
)

// Its type is written out because the root has this command in it.
const whole: () => Command.Command.Any = () => root

const emulator = Command.make(
  "emulator",
  EmulatorFlags.flags,
  LazyCommand.make(
    () => import("./EmulatorServer.ts"),
    ({ serve }) => flow(serve, DebugLog.debuggable),
  ),
).pipe(
  Command.withDescription("The elNudge API on this machine, from a file or generated: to try things, and for tests"),
  Command.withExamples([
    {
      command: "elnudge-report emulator --data sessions.jsonl.gz --now 2026-11-01T00:00:00Z",
      description: "Serve a file as if it were 1 November",
    },
  ]),
)

const demo = Command.make(
  "demo",
  {},
  LazyCommand.make(
    () => import("./Demo.ts"),
    ({ run }) => flow(run, DebugLog.debuggable),
  ),
).pipe(Command.withDescription("Two reports from generated sessions over real HTTP on this machine; needs no key"))

const root = Command.make("elnudge-report").pipe(
  Command.withDescription(
    "Visitor sessions of the elNudge API as numbers that can be trusted. The report goes to stdout, everything else to " +
      "stderr. Exit codes: 0 done, 1 anything else, 2 wrong usage, 3 key refused, 5 no answer (network, server, limit, " +
      "retention), 6 answer or file that does not fit the contract, 7 deadline or requests used up, 130 interrupted.",
  ),
  Command.withSubcommands([
    attribution,
    cohorts,
    lift,
    reconcile,
    calibration,
    nudgePerformance,
    run,
    html,
    plan,
    merge,
    compare,
    sessions,
    SetupCommands.doctor,
    SetupCommands.sites,
    SetupCommands.completions(whole),
    emulator,
    demo,
  ]),
  Command.withGlobalFlags([Flags.json]),
  Command.withExamples([
    { command: "elnudge-report demo", description: "See it work, without a key" },
    { command: "elnudge-report attribution --from 2026-10-01 --to 2026-11-01", description: "Attribution for October" },
  ]),
)

// stdout belongs to what was asked for: a report, a requested help text, the version. A wrong call prints neither.
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation" || (event._tag === "Help" && event.reason === "Implicit")
      ? Effect.void
      : CliOutput.defaultPresenter.present(event),
}

/** Runs the command line of this process. */
export const main = Effect.gen(function* () {
  const stdio = yield* Stdio.Stdio
  const words = yield* stdio.args
  yield* Command.runWith(root, { version, renderErrors: false })(DashedValue.join(words))
}).pipe(
  Effect.provide(
    Layer.mergeAll(
      CliOutput.layerPresenter(presenter),
      CliConfig.layer({
        builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions, GlobalFlag.LogLevel],
      }),
    ),
  ),
)
