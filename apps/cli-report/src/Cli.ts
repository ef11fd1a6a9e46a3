/** The command line: words, flags and help. What a command does is in the module that it calls. */
import { ElnudgeClient, version } from "@effect-elnudge/core"
import { Emulator, Generator, SessionFile } from "@effect-elnudge/emulator"
import { AttributionReport, CohortReport } from "@effect-elnudge/report"
import { NodeHttpClient } from "@effect/platform-node"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Demo from "./Demo.ts"
import * as EmulatorServer from "./EmulatorServer.ts"
import * as Flags from "./Flags.ts"
import * as ReportRunner from "./ReportRunner.ts"

const client = (rateLimit: number) =>
  ElnudgeClient.layerConfig({ requestsPerMinute: rateLimit }).pipe(Layer.provide(NodeHttpClient.layerUndici))

// Inside the command, because that is where --log-level applies.
const debuggable = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tapCause(effect, (cause) => Effect.logDebug(cause))

interface WalkFlags {
  readonly from: Option.Option<DateTime.DateTime>
  readonly to: Option.Option<DateTime.DateTime>
  readonly format: "csv" | "json"
  readonly output: Option.Option<string>
  readonly concurrency: number
  readonly pageSize: number
}

const runnerOptions = (flags: WalkFlags, reportOptions: Readonly<Record<string, unknown>>): ReportRunner.Options => ({
  walk: {
    from: Option.getOrUndefined(flags.from),
    to: Option.getOrUndefined(flags.to),
    concurrency: flags.concurrency,
    pageSize: flags.pageSize,
  },
  format: flags.format,
  output: flags.output,
  reportOptions,
})

const environment =
  "Needs ELNUDGE_API_KEY, or ELNUDGE_API_KEY_FILE with the key in a file. ELNUDGE_BASE_URL changes the address."

const attribution = Command.make("attribution", Flags.walk, (flags) =>
  ReportRunner.run(AttributionReport.make(), runnerOptions(flags, {})).pipe(
    Effect.provide(client(flags.rateLimit)),
    debuggable,
  ),
).pipe(
  Command.withShortDescription("Conversions by nudge type, with bounds on what a nudge can be credited with"),
  Command.withDescription(
    "Conversions by nudge type: displays and outcomes, sessions and purchases, the vendor's flag, and the lower and " +
      `upper bound of what the 30-minute rule credits. Reads the details of nudged sessions. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report attribution --from 2026-10-01 --to 2026-11-01 --output attribution.csv",
      description: "October, into a file",
    },
  ]),
)

const cohorts = Command.make("cohorts", { ...Flags.walk, bands: Flags.bands }, (flags) =>
  ReportRunner.run(
    CohortReport.make(flags.bands),
    runnerOptions(flags, { bands: flags.bands.map(({ label }) => label) }),
  ).pipe(Effect.provide(client(flags.rateLimit)), debuggable),
).pipe(
  Command.withShortDescription("Conversion by bands of the final intent score"),
  Command.withDescription(
    `Conversion by bands of the final intent score, with Wilson 95 % intervals. Reads the list only. ${environment}`,
  ),
  Command.withExamples([
    {
      command: "elnudge-report cohorts --from 2026-10-01 --to 2026-11-01 --bands 0,50,90",
      description: "October in three bands: 0-49, 50-89, 90-100",
    },
  ]),
)

const emulator = Command.make("emulator", Flags.emulator, (flags) =>
  Effect.gen(function* () {
    const now = Option.getOrUndefined(flags.now)
    const sessions = Option.isSome(flags.data)
      ? yield* Stream.runCollect(SessionFile.stream(flags.data.value))
      : yield* Generator.make({ end: now ?? (yield* DateTime.now), count: flags.sessions, seed: flags.seed })
    const server = EmulatorServer.layer(
      {
        sessions,
        key: flags.key,
        now,
        retentionDays: flags.retentionDays,
        requestsPerMinute: flags.rateLimit,
      },
      flags.port,
    )
    return yield* Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      yield* Console.error(`The emulator serves ${sessions.length} sessions until Ctrl-C. In another shell:`)
      yield* Console.error(`  export ELNUDGE_BASE_URL=${baseUrl}`)
      yield* Console.error(
        `  export ELNUDGE_API_KEY=${flags.key === Emulator.defaultKey ? flags.key : "(what --key says)"}`,
      )
      return yield* Effect.never
    }).pipe(Effect.provide(server))
  }).pipe(debuggable),
).pipe(
  Command.withDescription("The elNudge API on this machine, from a file or generated: to try things, and for tests"),
  Command.withExamples([
    {
      command: "elnudge-report emulator --data sessions.jsonl.gz --now 2026-11-01T00:00:00Z",
      description: "Serve a file as if it were 1 November",
    },
  ]),
)

const demo = Command.make("demo", {}, () => debuggable(Demo.run)).pipe(
  Command.withDescription("Both reports from generated sessions over real HTTP on this machine; needs no key"),
)

const root = Command.make("elnudge-report").pipe(
  Command.withDescription(
    "Visitor sessions of the elNudge API as numbers that can be trusted. The report goes to stdout, everything else to " +
      "stderr. Exit codes: 0 done, 1 anything else, 2 wrong usage, 3 key refused, 5 no answer (network, server, limit, " +
      "retention), 6 answer that does not fit the contract, 130 interrupted.",
  ),
  Command.withSubcommands([attribution, cohorts, emulator, demo]),
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
export const run = Effect.gen(function* () {
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
