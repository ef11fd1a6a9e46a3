import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as CommandLine from "./CommandLine.ts"

const folder = (): string => mkdtempSync(join(tmpdir(), "elnudge-test-"))

/** A session for each hour of the first day of October, as it was kept from elsewhere or as a walk wrote it. */
const sessions = (mark?: Readonly<Record<string, string>>): string =>
  Array.from({ length: 24 }, (_, hour) => {
    const at = `2026-10-01T${String(hour).padStart(2, "0")}`
    return `${JSON.stringify({
      id: `sess_${hour}`,
      started_at: `${at}:00:00Z`,
      ended_at: `${at}:05:00Z`,
      page_count: 1,
      intent_score: 50,
      converted: false,
      nudge_count: 0,
      events: [],
      nudges: [],
      _read: mark,
    })}\n`
  }).join("")

const written = (content: string): string => {
  const file = join(folder(), "october.ndjson")
  writeFileSync(file, content)
  return file
}

const later = ["--from", "2026-10-07", "--to", "2026-10-14"]
const twoWindows = ["--before", "2026-10-01..2026-10-02", "--after", "2026-10-07..2026-10-14"]
const walked = { at: "2026-10-09T00:00:00Z", from: "2026-10-01T00:00:00Z", to: "2026-10-08T00:00:00Z" }

const has =
  "the file has 24 sessions from 2026-10-01T00:00:00Z to 2026-10-01T23:00:00Z, " +
  "none in this window (2026-10-07T00:00:00Z to 2026-10-14T00:00:00Z)"

describe("A window of which the files hold nothing", () => {
  const commands: ReadonlyArray<readonly [string, (output: string) => ReadonlyArray<string>]> = [
    ["a report", (output) => ["lift", ...later, "--output", output]],
    ["run", (output) => ["run", "all", ...later, "--output-dir", output]],
    ["html", (output) => ["html", ...later, "--output", output]],
    ["sessions", (output) => ["sessions", "--format", "csv", ...later, "--output", output]],
    ["compare, whichever of its windows it is", (output) => ["compare", "cohorts", ...twoWindows, "--output", output]],
  ]
  it.live.each(commands)("ends with what they do hold, and without a result: %s", ([, wordsOf]) =>
    Effect.gen(function* () {
      const file = written(sessions())
      const output = join(folder(), "output")
      const result = yield* CommandLine.run([...wordsOf(output), "--input", file])
      assert.deepStrictEqual([result.exitCode, result.stdout], [2, ""], result.stderr)
      assert.include(result.stderr, `${file}: ${has}.\nGive a window that they hold`)
      assert.isFalse(existsSync(output) && statSync(output).isFile(), "a file")
      assert.isFalse(existsSync(join(output, "lift.csv")), "a file in the folder")
    }),
  )

  it.live("is counted as 0 where they cover it, and the page says so at its top", () =>
    Effect.gen(function* () {
      const output = join(folder(), "october.html")
      const result = yield* CommandLine.run([
        "html",
        ...later,
        "--output",
        output,
        "--input",
        written(sessions(walked)),
      ])
      assert.strictEqual(result.exitCode, 0, result.stderr)
      const note = "the files cover 2026-10-07T00:00:00Z to 2026-10-08T00:00:00Z, and hold no session of that time"
      assert.include(result.stderr, `note: ${note}\n`)
      assert.include(readFileSync(output, "utf8"), `<li>T${note.slice(1)}.</li>`)
    }),
  )

  it.live("is what an empty file leaves, which is said", () =>
    Effect.gen(function* () {
      const result = yield* CommandLine.run(["cohorts", ...later, "--input", written(""), "--json"])
      assert.strictEqual(result.exitCode, 0, result.stderr)
      const [first] = result.stderr.split("\n")
      assert.deepInclude(JSON.parse(first ?? ""), { event: "note", message: "the files hold no session at all" })
    }),
  )
})
