import type { Session } from "@effect-elnudge/core"
import { Cohort, Fold } from "@effect-elnudge/report"
import * as CalibrationReport from "@effect-elnudge/report/CalibrationReport"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as CalibrationTable from "../src/CalibrationTable.ts"
import * as Shop from "./Shop.ts"

const sessions: ReadonlyArray<Session.Detail> = Array.from({ length: 600 }, (_, index) => {
  const score = index % 71
  const converted = (index * 37) % 101 < (score > 19 && score < 25 ? 10 : score)
  return {
    id: `sess_${index}`,
    started_at: "2026-10-15T10:00:00Z",
    ended_at: "2026-10-15T10:50:00Z",
    page_count: 1,
    intent_score: score,
    converted,
    nudge_count: index % 3 === 0 ? 1 : 0,
    events: [],
    nudges: [],
  }
})

const bands = Result.getOrThrow(Cohort.bands([0, 10, 20, 25, 60, 80]))

describe("CalibrationTable", () => {
  it("shows the bands, and under them how well the score ranks", async () => {
    const rows = Fold.run(CalibrationReport.make({ bands }), Shop.reads(sessions))
    await expect(CalibrationTable.render(rows)).toMatchFileSnapshot("golden/calibration.txt")
  })

  it("writes a dash for what is not defined", () => {
    const table = CalibrationTable.render(Fold.run(CalibrationReport.make({ bands }), []))
    assert.notMatch(table, /null|NaN|undefined|– to –/)
    assert.match(table, /│ all {8}│ +– │ +– │/)
  })
})
