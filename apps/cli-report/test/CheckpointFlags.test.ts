import { execFileSync } from "node:child_process"
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { Checkpoint } from "@effect-elnudge/core"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as CliProcess from "./CliProcess.ts"
import * as ServedShop from "./ServedShop.ts"

const { october, serve } = ServedShop

/** At most three lines beside notes, and no report. */
const assertFails = (result: CliProcess.Result, exitCode: number, ...parts: ReadonlyArray<string>) => {
  assert.strictEqual(result.exitCode, exitCode, result.stderr)
  assert.strictEqual(result.stdout, "")
  const lines = result.stderr.trimEnd().split("\n")
  assert.isAtMost(lines.filter((line) => !line.startsWith("note: ")).length, 3, result.stderr)
  for (const part of parts) assert.include(result.stderr, part)
}

const assertDone = ({ exitCode, stderr }: CliProcess.Result) => assert.strictEqual(exitCode, 0, stderr)

const assertCut = (result: CliProcess.Result, file: string) =>
  assertFails(result, 7, `checkpoint: ${file} has`, "used up its requests")

const Saved = Schema.fromJsonString(Checkpoint.Checkpoint)
const Rows = Schema.fromJsonString(
  Schema.Struct({
    coverage: Schema.Struct({ window: Schema.Unknown, sessions: Schema.Int }),
    rows: Schema.Array(Schema.Unknown),
  }),
)

const modeOf = (file: string): number => statSync(file).mode & 0o777

const twoAtATime = { concurrency: 2, discard: true } as const

describe("a checkpoint of another query", () => {
  interface Other {
    readonly args: ReadonlyArray<string>
    readonly env?: Readonly<Record<string, string>>
    readonly says: string
  }

  const refused = (base: ReadonlyArray<string>, others: ReadonlyArray<Other>) =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const file = join(folder, "place")
        // @ is the folder.
        const asking = (args: ReadonlyArray<string>) => [
          ...args.map((word) => word.replace("@", folder)),
          "--checkpoint",
          file,
        ]
        assertCut(yield* run([...asking(base), "--max-requests", "2"]), file)
        const before = readFileSync(file, "utf8")
        yield* Effect.forEach(
          others,
          Effect.fnUntraced(function* ({ args, env, says }) {
            const result = yield* run(asking(args), { env })
            assertFails(result, 2, `The checkpoint ${file} is of another query: its ${says}`, "Ask for the same again")
            assert.strictEqual(result.requests, 0)
          }),
          twoAtATime,
        )
        assert.strictEqual(readFileSync(file, "utf8"), before)
      }),
    )

  const cohorts = ["cohorts", "--page-size", "20", "--since", "31d", "--to", "2026-11-01"]
  const replaced = (word: string, by: string) => cohorts.map((given) => (given === word ? by : given))

  it.live("is refused for each thing that a report depends on, and stays as it is", () =>
    refused(cohorts, [
      {
        args: ["cohorts", "--from", "2026-10-01", "--to", "2026-11-01"],
        says: "from is default, now it is 2026-10-01 in UTC",
      },
      { args: replaced("31d", "30d"), says: "since is 2678400000 ms, now it is 2592000000 ms" },
      { args: replaced("2026-11-01", "2026-10-31"), says: "to is 2026-11-01 in UTC, now it is 2026-10-31 in UTC" },
      { args: [...cohorts, "--time-zone", "Europe/Berlin"], says: "to is 2026-11-01 in UTC, now it is 2026-11-01 in " },
      { args: cohorts.slice(0, -2), says: "to is 2026-11-01 in UTC, now it is default" },
      { args: [...cohorts, "--bands", "0,50"], says: "cohorts bands is [" },
      { args: [...cohorts, "--confidence", "0.9"], says: "cohorts confidence is 0.95, now it is 0.9" },
      { args: [...cohorts, "--split", "arm"], says: "cohorts split is" },
      { args: replaced("cohorts", "attribution"), says: "reports is cohorts, now it is attribution" },
      {
        args: ["run", "cohorts,attribution", "--output-dir", "@/out", ...cohorts.slice(1)],
        says: "reports is cohorts, now it is cohorts, attribution",
      },
      { args: cohorts, env: { ELNUDGE_API_KEY: "sk_live_emulator" }, says: "key mode is test, now it is live" },
      { args: cohorts, env: { ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1" }, says: "address is http://127.0.0.1:" },
    ]),
  )

  const sessions = ["sessions", ...october, "--output", "@/out.ndjson"]

  it.live("is refused for each thing that a list of sessions depends on", () =>
    refused(sessions, [
      { args: ["sessions", ...october, "--output", "@/other.ndjson"], says: "output is /" },
      { args: [...sessions, "--details"], says: "details is false, now it is true" },
      { args: [...sessions, "--format", "csv"], says: "format is ndjson, now it is csv" },
      { args: [...sessions, "--escape-formulas"], says: "escape formulas is false, now it is true" },
      { args: ["cohorts", ...october], says: "command is sessions, now it is none" },
    ]),
  )
})

describe("a checkpoint file that cannot be used", () => {
  const cohorts = ["cohorts", ...october]
  const untouched = "not a checkpoint that this version can go on from"

  it.live("because of what it holds is 6, and stays as it is", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const file = join(folder, "place")
        assertCut(yield* run([...cohorts, "--checkpoint", file, "--max-requests", "2"]), file)
        const text = readFileSync(file, "utf8")
        const saved = yield* Schema.decodeEffect(Saved)(text)
        const written = (change: object) => JSON.stringify({ ...saved, ...change })
        const damaged = [
          "",
          "\n",
          "null",
          "PK\u{3}\u{4}",
          text.slice(0, text.length / 2),
          written({ format: "elnudge-checkpoint-2" }),
          written({ query_hash: "0".repeat(64) }),
          written({ position: { ...saved.position, rows: -1 } }),
          written({ state: {} }),
          written({ state: null }),
        ]
        yield* Effect.forEach(
          damaged.map((contents, index) => ({ contents, place: join(folder, `damaged ${index}`) })),
          Effect.fnUntraced(function* ({ contents, place }) {
            writeFileSync(place, contents)
            const result = yield* run([...cohorts, "--checkpoint", place])
            assertFails(result, 6, place, untouched, "Nothing was changed. Give another file, or delete this one")
            assert.strictEqual(result.requests, 0)
            assert.strictEqual(readFileSync(place, "utf8"), contents)
          }),
          twoAtATime,
        )
      }),
    ),
  )

  it.live("because of what it is costs no request, and is named", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const place = (name: string) => join(folder, name)
        writeFileSync(place("input.ndjson"), "")
        mkdirSync(place("folder"))
        execFileSync("mkfifo", [place("pipe")])
        symlinkSync("loop", place("loop"))
        const cases: ReadonlyArray<readonly [exitCode: number, file: string, says: string]> = [
          [2, place("folder"), "cannot be read: it is a folder"],
          [2, place("pipe"), "cannot be read: it is not a regular file"],
          [2, "/dev/null", "cannot be read: it is not a regular file"],
          [2, place("loop"), "cannot be read: ELOOP"],
          [2, place("input.ndjson/under"), "cannot be read: ENOTDIR"],
          [1, place("missing/place"), "cannot be written: ENOENT"],
        ]
        const before = readdirSync(folder)
        yield* Effect.forEach(
          cases,
          Effect.fnUntraced(function* ([exitCode, file, says]) {
            const result = yield* run([...cohorts, "--checkpoint", file])
            assertFails(result, exitCode, `The checkpoint ${file} ${says}`, "Check the path")
            assert.strictEqual(result.requests, 0)
          }),
          twoAtATime,
        )
        assert.deepStrictEqual(readdirSync(folder), before)
        assert.isTrue(lstatSync(place("pipe")).isFIFO())
        assert.isTrue(statSync("/dev/null").isCharacterDevice())
      }),
    ),
  )

  // @ is the folder.
  const clashes: ReadonlyArray<readonly [args: ReadonlyArray<string>, says: string]> = [
    [["sessions", "--checkpoint", "@/place"], "Give --output too"],
    [["sessions", "--checkpoint", "@/place", "--output", "@/place"], "are one file"],
    [["cohorts", "--checkpoint", "@/place", "--output", "@/./place"], "are one file"],
    [["cohorts", "--checkpoint", "@/place", "--save-state", "@/place"], "are one file"],
    [["run", "cohorts", "--checkpoint", "@/cohorts.csv", "--output-dir", "@/"], "are one file"],
    [["cohorts", "--checkpoint", "@/place", "--input", "@/input"], "Leave one of --checkpoint and --input out"],
    [["cohorts", "--checkpoint", ""], "Expected a path"],
    [["compare", "cohorts", "--checkpoint", "@/place"], "--checkpoint"],
  ]

  it.live("beside the other flags is wrong usage", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        writeFileSync(join(folder, "input"), "")
        yield* Effect.forEach(
          clashes,
          Effect.fnUntraced(function* ([args, says]) {
            const result = yield* run(args.map((word) => word.replace("@", folder)))
            assertFails(result, 2, says)
            assert.strictEqual(result.requests, 0)
          }),
          twoAtATime,
        )
        assert.deepStrictEqual(readdirSync(folder), ["input"])
      }),
    ),
  )

  it.live("because its folder went away is 1, and nothing is claimed to be kept", () =>
    Effect.suspend(() => {
      let folderOfPlace = ""
      return serve(
        {
          fault: ({ number }) => {
            if (number === 5) rmSync(folderOfPlace, { recursive: true })
            return undefined
          },
        },
        ({ folder, run }) =>
          Effect.gen(function* () {
            folderOfPlace = join(folder, "away")
            mkdirSync(folderOfPlace)
            const result = yield* run(["attribution", ...october, "--checkpoint", join(folderOfPlace, "place")])
            assertFails(result, 1, "away/place cannot be written: ")
            assert.notInclude(result.stderr, "goes on from there")
          }),
      )
    }),
  )
})

describe("a run that goes on from its checkpoint", () => {
  it.live("takes a link for the file that it names, which is its owner's alone, and removes it at the end", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const [link, real] = [join(folder, "link"), join(folder, "there", "real")]
        mkdirSync(join(folder, "there"))
        const command = ["cohorts", ...october, "--checkpoint", link, "--format", "json"]
        writeFileSync(real, "")
        symlinkSync("there/real", link)
        assertFails(yield* run(command), 6, "real is not a checkpoint")
        rmSync(real)
        rmSync(link)
        assertCut(yield* run([...command, "--max-requests", "2"]), link)
        assert.strictEqual(modeOf(link), 0o600)
        // As somebody does who keeps it elsewhere meanwhile.
        execFileSync("mv", [link, real])
        symlinkSync("there/real", link)
        assertFails(yield* run([...command, "--max-requests", "2"]), 7, `checkpoint: ${real} has 80 sessions`)
        assert.isTrue(lstatSync(link).isSymbolicLink())
        assert.strictEqual(modeOf(real), 0o600)
        const last = yield* run(command)
        assertDone(last)
        assert.include(last.stderr, `note: goes on from ${real}, which has 80 sessions`)
        assert.strictEqual(last.requests, 2)
        assert.deepStrictEqual(readdirSync(join(folder, "there")), [])
      }),
    ),
  )

  it.live("whose reader went away prints it whole the next time, in any format, and asks for nothing", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const file = join(folder, "place")
        const command = ["attribution", ...october, "--format"]
        const kept = ["--checkpoint", file]
        const whole = yield* run([...command, "json"])
        const closed = yield* run([...command, "csv", ...kept], { isClosed: true })
        assertDone(closed)
        assert.strictEqual(closed.requests, whole.requests)
        assert.isTrue((yield* Schema.decodeEffect(Saved)(readFileSync(file, "utf8"))).position.complete)
        assert.notInclude(readFileSync(file, "utf8"), Emulator.defaultKey)
        const again = yield* run([...command, "json", ...kept])
        assertDone(again)
        assert.strictEqual(again.requests, 0)
        const { coverage, rows } = yield* Schema.decodeEffect(Rows)(again.stdout)
        assert.deepStrictEqual(rows, (yield* Schema.decodeEffect(Rows)(whole.stdout)).rows)
        assert.strictEqual(coverage.sessions, 120)
        assert.isFalse(existsSync(file))
      }),
    ),
  )

  it.live("with several reports has all of them as they were", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const [file, out, plain] = [join(folder, "place"), join(folder, "out"), join(folder, "plain")]
        const command = ["run", "attribution,cohorts", ...october, "--save-states", "--output-dir"]
        const whole = yield* run([...command, plain])
        assertDone(whole)
        const kept = [...command, out, "--checkpoint", file]
        const first = yield* run([...kept, "--max-requests", "15"])
        assertCut(first, file)
        assert.deepStrictEqual(readdirSync(out), [])
        const second = yield* run(kept)
        assertDone(second)
        assert.isBelow(second.requests, whole.requests)
        for (const name of ["attribution.csv", "cohorts.csv"]) {
          assert.strictEqual(readFileSync(join(out, name), "utf8"), readFileSync(join(plain, name), "utf8"))
        }
        assert.deepStrictEqual(readdirSync(out), readdirSync(plain))
        assert.isFalse(existsSync(file))
      }),
    ),
  )

  const ends: ReadonlyArray<readonly [string, (tomorrow: string) => ReadonlyArray<string>]> = [
    ["left out", () => []],
    ["of the last weeks", () => ["--since", "29d"]],
    ["that ends tomorrow", (tomorrow) => ["--to", tomorrow]],
  ]
  it.live.each(ends)("keeps to the window that its first run pinned, where it is one %s", ([, window]) =>
    Effect.gen(function* () {
      const today = yield* DateTime.now
      const sessions = yield* Generator.make({ end: today, days: 20, count: 120, seed: "now" })
      const tomorrow = DateTime.formatIsoDateUtc(DateTime.add(today, { days: 1 }))
      yield* serve({ sessions, now: undefined }, ({ folder, run }) =>
        Effect.gen(function* () {
          const file = join(folder, "place")
          const flags = ["--page-size", "20", "--format", "json", "--checkpoint", file]
          const command = ["cohorts", ...flags, ...window(tomorrow)]
          assertCut(yield* run([...command, "--max-requests", "3"]), file)
          const pinned = (yield* Schema.decodeEffect(Saved)(readFileSync(file, "utf8"))).position.window
          const last = yield* run(command)
          assertDone(last)
          assert.strictEqual(last.requests, 3)
          const { coverage } = yield* Schema.decodeEffect(Rows)(last.stdout)
          assert.deepStrictEqual(coverage, { window: pinned, sessions: 120 })
        }),
      )
    }),
  )
})

describe("a list of sessions that goes on growing", () => {
  const cut = (shop: ServedShop.ServedShop) =>
    Effect.gen(function* () {
      const [output, file] = [join(shop.folder, "out.csv"), join(shop.folder, "place")]
      const command = ["sessions", ...october, "--format", "csv", "--output", output]
      assertDone(yield* shop.run(command))
      const expected = readFileSync(output, "utf8")
      rmSync(output)
      const kept = [...command, "--checkpoint", file]
      assertCut(yield* shop.run([...kept, "--max-requests", "3"]), file)
      const partial = `${output}.partial`
      assert.deepStrictEqual([modeOf(partial), modeOf(file), existsSync(output)], [0o600, 0o600, false])
      return { output, file, partial, expected, kept }
    })

  it.live("drops what was written after the checkpoint, and refuses what is less than that", () =>
    serve({}, (shop) =>
      Effect.gen(function* () {
        const { expected, file, kept, output, partial } = yield* cut(shop)
        const [place, half] = [file, partial].map((name) => readFileSync(name, "utf8"))
        assert.isTrue(half !== undefined && half !== "" && expected.startsWith(half))
        const bytes = statSync(partial).size
        truncateSync(partial, bytes - 1)
        const counts = `the checkpoint counts on ${bytes} bytes that an earlier run wrote there, and it has`
        assertFails(yield* shop.run(kept), 1, `${counts} ${bytes - 1}; put it back, or delete the checkpoint`)
        assert.strictEqual(statSync(partial).size, bytes - 1)
        rmSync(partial)
        const gone = yield* shop.run(kept)
        assertFails(gone, 1, `${counts} none`)
        assert.deepStrictEqual([gone.requests, readFileSync(file, "utf8"), existsSync(output)], [0, place, false])
        writeFileSync(partial, half ?? "")
        appendFileSync(partial, "half a line of a run that was ki")
        assertDone(yield* shop.run(kept))
        assert.strictEqual(readFileSync(output, "utf8"), expected)
        assert.deepStrictEqual(readdirSync(shop.folder), ["out.csv"])
      }),
    ),
  )

  it.live("never passes another's file for its own", () =>
    Effect.suspend(() => {
      let replace = () => {}
      return serve(
        {
          fault: ({ number }) => {
            if (number === 12) replace()
            return undefined
          },
        },
        (shop) =>
          Effect.gen(function* () {
            const { kept, output, partial } = yield* cut(shop)
            replace = () => {
              rmSync(partial)
              writeFileSync(partial, "of another run\n")
            }
            assertFails(yield* shop.run(kept), 1, "out.csv.partial: it was replaced while this run wrote to it")
            assert.isFalse(existsSync(output))
            assert.strictEqual(readFileSync(partial, "utf8"), "of another run\n")
          }),
      )
    }),
  )

  it.live("puts itself in the place of a file only", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const pipe = join(folder, "pipe")
        execFileSync("mkfifo", [pipe])
        const result = yield* run(["sessions", ...october, "--output", pipe, "--checkpoint", join(folder, "place")])
        assertFails(result, 1, `${pipe}: it is not a regular file`)
        assert.strictEqual(result.requests, 0)
        assert.isTrue(lstatSync(pipe).isFIFO())
      }),
    ),
  )
})
