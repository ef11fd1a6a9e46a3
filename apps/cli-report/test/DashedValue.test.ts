import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as DashedValue from "../src/DashedValue.ts"
import * as CommandLine from "./CommandLine.ts"

describe("a value that begins with a dash", () => {
  it.each([
    ["cohorts --time-zone -03:00 --json", "cohorts --time-zone=-03:00 --json"],
    ["html -o -october.html --title -20%", "html -o=-october.html --title=-20%"],
    ["sessions --since -7d", "sessions --since=-7d"],
    // What the parser knows as it is: flags, numbers, stdin, values that are joined already, operands.
    ["html --output -q", "html --output -q"],
    ["sessions -q -o=-x.csv", "sessions -q -o=-x.csv"],
    ["emulator --speed -1", "emulator --speed -1"],
    ["merge --quiet -5 -", "merge --quiet -5 -"],
    ["cohorts --time-zone=-03:00 --by day", "cohorts --time-zone=-03:00 --by day"],
    ["cohorts --by --time-zone -x", "cohorts --by --time-zone=-x"],
    ["merge --format csv -- -a.json --time-zone -b.json", "merge --format csv -- -a.json --time-zone -b.json"],
    ["merge a.json -b.json", "merge a.json -b.json"],
  ])("%s is %s", (words, joined) => {
    assert.strictEqual(DashedValue.join(words.split(" ")).join(" "), joined)
  })

  it("is told from the flags of one letter, of which there are no others", () => {
    const page = readFileSync(new URL("../../../docs/commands.md", import.meta.url), "utf8")
    const letters = new Set([...page.matchAll(/`--[a-z-]+, -([a-z])\b/g)].map(([, letter]) => letter))
    assert.sameMembers([...letters], ["h", "o", "q", "v"])
  })

  const session = (id: string, started_at: string) =>
    `${JSON.stringify({
      id,
      started_at,
      ended_at: started_at,
      page_count: 1,
      intent_score: 50,
      converted: false,
      nudge_count: 0,
    })}\n`

  it.live("is taken as a time zone and as a file, with a space and with =", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "elnudge-dash-"))
      const input = join(folder, "sessions.ndjson")
      writeFileSync(input, session("b", "2026-10-02T03:00:00Z") + session("a", "2026-10-02T02:59:59Z"))
      const read = ["cohorts", "--input", input, "--by", "day", "--format", "csv"]
      const [spaced, joined, wrong] = yield* Effect.all([
        CommandLine.run([...read, "--time-zone", "-03:00"]),
        CommandLine.run([...read, "--time-zone=-03:00"]),
        CommandLine.run([...read, "--time-zone", "-3 hours"]),
      ])
      assert.deepStrictEqual([spaced.exitCode, joined], [0, spaced])
      const days = [...spaced.stdout.matchAll(/^(2026-10-\d\d),\(all\),all,(\d+),/gm)].map(([, day, n]) => [day, n])
      assert.deepStrictEqual(days, [
        ["2026-10-01", "1"],
        ["2026-10-02", "1"],
      ])
      assert.strictEqual(wrong.exitCode, 2)
      assert.match(wrong.stderr, /^elnudge-report: Invalid value for flag --time-zone: "-3 hours"/)
    }),
  )
})
