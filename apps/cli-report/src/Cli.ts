/** The command line: commands and their help. What the flags say is in Flags, what a command does in what it calls. */
import { version } from "@effect-elnudge/core"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stdio from "effect/Stdio"
import * as Commands from "./Commands.ts"
import * as Demo from "./Demo.ts"
import * as EmulatorServer from "./EmulatorServer.ts"
import * as Flags from "./Flags.ts"

const environment =
  "Needs ELNUDGE_API_KEY, or ELNUDGE_API_KEY_FILE with the key in a file. ELNUDGE_BASE_URL changes the address, " +
  "HTTPS_PROXY the way to it. With --input it needs neither."

const attribution = Command.make(
  "attribution",
  { ...Flags.walk, ...Flags.rows, ...Flags.definition, ...Flags.attribution },
  Commands.attribution,
).pipe(
  Command.withShortDescription("Conversions by nudge type, with bounds on what a nudge can be credited with"),
  Command.withDescription(
    "Conversions by nudge type: displays and outcomes, sessions and purchases, the vendor's flag, and the lower and " +
      `upper bound of what the window rule credits. Reads the details of nudged sessions. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report attribution --from 2026-10-01 --to 2026-11-01 --output attribution.csv",
      description: "October, into a file",
    },
    { command: "elnudge-report attribution --since 7d", description: "The last seven days" },
  ]),
)

const cohorts = Command.make(
  "cohorts",
  { ...Flags.walk, ...Flags.rows, ...Flags.definition, ...Flags.cohorts },
  Commands.cohorts,
).pipe(
  Command.withShortDescription("Conversion by the final intent score, by period and by what became of the nudges"),
  Command.withDescription(
    "Conversion by bands of the final intent score, with Wilson intervals; by calendar period, and split by what " +
      `became of the nudges. Reads the list only, unless split. ${environment}`,
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

const sessions = Command.make("sessions", { ...Flags.walk, ...Flags.sessions }, Commands.sessions).pipe(
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
      command: "elnudge-report cohorts --input sessions.ndjson --bands 0,50",
      description: "Then ask them anything in seconds",
    },
  ]),
)

const run = Command.make(
  "run",
  {
    reports: Flags.reports,
    outputDirectory: Flags.outputDirectory,
    ...Flags.walk,
    bom: Flags.rows.bom,
    ...Flags.definition,
    ...Flags.attribution,
    ...Flags.cohorts,
  },
  Commands.run,
).pipe(
  Command.withShortDescription("Several reports in one walk, into a folder"),
  Command.withDescription(
    `Several reports in one walk: one CSV file for each, and coverage.json, in a folder. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report run attribution,cohorts --since 30d --output-dir october",
      description: "Both reports for the price of one",
    },
  ]),
)

const emulator = Command.make("emulator", Flags.emulator, (flags) =>
  Commands.debuggable(EmulatorServer.serve(flags)),
).pipe(
  Command.withDescription("The elNudge API on this machine, from a file or generated: to try things, and for tests"),
  Command.withExamples([
    {
      command: "elnudge-report emulator --data sessions.jsonl.gz --now 2026-11-01T00:00:00Z",
      description: "Serve a file as if it were 1 November",
    },
  ]),
)

const demo = Command.make("demo", {}, () => Commands.debuggable(Demo.run)).pipe(
  Command.withDescription("Both reports from generated sessions over real HTTP on this machine; needs no key"),
)

const root = Command.make("elnudge-report").pipe(
  Command.withDescription(
    "Visitor sessions of the elNudge API as numbers that can be trusted. The report goes to stdout, everything else to " +
      "stderr. Exit codes: 0 done, 1 anything else, 2 wrong usage, 3 key refused, 5 no answer (network, server, limit, " +
      "retention), 6 answer or file that does not fit the contract, 130 interrupted.",
  ),
  Command.withSubcommands([attribution, cohorts, sessions, run, emulator, demo]),
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
  const args = yield* stdio.args
  yield* Command.runWith(root, { version, renderErrors: false })(args)
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
