import { Comparison, Fold, Proportion, ReportCsv, Trend } from "@effect-elnudge/report"
import * as NudgePerformanceReport from "@effect-elnudge/report/NudgePerformanceReport"
import type * as Session from "@effect-elnudge/core/Session"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { describe, expect, it } from "@effect/vitest"
import { dirtySessions } from "./DirtySessions.ts"
import { expectClose, expectWithin, orNaN } from "./Reference.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { buyer, detail, listed, nudge, read, unavailable } = SessionFixture

const report = NudgePerformanceReport.make()

const rowsOf = (reads: ReadonlyArray<SessionRead>) => Fold.run(report, reads)

const labelOf = ({ level, nudge_type, section }: NudgePerformanceReport.Row) => `${section} ${level ?? nudge_type}`

const labelsOf = (rows: ReadonlyArray<NudgePerformanceReport.Row>) => rows.map(labelOf).join(", ")

const rowOf = (reads: ReadonlyArray<SessionRead>, label: string) => rowsOf(reads).find((row) => labelOf(row) === label)

/** The rows that carry a warning. */
const warned = (reads: ReadonlyArray<SessionRead>, warning: string) =>
  labelsOf(rowsOf(reads).filter(({ warnings }) => warnings.split(";").includes(warning)))

const noDisplays = {
  shown: null,
  clicked: null,
  click_rate: null,
  click_rate_low: null,
  click_rate_high: null,
  dismissed: null,
  dismiss_rate: null,
  dismiss_rate_low: null,
  dismiss_rate_high: null,
  chat_opened: null,
  chat_open_rate: null,
  chat_open_rate_low: null,
  chat_open_rate_high: null,
}

const empty = {
  section: "count",
  nudge_type: "(all)",
  level: "1",
  ...noDisplays,
  sessions: 0,
  converted_sessions: 0,
  conversion_rate: null,
  conversion_rate_low: null,
  conversion_rate_high: null,
  trend_z: null,
  trend_p: null,
  warnings: "EMPTY_ARM",
  total: false,
}

/** Nudges one minute apart with these outcomes. */
const nudgesOf = (outcomes: ReadonlyArray<string>, overrides: Partial<Session.Nudge> = {}) =>
  outcomes.map((outcome, index) =>
    nudge({
      nudge_id: `nudge_${index}`,
      shown_at: `2026-10-01T10:${String(10 + index)}:00Z`,
      outcome,
      ...overrides,
    }),
  )

const shownTimes = (times: number) => nudgesOf(Array.from({ length: times }, () => "shown"))

/** The four sessions of the README's example. */
const example = [
  read(buyer({ nudges: nudgesOf(["clicked"]) })),
  read(
    buyer({
      nudges: [
        ...nudgesOf(["shown"]),
        nudge({ type: "chat_bubble", shown_at: "2026-10-01T10:15:00Z", outcome: "chat_opened" }),
      ],
    }),
  ),
  read(detail({ nudges: nudgesOf(["dismissed", "dismissed"]) })),
  read(detail({ nudges: nudgesOf(["shown"], { type: "chat_bubble" }) })),
]

describe("NudgePerformanceReport", () => {
  it("has its columns in the order of the CSV file", () => {
    expect(report.name).toBe("nudge-performance")
    expect(report.columns).toEqual(Object.keys(empty))
  })

  it("needs the details of nudged sessions", () => {
    expect(report.needsDetail(detail({ nudge_count: 1 }))).toBe(true)
    expect(report.needsDetail(detail({ nudge_count: 0, converted: true }))).toBe(false)
  })

  it("has a row for every level without a session", () => {
    const zero = { ...noDisplays, shown: 0, clicked: 0, dismissed: 0, chat_opened: 0 }
    const levels = ["1", "2", "3", "4", "5+", "(all)"]
    expect(rowsOf([])).toEqual([
      { ...empty, ...zero, section: "type", level: null, total: true },
      ...["shown", "engaged", "chat_opened"].map((level) => ({
        ...empty,
        section: "funnel",
        level,
        total: level === "shown",
      })),
      ...levels.map((level) => ({ ...empty, level, total: level === "(all)" })),
      ...levels.map((level) => ({ ...empty, ...zero, section: "position", level, total: level === "(all)" })),
    ])
  })

  // The example of the README, worked out there by hand.
  it("reports four sessions by hand", () => {
    const counts = rowsOf(example).map((row) => [
      labelOf(row),
      row.shown,
      row.clicked,
      row.dismissed,
      row.chat_opened,
      row.sessions,
      row.converted_sessions,
    ])
    expect(counts).toEqual([
      ["type chat_bubble", 2, 0, 0, 1, 2, 1],
      ["type toast", 4, 1, 2, 0, 3, 2],
      ["type (all)", 6, 1, 2, 1, 4, 2],
      ["funnel shown", null, null, null, null, 4, 2],
      ["funnel engaged", null, null, null, null, 2, 2],
      ["funnel chat_opened", null, null, null, null, 1, 1],
      ["count 1", null, null, null, null, 2, 1],
      ["count 2", null, null, null, null, 2, 1],
      ["count 3", null, null, null, null, 0, 0],
      ["count 4", null, null, null, null, 0, 0],
      ["count 5+", null, null, null, null, 0, 0],
      ["count (all)", null, null, null, null, 4, 2],
      ["position 1", 4, 1, 1, 0, 4, 2],
      ["position 2", 2, 0, 1, 1, 2, 1],
      ["position 3", 0, 0, 0, 0, 0, 0],
      ["position 4", 0, 0, 0, 0, 0, 0],
      ["position 5+", 0, 0, 0, 0, 0, 0],
      ["position (all)", 6, 1, 2, 1, 4, 2],
    ])
    expect(rowOf(example, "count (all)")).toMatchObject({ trend_z: 0, trend_p: 1 })
    const dismissal = rowOf(example, "position (all)")
    expectClose(dismissal?.trend_z, Math.sqrt(3 / 8), 1e-14)
    expectWithin(dismissal?.trend_p, 0.54, 0.001)
  })

  it("gives every rate with its Wilson interval", () => {
    const wilson = (x: number, n: number) => Proportion.wilson(x, n)
    expect(rowOf(example, "type toast")).toEqual({
      section: "type",
      nudge_type: "toast",
      level: null,
      shown: 4,
      clicked: 1,
      click_rate: 0.25,
      click_rate_low: wilson(1, 4).low,
      click_rate_high: wilson(1, 4).high,
      dismissed: 2,
      dismiss_rate: 0.5,
      dismiss_rate_low: wilson(2, 4).low,
      dismiss_rate_high: wilson(2, 4).high,
      chat_opened: 0,
      chat_open_rate: 0,
      chat_open_rate_low: 0,
      chat_open_rate_high: wilson(0, 4).high,
      sessions: 3,
      converted_sessions: 2,
      conversion_rate: 2 / 3,
      conversion_rate_low: wilson(2, 3).low,
      conversion_rate_high: wilson(2, 3).high,
      trend_z: null,
      trend_p: null,
      warnings: "LOW_N;SMALL_COUNT;CLUSTERED",
      total: false,
    })
    const wide = Fold.run(NudgePerformanceReport.make({ confidence: 0.5 }), example)
    const { high, low } = Proportion.wilson(1, 4, Proportion.zOf(0.5))
    expect(wide[1]).toMatchObject({ click_rate_low: low, click_rate_high: high })
  })

  it("gives R's prop.trend.test of smokers as the trend of conversion over the number of nudges", () => {
    // The example of its help page, R 4.2.2: X² = 8.2249222852, p = .00413189747764; fewer of the later groups.
    const groups = [
      [83, 86],
      [90, 93],
      [129, 136],
      [70, 82],
    ] as const
    const reads = groups.flatMap(([conversions, sessions], index) =>
      Array.from({ length: sessions }, (_, session) =>
        read(detail({ converted: session < conversions, nudges: shownTimes(index + 1) })),
      ),
    )
    const all = rowOf(reads, "count (all)")
    expect(all?.trend_z).toBeLessThan(0)
    expectClose(orNaN(all?.trend_z) ** 2, 8.2249222852, 1e-9)
    expectClose(all?.trend_p, 0.00413189747764, 1e-9)
    expectWithin(orNaN(all?.trend_z) ** 2, 8.2249, 1e-4)
    expect(rowOf(reads, "count 3")).toMatchObject({ sessions: 136, converted_sessions: 129 })
    // Nobody dismissed.
    expect(rowOf(reads, "position (all)")).toMatchObject({ trend_z: null, trend_p: null })
  })

  it("takes five and more as five, in the levels and in the trends", () => {
    const reads = [
      read(detail({ nudges: shownTimes(1) })),
      read(buyer({ nudges: nudgesOf(["shown", "dismissed"]) })),
      read(buyer({ nudges: nudgesOf(["shown", "shown", "shown", "shown", "shown", "dismissed", "clicked"]) })),
      read(detail({ nudges: shownTimes(5) })),
    ]
    const bin = (conversions: number, sessions: number) => ({ conversions, sessions })
    const none = bin(0, 0)
    expect(rowOf(reads, "count 4")).toMatchObject({ sessions: 0 })
    expect(rowOf(reads, "count 5+")).toMatchObject({ sessions: 2, converted_sessions: 1 })
    const conversion = Trend.cochranArmitage([none, bin(0, 1), bin(1, 1), none, none, bin(1, 2)])
    expectClose(rowOf(reads, "count (all)")?.trend_z, orNaN(conversion.z), 1e-12)
    expect(rowOf(reads, "position 1")).toMatchObject({ shown: 4, sessions: 4, converted_sessions: 2 })
    expect(rowOf(reads, "position 4")).toMatchObject({ shown: 2, sessions: 2, converted_sessions: 1 })
    expect(rowOf(reads, "position 5+")).toMatchObject({ shown: 4, clicked: 1, dismissed: 1, sessions: 2 })
    const dismissal = Trend.cochranArmitage([none, bin(0, 4), bin(1, 3), bin(0, 2), bin(0, 2), bin(1, 4)])
    expectClose(rowOf(reads, "position (all)")?.trend_z, orNaN(dismissal.z), 1e-12)
  })

  it("orders the nudges of a session by the instant of display, ties by nudge_id in code-unit order", () => {
    const at = (nudge_id: string, shown_at: string, outcome: string) => nudge({ nudge_id, shown_at, outcome })
    const outcomesAt = (nudges: ReadonlyArray<Session.Nudge>) =>
      ["1", "2", "3"].map((level) => {
        const row = rowOf([read(detail({ nudges }))], `position ${level}`)
        return [row?.clicked, row?.dismissed, row?.chat_opened]
      })
    const inOrder = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]
    const byInstant = [
      at("a", "2026-10-01T10:14:46Z", "chat_opened"),
      at("b", "2026-10-01T10:14:45.500Z", "dismissed"),
      at("c", "2026-10-01T12:14:45+02:00", "clicked"),
    ]
    const byId = [
      at("nudge_2", "2026-10-01T10:14:45Z", "dismissed"),
      at("nudge_10", "2026-10-01T10:14:45Z", "clicked"),
      at("ä", "2026-10-01T10:14:45Z", "chat_opened"),
    ]
    for (const nudges of [byInstant, byInstant.toReversed(), byId, byId.toReversed()]) {
      expect(outcomesAt(nudges)).toEqual(inOrder)
    }
  })

  it("goes by the nudges of the detail, not by nudge_count", () => {
    expect(rowOf([read(detail({ nudge_count: 4, nudges: shownTimes(2) }))], "count 2")).toMatchObject({ sessions: 1 })
  })

  it("counts a dismissal and an unknown outcome as a display, not as engagement", () => {
    const reads = [
      read(detail({ nudges: nudgesOf(["dismissed", "hovered", "constructor", "__proto__"]) })),
      read(buyer({ nudges: nudgesOf(["clicked", "clicked"]) })),
      read(buyer({ nudges: nudgesOf(["chat_opened"]) })),
    ]
    expect(rowOf(reads, "type toast")).toMatchObject({ shown: 7, clicked: 2, dismissed: 1, chat_opened: 1 })
    expect(rowOf(reads, "funnel shown")).toMatchObject({ sessions: 3, converted_sessions: 2 })
    expect(rowOf(reads, "funnel engaged")).toMatchObject({ sessions: 2, converted_sessions: 2 })
    expect(rowOf(reads, "funnel chat_opened")).toMatchObject({ sessions: 1, converted_sessions: 1 })
  })

  it("gives every unknown type a row under its own name, by code unit", () => {
    const types = ["zebra", "__proto__", "constructor", "toString", "Toast", "toast", "a\nb", ""]
    const rows = rowsOf(types.map((type) => read(detail({ nudges: [nudge({ type })] }))))
    expect(rows.slice(0, 9).map(({ nudge_type, shown, sessions }) => [nudge_type, shown, sessions])).toEqual([
      ...["", "Toast", "__proto__", "a\nb", "constructor", "toString", "toast", "zebra"].map((type) => [type, 1, 1]),
      ["(all)", 8, 8],
    ])
  })

  it.for([
    { name: "nudged, without its detail", missing: unavailable(buyer({ nudge_count: 1 }), "past_retention") },
    { name: "nudged, of which nobody asked for the detail", missing: listed(buyer({ nudge_count: 1 })) },
  ])("leaves a session out and marks every row incomplete: $name", ({ missing }) => {
    const one = read(detail({ nudges: [nudge()] }))
    expect(rowOf([missing, one], "type (all)")).toMatchObject({ sessions: 1, converted_sessions: 0 })
    for (const reads of [[missing], [missing, one]]) {
      expect(warned(reads, "INCOMPLETE")).toBe(labelsOf(rowsOf(reads)))
    }
  })

  it("leaves out, and does not miss, what it has no use for", () => {
    const useless = [
      unavailable(buyer()),
      listed(buyer()),
      read(buyer({ nudge_count: 2 })),
      read(buyer({ nudge_count: 0, nudges: [nudge({ outcome: "clicked" })] })),
    ]
    expect(useless.reduce(report.step, report.initial())).toEqual(report.initial())
  })

  it("marks the rows of a session that may still have been open, and no other row", () => {
    const open = detail({ ended_at: "2026-10-01T23:30:00.001Z", nudges: nudgesOf(["clicked"]) })
    const settled = detail({
      ended_at: "2026-10-01T23:30:00Z",
      nudges: nudgesOf(["chat_opened", "shown"], { type: "sticky_bar" }),
    })
    expect(warned([read(settled)], "IMMATURE")).toBe("")
    expect(warned([read(open), read(settled)], "IMMATURE")).toBe(
      "type toast, type (all), funnel shown, funnel engaged, count 1, count (all), position 1, position (all)",
    )
  })

  it("says where the intervals are of displays, of which a session may have several", () => {
    expect(warned(example, "CLUSTERED")).toBe(
      "type chat_bubble, type toast, type (all), position 1, position 2, position (all)",
    )
    expect(warned([], "CLUSTERED")).toBe("")
  })

  it("says where a p is the least that it prints", () => {
    const many = (session: Session.Detail) => Array.from({ length: 1500 }, () => read(session))
    const conversion = [...many(detail({ nudges: shownTimes(1) })), ...many(buyer({ nudges: shownTimes(2) }))]
    expect(rowOf(conversion, "count (all)")?.trend_p).toBe(Comparison.pFloor)
    expect(warned(conversion, "P_FLOOR")).toBe("count (all)")
    const dismissal = many(detail({ nudges: nudgesOf(["shown", "dismissed"]) }))
    expect(rowOf(dismissal, "position (all)")?.trend_p).toBe(Comparison.pFloor)
    expect(warned(dismissal, "P_FLOOR")).toBe("position (all)")
    expect(warned(example, "P_FLOOR")).toBe("")
  })

  it("can be compared row by row: the rates that a row has", () => {
    const { compared } = report
    const types = ["shown", "funnel shown", "1", "toast"]
    const reads = [...example, ...types.map((type) => read(detail({ nudges: [nudge({ type })] })))]
    const rows = rowsOf(reads)
    expect(new Set(rows.map((row) => compared?.label(row).join())).size).toBe(rows.length)
    expect(labelsOf(rows.filter((row) => compared?.isTotal(row) === true))).toBe(
      "type (all), funnel shown, count (all), position (all)",
    )
    const ratesOf = (label: string) =>
      rowsOf(example).flatMap((row) => (labelOf(row) === label ? compared?.rates(row) : []))
    expect(ratesOf("funnel engaged")).toEqual([{ name: "conversion_rate", events: 2, of: 2 }])
    expect(ratesOf("count 1")).toEqual([{ name: "conversion_rate", events: 1, of: 2 }])
    expect(ratesOf("type toast")).toEqual([
      { name: "conversion_rate", events: 2, of: 3 },
      { name: "click_rate", events: 1, of: 4, isClustered: true },
      { name: "dismiss_rate", events: 2, of: 4, isClustered: true },
      { name: "chat_open_rate", events: 0, of: 4, isClustered: true },
    ])
    expect(ratesOf("position 3")).toHaveLength(4)
  })

  // Every cell was recomputed by an independent script: the trends as correlations.
  it("gives the CSV file of the dirty sessions and the examples, to the byte", async () => {
    const dirty = dirtySessions.map(({ session }) => read(session))
    const rows = rowsOf([...dirty, ...example, read(SessionFixture.example)])
    await expect(ReportCsv.make(report.columns, rows)).toMatchFileSnapshot("golden/nudge-performance.csv")
  })
})
