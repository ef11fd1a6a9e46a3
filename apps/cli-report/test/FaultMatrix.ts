/**
 * Every fault against every command: what a user sees of it, in a few words. A cell is a run against an emulator of
 * its own that follows the fault's script, held against the same command without faults; where it fails, the same command
 * once more after the fault has ended.
 */
import { Emulator, type Faults, FaultScript, Generator } from "@effect-elnudge/emulator"
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import * as EmulatorServer from "../src/EmulatorServer.ts"
import * as CommandLine from "./CommandLine.ts"

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
  /** How many times as fast as ours the command's clock goes: 1 where an answer takes its time to be read. @default 10 */
  readonly hurry?: number | undefined
  /** Rows are missing where nothing that the API answers can show it. @default false */
  readonly isInvisible?: boolean | undefined
}

interface Command {
  readonly args: (out: string) => ReadonlyArray<string>
  readonly hasCheckpoint: boolean
}

const october = ["--from", "2026-10-01", "--to", "2026-11-01"]
const halves = ["--before", "2026-10-01..2026-10-16", "--after", "2026-10-16..2026-11-01"]

/** What is run: it writes to `out` or to stdout. */
const commands = {
  cohorts: { args: () => ["cohorts", "--format", "csv", ...october], hasCheckpoint: true },
  run: { args: (out) => ["run", "all", ...october, "--output-dir", out], hasCheckpoint: true },
  sessions: { args: (out) => ["sessions", "--details", ...october, "--output", out], hasCheckpoint: true },
  compare: { args: () => ["compare", "attribution", "--format", "csv", ...halves], hasCheckpoint: false },
} satisfies Record<string, Command>
type Name = keyof typeof commands

interface Column {
  readonly title: string
  readonly command: Name
  /** The file that counts. @default all of them, and stdout */
  readonly file?: string | undefined
}

/** Reports that need details are run together: each is a file of that run. */
export const columns: ReadonlyArray<Column> = [
  { title: "attribution", command: "run", file: "attribution.csv" },
  { title: "cohorts", command: "cohorts" },
  { title: "lift", command: "run", file: "lift.csv" },
  { title: "run all", command: "run" },
  { title: "sessions --details", command: "sessions" },
  { title: "compare attribution", command: "compare" },
]

const walk = ["--page-size", "10", "--rate-limit", "1000000"]

const now = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

/**
 * October, and a week before it: more of its sessions buy than a shop's do, so that few are enough. Some start in the same
 * second as others.
 */
const shop = Effect.map(Generator.make({ end: now, days: 38, count: 320, seed: "matrix" }), (sessions) =>
  sessions
    .filter(({ converted, id }) => converted || Number(id.slice(-7)) % 3 === 0)
    .flatMap((session) =>
      Number(session.id.slice(-7)) % 24 === 0
        ? ["", "_2", "_3", "_4"].map((twin) => ({ ...session, id: session.id + twin }))
        : [session],
    ),
)

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

type Output = Readonly<Record<string, string>>

interface Run {
  readonly exitCode: number | null
  /** Everything that it gave, by file. */
  readonly output: Output
  readonly stderr: ReadonlyArray<string>
  readonly isRetried: boolean
  /** What stderr says of the sessions beyond how many there are. */
  readonly notes: string
  readonly requests: number
  readonly details: number
}

const expectedPattern = /^(?:(?:before|after): )?(?:coverage|requests|noted|data quality, in sessions \([^)]*\)|note): /
const notePattern = /^((?:before|after): )?(noted|data quality)(?:, in sessions \([^)]*\))?: /
const costPattern = /^(?:(?:before|after): )?requests:.* detail\), (\d+) repeated, (\d+) refused/

const isRetry = (line: string): boolean => {
  const [, repeated = "0", refused = "0"] = costPattern.exec(line) ?? []
  return Number(repeated) + Number(refused) > 0
}

/** Runs the command once in the folder; `out` and `checkpoint` there are its own. */
const runIn = Effect.fnUntraced(function* (
  folder: string,
  name: Name,
  flags: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  hurry = 10,
) {
  const { args, hasCheckpoint } = commands[name]
  const emulator = yield* Emulator.Emulator
  const before = yield* emulator.requests
  const out = join(folder, "out")
  const checkpoint = hasCheckpoint ? ["--checkpoint", join(folder, "checkpoint")] : []
  const { exitCode, stderr, stdout } = yield* CommandLine.run([...args(out), ...walk, ...checkpoint, ...flags], {
    env: { ELNUDGE_BASE_URL: emulator.baseUrl, ...env },
    hurry,
  })
  const after = yield* emulator.requests
  const lines = stderr.split("\n").filter((line) => line !== "")
  const run: Run = {
    exitCode,
    output: stdout === "" ? written(out) : { ...written(out), stdout },
    stderr: lines,
    isRetried: lines.some(isRetry),
    notes: lines
      .filter((line) => notePattern.test(line))
      .map((line) => line.replace(notePattern, "$1$2: "))
      .join("\n"),
    requests: after.list + after.details - before.list - before.details,
    details: after.details - before.details,
  }
  return run
})

const isEmpty = (output: Output): boolean => Object.keys(output).length === 0

const isSame = (left: Output, right: Output): boolean => JSON.stringify(left) === JSON.stringify(right)

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
  if (run.exitCode !== 0 || isEmpty(run.output)) return yield* Effect.die(new Error(run.stderr.join("\n")))
  return run
})

/** Each command without faults. */
export const baselines = Effect.all({
  cohorts: undisturbed("cohorts"),
  run: undisturbed("run"),
  sessions: undisturbed("sessions"),
  compare: undisturbed("compare"),
})
export type Baselines = Effect.Success<typeof baselines>

/** How each error begins, its exit code, and its tag in words. */
const errors: ReadonlyArray<readonly [RegExp, number, string]> = [
  [/^The request is not valid:/, 2, "invalid request"],
  [/^The API refused the key:/, 3, "unauthorized"],
  [/^No answer from/, 5, "transport failure"],
  [/^The API is failing:/, 5, "server unavailable"],
  [/^No secure connection to/, 5, "TLS failure"],
  [/^(?:A proxy|The proxy \S+) (?:failed|did not let)/, 5, "proxy failure"],
  [/^The rate limit is used up (?:until \S+, longer|for longer) than/, 5, "rate limited"],
  [/^The API has no sessions for a window/, 5, "retention exceeded"],
  [/^The API's answer does not fit its contract/, 6, "response invalid"],
  [/^The API refused to go on from its own cursor:/, 6, "cursor rejected"],
  [/^The run's deadline is reached/, 7, "deadline reached"],
  [/^The API says to wait until \S+, after the run's deadline/, 7, "deadline reached"],
]

/** What was made of a fault, and whatever must never be. */
interface Verdict {
  readonly words: string
  readonly violations: ReadonlyArray<string>
}

const ofSuccess = (run: Run, output: Output, right: Output, baseline: Run, isInvisible: boolean): Verdict => {
  const isRight = isSame(output, right)
  const isNoted = run.notes !== baseline.notes
  const isSilent = !isRight && !isNoted
  const words = [isSilent ? "fewer" : isRight ? "same" : "other"]
  if (run.isRetried) words.push("retried")
  if (isNoted) words.push("noted")
  return {
    words: words.join(", "),
    violations: [
      ...run.stderr.filter((line) => !expectedPattern.test(line)).map((line) => `says ${line}`),
      ...(isSilent && !isInvisible ? ["other rows, and not a word of it"] : []),
    ],
  }
}

const ofFailure = ({ exitCode, output, stderr }: Run): Verdict => {
  const prefix = "elnudge-report: "
  const message = stderr.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? ""
  const [, code, words = ""] = errors.find(([begins]) => begins.test(message)) ?? []
  return {
    words: `exit ${exitCode}: ${words}`,
    violations: [
      ...(code === exitCode ? [] : [`exit ${exitCode} with ${JSON.stringify(stderr)}`]),
      ...(stderr.length > 3 ? [`${stderr.length} lines on stderr`] : []),
      ...stderr.filter((line) => /^\s+at /.test(line)),
      ...(isEmpty(output) ? [] : ["a part of the output"]),
    ],
  }
}

const identical = (json: unknown): unknown => json

interface Served {
  /** From now on everything is answered as it should be. */
  readonly end: Effect.Effect<void>
  readonly env: Readonly<Record<string, string>>
}

/** The emulator with the fault, and the environment that leads to it. */
const faulty = Effect.fnUntraced(function* ({ keyFileThen, rules }: Fault, folder: string) {
  const keyFile = join(folder, "key")
  if (keyFileThen !== undefined) writeFileSync(keyFile, Emulator.defaultKey, { mode: 0o600 })
  let isOver = false
  const layer = yield* serving({
    rules,
    fault: ({ number }) => {
      if (number === 5 && keyFileThen !== undefined) writeFileSync(keyFile, keyFileThen)
      // A fault of the hook's own comes before the script: one that changes nothing ends it.
      return isOver ? { _tag: "Edit", edit: identical } : undefined
    },
  })
  const served: Served = {
    end: Effect.sync(() => {
      isOver = true
    }),
    env: keyFileThen === undefined ? keyInEnvironment : { ELNUDGE_API_KEY_FILE: keyFile },
  }
  return { layer, served }
})

const struck = Effect.fnUntraced(function* (
  fault: Fault,
  name: Name,
  { baseline, folder, served }: { readonly baseline: Run; readonly folder: string; readonly served: Served },
) {
  const { flags = [], isInvisible = false, keyThen, rules } = fault
  const emulator = yield* Emulator.Emulator
  const run = yield* runIn(folder, name, flags, served.env, fault.hurry)
  const acted = (yield* emulator.faults).filter(({ applied }) => applied)
  const idle = rules.flatMap((rule, index) =>
    acted.some((each) => each.rule === index) ? [] : [`${rule.fault} never happened`],
  )
  const asked = columns.filter(({ command }) => command === name)
  const isFailed = run.exitCode !== 0
  const failed = ofFailure(run)
  const verdicts = new Map<string, Verdict>()
  for (const { file, title } of asked) {
    const part = (output: Output): Output => (file === undefined ? output : { [file]: output[file] ?? "" })
    const succeeded = ofSuccess(run, part(run.output), part(baseline.output), baseline, isInvisible)
    verdicts.set(title, isFailed ? failed : succeeded)
  }
  let after = ""
  const violations = [...idle]
  if (isFailed && existsSync(join(folder, "checkpoint"))) {
    if (keyThen === undefined) yield* served.end
    const env = keyThen === undefined ? served.env : { ELNUDGE_API_KEY: keyThen }
    const again = yield* runIn(folder, name, [], env)
    const isRight = again.exitCode === 0 && isSame(again.output, baseline.output)
    after = isRight ? ", then same" : ", then other"
    if (!isRight) violations.push(`the run after it is not the same: ${again.stderr.join("; ")}`)
    if (again.requests > baseline.requests) violations.push("goes on with more requests than a whole run takes")
  }
  const left = readdirSync(folder).filter((file) => file !== "out" && file !== "key")
  violations.push(...left.map((file) => `leaves ${file}`))
  return asked.map(({ title }) => {
    const { violations: own, words } = verdicts.get(title) ?? failed
    return { title, words: `${words}${after}`, violations: [...own, ...violations] }
  })
})

/** What each command makes of the fault: a cell for each column, by its title, and what is wrong with them. */
export const row = Effect.fn("FaultMatrix.row")(function* (fault: Fault, baselines: Baselines) {
  const cells = new Map<string, string>()
  const violations: Array<string> = []
  const struckBy = Effect.fnUntraced(function* (name: Name) {
    const baseline = baselines[name]
    if (baseline.details === 0 && fault.rules.every((rule) => FaultScript.kindOf(rule) === "detail")) {
      for (const { command, title } of columns) if (command === name) cells.set(title, "no details")
      return
    }
    const made = yield* inFolder((folder) =>
      Effect.flatMap(faulty(fault, folder), ({ layer, served }) =>
        Effect.provide(struck(fault, name, { baseline, folder, served }), layer),
      ),
    )
    for (const cell of made) {
      cells.set(cell.title, cell.words)
      violations.push(...cell.violations.map((violation) => `${cell.title}: ${violation}`))
    }
  })
  yield* Effect.forEach(Struct.keys(commands), struckBy, { concurrency: "unbounded", discard: true })
  return { cells, violations }
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
