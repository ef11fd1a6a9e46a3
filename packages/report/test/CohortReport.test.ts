import { Cohort, CohortReport, Fold, Period, Proportion, ReportCsv } from "@effect-elnudge/report"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as FoldLaws from "./FoldLaws.ts"
import { expectClose } from "./Reference.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { buyer, detail, listed, nudge, purchase, read, unavailable } = SessionFixture

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
      "total",
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

const timed = CohortReport.make({ timeToPurchase: true })

const day = { unit: "day" as const, labeler: Period.labeler("day", DateTime.zoneMakeNamedUnsafe("UTC")) }
const timedSplit = CohortReport.make({ timeToPurchase: true, splitByArm: true, by: day })

const timedRowOf = (reads: ReadonlyArray<SessionRead>, band: string) =>
  Fold.run(timed, reads).find(({ intent_band }) => intent_band === band)

/** A session of that score that bought so many seconds after its start at 10:00. */
const boughtAfter = (seconds: number, intent_score: number) =>
  buyer({
    intent_score,
    events: [purchase(DateTime.formatIso(DateTime.makeUnsafe(Date.parse("2026-10-01T10:00:00Z") + 1000 * seconds)))],
  })

const percentsOf = (row: CohortReport.Row | undefined) => [
  row?.purchases_timed,
  row?.purchase_seconds_p10,
  row?.purchase_seconds_p25,
  row?.purchase_seconds_p50,
  row?.purchase_seconds_p75,
  row?.purchase_seconds_p90,
]

const untimed = {
  purchases_timed: null,
  purchase_seconds_p10: null,
  purchase_seconds_p25: null,
  purchase_seconds_p50: null,
  purchase_seconds_p75: null,
  purchase_seconds_p90: null,
}

/** The README's example. */
const example = [
  boughtAfter(90, 90),
  boughtAfter(240, 90),
  boughtAfter(600, 90),
  detail({ intent_score: 90, converted: true }),
  detail({ intent_score: 90 }),
  boughtAfter(1200.9, 10),
  boughtAfter(3750, 10),
].map((session) => read(session))

FoldLaws.hold("the cohort report with times to purchase", timed, (rows) => ReportCsv.make(timed.columns, rows))
FoldLaws.hold("the cohort report with times to purchase, by day and arm", timedSplit, (rows) =>
  ReportCsv.make(timedSplit.columns, rows),
)

describe("CohortReport without timeToPurchase", () => {
  it("has no times in its rows, and saves none", () => {
    const state = example.reduce((state, element) => report.step(state, element), report.initial())
    expect(report.done(state)).toMatchObject(Array.from({ length: 6 }, () => untimed))
    expect(Schema.encodeSync(report.codec)(state)).toEqual({
      grid: [
        ["all\n0-19\nall", { sessions: 2, conversions: 2, immature: 0 }],
        ["all\n80-100\nall", { sessions: 5, conversions: 4, immature: 0 }],
      ],
      spans: [],
    })
  })
})

describe("CohortReport with timeToPurchase", () => {
  it("has six more columns before the last", () => {
    expect(timed.columns).toEqual([...report.columns.slice(0, -1), ...Object.keys(untimed), "total"])
  })

  it("needs the details of converted sessions, and with the split of nudged ones too", () => {
    const needs = (fold: typeof timed) =>
      [detail(), detail({ converted: true }), detail({ nudge_count: 1 })].map(fold.needsDetail)
    expect(needs(timed)).toEqual([false, true, false])
    expect(needs(timedSplit)).toEqual([false, true, true])
  })

  it("gives quantiles of the times that there are, by band and of all together", () => {
    expect(percentsOf(timedRowOf(example, "80-100"))).toEqual([3, 90, 90, 240, 600, 600])
    expect(percentsOf(timedRowOf(example, "0-19"))).toEqual([2, 1200, 1200, 1200, 3750, 3750])
    expect(percentsOf(timedRowOf(example, "(all)"))).toEqual([5, 90, 240, 600, 1200, 3750])
    expect(percentsOf(timedRowOf(example, "20-39"))).toEqual([0, null, null, null, null, null])
    expect(percentsOf(timedRowOf([], "(all)"))).toEqual([0, null, null, null, null, null])
  })

  it("is what cohorts-time-to-purchase.csv holds, to the byte", async () => {
    await expect(ReportCsv.make(timed.columns, Fold.run(timed, example))).toMatchFileSnapshot(
      "./golden/cohorts-time-to-purchase.csv",
    )
  })

  it.for([
    { events: ["2026-10-01T10:00:00.999Z"], seconds: 0 },
    { events: ["2026-10-01T10:00:01Z"], seconds: 1 },
    { events: ["2026-10-01T11:00:00Z", "2026-10-01T12:02:00+02:00", "2026-10-01T10:03:00Z"], seconds: 120 },
    { events: ["2026-10-01T09:59:59.999Z"], seconds: -1 },
    { events: ["2026-10-01T09:59:58Z"], seconds: -2 },
  ])("takes the earliest of $events as $seconds s", ({ events, seconds }) => {
    const session = buyer({ intent_score: 10, events: events.map((at) => purchase(at)) })
    expect(percentsOf(timedRowOf([read(session)], "0-19"))).toEqual([1, ...Array.from({ length: 5 }, () => seconds)])
  })

  it("times no session without a conversion or without a PURCHASE, and calls neither missing", () => {
    const reads = [
      read(detail({ intent_score: 10, events: [purchase()] })),
      read(detail({ intent_score: 10, converted: true })),
      listed(detail({ intent_score: 10 })),
      unavailable(detail({ intent_score: 10, nudge_count: 1 })),
    ]
    expect(timedRowOf(reads, "0-19")).toMatchObject({ sessions: 4, conversions: 1, purchases_timed: 0 })
    expect(timedRowOf(reads, "0-19")?.warnings).toBe("LOW_N;SMALL_COUNT")
  })

  it("takes the detail's word where it differs from the list", () => {
    const became = { ...read(boughtAfter(60, 10)), summary: detail({ intent_score: 90 }) }
    const wasNot = { ...read(detail({ intent_score: 10 })), summary: buyer({ intent_score: 90 }) }
    expect(percentsOf(timedRowOf([became, wasNot], "(all)"))).toEqual([1, 60, 60, 60, 60, 60])
    expect(timedRowOf([became, wasNot], "0-19")).toMatchObject({ conversions: 1, warnings: "LOW_N;SMALL_COUNT" })
  })

  it.for([listed(buyer({ intent_score: 10 })), unavailable(buyer({ intent_score: 10 }))])(
    "marks the band and (all) where a buyer's detail could not be had, and no other row ($detail._tag)",
    (missing) => {
      const reads = [missing, ...example]
      const marked = Fold.run(timed, reads).filter(({ warnings }) => warnings.includes("INCOMPLETE"))
      expect(marked.map(({ intent_band }) => intent_band)).toEqual(["0-19", "(all)"])
      expect(timedRowOf(reads, "0-19")).toMatchObject({ conversions: 3, purchases_timed: 2 })
      expect(Fold.run(report, reads).some(({ warnings }) => warnings.includes("INCOMPLETE"))).toBe(false)
    },
  )

  it("marks (all) of the period and arm, where it is split, and the total", () => {
    const other = { started_at: "2026-10-02T10:00:00Z", intent_score: 10 }
    const reads = [unavailable(buyer({ intent_score: 10 })), read(buyer(other)), read(detail({ nudges: [nudge()] }))]
    const marked = Fold.run(timedSplit, reads).filter(({ warnings }) => warnings.includes("INCOMPLETE"))
    expect(marked.map(({ arm, intent_band, period }) => `${period} ${intent_band} ${arm}`)).toEqual([
      "2026-10-01 0-19 unnudged",
      "2026-10-01 (all) unnudged",
      "all (all) all",
    ])
  })

  it("gives each period and arm its own times, and the total those of all", () => {
    const clicked = [nudge({ outcome: "clicked" })]
    const reads = [
      read(boughtAfter(60, 10)),
      read({ ...boughtAfter(120, 90), nudges: clicked, nudge_count: 1 }),
      read({ ...boughtAfter(180, 10), nudges: clicked, nudge_count: 1 }),
      read({ ...boughtAfter(86_640, 10), started_at: "2026-10-02T10:00:00Z" }),
    ]
    const rows = Fold.run(timedSplit, reads).filter(({ intent_band }) => intent_band === "(all)")
    expect(rows.map((row) => [row.period, row.arm, row.purchases_timed, row.purchase_seconds_p50])).toEqual([
      ["2026-10-01", "unnudged", 1, 60],
      ["2026-10-01", "shown_only", 0, null],
      ["2026-10-01", "interacted", 2, 120],
      ["2026-10-02", "unnudged", 1, 240],
      ["2026-10-02", "shown_only", 0, null],
      ["2026-10-02", "interacted", 0, null],
      ["all", "all", 4, 120],
    ])
  })

  it("is exact in a band with 4,096 distinct seconds, and within 1 % in (all) with more", () => {
    const low = Array.from({ length: 4096 }, (_, index) => read(boughtAfter(index + 1, 10)))
    const reads = [...low, read(boughtAfter(5000, 90))]
    expect(percentsOf(timedRowOf(reads, "0-19"))).toEqual([4096, 410, 1024, 2048, 3072, 3687])
    const all = percentsOf(timedRowOf(reads, "(all)"))
    for (const [index, exact] of [4097, 410, 1025, 2049, 3073, 3688].entries()) expectClose(all[index], exact, 0.01)
    expect(Number.isInteger(all[3])).toBe(false)
  })

  it("keeps its times when it is told which span was walked", () => {
    const state = example.reduce((state, element) => timed.step(state, element), timed.initial())
    const covered = timed.cover?.(state, { from: 0, to: SessionFixture.readAt })
    expect(covered?.spans).toEqual([{ from: 0, to: SessionFixture.readAt }])
    expect(covered?.times).toEqual(state.times)
    expect(covered?.times?.size).toBe(2)
  })

  it("refuses a saved state without times", () => {
    const saved = Schema.encodeSync(report.codec)(report.initial())
    expect(() => Schema.decodeUnknownSync(timed.codec)(saved)).toThrow("times")
    expect(Schema.decodeUnknownSync(report.codec)(saved).spans).toEqual([])
  })

  it.prop("changes nothing else, but that more rows may be incomplete", [SessionArbitrary.reads], ([reads]) => {
    const withoutTimes = Fold.run(CohortReport.make({ splitByArm: true, by: day }), reads)
    const rest = Fold.run(timedSplit, reads).map((row, index) => {
      const warnings = withoutTimes[index]?.warnings
      expect([warnings, [warnings, "INCOMPLETE"].filter((part) => part !== "").join(";")]).toContain(row.warnings)
      return { ...row, ...untimed, warnings }
    })
    expect(rest).toEqual(withoutTimes)
  })

  it.prop("times as many as there are, in the bands and in (all)", [SessionArbitrary.reads], ([reads]) => {
    const rows = Fold.run(timedSplit, reads)
    const timedIn = (isIn: (row: CohortReport.Row) => boolean) =>
      rows.filter(isIn).reduce((sum, row) => sum + (row.purchases_timed ?? NaN), 0)
    const expected = reads.filter(
      ({ detail }) =>
        detail._tag === "Read" &&
        detail.session.converted &&
        detail.session.events.some(({ type }) => type === "PURCHASE"),
    ).length
    expect(timedIn((row) => row.intent_band !== "(all)")).toBe(expected)
    expect(timedIn((row) => row.intent_band === "(all)" && row.period !== "all")).toBe(expected)
    expect(rows.at(-1)?.purchases_timed).toBe(expected)
  })
})
