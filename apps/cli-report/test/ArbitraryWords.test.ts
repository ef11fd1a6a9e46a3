/** Any words on the command line: in this process, so that they can be many. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import { TestConsole } from "effect/testing"
import * as Cli from "../src/Cli.ts"
import * as DebugLog from "../src/DebugLog.ts"
import * as EmulatorServer from "../src/EmulatorServer.ts"
import * as Failure from "../src/Failure.ts"

interface Result {
  /** Undefined where the run ended with a defect. */
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** The program as `bin.ts` runs it, up to the process around it. */
const run = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
  const { baseUrl } = yield* Emulator.Emulator
  let stdout = ""
  const stdio = Stdio.layerTest({
    args: Effect.succeed(words),
    stdout: () => Sink.forEach((chunk: string | Uint8Array) => Effect.sync(() => (stdout += String(chunk)))),
  })
  const env = { ELNUDGE_BASE_URL: baseUrl, ELNUDGE_API_KEY: Emulator.defaultKey }
  return yield* Effect.gen(function* () {
    const exit = yield* Cli.main.pipe(
      Effect.onExit(Failure.print),
      Effect.mapError((error) => Failure.withExitCode(error).exitCode),
      Effect.provide(DebugLog.layer),
      Effect.exit,
    )
    const failure = Exit.isFailure(exit) ? exit.cause.reasons.find(Cause.isFailReason)?.error : 0
    const logged = yield* TestConsole.logLines
    const result: Result = {
      exitCode: failure,
      stdout: stdout + logged.join("\n"),
      stderr: (yield* TestConsole.errorLines).join("\n"),
    }
    return result
  }).pipe(
    Effect.provide([
      stdio.pipe(Layer.provideMerge(NodeServices.layer)),
      TestConsole.layer,
      ConfigProvider.layer(ConfigProvider.fromUnknown(env)),
    ]),
  )
})

const served = Layer.unwrap(
  Effect.gen(function* () {
    const now = yield* DateTime.now
    const sessions = yield* Generator.make({ end: now, days: 5, count: 3 })
    return EmulatorServer.layer({ sessions, requestsPerMinute: 1_000_000 }, 0)
  }),
)

const commands = [
  "attribution",
  "cohorts",
  "lift",
  "reconcile",
  "calibration",
  "nudge-performance",
  "run",
  "merge",
  "compare",
  "sessions",
  "",
]

const flags = [
  "--from",
  "--to",
  "--since",
  "--time-zone",
  "--input",
  "--concurrency",
  "--page-size",
  "--rate-limit",
  "--plan",
  "--retention-days",
  "--deadline",
  "--max-requests",
  "--quiet",
  "-q",
  "--verbose",
  "--format",
  "--bom",
  "--escape-formulas",
  "--details",
  "--save-states",
  "--bands",
  "--by",
  "--split",
  "--time-to-purchase",
  "--dismiss-counts",
  "--confidence",
  "--model",
  "--readings",
  "--mde",
  "--before",
  "--after",
  "--help",
  "-h",
  "--version",
  "--log-level",
  "--completions",
  "--no-quiet",
  "--quiet=false",
  "--nothing",
  "--",
  "-",
  "---",
  "-qqq",
  "--=",
]

// None of them makes a run wait: a rate limit of 200 lets a few requests through at once.
const values = [
  "2026-10-01",
  "2026-02-30",
  "2026-10-01T00:00:00Z",
  "2026-10-01..2026-11-01",
  "2026-09-01..2026-10-01",
  "..",
  "7d",
  "0s",
  "1ms",
  "10m",
  "99999999999d",
  "0",
  "1",
  "-1",
  "1.5",
  "0.9",
  "1e9",
  "200",
  "201",
  "65536",
  "99999999999999999999",
  "½",
  "NaN",
  "Europe/Berlin",
  "Mars/Olympus",
  "csv",
  "json",
  "table",
  "ndjson",
  "all",
  "debug",
  "day",
  "week",
  "arm",
  "outcome",
  "always",
  "zsh",
  "attribution",
  "cohorts,lift",
  "attribution,attribution",
  ",",
  "0,50,90",
  "0,0",
  "last,linear,markov",
  "growth",
  "true",
  "",
  " ",
  "@",
  "@/sessions.ndjson",
  "@/empty",
  "@/broken.json",
  "@/missing",
  "\u{202e}drow",
  "\u{1b}[2J",
  "\u{d800}",
  "line\nbreak",
  "ÿ€😀",
  "x".repeat(10_000),
]

// Wherever a run may write, it writes into its own folder.
const outputs = ["--output", "-o", "--checkpoint", "--save-state", "--output-dir"]
const files = ["@/new", "@/other", "@/sessions.ndjson", "@/broken.json"]

const Word = Schema.Union([Schema.Literals(values), Schema.String])

const Item = Schema.Union([
  Schema.TaggedStruct("Words", { words: Schema.Tuple([Schema.Literals(flags), Word]) }),
  Schema.TaggedStruct("Words", { words: Schema.Tuple([Schema.Literals(flags)]) }),
  Schema.TaggedStruct("Words", { words: Schema.Tuple([Word]) }),
  Schema.TaggedStruct("Joined", { flag: Schema.Literals(flags), value: Word }),
  Schema.TaggedStruct("Words", { words: Schema.Tuple([Schema.Literals(outputs), Schema.Literals(files)]) }),
])

const wordsOf = (item: typeof Item.Type): ReadonlyArray<string> =>
  item._tag === "Joined" ? [`${item.flag}=${item.value}`] : item.words

/** Those that serve until they are stopped. */
const serving: ReadonlySet<string> = new Set(["emulator", "demo"])

const CommandLine = Arbitrary.map(
  Arbitrary.schema(
    Schema.Struct({ command: Schema.Literals(commands), items: Schema.Array(Item).check(Schema.isMaxLength(6)) }),
  ),
  ({ command, items }) =>
    [command, ...items.flatMap(wordsOf)].filter((word) => !serving.has(word) && !word.includes("\0")),
)

const inFolder = <A, E, R>(use: (folder: string) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "elnudge-words-"))
      writeFileSync(join(folder, "empty"), "")
      writeFileSync(join(folder, "broken.json"), '{"version":')
      writeFileSync(join(folder, "sessions.ndjson"), "")
      mkdirSync(join(folder, "folder"))
      return folder
    }),
    use,
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  )

const exitCodes = new Set<number | undefined>()

describe("any words on the command line", () => {
  it.layer(served, { excludeTestServices: true })("against the emulator", (it) => {
    // The first run of a process settles the rate of its key.
    it.effect("are run as a process runs them", () =>
      Effect.gen(function* () {
        const right = yield* run(["cohorts", "--format", "csv", "--rate-limit", "1000000"])
        assert.strictEqual(right.exitCode, 0, right.stderr)
        assert.match(right.stdout, /^period,/)
        const wrong = yield* run(["cohorts", "--form", "csv"])
        assert.deepStrictEqual([wrong.exitCode, wrong.stdout], [2, ""])
        assert.include(wrong.stderr, "did you mean")
      }),
    )

    it.effect.prop(
      "end with a report, or with an error that was foreseen",
      { words: CommandLine },
      ({ words }) =>
        inFolder((folder) =>
          Effect.gen(function* () {
            const { exitCode, stderr, stdout } = yield* run(words.map((word) => word.replace(/@/, folder)))
            exitCodes.add(exitCode)
            assert.include([0, 2, 3, 5, 6, 7], exitCode, stderr)
            assert.notInclude(stderr, "should not happen")
            assert.notMatch(stderr, /^\s+at /m)
            if (exitCode === 2) assert.strictEqual(stdout, "")
            if (exitCode !== 0) assert.isNotEmpty(stderr)
          }),
        ),
      { arbitrary: { runs: 600, seed: "words" } },
    )

    it.effect("were some of every kind", () => Effect.sync(() => assert.includeMembers([...exitCodes], [0, 2, 6, 7])))
  })
})
