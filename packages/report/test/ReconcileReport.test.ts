import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { vendorRule } from "@effect-elnudge/report/Attribution"
import * as Fold from "@effect-elnudge/report/Fold"
import * as Proportion from "@effect-elnudge/report/Proportion"
import * as RateChange from "@effect-elnudge/report/RateChange"
import * as ReconcileReport from "@effect-elnudge/report/ReconcileReport"
import * as ReportCsv from "@effect-elnudge/report/ReportCsv"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as FoldLaws from "./FoldLaws.ts"
import * as ReconcileFixture from "./ReconcileFixture.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { buyer, detail, listed, nudge, read, unavailable } = SessionFixture

const report = ReconcileReport.make()

const toCsv = (rows: ReadonlyArray<ReconcileReport.Row>) => ReportCsv.make(report.columns, rows)

const rowsOf = (reads: ReadonlyArray<SessionRead>) => Fold.run(report, reads)

const keyOf = ({ reason, recomputed, vendor_flag }: ReconcileReport.Row) => `${reason} ${vendor_flag} ${recomputed}`

const rowOf = (reads: ReadonlyArray<SessionRead>, key: string) => rowsOf(reads).find((row) => keyOf(row) === key)

const all = "(all) (all) (all)"

const keys = [
  "AGREE_NO no no",
  "AGREE_YES yes yes",
  "FLAG_AFTER_PURCHASE yes no",
  "FLAG_CARRYOVER yes no",
  "FLAG_NO_PURCHASE_TIME yes no",
  "FLAG_SHOWN_ONLY yes no",
  "FLAG_WITHIN_BOUNDS yes maybe",
  "MISSING_DISMISS no yes",
  "MISSING_NOT_LAST no no",
  "UNEXPLAINED no yes",
  "UNEXPLAINED yes no",
  all,
]

FoldLaws.hold("the reconcile report", report, toCsv)

describe("ReconcileReport", () => {
  it("has its columns in the order of the CSV file", () => {
    expect(report.name).toBe("reconcile")
    expect(report.columns.join()).toBe(
      "reason,vendor_flag,recomputed,nudges,share,share_low,share_high,sessions,examples,warnings,total",
    )
  })

  it("needs the details of nudged sessions", () => {
    expect(report.needsDetail(detail({ nudge_count: 1 }))).toBe(true)
    expect(report.needsDetail(detail({ nudge_count: 0, converted: true }))).toBe(false)
  })

  it("has a row for everything that can be found, without a session too", () => {
    const rows = rowsOf([])
    expect(rows.map(keyOf)).toEqual(keys)
    for (const row of rows) {
      expect(row).toMatchObject({ nudges: 0, share: null, share_low: null, share_high: null, sessions: 0 })
      expect(row).toMatchObject({ examples: "", warnings: "EMPTY_ARM;CLUSTERED" })
    }
  })

  it("reports the README's example", () => {
    const rows = rowsOf(ReconcileFixture.example.map((session) => read(session)))
    const { high, low } = Proportion.wilson(1, 6)
    const one = { nudges: 1, share: 1 / 6, share_low: low, share_high: high, sessions: 1 }
    expect(rows.filter(({ nudges }) => nudges > 0)).toMatchObject([
      { ...one, reason: "AGREE_NO", vendor_flag: "no", recomputed: "no", examples: "sess_e" },
      { ...one, reason: "AGREE_YES", vendor_flag: "yes", recomputed: "yes", examples: "sess_a" },
      { ...one, reason: "FLAG_CARRYOVER", vendor_flag: "yes", recomputed: "no", examples: "sess_b" },
      { ...one, reason: "FLAG_WITHIN_BOUNDS", vendor_flag: "yes", recomputed: "maybe", examples: "sess_d" },
      { ...one, reason: "MISSING_DISMISS", vendor_flag: "no", recomputed: "yes", examples: "sess_c" },
      { ...one, reason: "MISSING_NOT_LAST", vendor_flag: "no", recomputed: "no", examples: "sess_a" },
      { reason: "(all)", nudges: 6, share: 1, share_low: null, sessions: 5, examples: "sess_a sess_b sess_c" },
    ])
  })

  it("counts a session once in a row and in (all), its nudges one by one", () => {
    const session = buyer({ nudges: [nudge(), nudge(), nudge({ influenced_conversion: true })] })
    const reads = [read(session), read({ ...session, id: "sess_2" })]
    expect(rowOf(reads, "AGREE_NO no no")).toMatchObject({ nudges: 4, share: 4 / 6, sessions: 2 })
    expect(rowOf(reads, "FLAG_SHOWN_ONLY yes no")).toMatchObject({ nudges: 2, share: 2 / 6, sessions: 2 })
    expect(rowOf(reads, all)).toMatchObject({ nudges: 6, share: 1, share_low: null, share_high: null, sessions: 2 })
  })

  it("names the three least sessions by code unit, each once, whatever their ids", () => {
    const ids = ["sess_b", "sess_B", "sess_10", "sess_9", "sess_b", "__proto__", "(all)"]
    const reads = ids.map((id) => read(detail({ id, nudges: [nudge()] })))
    expect(rowOf(reads, "AGREE_NO no no")?.examples).toBe("(all) __proto__ sess_10")
    expect(rowOf(reads, all)?.examples).toBe("(all) __proto__ sess_10")
    expect(rowOf(reads.slice(0, 5), all)?.examples).toBe("sess_10 sess_9 sess_B")
    expect(rowOf(reads.slice(4, 5), all)?.examples).toBe("sess_b")
  })

  const ids = ["a", "b", "c", "d", "e", "a\nb", "__proto__", "Ä"] as const
  const renamed = Arbitrary.array(
    Arbitrary.all({ read: SessionArbitrary.read, id: Arbitrary.schema(Schema.Literals(ids)) }),
    { maxLength: 30 },
  )

  it.prop("names the same sessions however the input is split", [renamed], ([entries]) => {
    const reads = entries.flatMap(({ id, read: { detail } }) =>
      detail._tag === "Read" ? [read({ ...detail.session, id })] : [],
    )
    const stateOf = (part: typeof reads) => part.reduce((state, next) => report.step(state, next), report.initial())
    const half = Math.floor(reads.length / 2)
    const merged = report.done(report.combine(stateOf(reads.slice(half)), stateOf(reads.slice(0, half))))
    expect(merged).toEqual(rowsOf(reads))
    const nudged = reads.filter(({ summary }) => summary.nudge_count > 0)
    const expected = nudged.flatMap(({ detail }) =>
      detail._tag === "Read" && detail.session.nudges.length > 0 ? [detail.session.id] : [],
    )
    const total = merged.find((row) => row.total) ?? { examples: "" }
    expect(ReconcileReport.examplesOf(total)).toEqual([...new Set(expected)].sort().slice(0, 3))
  })

  it.prop("every nudge is in one row, and every row in (all)", [SessionArbitrary.reads], ([reads]) => {
    const rows = rowsOf(reads)
    const nudges = reads.flatMap(({ detail }) =>
      detail._tag === "Read" && detail.session.nudge_count > 0 ? detail.session.nudges : [],
    )
    const sum = (wanted: (row: ReconcileReport.Row) => boolean) =>
      rows.filter(wanted).reduce((total, row) => total + row.nudges, 0)
    expect(rows.map(keyOf)).toEqual(keys)
    expect(rows.at(-1)?.nudges).toBe(nudges.length)
    expect(sum(({ reason }) => reason !== "(all)")).toBe(nudges.length)
    expect(sum(({ vendor_flag }) => vendor_flag === "yes")).toBe(
      nudges.filter(({ influenced_conversion }) => influenced_conversion).length,
    )
    expect(rows.filter((row) => row.sessions > row.nudges)).toEqual([])
  })

  it("passes the rule and the confidence on", () => {
    const reads = [read(buyer({ nudges: [nudge({ outcome: "dismissed" }), nudge()] }))]
    const keysOf = (options: ReconcileReport.Options) =>
      Fold.run(ReconcileReport.make(options), reads)
        .filter(({ nudges, reason }) => nudges > 0 && reason !== "(all)")
        .map(keyOf)
    expect(keysOf({})).toEqual(["AGREE_NO no no", "MISSING_DISMISS no yes"])
    expect(keysOf({ rule: { ...vendorRule, windowMillis: 1 } })).toEqual(["AGREE_NO no no"])
    expect(keysOf({ rule: { ...vendorRule, dismissCounts: false } })).toEqual(["AGREE_NO no no"])
    const [row] = Fold.run(ReconcileReport.make({ confidence: 0.9 }), reads)
    expect(row?.share_high).toBe(Proportion.wilson(1, 2, Proportion.zOf(0.9)).high)
  })

  it("warns of few nudges, by the row's own and all", () => {
    const shown = (count: number) => read(detail({ nudges: Array.from({ length: count }, () => nudge()) }))
    expect(rowOf([shown(99)], "AGREE_NO no no")?.warnings).toBe("LOW_N;SMALL_COUNT;CLUSTERED")
    expect(rowOf([shown(99)], all)?.warnings).toBe("LOW_N;CLUSTERED")
    expect(rowOf([shown(100)], all)?.warnings).toBe("DIRECTIONAL;CLUSTERED")
    expect(rowOf([shown(500)], all)?.warnings).toBe("CLUSTERED")
    expect(rowOf([shown(500)], "AGREE_YES yes yes")?.warnings).toBe("SMALL_COUNT;CLUSTERED")
  })

  it("warns on every row of details that could not be had, and counts only those that were read", () => {
    const session = buyer({ nudges: [nudge()] })
    for (const missing of [unavailable(session), listed(session)]) {
      const rows = rowsOf([read(session), missing])
      expect(rows.at(-1)).toMatchObject({ nudges: 1, sessions: 1 })
      expect(rows.filter(({ warnings }) => !warnings.endsWith("CLUSTERED;INCOMPLETE"))).toEqual([])
    }
    const unnudged = rowsOf([read(session), unavailable(detail()), listed(buyer())])
    expect(unnudged.filter(({ warnings }) => warnings.includes("INCOMPLETE"))).toEqual([])
  })

  it("marks the rows of sessions that may still change", () => {
    const open = read(detail({ ended_at: null, nudges: [nudge()] }))
    const settled = read(buyer({ id: "sess_2", nudges: [nudge({ influenced_conversion: true })] }))
    expect(rowOf([open, settled], "AGREE_NO no no")?.warnings).toContain("IMMATURE")
    expect(rowOf([open, settled], "FLAG_SHOWN_ONLY yes no")?.warnings).not.toContain("IMMATURE")
    expect(rowOf([open, settled], all)?.warnings).toContain("IMMATURE")
    expect(rowOf([settled], all)?.warnings).not.toContain("IMMATURE")
  })

  it("leaves out the nudges of a session that counts none, and a session that lists none", () => {
    const reads = [read(buyer({ nudge_count: 0, nudges: [nudge()] })), read(buyer({ nudge_count: 2 }))]
    expect(rowsOf(reads)).toEqual(rowsOf([]))
  })

  it("can be compared by the share of every row but (all), of all nudges", () => {
    const rows = rowsOf(ReconcileFixture.example.map((session) => read(session)))
    const rates = RateChange.ratesOf(report, rows) ?? []
    expect(rates).toHaveLength(keys.length - 1)
    expect(new Set(rates.map(({ label }) => label.join())).size).toBe(rates.length)
    expect(rates.find(({ label: [name] }) => name === "AGREE_YES (flag yes, rule yes)")).toMatchObject({
      name: "share",
      events: 1,
      of: 6,
      isClustered: true,
      isTotal: false,
    })
    expect(rates.find(({ label: [name] }) => name?.startsWith("FLAG_AFTER") === true)).toMatchObject({
      events: 0,
      of: 6,
    })
  })

  it("gives the golden file of a session for each reason", async () => {
    const reads = ReconcileFixture.sessions.map((session) => read(session))
    await expect(toCsv(rowsOf(reads))).toMatchFileSnapshot("./golden/reconcile.csv")
  })
})
