/** Sessions at the edges of days and of time, from a file to the rows of cohorts. */
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as CommandLine from "./CommandLine.ts"

const file = (starts: ReadonlyArray<string>): string => {
  const place = join(mkdtempSync(join(tmpdir(), "elnudge-times-")), "sessions.ndjson")
  const rows = starts.map((started_at, index) => ({
    id: `sess_${index}`,
    started_at,
    ended_at: started_at,
    page_count: 1,
    intent_score: 50,
    converted: false,
    nudge_count: 0,
    events: [],
    nudges: [],
  }))
  writeFileSync(place, rows.map((row) => `${JSON.stringify(row)}\n`).join(""))
  return place
}

const periodsOf = Effect.fnUntraced(function* (starts: ReadonlyArray<string>, ...flags: ReadonlyArray<string>) {
  const asked = ["cohorts", "--input", file(starts), "--bands", "0", "--format", "csv"]
  const { exitCode, stderr, stdout } = yield* CommandLine.run([...asked, ...flags])
  assert.strictEqual(exitCode, 0, stderr)
  return stdout.split("\n").flatMap((line) => {
    const [period = "", band, , sessions] = line.split(",")
    return band === "0-100" ? [`${period} ${sessions}`] : []
  })
})

describe("cohorts by period", () => {
  it.live("begin a day where an offset of odd minutes begins it", () =>
    Effect.gen(function* () {
      const starts = ["2026-10-01T18:22:59.999Z", "2026-10-01T18:23:00Z", "2026-10-01T18:30:00Z"]
      assert.deepStrictEqual(yield* periodsOf(starts, "--by", "day", "--time-zone=+05:37"), [
        "2026-10-01 1",
        "2026-10-02 2",
      ])
    }),
  )

  it.live("have a label that sorts for instants that stand for no time", () =>
    Effect.gen(function* () {
      const starts = ["9999-12-31T23:59:59Z", "2026-10-01T00:00:00Z", "0000-01-01T00:00:00Z"]
      assert.deepStrictEqual(yield* periodsOf(starts, "--by", "week"), ["-0001-W52 1", "2026-W40 1", "9999-W52 1"])
      assert.deepStrictEqual(yield* periodsOf(starts, "--by", "day", "--time-zone", "Asia/Tokyo"), [
        "0000-01-01 1",
        "2026-10-01 1",
        "Y10000-01-01 1",
      ])
    }),
  )

  it.live("are refused for a window that no instant can begin", () =>
    Effect.gen(function* () {
      const window = "--from 0000-01-01 --to 2026-11-01 --time-zone Asia/Tokyo".split(" ")
      const { exitCode, stderr } = yield* CommandLine.run(["cohorts", "--input", file([]), ...window])
      assert.strictEqual(exitCode, 2)
      assert.include(stderr, "the window reaches -000001-12-31T14:41:01Z, and years go from 0000 to 9999")
    }),
  )
})
