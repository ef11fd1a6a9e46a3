import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { vendorRule } from "@effect-elnudge/report/Attribution"
import * as Fold from "@effect-elnudge/report/Fold"
import * as Proportion from "@effect-elnudge/report/Proportion"
import * as RateChange from "@effect-elnudge/report/RateChange"
import * as ReadingsReport from "@effect-elnudge/report/ReadingsReport"
import * as ReconcileReport from "@effect-elnudge/report/ReconcileReport"
import * as ReportCsv from "@effect-elnudge/report/ReportCsv"
import { describe, expect, it } from "@effect/vitest"
import * as FoldLaws from "./FoldLaws.ts"
import * as ReconcileFixture from "./ReconcileFixture.ts"
import * as Reference from "./Reference.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { buyer, detail, listed, nudge, read, unavailable } = SessionFixture

const report = ReadingsReport.make()

const toCsv = (rows: ReadonlyArray<ReadingsReport.Row>) => ReportCsv.make(report.columns, rows)

const rowsOf = (reads: ReadonlyArray<SessionRead>, options?: ReadingsReport.Options) =>
  Fold.run(ReadingsReport.make(options), reads)

const countsOf = (reads: ReadonlyArray<SessionRead>, options?: ReadingsReport.Options) =>
  Object.fromEntries(
    rowsOf(reads, options).map((row) => [row.reading, [row.both, row.flag_only, row.rule_only, row.neither]]),
  )

const names = [
  "last_within_window",
  "last_within_window_without_dismissed",
  "any_within_window",
  "last_any_time",
  "any_time",
]

FoldLaws.hold("the readings report", report, toCsv)

describe("ReadingsReport", () => {
  it("has its columns in the order of the CSV file", () => {
    expect(report.name).toBe("readings")
    expect(report.columns.join()).toBe(
      "reading,both,flag_only,rule_only,neither,agreement,agreement_low,agreement_high,kappa,best,warnings",
    )
  })

  it("needs the details of nudged sessions", () => {
    expect(report.needsDetail(detail({ nudge_count: 1 }))).toBe(true)
    expect(report.needsDetail(detail({ nudge_count: 0, converted: true }))).toBe(false)
  })

  it("has a row for each reading and no best one without a nudge", () => {
    expect(rowsOf([])).toEqual(
      names.map((reading) => ({
        reading,
        both: 0,
        flag_only: 0,
        rule_only: 0,
        neither: 0,
        agreement: null,
        agreement_low: null,
        agreement_high: null,
        kappa: null,
        best: null,
        warnings: "EMPTY_ARM;CLUSTERED",
      })),
    )
  })

  it("reports the README's example: of equal agreements the first is best", () => {
    const rows = rowsOf(ReconcileFixture.example.map((session) => read(session)))
    expect(
      rows.map((row) => [row.reading, row.both, row.flag_only, row.rule_only, row.neither, row.agreement, row.best]),
    ).toEqual([
      ["last_within_window", 1, 2, 1, 2, 3 / 6, "no"],
      ["last_within_window_without_dismissed", 1, 2, 0, 3, 4 / 6, "yes"],
      ["any_within_window", 1, 2, 2, 1, 2 / 6, "no"],
      ["last_any_time", 2, 1, 1, 2, 4 / 6, "no"],
      ["any_time", 2, 1, 2, 1, 3 / 6, "no"],
    ])
    for (const [index, kappa] of [0, 1 / 3, -1 / 3, 1 / 3, 0].entries()) {
      Reference.expectWithin(rows[index]?.kappa, kappa, 1e-15)
    }
    const { high, low } = Proportion.wilson(3, 6)
    expect(rows[0]).toMatchObject({ agreement_low: low, agreement_high: high, warnings: "LOW_N;SMALL_COUNT;CLUSTERED" })
  })

  it("takes an earlier candidate for the last one where it takes no dismissal", () => {
    const nudges = [
      nudge({ outcome: "clicked", influenced_conversion: true }),
      nudge({ outcome: "dismissed", shown_at: "2026-10-01T10:15:00Z" }),
    ]
    expect(countsOf([read(buyer({ nudges }))])).toMatchObject({
      last_within_window: [0, 1, 1, 0],
      last_within_window_without_dismissed: [1, 0, 0, 1],
      last_any_time: [0, 1, 1, 0],
      any_time: [1, 0, 1, 0],
    })
  })

  it("counts dismissals for no reading when they do not count", () => {
    const rule = { ...vendorRule, dismissCounts: false }
    const reads = [read(buyer({ nudges: [nudge({ outcome: "dismissed", influenced_conversion: true })] }))]
    expect(Object.values(countsOf(reads, { rule }))).toEqual(names.map(() => [0, 1, 0, 0]))
    expect(countsOf(reads)).toMatchObject({ last_within_window: [1, 0, 0, 0], any_time: [1, 0, 0, 0] })
  })

  it("takes the window, inclusive, and the confidence from the options", () => {
    const reads = [read(buyer({ nudges: [nudge({ outcome: "clicked", influenced_conversion: true })] }))]
    const inside = { rule: { ...vendorRule, windowMillis: 10 * 60_000 } }
    const outside = { rule: { ...vendorRule, windowMillis: 10 * 60_000 - 1 } }
    expect(Object.values(countsOf(reads, inside))).toEqual(names.map(() => [1, 0, 0, 0]))
    expect(Object.values(countsOf(reads, outside)).map(([both]) => both)).toEqual([0, 0, 0, 1, 1])
    expect(rowsOf(reads, { confidence: 0.9 })[0]?.agreement_low).toBe(Proportion.wilson(1, 1, Proportion.zOf(0.9)).low)
  })

  it("gives no kappa where the flag or the rule says the same of every nudge", () => {
    const reads = [read(buyer({ nudges: [nudge({ outcome: "clicked" }), nudge()] }))]
    expect(rowsOf(reads).map(({ kappa }) => kappa)).toEqual([null, null, null, null, null])
    const flagged = [read(buyer({ nudges: [nudge({ influenced_conversion: true }), nudge()] }))]
    expect(rowsOf(flagged).map(({ kappa }) => kappa)).toEqual([null, null, null, null, null])
  })

  it.prop("ties out to reconcile, which applies the rule nudge by nudge", [SessionArbitrary.reads], ([reads]) => {
    for (const dismissCounts of [true, false]) {
      const options = { rule: { ...vendorRule, dismissCounts } }
      const rows = Fold.run(ReconcileReport.make(options), reads).slice(0, -1)
      const nudgesOf = (...wanted: ReadonlyArray<string>) =>
        rows
          .filter((row) => wanted.includes(`${row.vendor_flag} ${row.recomputed}`))
          .reduce((sum, row) => sum + row.nudges, 0)
      const notLast = rows.find(({ reason }) => reason === "MISSING_NOT_LAST")?.nudges ?? Number.NaN
      const readings = rowsOf(reads, options)
      const [last, strict, any, lastAnyTime] = readings
      expect(last).toMatchObject({
        both: nudgesOf("yes yes"),
        flag_only: nudgesOf("yes no", "yes maybe"),
        rule_only: nudgesOf("no yes"),
        neither: nudgesOf("no no"),
      })
      expect(lastAnyTime?.both).toBe(nudgesOf("yes yes", "yes maybe"))
      expect(lastAnyTime?.rule_only).toBeGreaterThanOrEqual(nudgesOf("no yes"))
      expect(any?.rule_only).toBe((last?.rule_only ?? Number.NaN) + notLast)
      if (!dismissCounts) expect({ ...strict, best: "", reading: "" }).toEqual({ ...last, best: "", reading: "" })
      expect(readings.filter(({ best }) => best === "yes")).toHaveLength(rows.some(({ nudges }) => nudges > 0) ? 1 : 0)
    }
  })

  it("warns on every row of details that could not be had, and of sessions that may still change", () => {
    const session = buyer({ nudges: [nudge()] })
    const warningsOf = (reads: ReadonlyArray<SessionRead>) => [
      ...new Set(rowsOf(reads).map(({ warnings }) => warnings)),
    ]
    const small = "LOW_N;SMALL_COUNT;CLUSTERED"
    expect(warningsOf([read(session), unavailable(detail()), listed(buyer())])).toEqual([small])
    expect(warningsOf([read(session), unavailable(session)])).toEqual([`${small};INCOMPLETE`])
    expect(warningsOf([read(session), listed(session)])).toEqual([`${small};INCOMPLETE`])
    expect(warningsOf([read({ ...session, ended_at: null })])).toEqual([`${small};IMMATURE`])
  })

  it("leaves out the nudges of a session that counts none, and a session that lists none", () => {
    const reads = [read(buyer({ nudge_count: 0, nudges: [nudge()] })), read(detail({ ended_at: null, nudge_count: 2 }))]
    expect(rowsOf(reads)).toEqual(rowsOf([]))
  })

  it("can be compared by the agreement of each reading", () => {
    const rates = RateChange.ratesOf(report, rowsOf(ReconcileFixture.example.map((session) => read(session)))) ?? []
    expect(rates.map(({ label }) => label.join())).toEqual(names)
    expect(rates[2]).toMatchObject({ name: "agreement", events: 2, of: 6, isClustered: true, isTotal: false })
  })

  it("gives the golden file of a session for each reason", async () => {
    const reads = ReconcileFixture.sessions.map((session) => read(session))
    await expect(toCsv(rowsOf(reads))).toMatchFileSnapshot("./golden/readings.csv")
  })
})
