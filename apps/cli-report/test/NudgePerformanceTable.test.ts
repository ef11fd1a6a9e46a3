import type { Session } from "@effect-elnudge/core"
import { Fold } from "@effect-elnudge/report"
import * as NudgePerformanceReport from "@effect-elnudge/report/NudgePerformanceReport"
import { assert, describe, expect, it } from "@effect/vitest"
import * as NudgePerformanceTable from "../src/NudgePerformanceTable.ts"
import * as Shop from "./Shop.ts"

const at = (minute: number) => `2026-10-15T10:${String(minute).padStart(2, "0")}:00Z`

const nudge = (index: number): Session.Nudge => ({
  nudge_id: `n${index}`,
  type: index % 5 === 0 ? "toast" : "exit_modal",
  shown_at: at(index % 60),
  outcome: ["clicked", "dismissed", "chat_opened"][(index * 7) % 11] ?? "shown",
  influenced_conversion: false,
})

const sessionOf = (index: number, nudges: ReadonlyArray<Session.Nudge>): Session.Detail => ({
  id: `sess_${index}`,
  started_at: at(0),
  ended_at: at(59),
  page_count: 1,
  intent_score: 50,
  converted: index % 7 === 0,
  nudge_count: nudges.length,
  events: [],
  nudges,
})

const sessions = Array.from({ length: 900 }, (_, index) =>
  sessionOf(
    index,
    Array.from({ length: ((index * 13) % 17) % 5 }, (_, place) => nudge(index * 3 + place)),
  ),
)

const tableOf = (details: ReadonlyArray<Session.Detail>) =>
  NudgePerformanceTable.render(Fold.run(NudgePerformanceReport.make(), Shop.reads(details)))

describe("NudgePerformanceTable", () => {
  it("shows the sections under a line that says what they cannot tell", async () => {
    const table = tableOf(sessions)
    assert.match(table, /^Longer sessions see more nudges: .*do not show what one more nudge does\.\n┌/)
    await expect(table).toMatchFileSnapshot("golden/nudge-performance.txt")
  })

  it("writes a dash for what is not defined, and 0 for what is none", () => {
    const table = tableOf([])
    assert.notMatch(table, /null|NaN|undefined|– to –/)
    assert.match(table, /│ type +│ +\(all\) │ +0 │ +– │/)
    assert.match(table, /│ funnel +│ +chat opened │ +– │ +– │/)
  })

  it("lets no control character of a name reach the terminal", () => {
    const table = tableOf([sessionOf(0, [{ ...nudge(0), type: "\u{1b}[2Jtoast\u{7}" }])])
    assert.include(table, "[2Jtoast")
    assert.notMatch(table, /[^\P{Cc}\n]/u)
  })
})
