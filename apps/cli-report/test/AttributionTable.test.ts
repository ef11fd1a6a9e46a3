import { AttributionReport, CreditModel, Fold } from "@effect-elnudge/report"
import { assert, describe, it } from "@effect/vitest"
import * as AttributionTable from "../src/AttributionTable.ts"
import * as Shop from "./Shop.ts"

// One visitor clicked a toast and, seven minutes later, an exit modal, and bought; another looked on.
const nudge = (type: string, shown_at: string, outcome = "clicked") => ({
  nudge_id: type,
  type,
  shown_at,
  outcome,
  influenced_conversion: type === "exit_modal",
})
const session = {
  id: "sess_1",
  started_at: "2026-10-15T10:00:00Z",
  ended_at: "2026-10-15T10:50:00Z",
  page_count: 1,
  intent_score: 50,
  converted: true,
  nudge_count: 2,
  events: [{ type: "PURCHASE", url: "/done", occurred_at: "2026-10-15T10:20:00Z" }],
  nudges: [nudge("toast", "2026-10-15T10:06:00Z"), nudge("exit_modal", "2026-10-15T10:13:00Z")],
}
const lost = {
  ...session,
  id: "sess_2",
  converted: false,
  events: [],
  nudges: [nudge("toast", "2026-10-15T10:06:00Z", "shown")],
}

const tableOf = (models: ReadonlyArray<CreditModel.Name>, sessions = [session, lost]) =>
  AttributionTable.render(Fold.run(AttributionReport.make({ models }), Shop.reads(sessions)))

const cellsOf = (table: string) =>
  (table.split("Conversions by credit model")[1] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("│"))
    .map((line) =>
      line
        .split("│")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )

describe("the attribution table", () => {
  it("has a second table with a column for each credit model asked for", () => {
    assert.deepStrictEqual(cellsOf(tableOf(["markov", "time_decay", "vendor_flag"])), [
      ["nudge type", "flagged", "attributed", "time decay", "vendor flag", "markov"],
      ["exit_modal", "1", "1 to 1", "0.7", "1.0", "0.5"],
      ["toast", "0", "0 to 0", "0.3", "0.0", "0.5"],
      ["(all)", "1", "1 to 1", "1.0", "1.0", "1.0"],
    ])
  })

  it("ends with the first table where no model was asked for, or none is defined", () => {
    assert.notInclude(tableOf([]), "credit")
    assert.isTrue(tableOf(["last"]).startsWith(tableOf([])))
    assert.strictEqual(tableOf(["markov"], [lost]), tableOf([], [lost]))
  })

  it("stays within a terminal of 150 columns with all models", () => {
    for (const line of tableOf(CreditModel.names).split("\n")) assert.isAtMost(line.length, 150)
  })
})
