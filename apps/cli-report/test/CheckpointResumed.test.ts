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
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as CommandLine from "./CommandLine.ts"
import { SavedCheckpoint } from "./SavedCheckpoint.ts"
import * as ServedShop from "./ServedShop.ts"

const { assertCut, assertFails, october, serve } = ServedShop

const assertDone = ({ exitCode, stderr }: CommandLine.Result) => assert.strictEqual(exitCode, 0, stderr)

const Rows = Schema.fromJsonString(
  Schema.Struct({
    coverage: Schema.Struct({ window: Schema.Unknown, sessions: Schema.Int }),
    rows: Schema.Array(Schema.Unknown),
  }),
)

const modeOf = (file: string): number => statSync(file).mode & 0o777

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
        assert.isTrue((yield* Schema.decodeEffect(SavedCheckpoint)(readFileSync(file, "utf8"))).position.complete)
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
          const pinned = (yield* Schema.decodeEffect(SavedCheckpoint)(readFileSync(file, "utf8"))).position.window
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

  it.live("drops what was written after the checkpoint, and refuses what is less than that, or not the same", () =>
    serve({}, (shop) =>
      Effect.gen(function* () {
        const { expected, file, kept, output, partial } = yield* cut(shop)
        const [place, half] = [file, partial].map((name) => readFileSync(name, "utf8"))
        assert.isTrue(half !== undefined && half !== "" && expected.startsWith(half))
        const bytes = statSync(partial).size
        truncateSync(partial, bytes - 1)
        const counts = `the checkpoint counts on ${bytes} bytes that an earlier run wrote there, and`
        assertFails(yield* shop.run(kept), 1, `${counts} it has ${bytes - 1}.`, "Put it back, or delete the checkpoint")
        assert.strictEqual(statSync(partial).size, bytes - 1)
        rmSync(partial)
        const gone = yield* shop.run(kept)
        assertFails(gone, 1, `${counts} it has none`)
        assert.deepStrictEqual([gone.requests, readFileSync(file, "utf8"), existsSync(output)], [0, place, false])
        const changed = half?.replace("true", "tru3") ?? ""
        writeFileSync(partial, changed)
        const other = yield* shop.run(kept)
        assertFails(other, 1, "they were changed since", "Put it back, or delete the checkpoint")
        assert.deepStrictEqual([other.requests, readFileSync(partial, "utf8")], [0, changed])
        writeFileSync(partial, half ?? "")
        appendFileSync(partial, "a line of a run that was killed\n".repeat(9_999))
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
