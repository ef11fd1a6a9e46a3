import { Brier, Cohort, Comparison, Fold, Proportion, ReportCsv } from "@effect-elnudge/report"
import * as CalibrationReport from "@effect-elnudge/report/CalibrationReport"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as FoldLaws from "./FoldLaws.ts"
import { expectClose, expectWithin } from "./Reference.ts"
import { binsOf, populations } from "./ScoreFixture.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { detail, listed, nudge, read, readAt, unavailable } = SessionFixture

const report = CalibrationReport.make()

const bandsFrom = (...starts: ReadonlyArray<number>) => Result.getOrThrow(Cohort.bands(starts))

const rowsOf = (reads: ReadonlyArray<SessionRead>, options: CalibrationReport.Options = {}) =>
  Fold.run(CalibrationReport.make(options), reads)

const rowOf = (rows: ReadonlyArray<CalibrationReport.Row>, population: string, band: string) =>
  rows.find((row) => row.population === population && row.intent_band === band)

/** Sessions that the list says enough of: their scores, those of conversions apart. */
const sessionsOf = (scores: { readonly yes: ReadonlyArray<number>; readonly no: ReadonlyArray<number> }, nudges = 0) =>
  (["yes", "no"] as const).flatMap((outcome) =>
    scores[outcome].map((intent_score) =>
      listed(detail({ intent_score, converted: outcome === "yes", nudge_count: nudges })),
    ),
  )

const emptyBand = {
  population: "all",
  intent_band: "0-19",
  sessions: 0,
  conversions: 0,
  conversion_rate: null,
  conversion_rate_low: null,
  conversion_rate_high: null,
  mean_score: null,
  isotonic_rate: null,
  inversion: null,
  auc: null,
  auc_low: null,
  auc_high: null,
  trend_z: null,
  trend_p: null,
  inversions: null,
  brier: null,
  reliability: null,
  resolution: null,
  uncertainty: null,
  warnings: "EMPTY_ARM",
  total: false,
}

/** The 12,330 shop visits, as the list gives them. */
const shoppers = populations
  .flatMap(({ groups, population }) => (population === "all" ? groups : []))
  .flatMap(({ conversions, score, sessions }) => {
    const unnudged = populations
      .find(({ population }) => population === "unnudged")
      ?.groups.find((group) => group.score === score) ?? { conversions: 0, sessions: 0 }
    const visits = (count: number, converted: boolean, nudge_count: number) =>
      Array.from({ length: count }, () => listed(detail({ intent_score: score, converted, nudge_count })))
    return [
      ...visits(unnudged.conversions, true, 0),
      ...visits(unnudged.sessions - unnudged.conversions, false, 0),
      ...visits(conversions - unnudged.conversions, true, 1),
      ...visits(sessions - conversions - (unnudged.sessions - unnudged.conversions), false, 1),
    ]
  })

describe("CalibrationReport", () => {
  it("has its columns in the order of the CSV file", () => {
    expect(report.name).toBe("calibration")
    expect(report.columns).toEqual(Object.keys(emptyBand))
  })

  it("needs no details", () => {
    expect(report.needsDetail(detail({ nudge_count: 1, converted: true }))).toBe(false)
    const session = detail({ intent_score: 20, converted: true, nudge_count: 1 })
    expect(rowsOf([listed(session)])).toEqual(rowsOf([unavailable(session)]))
  })

  it("has a row for every band and (all) of both populations without a session", () => {
    const labels = [...Cohort.defaultBands.map(({ label }) => label), "(all)"]
    expect(rowsOf([])).toEqual(
      ["all", "unnudged"].flatMap((population) =>
        labels.map((intent_band) => ({ ...emptyBand, population, intent_band, total: intent_band === "(all)" })),
      ),
    )
  })

  // The example of the README, worked out there by hand.
  it("reports ten sessions by hand", () => {
    const reads = sessionsOf({ no: [10, 20, 50, 50, 50, 90], yes: [20, 50, 80, 90] })
    const rows = rowsOf(reads, { bands: bandsFrom(0, 30, 70) })
    const rateOf = (conversions: number, sessions: number) => ({
      sessions,
      conversions,
      conversion_rate: conversions / sessions,
      conversion_rate_low: Proportion.wilson(conversions, sessions).low,
      conversion_rate_high: Proportion.wilson(conversions, sessions).high,
      warnings: "LOW_N;SMALL_COUNT",
    })
    const pooled = 2 / 7
    expect(rows.slice(0, 3)).toEqual([
      {
        ...emptyBand,
        ...rateOf(1, 3),
        intent_band: "0-29",
        mean_score: 50 / 3,
        isotonic_rate: pooled,
        inversion: "no",
      },
      { ...emptyBand, ...rateOf(1, 4), intent_band: "30-69", mean_score: 50, isotonic_rate: pooled, inversion: "yes" },
      {
        ...emptyBand,
        ...rateOf(2, 3),
        intent_band: "70-100",
        mean_score: 260 / 3,
        isotonic_rate: 2 / 3,
        inversion: "no",
      },
    ])
    const all = rows[3]
    expect(all).toMatchObject({ ...rateOf(4, 10), intent_band: "(all)", mean_score: 51, inversions: 1 })
    expect(all).toMatchObject({ isotonic_rate: null, inversion: null })
    expectClose(all?.auc, 15.5 / 24, 1e-14)
    expectClose(all?.trend_z, 36 / Math.sqrt(0.24 * 7490), 1e-14)
    expectClose(all?.trend_p, 0.396, 1e-3)
    expectClose(all?.brier, 0.255, 1e-14)
    expectClose(all?.reliability, 0.08, 1e-14)
    expectClose(all?.resolution, 0.065, 1e-14)
    expectClose(all?.uncertainty, 0.24, 1e-14)
    expect(rows.slice(4)).toEqual(rows.slice(0, 4).map((row) => ({ ...row, population: "unnudged" })))
  })

  it("gives the reliability curve of scikit-learn's calibration_curve", () => {
    // The example of its documentation, three bins of a third each: prob_true 0, .5, 1 and prob_pred .2, .525, .85.
    const reads = sessionsOf({ no: [10, 20, 30, 40], yes: [65, 70, 80, 90, 100] })
    const rows = rowsOf(reads, { bands: bandsFrom(0, 34, 67) }).slice(0, 3)
    expect(rows.map(({ intent_band }) => intent_band)).toEqual(["0-33", "34-66", "67-100"])
    for (const [index, expected] of [0.2, 0.525, 0.85].entries()) {
      expectClose((rows[index]?.mean_score ?? NaN) / 100, expected, 1e-9)
      expectClose(rows[index]?.conversion_rate, [0, 0.5, 1][index] ?? NaN, 1e-9)
    }
  })

  it.each(populations)("reproduces 12,330 shop visits: $population", (reference) => {
    const rows = rowsOf(shoppers)
    const all = rowOf(rows, reference.population, "(all)")
    const bins = binsOf(reference.groups)
    expect(all?.sessions).toBe(bins.reduce((total, { sessions }) => total + sessions, 0))
    expectWithin(all?.auc, reference.auc, reference.auc_tolerance)
    expectClose(all?.auc_low, reference.interval[0], reference.tolerance)
    expectClose(all?.auc_high, reference.interval[1], reference.tolerance)
    expectClose(all?.trend_z, reference.trend_z, reference.tolerance)
    expect(all).toMatchObject({ trend_p: Comparison.pFloor, warnings: "P_FLOOR", ...Brier.murphy(bins) })
  })

  // Every cell was recomputed by an independent script: DeLong by each session, the isotonic rates by max-min.
  it("gives the CSV file of 12,330 shop visits, to the byte", async () => {
    const csv = ReportCsv.make(report.columns, rowsOf(shoppers))
    await expect(csv).toMatchFileSnapshot("golden/calibration.csv")
  })

  it("counts as unnudged what has a nudge_count of 0, whatever the nudges, by the detail where it was read", () => {
    const contradictory = detail({ intent_score: 5, nudge_count: 0, nudges: [nudge()] })
    const changed = { ...read(detail({ intent_score: 5, nudge_count: 0 })), summary: detail({ nudge_count: 2 }) }
    const nudged = listed(detail({ intent_score: 5, nudge_count: 1 }))
    const rows = rowsOf([read(contradictory), changed, nudged])
    expect(rowOf(rows, "all", "0-19")?.sessions).toBe(3)
    expect(rowOf(rows, "unnudged", "0-19")?.sessions).toBe(2)
  })

  it("leaves sessions with a score outside 0 to 100 out, and takes both ends", () => {
    const rows = rowsOf(sessionsOf({ yes: [-1, 101, 0], no: [-3, 1000, 100] }))
    expect(rowOf(rows, "all", "(all)")).toMatchObject({ sessions: 2, conversions: 1, mean_score: 50, auc: 0 })
    expect(rowOf(rows, "all", "0-19")).toMatchObject({ sessions: 1, conversions: 1, mean_score: 0 })
    expect(rowOf(rows, "all", "80-100")).toMatchObject({ sessions: 1, conversions: 0, mean_score: 100 })
    expect(rows.map(({ intent_band }) => intent_band)).not.toContain("(other)")
  })

  it("compares a band with the last one before it that has a session", () => {
    const inversionsOf = (...scores: Parameters<typeof sessionsOf>) =>
      rowsOf(sessionsOf(...scores))
        .slice(0, 6)
        .map(({ intent_band, inversion, inversions }) => (intent_band === "(all)" ? inversions : inversion))
    expect(inversionsOf({ yes: [25], no: [65, 85] })).toEqual([null, "no", null, "yes", "no", 1])
    expect(inversionsOf({ yes: [5, 45], no: [25, 65] })).toEqual(["no", "yes", "no", "yes", null, 2])
    expect(inversionsOf({ yes: [5], no: [] })).toEqual(["no", null, null, null, null, 0])
    expect(inversionsOf({ yes: [101], no: [] })).toEqual([null, null, null, null, null, null])
  })

  it("takes (all) from the scores, whatever the bands", () => {
    const reads = sessionsOf({ yes: [20, 50, 80, 90], no: [10, 20, 50, 50, 50, 90] })
    const wide = rowOf(rowsOf(reads, { bands: bandsFrom(0) }), "all", "(all)")
    const narrow = rowOf(rowsOf(reads, { bands: bandsFrom(0, 30, 70) }), "all", "(all)")
    expect(wide?.inversions).toBe(0)
    expect(narrow).toEqual({ ...wide, inversions: 1 })
  })

  it.each([
    { name: "the score ranks all correctly", yes: [80, 90], no: [10, 20], auc: 1, isDegenerate: true },
    { name: "one converted", yes: [50], no: [40, 50, 60], auc: 0.5, isDegenerate: true },
    { name: "all have one score", yes: [50, 50], no: [50, 50], auc: 0.5, isDegenerate: true },
    { name: "nobody converted", yes: [], no: [10, 20], auc: null, isDegenerate: false },
    { name: "everybody converted", yes: [10, 20], no: [], auc: null, isDegenerate: false },
    { name: "limits exist", yes: [10, 30], no: [20, 40], auc: 0.25, isDegenerate: false },
  ])(
    "says that the AUC has no limits though there are both kinds of sessions: $name",
    ({ auc, isDegenerate, ...of }) => {
      const all = rowOf(rowsOf(sessionsOf(of)), "all", "(all)")
      expect(all?.auc).toBe(auc)
      expect(all?.auc_low === null).toBe(isDegenerate || auc === null)
      expect(all?.warnings).toBe(isDegenerate ? "LOW_N;SMALL_COUNT;DEGENERATE" : "LOW_N;SMALL_COUNT")
    },
  )

  it("marks the rows of a session that may still have been open, and no other row", () => {
    const open = detail({ intent_score: 5, nudge_count: 1, ended_at: "2026-10-01T23:30:00.001Z" })
    const settled = detail({ intent_score: 25, ended_at: "2026-10-01T23:30:00Z" })
    const outOfRange = detail({ intent_score: 101, ended_at: null })
    const marked = rowsOf([listed(open, readAt), listed(settled, readAt), listed(outOfRange, readAt)])
      .filter(({ warnings }) => warnings.includes("IMMATURE"))
      .map(({ intent_band, population }) => [population, intent_band])
    expect(marked).toEqual([
      ["all", "0-19"],
      ["all", "(all)"],
    ])
  })

  it("has the intervals of the confidence that it is given", () => {
    const reads = sessionsOf({ yes: [10, 30], no: [20, 40] })
    const [at95, at50] = [0.95, 0.5].map((confidence) => rowOf(rowsOf(reads, { confidence }), "all", "(all)"))
    expect(at95).toEqual(rowOf(rowsOf(reads), "all", "(all)"))
    expect(at50?.conversion_rate_low).toBe(Proportion.wilson(2, 4, Proportion.zOf(0.5)).low)
    expect(at50?.auc_high).toBeLessThan(at95?.auc_high ?? NaN)
  })

  it("can be compared row by row: conversion by population and band", () => {
    const { compared } = report
    const rows = rowsOf(sessionsOf({ yes: [20], no: [90, 90] }))
    expect(new Set(rows.map((row) => compared?.label(row).join())).size).toBe(12)
    expect(rows.flatMap((row) => (compared?.isTotal(row) === true ? [compared.label(row)] : []))).toEqual([
      ["all", "(all)"],
      ["unnudged", "(all)"],
    ])
    expect(rows.map((row) => compared?.rates(row))[11]).toEqual([{ name: "conversion_rate", events: 1, of: 3 }])
  })

  it("takes back only what has a bin for every score", () => {
    const decode = Schema.decodeUnknownOption(report.codec)
    const bins = Array.from({ length: 101 }, () => ({ sessions: 1, conversions: 0, immature: 0 }))
    expect(Option.isSome(decode({ unnudged: bins, nudged: bins }))).toBe(true)
    expect(Option.isSome(decode({ unnudged: bins, nudged: bins.slice(1) }))).toBe(false)
    expect(Option.isSome(decode({ unnudged: bins, nudged: [...bins, ...bins.slice(0, 1)] }))).toBe(false)
  })

  it.prop(
    "has every session with a documented score once in a band and once in (all)",
    [SessionArbitrary.reads],
    ([reads]) => {
      const inRange = reads
        .map(({ detail, summary }) => (detail._tag === "Read" ? detail.session : summary))
        .filter(({ intent_score }) => intent_score >= 0 && intent_score <= 100)
      const rows = rowsOf(reads)
      for (const [population, sessions] of [
        ["all", inRange],
        ["unnudged", inRange.filter(({ nudge_count }) => nudge_count === 0)],
      ] as const) {
        const bands = rows.filter((row) => row.population === population && row.intent_band !== "(all)")
        const conversions = sessions.filter(({ converted }) => converted).length
        expect(bands.reduce((total, row) => total + row.sessions, 0)).toBe(sessions.length)
        expect(bands.reduce((total, row) => total + row.conversions, 0)).toBe(conversions)
        expect(rowOf(rows, population, "(all)")).toMatchObject({ sessions: sessions.length, conversions })
      }
    },
  )

  it.prop("has no cell that is NaN or infinite", [SessionArbitrary.reads], ([reads]) => {
    const cells = rowsOf(reads).flatMap((row) => Object.values(row))
    expect(cells.filter((cell) => typeof cell === "number" && !Number.isFinite(cell))).toEqual([])
  })
})

FoldLaws.hold("the calibration report", report, (rows) => ReportCsv.make(report.columns, rows))
