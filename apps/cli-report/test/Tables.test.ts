import type { Session } from "@effect-elnudge/core"
import {
  AttributionReport,
  Cohort,
  CohortReport,
  Fold,
  LiftReport,
  RateChange,
  ReadingsReport,
  ReconcileReport,
} from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as AttributionTable from "../src/AttributionTable.ts"
import * as CohortTable from "../src/CohortTable.ts"
import * as LiftTable from "../src/LiftTable.ts"
import * as RateChangeTable from "../src/RateChangeTable.ts"
import * as ReadingsTable from "../src/ReadingsTable.ts"
import * as ReconcileTable from "../src/ReconcileTable.ts"
import * as Shop from "./Shop.ts"

// Not generated: a table that is compared to the byte must not change with the generator.
const fixedSessions: ReadonlyArray<Session.Detail> = Array.from({ length: 600 }, (_, index) => {
  const at = (minute: number) => `2026-10-15T10:${String(minute).padStart(2, "0")}:00Z`
  const outcome = ["shown", "clicked", "dismissed", "chat_opened"][index % 4] ?? "shown"
  const type = index % 5 === 0 ? "toast" : "exit_modal"
  const nudge = { nudge_id: `n${index}`, type, shown_at: at(5), outcome, influenced_conversion: index % 21 === 5 }
  const nudges = index % 3 === 0 ? [] : [nudge]
  const converted = index % 7 === 0 || index % 21 === 5
  return {
    id: `sess_${index}`,
    started_at: at(0),
    ended_at: at(50),
    page_count: 1,
    intent_score: index % 101,
    converted,
    nudge_count: nudges.length,
    events: converted ? [{ type: "PURCHASE", url: "/done", occurred_at: at(index % 2 === 0 ? 20 : 45) }] : [],
    nudges,
  }
})

describe("the tables", () => {
  it("show the rows rounded, with units and intervals in one column", async () => {
    const reads = Shop.reads(fixedSessions)
    const attribution = Fold.run(AttributionReport.make(), reads)
    const cohorts = Fold.run(CohortReport.make(), reads)
    const split = Fold.run(
      CohortReport.make({ splitByArm: true, bands: Result.getOrThrow(Cohort.bands([0, 50])) }),
      reads,
    )
    await expect(AttributionTable.render(attribution)).toMatchFileSnapshot("golden/attribution.txt")
    await expect(CohortTable.render(cohorts)).toMatchFileSnapshot("golden/cohorts.txt")
    await expect(CohortTable.render(split)).toMatchFileSnapshot("golden/cohorts-by-arm.txt")
  })

  it("of lift name both groups, the verdict, and what it would be if it were causal", async () => {
    const rows = Fold.run(LiftReport.make(), Shop.reads(fixedSessions))
    await expect(LiftTable.render(rows)).toMatchFileSnapshot("golden/lift.txt")
  })

  it("of reconcile and its readings say where flag and rule part", async () => {
    const reads = Shop.reads(fixedSessions)
    await expect(ReconcileTable.render(Fold.run(ReconcileReport.make(), reads))).toMatchFileSnapshot(
      "golden/reconcile.txt",
    )
    await expect(ReadingsTable.render(Fold.run(ReadingsReport.make(), reads))).toMatchFileSnapshot(
      "golden/readings.txt",
    )
  })

  it("of two windows show both and how they differ", async () => {
    const report = CohortReport.make({ bands: Result.getOrThrow(Cohort.bands([0, 50])) })
    const ratesOf = (sessions: ReadonlyArray<Session.Detail>) =>
      RateChange.ratesOf(report, Fold.run(report, Shop.reads(sessions)))
    const rows = RateChange.make(ratesOf(fixedSessions.slice(0, 250)), ratesOf(fixedSessions.slice(250)))
    await expect(RateChangeTable.render(rows)).toMatchFileSnapshot("golden/rate-change.txt")
  })
})
