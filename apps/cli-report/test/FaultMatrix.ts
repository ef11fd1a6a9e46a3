/**
 * Every fault against every command: what a user sees of it, in a few words. A cell is a process against an emulator of
 * its own that follows the fault's script, held against the same command without faults; where it fails, the same command
 * once more after the fault has ended.
 */
import { Emulator, type Faults, FaultScript, Generator } from "@effect-elnudge/emulator"
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as EmulatorServer from "../src/EmulatorServer.ts"
import * as CliProcess from "./CliProcess.ts"

export interface Fault {
  /** What happens, in words. */
  readonly name: string
  readonly rules: ReadonlyArray<FaultScript.Rule>
  /** What the command line says besides. @default nothing */
  readonly flags?: ReadonlyArray<string> | undefined
  /** The file that the key is read from holds this one, once the key is refused. @default the key is in the environment */
  readonly keyFileThen?: string | undefined
  /** The key of the run after the fault. @default the same */
  readonly keyThen?: string | undefined
  /** Rows are missing where nothing that the API answers can show it. @default false */
  readonly isInvisible?: boolean | undefined
}

interface Command {
  readonly args: (out: string) => ReadonlyArray<string>
  /** Whether it writes to `out`, not to stdout. */
  readonly writesFiles: boolean
  readonly hasCheckpoint: boolean
}

const october = ["--from", "2026-10-01", "--to", "2026-11-01"]
const halves = ["--before", "2026-10-01..2026-10-16", "--after", "2026-10-16..2026-11-01"]

const report = (...words: ReadonlyArray<string>): Command => ({
  args: () => [...words, "--format", "csv", ...october],
  writesFiles: false,
  hasCheckpoint: true,
})

export const commands = {
  attribution: report("attribution"),
  cohorts: report("cohorts"),
  lift: report("lift"),
  "run all": {
    args: (out) => ["run", "all", ...october, "--output-dir", out],
    writesFiles: true,
    hasCheckpoint: true,
  },
  "sessions --details": {
    args: (out) => ["sessions", "--details", ...october, "--output", out],
    writesFiles: true,
    hasCheckpoint: true,
  },
  "compare attribution": {
    args: () => ["compare", "attribution", "--format", "csv", ...halves],
    writesFiles: false,
    hasCheckpoint: false,
  },
} satisfies Record<string, Command>
export type Name = keyof typeof commands

export const names: ReadonlyArray<Name> = [
  "attribution",
  "cohorts",
  "lift",
  "run all",
  "sessions --details",
  "compare attribution",
]

const walk = ["--page-size", "10", "--rate-limit", "1000000"]

const now = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

/** October, and a week before it: more of its sessions buy than a shop's do, so that few are enough. */
const shop = Effect.map(Generator.make({ end: now, days: 38, count: 320, seed: "matrix" }), (sessions) =>
  sessions.filter(({ converted, id }) => converted || Number(id.slice(-7)) % 3 === 0),
)

// Most of a process's time goes into loading the program; what is loaded is the same each time.
const compiled = mkdtempSync(join(tmpdir(), "elnudge-compiled-"))

export const release = () => rmSync(compiled, { recursive: true })

const inFolder = <A, E, R>(use: (folder: string) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "elnudge-matrix-"))),
    use,
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  )

// When a session was read is no part of what it says; what a run has cost is in its coverage.
const withoutTimes = (text: string): string => text.replaceAll(/"at":"[^"]*"/g, '"at":""')

/** What stands at `out`, by file; nothing where there is none. */
const written = (out: string): Readonly<Record<string, string>> => {
  if (!existsSync(out)) return {}
  if (!statSync(out).isDirectory()) return { out: withoutTimes(readFileSync(out, "utf8")) }
  const files = readdirSync(out).filter((file) => file !== "coverage.json")
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(out, file), "utf8")]))
}

interface Run {
  readonly exitCode: number | null
  /** Everything that it gave. */
  readonly output: string
  readonly stderr: ReadonlyArray<string>
  readonly isRetried: boolean
  /** What stderr says of the sessions beyond how many there are. */
  readonly notes: ReadonlyArray<string>
  readonly requests: number
  readonly details: number
}

const notePattern = /^(?:(?:before|after): )?(?:noted|data quality|gap):/
const costPattern = /^(?:(?:before|after): )?requests:.* detail\), (\d+) repeated, (\d+) refused/

const isRetry = (line: string): boolean => {
  const [, repeated = "0", refused = "0"] = costPattern.exec(line) ?? []
  return Number(repeated) + Number(refused) > 0
}

/** Runs the command once in the folder; `out` and `checkpoint` there are its own. */
const runIn = Effect.fnUntraced(function* (
  folder: string,
  name: Name,
  more: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
) {
  const { args, hasCheckpoint, writesFiles } = commands[name]
  const emulator = yield* Emulator.Emulator
  const before = yield* emulator.requests
  const out = join(folder, "out")
  const checkpoint = hasCheckpoint ? ["--checkpoint", join(folder, "checkpoint")] : []
  const { exitCode, stderr, stdout } = yield* CliProcess.run([...args(out), ...walk, ...checkpoint, ...more], {
    env: { ELNUDGE_BASE_URL: emulator.baseUrl, NODE_COMPILE_CACHE: compiled, ...env },
  })
  const after = yield* emulator.requests
  const lines = stderr.split("\n").filter((line) => line !== "")
  const files = writesFiles ? written(out) : {}
  const run: Run = {
    exitCode,
    output: JSON.stringify(stdout === "" ? files : { ...files, stdout }),
    stderr: lines,
    isRetried: lines.some(isRetry),
    notes: lines.filter((line) => notePattern.test(line)),
    requests: after.list + after.details - before.list - before.details,
    details: after.details - before.details,
  }
  return run
})

const nothing = "{}"

interface ServeOptions {
  readonly rules: ReadonlyArray<FaultScript.Rule>
  readonly fault?: Faults.Hook | undefined
}

const serving = Effect.fnUntraced(function* ({ fault, rules }: ServeOptions) {
  const sessions = yield* shop
  return EmulatorServer.layer({ sessions, now, requestsPerMinute: 1_000_000, faults: { rules }, fault }, 0)
})

const keyInEnvironment = { ELNUDGE_API_KEY: Emulator.defaultKey }

const undisturbed = Effect.fnUntraced(function* (name: Name) {
  const layer = yield* serving({ rules: [] })
  const run = yield* inFolder((folder) => runIn(folder, name, [], keyInEnvironment)).pipe(Effect.provide(layer))
  if (run.exitCode !== 0 || run.output === nothing) yield* Effect.die(new Error(run.stderr.join("\n")))
  return run
})

/** Each command without faults. */
export const baselines = Effect.all({
  attribution: undisturbed("attribution"),
  cohorts: undisturbed("cohorts"),
  lift: undisturbed("lift"),
  "run all": undisturbed("run all"),
  "sessions --details": undisturbed("sessions --details"),
  "compare attribution": undisturbed("compare attribution"),
})
export type Baselines = Effect.Success<typeof baselines>

/** How each error begins, its exit code, and its tag in words. */
const errors: ReadonlyArray<readonly [RegExp, number, string]> = [
  [/^The request is not valid:/, 2, "invalid request"],
  [/^The API refused the key:/, 3, "unauthorized"],
  [/^No answer from/, 5, "transport failure"],
  [/^The API is failing:/, 5, "server unavailable"],
  [/^The rate limit is used up until \S+, longer than/, 5, "rate limited"],
  [/^The API has no sessions for a window/, 5, "retention exceeded"],
  [/^The API's answer does not fit its contract/, 6, "response invalid"],
  [/^The API refused to go on from its own cursor:/, 6, "cursor rejected"],
  [/^The run's deadline is reached/, 7, "deadline reached"],
  [/^The rate limit is used up until \S+, after the run's deadline/, 7, "deadline reached"],
]

/** A cell: its words, and whatever of it must never be. */
export interface Cell {
  readonly words: string
  readonly violations: ReadonlyArray<string>
}

const expectedLine = /^(?:(?:before|after): )?(?:coverage|requests|noted|data quality|gap|note|checkpoint): /

const ofSuccess = (run: Run, baseline: Run, { isInvisible = false }: Fault): Cell => {
  const isSame = run.output === baseline.output
  const isNoted = run.notes.join("\n") !== baseline.notes.join("\n")
  const isSilent = !isSame && !isNoted
  return {
    words: isSilent ? "fewer" : `${isSame ? "same" : "other"}${run.isRetried ? ", retried" : ""}${isNoted ? ", noted" : ""}`,
    violations: [
      ...run.stderr.filter((line) => !expectedLine.test(line)).map((line) => `says ${line}`),
      ...(isSilent && !isInvisible ? ["other rows, and not a word of it"] : []),
    ],
  }
}

const ofFailure = ({ exitCode, output, stderr }: Run): Cell => {
  const prefix = "elnudge-report: "
  const message = stderr.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? ""
  const [, code, words = ""] = errors.find(([begins]) => begins.test(message)) ?? []
  return {
    words: `exit ${exitCode}: ${words}`,
    violations: [
      ...(code === exitCode ? [] : [`exit ${exitCode} with ${JSON.stringify(stderr)}`]),
      ...(stderr.length > 3 ? [`${stderr.length} lines on stderr`] : []),
      ...stderr.filter((line) => /^\s+at /.test(line)),
      ...(output === nothing ? [] : ["a part of the output"]),
    ],
  }
}

const identical = (json: unknown): unknown => json

/** What the command makes of the fault. */
export const cell = Effect.fnUntraced(function* (fault: Fault, name: Name, baselines: Baselines) {
  const baseline = baselines[name]
  const { flags = [], keyFileThen, keyThen = Emulator.defaultKey, rules } = fault
  if (baseline.details === 0 && rules.every((rule) => FaultScript.kindOf(rule) === "detail")) {
    const untouched: Cell = { words: "no details", violations: [] }
    return untouched
  }
  return yield* inFolder(
    Effect.fnUntraced(function* (folder) {
      const keyFolder = mkdtempSync(`${folder}-key-`)
      const keyFile = join(keyFolder, "key")
      writeFileSync(keyFile, Emulator.defaultKey, { mode: 0o600 })
      let isOver = false
      const layer = yield* serving({
        rules,
        fault: ({ number }) => {
          if (number === 5 && keyFileThen !== undefined) writeFileSync(keyFile, keyFileThen)
          return isOver ? { _tag: "Edit", edit: identical } : undefined
        },
      })
      return yield* Effect.gen(function* () {
        const emulator = yield* Emulator.Emulator
        const env = keyFileThen === undefined ? keyInEnvironment : { ELNUDGE_API_KEY_FILE: keyFile }
        const run = yield* runIn(folder, name, flags, env)
        const acted = (yield* emulator.faults).filter(({ applied }) => applied)
        const idle = rules.flatMap(({ fault }, index) => (acted.some(({ rule }) => rule === index) ? [] : [fault]))
        const first = run.exitCode === 0 ? ofSuccess(run, baseline, fault) : ofFailure(run)
        const violations = [...first.violations, ...idle.map((fault) => `${fault} never happened`)]
        let words = first.words
        if (run.exitCode !== 0) {
          isOver = true
          const isKept = existsSync(join(folder, "checkpoint"))
          const again = yield* runIn(folder, name, [], keyFileThen === undefined ? { ELNUDGE_API_KEY: keyThen } : env)
          const isSame = again.exitCode === 0 && again.output === baseline.output
          words += `, then ${isSame ? "same" : "not"}`
          if (!isSame) violations.push(`the run after it is not the same: ${again.stderr.join("\n")}`)
          if (isKept && again.requests > baseline.requests) violations.push("goes on with more requests than a whole run")
        }
        const left = readdirSync(folder).filter((file) => file !== "out")
        const made: Cell = { words, violations: [...violations, ...left.map((file) => `leaves ${file}`)] }
        return made
      }).pipe(
        Effect.provide(layer),
        Effect.ensuring(Effect.sync(() => rmSync(keyFolder, { recursive: true }))),
      )
    }),
  )
})

/** Columns as wide as the formatter makes them. */
export const table = ([head = [], ...rows]: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>, fill: string) =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width, fill)).join(" | ")} |`
  return [line(head, " "), line([], "-"), ...rows.map((row) => line(row, " "))].join("\n")
}

/** The fault as the document shows it. */
export const script = ({ flags = [], rules }: Fault): string =>
  [...rules.map((rule) => JSON.stringify(rule)), ...(flags.length === 0 ? [] : [flags.join(" ")])]
    .map((text) => `\`${text}\``)
    .join(" ")

