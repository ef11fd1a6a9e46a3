/** A row knows itself whether it is a total: no name that the API gives makes a row one, or keeps it from being one. */
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import {
  AttributionReport,
  CalibrationReport,
  CohortReport,
  CreditModel,
  Fold,
  Ledger,
  LiftReport,
  NudgePerformanceReport,
  RateChange,
  ReconcileReport,
  type Report,
  ReportCsv,
} from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { buyer, detail, listed, nudge, read } from "./SessionFixture.ts"

/** Names that could be taken for a word of ours, or cut a key in two. */
const names = [
  "(all)",
  "__proto__",
  "",
  "all",
  "type (all)",
  "funnel shown",
  "shown",
  "a\0b",
  "a|b",
  "a, b",
  "a\nb",
  '["(all)"]',
]

const shown = (type: string, overrides: { readonly id?: string } = {}) =>
  read(detail({ id: `sess ${type}`, nudges: [nudge({ type })], ...overrides }))

const totalsOf = <Row extends { readonly total: boolean }>(rows: ReadonlyArray<Row>) =>
  rows.filter(({ total }) => total)

describe("the totals of reports over hostile names", () => {
  const reads = names.map((name) => shown(name))

  it("of attribution are one row, beside one for each type", () => {
    const report = AttributionReport.make({ models: CreditModel.names })
    const rows = Fold.run(report, reads)
    expect(totalsOf(rows)).toMatchObject([{ nudge_type: "(all)", sessions: names.length }])
    const types = rows.filter(({ total }) => !total)
    expect(types.map(({ nudge_type, sessions }) => [nudge_type, sessions])).toEqual(
      [...names].sort().map((name) => [name, 1]),
    )
    const lines = ReportCsv.make(report.columns, rows).split("\n")
    expect(lines[0]).toMatch(/,total$/)
    expect(lines.filter((line) => line.startsWith("(all),")).map((line) => line.split(",").at(-1))).toEqual([
      "false",
      "true",
    ])
  })

  it("of nudge-performance are one for each section", () => {
    const rows = Fold.run(NudgePerformanceReport.make(), reads)
    expect(totalsOf(rows).map(({ section, sessions }) => [section, sessions])).toEqual(
      ["type", "funnel", "count", "position"].map((section) => [section, names.length]),
    )
  })

  it("of cohorts, calibration and reconcile are the rows that sum up others, in the last column", () => {
    const found = <State, Row extends { readonly [column in keyof Row]: Report.Cell } & { readonly total: boolean }>(
      report: Report.Report<State, Row>,
    ) => [report.columns.at(-1), totalsOf(Fold.run(report, reads)).length]
    expect(found(CohortReport.make({ splitByArm: true }))).toEqual(["total", 4])
    expect(found(CalibrationReport.make())).toEqual(["total", 2])
    expect(found(ReconcileReport.make())).toEqual(["total", 1])
  })
})

describe("what changed between two windows", () => {
  const attribution = AttributionReport.make()
  const performance = NudgePerformanceReport.make()
  const before = [shown("(all)")]
  const after = [shown("(all)"), shown("toast")]

  const changes = (report: typeof attribution | typeof performance) => {
    const rates = (reads: ReadonlyArray<SessionRead>) =>
      report.name === "attribution"
        ? RateChange.ratesOf(attribution, Fold.run(attribution, reads))
        : RateChange.ratesOf(performance, Fold.run(performance, reads))
    return RateChange.make(rates(before), rates(after))
      .filter(({ rate, row }) => rate === "conversion_rate" && row.includes("(all)") && !/count|position/.test(row))
      .map(({ of_after, of_before, row, total }) => [row, of_before, of_after, total])
  }

  it("does not take the type that is called (all) for the total", () => {
    expect(changes(attribution)).toEqual([
      ["(all)", 1, 1, false],
      ["(all)", 1, 2, true],
    ])
    expect(changes(performance)).toEqual([
      ["type (all)", 1, 1, false],
      ["type (all)", 1, 2, true],
    ])
  })

  it("keeps types apart whose names run together with ours", () => {
    const rows = names.map((name) => [shown(name), shown(name)])
    const one = RateChange.ratesOf(
      attribution,
      Fold.run(
        attribution,
        rows.flatMap(([first]) => first ?? []),
      ),
    )
    const two = RateChange.ratesOf(attribution, Fold.run(attribution, rows.flat()))
    const changed = RateChange.make(one, two).filter(({ rate }) => rate === "conversion_rate")
    expect(changed).toHaveLength(names.length + 1)
    for (const { of_after, of_before, total } of changed) {
      const times = total ? names.length : 1
      expect([of_before, of_after]).toEqual([times, 2 * times])
    }
  })
})

describe("the examples of reconcile", () => {
  it("are the ids, whatever they hold", () => {
    const ids = ['"quoted" id', "a b", 'a"b', "plain", "tab\tid", "\\"]
    for (const id of ids) {
      const rows = Fold.run(ReconcileReport.make(), [shown("toast", { id }), shown("toast", { id: "zzz" })])
      const total = rows.find((row) => row.total) ?? { examples: "" }
      expect(ReconcileReport.examplesOf(total)).toEqual([id, "zzz"])
    }
    expect(ReconcileReport.examplesOf({ examples: "" })).toEqual([])
    const [plain] = Fold.run(ReconcileReport.make(), [
      shown("toast", { id: "sess_b" }),
      shown("toast", { id: "sess_a" }),
    ])
    expect(plain?.examples).toBe("sess_a sess_b")
  })
})

describe("a session whose nudge_count is below 0", () => {
  const odd = buyer({ id: "odd", nudge_count: -1 })
  const reads = [
    ...["a0", "a1"].map((id) => read(buyer({ id }))),
    ...["a2", "a3"].map((id) => read(detail({ id }))),
    listed(odd),
  ]

  it("is not nudged, in every report", () => {
    const lift = LiftReport.make()
    expect(lift.needsDetail(odd)).toBe(false)
    for (const row of Fold.run(lift, reads).filter(
      ({ contrast, estimate }) => `${contrast} ${estimate}` === "E crude",
    )) {
      expect(row).toMatchObject({ sessions_1: 0, sessions_0: 5, conversions_0: 3 })
    }
    const unnudged = Fold.run(CalibrationReport.make(), reads).find((row) => row.population === "unnudged" && row.total)
    expect(unnudged).toMatchObject({ sessions: 5, conversions: 3 })
    const arms = Fold.run(CohortReport.make({ splitByArm: true }), reads).filter((row) => row.total)
    expect(arms.map(({ arm, sessions }) => [arm, sessions])).toEqual([
      ["unnudged", 5],
      ["shown_only", 0],
      ["interacted", 0],
      ["all", 5],
    ])
    const attribution = Fold.run(AttributionReport.make(), [read({ ...odd, nudges: [nudge()] })])
    expect(attribution).toMatchObject([{ sessions: 0, total: true }])
  })

  it("is counted in the ledger", () => {
    expect(Fold.run(Ledger.make(), reads)).toMatchObject({ sessions: 5, nudge_count_out_of_range: 1 })
    expect(Fold.run(Ledger.make(), [read({ ...odd, nudges: [nudge()] })])).toMatchObject({ nudges_without_count: 1 })
  })
})

describe("a score that is no whole number from 0 to 100", () => {
  const scores = [-1, 101, 19.5, Number.NaN, -0, 0, 100]
  const reads = scores.map((intent_score, index) => listed(detail({ id: `sess_${index}`, intent_score })))

  it("has no band, in every report and in the ledger", () => {
    const other = Fold.run(CohortReport.make(), reads).find(({ intent_band }) => intent_band === "(other)")
    expect(other).toMatchObject({ sessions: 4 })
    expect(Fold.run(CalibrationReport.make(), reads).find((row) => row.total)).toMatchObject({ sessions: 3 })
    const crude = Fold.run(LiftReport.make(), reads).find(
      ({ contrast, estimate }) => `${contrast} ${estimate}` === "E crude",
    )
    expect(crude).toMatchObject({ sessions_0: 7 })
    expect(Fold.run(Ledger.make(), reads)).toMatchObject({ score_out_of_range: 4 })
  })
})
