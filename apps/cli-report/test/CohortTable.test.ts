import type { Session } from "@effect-elnudge/core"
import { CohortReport, Fold } from "@effect-elnudge/report"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as CohortTable from "../src/CohortTable.ts"
import * as Shop from "./Shop.ts"

const start = Date.parse("2026-10-15T10:00:00Z")

const buyer = (seconds: number, outcome?: string): Session.Detail => {
  const nudge = { nudge_id: "n1", type: "toast", shown_at: "2026-10-15T10:00:01Z", influenced_conversion: false }
  const occurred_at = DateTime.formatIso(DateTime.makeUnsafe(start + 1000 * seconds))
  return {
    id: `sess_${seconds}`,
    started_at: "2026-10-15T10:00:00Z",
    ended_at: "2026-10-15T14:00:00Z",
    page_count: 1,
    intent_score: 90,
    converted: true,
    nudge_count: outcome === undefined ? 0 : 1,
    events: [{ type: "PURCHASE", url: "/done", occurred_at }],
    nudges: outcome === undefined ? [] : [{ ...nudge, outcome }],
  }
}

const lines = (options: CohortReport.Options, sessions: ReadonlyArray<Session.Detail>): ReadonlyArray<string> =>
  CohortTable.render(Fold.run(CohortReport.make(options), Shop.reads(sessions))).split("\n")

const cells = (line: string | undefined): ReadonlyArray<string> =>
  (line ?? "")
    .split("│")
    .slice(1, -1)
    .map((cell) => cell.trim())

const timed = { timeToPurchase: true }

describe("the table of cohorts with times to purchase", () => {
  const total = (sessions: ReadonlyArray<Session.Detail>) => {
    const row = lines(timed, sessions).find((line) => line.includes("(all)"))
    return cells(row).slice(6, 8)
  }

  it("has the median and the middle 80 % at its end, before the warnings", () => {
    const heads = cells(lines(timed, [buyer(60)])[1])
    assert.deepStrictEqual(heads.slice(5), ["interval", "median to purchase", "10 to 90 %", "warnings"])
    assert.deepStrictEqual(cells(lines({}, [buyer(60)])[1]).slice(5), ["interval", "warnings"])
  })

  it("writes seconds as a clock does, with hours only where there are any", () => {
    assert.deepStrictEqual(total([buyer(0)]), ["0:00", "0:00 to 0:00"])
    assert.deepStrictEqual(total([buyer(59), buyer(61), buyer(3599)]), ["1:01", "0:59 to 59:59"])
    assert.deepStrictEqual(total([buyer(3600), buyer(3661), buyer(100 * 3600 + 59)]), [
      "1:01:01",
      "1:00:00 to 100:00:59",
    ])
  })

  it("writes a purchase before the start with a minus, and nothing known as a dash", () => {
    assert.deepStrictEqual(total([buyer(-61), buyer(60), buyer(61)]), ["1:00", "−1:01 to 1:01"])
    assert.deepStrictEqual(total([]), ["–", "–"])
  })

  it("rounds what comes from buckets to the second, over the full minute too", () => {
    const seconds = { purchase_seconds_p10: 59.5, purchase_seconds_p50: 3599.7, purchase_seconds_p90: -0.4 }
    const rows = Fold.run(CohortReport.make(timed), []).map((row) => ({ ...row, purchases_timed: 1, ...seconds }))
    const row = CohortTable.render(rows)
      .split("\n")
      .find((line) => line.includes("(all)"))
    assert.deepStrictEqual(cells(row).slice(6, 8), ["1:00:00", "1:00 to 0:00"])
  })

  it("is narrow enough with arms: one column for the times, none for the share", () => {
    const table = lines({ ...timed, splitByArm: true }, [buyer(5000), buyer(7200, "clicked"), buyer(36_000, "clicked")])
    assert.include(cells(table[1]), "to purchase:")
    assert.notInclude(cells(table[1]), "share")
    const row = table.findIndex((line) => line.includes("80-100") && line.includes("interacted"))
    assert.deepStrictEqual([cells(table[row])[9], cells(table[row + 1])[9]], ["2:00:00", "2:00:00 to 10:00:00"])
    const empty = table.find((line) => line.includes("80-100") && line.includes("shown_only"))
    assert.strictEqual(cells(empty)[9], "–")
    assert.isAtMost(Math.max(...table.map((line) => line.length)), 165)
  })
})
