import { AttributionReport, Fold, Proportion, ReportCsv } from "@effect-elnudge/report"
import * as CreditModel from "@effect-elnudge/report/CreditModel"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { describe, expect, it } from "@effect/vitest"
import * as SessionFixture from "./SessionFixture.ts"

const { buyer, detail, listed, nudge, purchase, read, unavailable } = SessionFixture

const report = AttributionReport.make()

const rowsOf = (reads: ReadonlyArray<SessionRead>) => Fold.run(report, reads)

const rowOf = (reads: ReadonlyArray<SessionRead>, type: string) =>
  rowsOf(reads).find(({ nudge_type }) => nudge_type === type)

const typesOf = (reads: ReadonlyArray<SessionRead>) => rowsOf(reads).map(({ nudge_type }) => nudge_type)

const emptyCounts = {
  nudge_type: "(all)",
  shown: 0,
  clicked: 0,
  dismissed: 0,
  chat_opened: 0,
  click_rate: null,
  dismiss_rate: null,
  chat_open_rate: null,
  sessions: 0,
  converted_sessions: 0,
  conversion_rate: null,
  conversion_rate_low: null,
  conversion_rate_high: null,
  influenced_conversions: 0,
  attributed_lower: 0,
  attributed_upper: 0,
  warnings: "EMPTY_ARM",
  other_outcomes: 0,
  influenced_not_converted: 0,
  converted_before_shown: 0,
  unknown_time: 0,
}

const emptyAll = { ...emptyCounts, ...CreditModel.columns(() => null), total: true }

const counted = Object.keys(emptyCounts)

describe("AttributionReport", () => {
  it("has its columns in the order of the CSV file", () => {
    expect(report.name).toBe("attribution")
    expect(report.columns).toEqual([...counted, "total"])
  })

  it("ends with a column for each credit model asked for, in one order whatever the order asked", () => {
    const { columns } = AttributionReport.make({ models: ["markov", "last", "time_decay", "last"] })
    expect(columns).toEqual([...counted, "credit_last", "credit_time_decay", "credit_markov", "total"])
    const all = AttributionReport.make({ models: CreditModel.names.toReversed(), credit: "upper" })
    expect(all.columns).toEqual(Object.keys(emptyAll))
    expect(AttributionReport.make({ models: [], credit: "upper" }).columns).toEqual(report.columns)
  })

  it("gives the toast of the API document's example 1 by every credit model", () => {
    for (const credit of [undefined, "lower", "upper"] as const) {
      const all = AttributionReport.make({ models: CreditModel.names, credit })
      expect(ReportCsv.make(all.columns, Fold.run(all, [read(SessionFixture.example)])).split("\n")).toEqual([
        [...counted, ...CreditModel.names.map((name) => `credit_${name}`), "total"].join(","),
        expect.stringMatching(/^chat_bubble,.*,0,0,0,0,0,0,0,0,false$/),
        expect.stringMatching(/^toast,.*,1,1,1,1,1,1,1,1,false$/),
        expect.stringMatching(/^\(all\),.*,1,1,1,1,1,1,1,1,true$/),
        "",
      ])
    }
  })

  it("shares the conversions of the lower bound unless told otherwise", () => {
    const old = read(buyer({ nudges: [nudge({ shown_at: "2026-10-01T09:00:00Z", outcome: "clicked" })] }))
    const creditOf = (credit: "lower" | "upper" | undefined) =>
      Fold.run(AttributionReport.make({ models: ["last"], credit }), [old])[0]?.credit_last
    expect([creditOf(undefined), creditOf("lower"), creditOf("upper")]).toEqual([0, 0, 1])
  })

  it("gives an empty (all) without a session, whatever the credit models", () => {
    const all = AttributionReport.make({ models: CreditModel.names })
    const none = CreditModel.columns((name) => (name === "markov" ? null : 0))
    expect(Fold.run(all, [])).toEqual([{ ...emptyCounts, ...none, total: true }])
  })

  it("needs the details of nudged sessions", () => {
    expect(report.needsDetail(detail({ nudge_count: 1 }))).toBe(true)
    expect(report.needsDetail(detail({ nudge_count: 0, converted: true }))).toBe(false)
  })

  it("gives an empty (all) without a session", () => {
    expect(rowsOf([])).toEqual([emptyAll])
  })

  it("reports the API document's example", () => {
    const rows = rowsOf([read(SessionFixture.example)])
    const one = {
      sessions: 1,
      converted_sessions: 1,
      conversion_rate: 1,
      conversion_rate_low: Proportion.wilson(1, 1).low,
      conversion_rate_high: 1,
      warnings: "LOW_N;SMALL_COUNT",
    }
    const credited = { influenced_conversions: 1, attributed_lower: 1, attributed_upper: 1 }
    expect(rows).toEqual([
      {
        ...emptyAll,
        ...one,
        total: false,
        nudge_type: "chat_bubble",
        shown: 1,
        click_rate: 0,
        dismiss_rate: 0,
        chat_open_rate: 0,
      },
      {
        ...emptyAll,
        ...one,
        ...credited,
        total: false,
        nudge_type: "toast",
        shown: 1,
        clicked: 1,
        click_rate: 1,
        dismiss_rate: 0,
        chat_open_rate: 0,
      },
      { ...emptyAll, ...one, ...credited, shown: 2, clicked: 1, click_rate: 0.5, dismiss_rate: 0, chat_open_rate: 0 },
    ])
  })

  it("sums displays and credit over the types in (all), but counts its sessions once", () => {
    const clickedToast = nudge({ outcome: "clicked", influenced_conversion: true })
    const dismissedBar = nudge({ type: "sticky_bar", outcome: "dismissed", influenced_conversion: true })
    const reads = [
      read(buyer({ nudges: [clickedToast, dismissedBar, nudge(), nudge({ type: "sticky_bar" })] })),
      read(detail({ nudges: [nudge({ outcome: "chat_opened" })] })),
    ]
    expect(rowOf(reads, "toast")).toMatchObject({ shown: 3, sessions: 2, converted_sessions: 1 })
    expect(rowOf(reads, "toast")).toMatchObject({ click_rate: 1 / 3, chat_open_rate: 1 / 3, conversion_rate: 0.5 })
    expect(rowOf(reads, "toast")).toMatchObject({ influenced_conversions: 1 })
    expect(rowOf(reads, "sticky_bar")).toMatchObject({ shown: 2, sessions: 1, converted_sessions: 1 })
    expect(rowOf(reads, "sticky_bar")).toMatchObject({ dismiss_rate: 0.5, influenced_conversions: 1 })
    expect(rowOf(reads, "(all)")).toMatchObject({
      shown: 5,
      clicked: 1,
      dismissed: 1,
      chat_opened: 1,
      sessions: 2,
      converted_sessions: 1,
      conversion_rate: 0.5,
      influenced_conversions: 1,
      attributed_lower: 1,
      attributed_upper: 1,
    })
  })

  it("credits the type of the last candidate, certainly within the window and possibly beyond it", () => {
    const at = (type: string, shown_at: string) => nudge({ nudge_id: type, type, shown_at, outcome: "clicked" })
    const reads = [
      read(buyer({ nudges: [at("toast", "2026-10-01T10:15:00Z"), at("exit_modal", "2026-10-01T10:10:00Z")] })),
      read(buyer({ nudges: [at("toast", "2026-10-01T09:00:00Z"), at("exit_modal", "2026-10-01T09:30:00Z")] })),
    ]
    expect(rowOf(reads, "toast")).toMatchObject({ attributed_lower: 1, attributed_upper: 1 })
    expect(rowOf(reads, "exit_modal")).toMatchObject({ attributed_lower: 0, attributed_upper: 1 })
    expect(rowOf(reads, "(all)")).toMatchObject({ attributed_lower: 1, attributed_upper: 2 })
  })

  it("follows the rule that it is given", () => {
    const reads = [read(buyer({ nudges: [nudge({ outcome: "dismissed" })] }))]
    const strict = AttributionReport.make({ rule: { windowMillis: 60_000, dismissCounts: false } })
    expect(rowOf(reads, "toast")).toMatchObject({ dismissed: 1, attributed_lower: 1, attributed_upper: 1 })
    expect(Fold.run(strict, reads)[0]).toMatchObject({ dismissed: 1, attributed_lower: 0, attributed_upper: 0 })
  })

  it("gives every unknown type a row under its own name, by code unit", () => {
    const types = ["zebra", "__proto__", "constructor", "toString", "Toast", "toast", ""]
    const reads = types.map((type) => read(detail({ nudges: [nudge({ type })] })))
    expect(typesOf(reads)).toEqual(["", "Toast", "__proto__", "constructor", "toString", "toast", "zebra", "(all)"])
    for (const type of types) expect(rowOf(reads, type)).toMatchObject({ shown: 1, sessions: 1 })
    expect(rowOf(reads, "(all)")).toMatchObject({ shown: 7, sessions: 7 })
  })

  it("counts unknown outcomes as displays and beside the known ones", () => {
    const outcomes = ["hovered", "constructor", "shown", "clicked"]
    const reads = [read(buyer({ nudges: outcomes.map((outcome) => nudge({ outcome })) }))]
    for (const type of ["toast", "(all)"]) {
      expect(rowOf(reads, type)).toMatchObject({ shown: 4, clicked: 1, dismissed: 0, other_outcomes: 2 })
    }
  })

  it("gives no credit for an unknown outcome", () => {
    const reads = [read(buyer({ nudges: [nudge({ outcome: "hovered" })] }))]
    expect(rowOf(reads, "toast")).toMatchObject({ other_outcomes: 1, attributed_lower: 0, attributed_upper: 0 })
  })

  it.for([unavailable(buyer({ nudge_count: 1 }), "past_retention"), unavailable(detail({ nudge_count: 1 }))])(
    "leaves a nudged session without its detail out and marks every row incomplete ($detail.reason)",
    (missing) => {
      const reads = [missing, read(detail({ nudges: [nudge()] }))]
      expect(rowOf(reads, "toast")).toMatchObject({ sessions: 1, warnings: "LOW_N;SMALL_COUNT;INCOMPLETE" })
      expect(rowOf(reads, "(all)")).toMatchObject({ sessions: 1, warnings: "LOW_N;SMALL_COUNT;INCOMPLETE" })
      expect(rowsOf([missing])).toEqual([{ ...emptyAll, warnings: "EMPTY_ARM;INCOMPLETE" }])
    },
  )

  it("misses nothing where a session without nudges has no detail", () => {
    expect(rowsOf([unavailable(buyer()), listed(buyer())])).toEqual([emptyAll])
  })

  it("marks the rows of a session that may still have been open, and no other row", () => {
    const open = detail({ ended_at: "2026-10-01T23:30:00.001Z", nudges: [nudge()] })
    const settled = detail({ ended_at: "2026-10-01T23:30:00Z", nudges: [nudge({ type: "sticky_bar" })] })
    const reads = [read(open), read(settled)]
    expect(rowOf(reads, "toast")?.warnings).toBe("LOW_N;SMALL_COUNT;IMMATURE")
    expect(rowOf(reads, "sticky_bar")?.warnings).toBe("LOW_N;SMALL_COUNT")
    expect(rowOf(reads, "(all)")?.warnings).toBe("LOW_N;SMALL_COUNT;IMMATURE")
  })

  it("calls a session without an end immature", () => {
    expect(rowOf([read(detail({ ended_at: null, nudges: [nudge()] }))], "toast")?.warnings).toContain("IMMATURE")
  })

  it("puts a session that counts nudges but lists none into no row", () => {
    expect(rowsOf([read(buyer({ nudge_count: 2 }))])).toEqual([emptyAll])
  })

  it("ignores the nudges of a session that counts none", () => {
    expect(rowsOf([read(buyer({ nudge_count: 0, nudges: [nudge({ outcome: "clicked" })] }))])).toEqual([emptyAll])
  })

  it("takes a detail that was read for the list's row where the two differ", () => {
    const session = buyer({ nudges: [nudge({ outcome: "clicked" })] })
    const changed = { ...read(session), summary: detail({ nudge_count: 1 }) }
    expect(rowOf([changed], "toast")).toMatchObject({ converted_sessions: 1, attributed_lower: 1 })
  })

  it("says which conversions came before the type was first shown", () => {
    const nudges = [
      nudge({ type: "toast", shown_at: "2026-10-01T10:20:00.001Z" }),
      nudge({ type: "toast", shown_at: "2026-10-01T10:40:00Z" }),
      nudge({ type: "sticky_bar", shown_at: "2026-10-01T10:20:00Z" }),
      nudge({ type: "sticky_bar", shown_at: "2026-10-01T10:30:00Z" }),
    ]
    const reads = [read(buyer({ nudges }))]
    expect(rowOf(reads, "toast")).toMatchObject({ converted_sessions: 1, converted_before_shown: 1 })
    expect(rowOf(reads, "sticky_bar")).toMatchObject({ converted_sessions: 1, converted_before_shown: 0 })
    expect(rowOf(reads, "(all)")).toMatchObject({ converted_sessions: 1, converted_before_shown: 0 })
    const late = [read(buyer({ nudges: nudges.slice(0, 2) }))]
    expect(rowOf(late, "(all)")).toMatchObject({ converted_sessions: 1, converted_before_shown: 1 })
  })

  it("does not say that a session bought before where there is no purchase or no conversion", () => {
    const late = nudge({ shown_at: "2026-10-01T11:00:00Z" })
    const reads = [
      read(detail({ converted: true, nudges: [late] })),
      read(detail({ events: [purchase()], nudges: [late] })),
    ]
    expect(rowOf(reads, "toast")).toMatchObject({ converted_sessions: 1, converted_before_shown: 0 })
  })

  it("counts flags by session, and beside them those whose session did not convert", () => {
    const flagged = nudge({ influenced_conversion: true })
    const reads = [
      read(buyer({ nudges: [flagged, flagged] })),
      read(detail({ nudges: [flagged, nudge({ type: "sticky_bar" })] })),
    ]
    expect(rowOf(reads, "toast")).toMatchObject({ influenced_conversions: 2, influenced_not_converted: 1 })
    expect(rowOf(reads, "sticky_bar")).toMatchObject({ influenced_conversions: 0, influenced_not_converted: 0 })
    expect(rowOf(reads, "(all)")).toMatchObject({ influenced_conversions: 2, influenced_not_converted: 1 })
  })

  it("counts conversions without a purchase event that a nudge may be due to, beside both bounds", () => {
    const session = detail({
      converted: true,
      nudges: [
        nudge({ nudge_id: "nudge_1", type: "toast", outcome: "clicked" }),
        nudge({ nudge_id: "nudge_2", type: "chat_bubble", outcome: "shown" }),
      ],
    })
    const rows = Fold.run(AttributionReport.make(), [read(session)])
    expect(rows.map((row) => [row.nudge_type, row.unknown_time, row.attributed_upper])).toEqual([
      ["chat_bubble", 0, 0],
      ["toast", 1, 0],
      ["(all)", 1, 0],
    ])
  })
})
