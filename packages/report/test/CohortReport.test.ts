import { Cohort, CohortReport, Fold, Proportion } from "@effect-elnudge/report"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as SessionFixture from "./SessionFixture.ts"

const { detail, listed, nudge, read, unavailable } = SessionFixture

const report = CohortReport.make()

const rowsOf = (reads: ReadonlyArray<SessionRead>) => Fold.run(report, reads)

const rowOf = (reads: ReadonlyArray<SessionRead>, band: string) =>
  rowsOf(reads).find(({ intent_band }) => intent_band === band)

const visitors = (count: number, intent_score: number, converted = false) =>
  Array.from({ length: count }, () => listed(detail({ intent_score, converted })))

const emptyRow = (intent_band: string, share_of_sessions: number | null) => ({
  period: "all",
  intent_band,
  arm: "all",
  sessions: 0,
  conversions: 0,
  conversion_rate: null,
  conversion_rate_low: null,
  conversion_rate_high: null,
  share_of_sessions,
  index_to_overall: null,
  warnings: "EMPTY_ARM",
})

describe("CohortReport", () => {
  it("has its columns in the order of the CSV file", () => {
    expect(report.name).toBe("cohorts")
    expect(report.columns).toEqual([
      "period",
      "intent_band",
      "arm",
      "sessions",
      "conversions",
      "conversion_rate",
      "conversion_rate_low",
      "conversion_rate_high",
      "share_of_sessions",
      "index_to_overall",
      "warnings",
      "difference",
      "difference_low",
      "difference_high",
      "lift",
      "lift_low",
      "lift_high",
      "p",
      "q",
    ])
  })

  it("needs no details", () => {
    expect(report.needsDetail(detail({ nudges: [nudge()] }))).toBe(false)
    expect(report.needsDetail(detail({ converted: true }))).toBe(false)
  })

  it("gives every band and (all) without a session, every rate null", () => {
    expect(rowsOf([])).toMatchObject(
      ["0-19", "20-39", "40-59", "60-79", "80-100", "(all)"].map((band) => emptyRow(band, null)),
    )
  })

  it("counts sessions and conversions by band, and keeps the empty bands with a share of 0", () => {
    const reads = [...visitors(6, 10), ...visitors(2, 90, true), ...visitors(2, 100)]
    const interval = Proportion.wilson(2, 4)
    expect(rowsOf(reads).slice(0, 5)).toMatchObject([
      {
        period: "all",
        intent_band: "0-19",
        arm: "all",
        sessions: 6,
        conversions: 0,
        conversion_rate: 0,
        conversion_rate_low: 0,
        conversion_rate_high: Proportion.wilson(0, 6).high,
        share_of_sessions: 0.6,
        index_to_overall: 0,
        warnings: "LOW_N;SMALL_COUNT",
      },
      emptyRow("20-39", 0),
      emptyRow("40-59", 0),
      emptyRow("60-79", 0),
      {
        period: "all",
        intent_band: "80-100",
        arm: "all",
        sessions: 4,
        conversions: 2,
        conversion_rate: 0.5,
        conversion_rate_low: interval.low,
        conversion_rate_high: interval.high,
        share_of_sessions: 0.4,
        index_to_overall: 2.5,
        warnings: "LOW_N;SMALL_COUNT",
      },
    ])
  })

  it("sums every band in (all), which is average by definition", () => {
    expect(rowOf([...visitors(6, 10), ...visitors(2, 90, true), ...visitors(2, 101)], "(all)")).toMatchObject({
      sessions: 10,
      conversions: 2,
      conversion_rate: 0.2,
      share_of_sessions: 1,
      index_to_overall: 1,
    })
  })

  it("has no index where nobody converted", () => {
    expect(rowOf(visitors(3, 10), "0-19")).toMatchObject({ conversion_rate: 0, index_to_overall: null })
  })

  it("has a row (other) before (all) only if a score is outside 0 to 100", () => {
    const bandsOf = (reads: ReadonlyArray<SessionRead>) => rowsOf(reads).map(({ intent_band }) => intent_band)
    expect(bandsOf([...visitors(1, 0), ...visitors(1, 100)])).not.toContain("(other)")
    expect(bandsOf(visitors(1, 101)).slice(-2)).toEqual(["(other)", "(all)"])
    expect(rowOf([...visitors(1, -1), ...visitors(1, 101), ...visitors(2, 50)], "(other)")).toMatchObject({
      sessions: 2,
      share_of_sessions: 0.5,
    })
  })

  it("takes the bands that it is given", () => {
    const halves = CohortReport.make({ bands: Result.getOrThrow(Cohort.bands([0, 50])) })
    const rows = Fold.run(halves, [...visitors(1, 49), ...visitors(2, 50)])
    expect(rows.map(({ intent_band, sessions }) => [intent_band, sessions])).toEqual([
      ["0-49", 1],
      ["50-100", 2],
      ["(all)", 3],
    ])
  })

  it("counts sessions whose detail is unavailable, and takes a detail that was read for the list's row", () => {
    const changed = { ...read(detail({ intent_score: 90, converted: true })), summary: detail({ intent_score: 10 }) }
    const reads = [unavailable(detail({ intent_score: 10, nudges: [nudge()] })), changed]
    expect(rowOf(reads, "0-19")).toMatchObject({ sessions: 1, conversions: 0 })
    expect(rowOf(reads, "80-100")).toMatchObject({ sessions: 1, conversions: 1 })
  })

  it.for([
    { ended_at: "2026-10-01T23:30:00.001Z", isImmature: true },
    { ended_at: "2026-10-01T23:30:00Z", isImmature: false },
    { ended_at: null, isImmature: true },
  ])("calls a band with a session that ended at $ended_at, read at midnight, immature: $isImmature", (given) => {
    const reads = [listed(detail({ intent_score: 10, ended_at: given.ended_at })), ...visitors(1, 90)]
    const suffix = given.isImmature ? ";IMMATURE" : ""
    expect(rowOf(reads, "0-19")?.warnings).toBe(`LOW_N;SMALL_COUNT${suffix}`)
    expect(rowOf(reads, "(all)")?.warnings).toBe(`LOW_N;SMALL_COUNT${suffix}`)
    expect(rowOf(reads, "80-100")?.warnings).toBe("LOW_N;SMALL_COUNT")
  })
})
