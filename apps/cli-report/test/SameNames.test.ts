/** A nudge type that is called like a total, and a nudge_count below 0, from files to what is printed. */
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as AttributionTable from "../src/AttributionTable.ts"
import * as NudgePerformanceTable from "../src/NudgePerformanceTable.ts"
import * as PrintedReport from "../src/PrintedReport.ts"
import * as RateChangeTable from "../src/RateChangeTable.ts"
import { AttributionReport, Fold, NudgePerformanceReport, RateChange } from "@effect-elnudge/report"
import * as CommandLine from "./CommandLine.ts"
import * as Shop from "./Shop.ts"

const session = (id: string, day: string, types: ReadonlyArray<string>, nudge_count = types.length) => ({
  id,
  started_at: `2026-10-${day}T10:00:00Z`,
  ended_at: `2026-10-${day}T10:00:00Z`,
  page_count: 1,
  intent_score: 50,
  converted: false,
  nudge_count,
  events: [],
  nudges: types.map((type, index) => ({
    nudge_id: `${id} ${index}`,
    type,
    shown_at: `2026-10-${day}T10:00:00Z`,
    outcome: "shown",
    influenced_conversion: false,
  })),
})

const before = [session("a", "01", ["(all)"])]
const after = [session("b", "02", ["(all)"]), session("c", "02", ["toast"])]

const file = (rows: ReadonlyArray<object>): string => {
  const place = join(mkdtempSync(join(tmpdir(), "elnudge-names-")), "sessions.ndjson")
  writeFileSync(place, rows.map((row) => `${JSON.stringify(row)}\n`).join(""))
  return place
}

/** The cells of one column of a table, that of the names. */
const namesOf = (table: string, column: number) =>
  table
    .split("\n")
    .flatMap((line) => line.split("│").slice(column, column + 1))
    .map((cell) => cell.trim())

const inQuotes = (names: ReadonlyArray<string>) => names.filter((name) => name === "“(all)”").length
const plain = (names: ReadonlyArray<string>) => names.filter((name) => name === "(all)").length

describe("a nudge type that is called (all)", () => {
  it.live("is not taken for the total by compare", () =>
    Effect.gen(function* () {
      const { exitCode, stderr, stdout } = yield* CommandLine.run(
        `compare attribution --input ${file([...after, ...before])} --format csv --before 2026-10-01..2026-10-02 --after 2026-10-02..2026-10-03`.split(
          " ",
        ),
      )
      assert.strictEqual(exitCode, 0, stderr)
      const [head = "", ...lines] = stdout.trimEnd().split("\n")
      const columns = head.split(",")
      assert.strictEqual(columns.at(-1), "total")
      const cells = (line: string) => line.split(",")
      assert.deepStrictEqual(
        lines
          .filter((line) => line.startsWith("conversion_rate,"))
          .map((line) => [
            cells(line)[1],
            cells(line)[columns.indexOf("of_before")],
            cells(line)[columns.indexOf("of_after")],
            cells(line).at(-1),
          ]),
        [
          ["(all)", "1", "1", "false"],
          ["toast", "0", "1", "false"],
          ["(all)", "1", "2", "true"],
        ],
      )
    }),
  )

  it("is told from the total in JSON by a boolean", () => {
    const report = PrintedReport.make(AttributionReport.make(), AttributionTable.render, { confidence: 0.95 })
    const running = report.start()
    for (const read of Shop.reads([...before, ...after])) running.step(read)
    // As merge does, from states.
    const merged = report.resume([running.save(), running.save()])
    if (Result.isFailure(merged)) return assert.fail(merged.failure)
    const told = (printed: PrintedReport.Printed) =>
      printed.rows.map(({ nudge_type, sessions, total }) => [nudge_type, sessions, total])
    assert.deepStrictEqual(told(running.done()), [
      ["(all)", 2, false],
      ["toast", 1, false],
      ["(all)", 3, true],
    ])
    assert.deepStrictEqual(told(merged.success.done()), [
      ["(all)", 4, false],
      ["toast", 2, false],
      ["(all)", 6, true],
    ])
  })

  it("stands in quotes in tables, beside the total", () => {
    const attribution = AttributionReport.make()
    const reads = Shop.reads([...before, ...after])
    const rows = Fold.run(attribution, reads)
    const rates = RateChange.ratesOf(attribution, rows)
    const ofTypes = namesOf(AttributionTable.render(rows), 1)
    assert.deepStrictEqual([inQuotes(ofTypes), plain(ofTypes)], [1, 1])
    // The totals of the types, of the numbers and of the places.
    const performance = namesOf(NudgePerformanceTable.render(Fold.run(NudgePerformanceReport.make(), reads)), 2)
    assert.deepStrictEqual([inQuotes(performance), plain(performance)], [1, 3])
    // Each of four rates.
    const changes = namesOf(RateChangeTable.render(RateChange.make(rates, rates)), 2)
    assert.deepStrictEqual([inQuotes(changes), plain(changes)], [4, 4])
  })
})

describe("a nudge_count below 0", () => {
  it.live("is no nudge in lift, and is said", () =>
    Effect.gen(function* () {
      const odd = { ...session("neg", "01", []), converted: true, nudge_count: -1 }
      const input = file([odd, session("a0", "01", []), session("a1", "01", [])])
      const { exitCode, stderr, stdout } = yield* CommandLine.run(["lift", "--format", "json", "--input", input])
      assert.strictEqual(exitCode, 0, stderr)
      const { ledger, rows } = JSON.parse(stdout)
      for (const row of rows) assert.deepInclude(row, { sessions_1: 0, conversions_1: 0 })
      assert.strictEqual(ledger.nudge_count_out_of_range, 1)
      assert.include(stderr, "1 with a nudge_count below 0, counted as not nudged")
    }),
  )
})
