/** Any words on the command line: in this process, so that they can be many. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { inject } from "vitest"
import * as EmulatorServer from "../src/EmulatorServer.ts"
import * as CommandLine from "./CommandLine.ts"

const run = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
  const { baseUrl } = yield* Emulator.Emulator
  return yield* CommandLine.run(words, {
    env: { ELNUDGE_BASE_URL: baseUrl, ELNUDGE_API_KEY: Emulator.defaultKey },
    hurry: 10,
  })
})

const served = Layer.unwrap(
  Effect.gen(function* () {
    const now = yield* DateTime.now
    const sessions = yield* Generator.make({ end: now, days: 5, count: 3 })
    return EmulatorServer.layer({ sessions, requestsPerMinute: 1_000_000 }, 0)
  }),
)

const commands = [
  ["attribution"],
  ["cohorts"],
  ["lift"],
  ["reconcile"],
  ["calibration"],
  ["nudge-performance"],
  ["run", "all", "--output-dir", "@/folder"],
  ["run", "cohorts,lift"],
  ["plan", "all"],
  ["merge", "@/state.json"],
  ["merge"],
  ["compare", "cohorts"],
  ["compare", "attribution", "--before", "2026-09-01..2026-10-01", "--after", "2026-10-01..2026-11-01"],
  ["compare", "@/state.json", "@/broken.json"],
  ["sessions"],
  ["sessions", "--details"],
  [],
] as const

/** Words that most commands take, so that many a run comes as far as the API and the files. */
const usual = [
  ["--format", "csv"],
  ["--format", "json"],
  ["--input", "@/sessions.ndjson"],
  ["--input", "@/broken.json"],
  ["--input", "@/folder"],
  ["--input", "@/missing"],
  ["--since", "4d"],
  ["--from", "2020-01-01", "--to", "2020-02-01"],
  ["--time-zone", "Pacific/Kiritimati"],
  ["--page-size", "1"],
  ["--page-size", "2", "--max-requests", "1"],
  ["--concurrency", "1000"],
  ["--plan", "starter"],
  ["--bom"],
  ["--escape-formulas"],
  ["--verbose"],
  ["--quiet"],
  ["--checkpoint", "@/checkpoint"],
  ["--checkpoint", "@/broken.json"],
  ["--checkpoint", "@/folder"],
  ["--output", "@/new"],
  ["--output", "@/sessions.ndjson"],
  ["--save-state", "@/new.json"],
] as const

const flags = [
  "--from",
  "--to",
  "--since",
  "--time-zone",
  "--input",
  "--concurrency",
  "--page-size",
  "--rate-limit",
  "--share",
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
const outputs = ["--output", "-o", "--checkpoint", "--save-state"]
const files = ["@/new", "@/other", "@/sessions.ndjson", "@/broken.json"]

const Word = Schema.Union([Schema.Literals(values), Schema.String])

const Usual = Schema.Literals(usual.map((_, index) => index))

const Item = Schema.Union([
  Schema.TaggedStruct("Usual", { index: Usual }),
  Schema.TaggedStruct("Words", { words: Schema.Array(Word).check(Schema.isBetweenLength(1, 2)) }),
  Schema.TaggedStruct("Flag", { flag: Schema.Literals(flags), value: Schema.optional(Word) }),
  Schema.TaggedStruct("Joined", { flag: Schema.Literals(flags), value: Word }),
  Schema.TaggedStruct("Output", { flag: Schema.Literals(outputs), file: Schema.Literals(files) }),
])

const wordsOf = (item: typeof Item.Type): ReadonlyArray<string> => {
  switch (item._tag) {
    case "Usual":
      return usual[item.index] ?? []
    case "Words":
      return item.words
    case "Flag":
      return item.value === undefined ? [item.flag] : [item.flag, item.value]
    case "Joined":
      return [`${item.flag}=${item.value}`]
    case "Output":
      return [item.flag, item.file]
  }
}

/** Those that serve until they are stopped. */
const serving: ReadonlySet<string> = new Set(["emulator", "demo"])

const Line = Schema.Struct({
  command: Schema.Literals(commands.map((_, index) => index)),
  usual: Schema.Array(Usual).check(Schema.isMaxLength(3)),
  others: Schema.Union([Schema.Tuple([]), Schema.Array(Item).check(Schema.isMaxLength(4))]),
})

const write = ({ command, others, usual: indices }: typeof Line.Type): ReadonlyArray<string> =>
  [...(commands[command] ?? []), ...indices.flatMap((index) => usual[index] ?? []), ...others.flatMap(wordsOf)].filter(
    (word) => !serving.has(word) && !word.includes("\0"),
  )

const session = {
  id: "sess_1",
  started_at: "2026-10-01T10:14:32Z",
  ended_at: "2026-10-01T10:28:10Z",
  page_count: 6,
  intent_score: 82,
  converted: true,
  nudge_count: 0,
  events: [],
  nudges: [],
}

const inFolder = <A, E, R>(use: (folder: string) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "elnudge-words-"))
      writeFileSync(join(folder, "empty"), "")
      writeFileSync(join(folder, "broken.json"), '{"version":')
      writeFileSync(join(folder, "sessions.ndjson"), `${JSON.stringify(session)}\n`)
      writeFileSync(join(folder, "state.json"), "{}")
      mkdirSync(join(folder, "folder"))
      return folder
    }),
    use,
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  )

const exitCodes = new Set<number | null>()

describe("any words on the command line", () => {
  it.layer(served, { excludeTestServices: true })("against the emulator", (it) => {
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
      { line: Line },
      ({ line }) =>
        inFolder((folder) =>
          Effect.gen(function* () {
            const { exitCode, stderr, stdout } = yield* run(
              write(line).map((word) => word.replace(/^@|(?<==)@/, folder)),
            )
            exitCodes.add(exitCode)
            assert.include([0, 2, 3, 5, 6, 7], exitCode, stderr)
            assert.notInclude(stderr, "should not happen")
            assert.notMatch(stderr, /^\s+at /m)
            if (exitCode === 2) assert.strictEqual(stdout, "")
            if (exitCode !== 0) assert.isNotEmpty(stderr)
          }),
        ),
      { arbitrary: { runs: 100 * inject("times"), seed: "words" } },
    )

    it.effect("were some of every kind", () =>
      Effect.sync(() => assert.includeMembers([...exitCodes], inject("times") > 1 ? [0, 2, 6, 7] : [0, 2, 6])),
    )
  })
})
