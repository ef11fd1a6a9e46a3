import { execFileSync } from "node:child_process"
import { lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SavedCheckpoint } from "./SavedCheckpoint.ts"
import * as ServedShop from "./ServedShop.ts"

const { assertCut, assertFails, october, serve, twoAtATime } = ServedShop

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
          { discard: true },
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
        const saved = yield* Schema.decodeEffect(SavedCheckpoint)(text)
        const written = (change: object) => JSON.stringify({ ...saved, ...change })
        const damaged = [
          "",
          "PK\u{3}\u{4}",
          text.slice(0, text.length / 2),
          written({ format: "elnudge-checkpoint-2" }),
          written({ query_hash: "0".repeat(64) }),
          written({ position: { ...saved.position, rows: -1 } }),
          written({ state: {} }),
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
          [1, place("missing/place"), `cannot be written: the folder ${place("missing")} is not there`],
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
