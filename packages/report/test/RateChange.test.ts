import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { AttributionReport, CohortReport, Comparison, Fold, Proportion, RateChange } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { numbersIn } from "./Reference.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import { buyer, detail, nudge, read, readAt, unavailable } from "./SessionFixture.ts"

const cohorts = CohortReport.make()
const attribution = AttributionReport.make()

const cohortRates = (reads: ReadonlyArray<SessionRead>) => RateChange.ratesOf(cohorts, Fold.run(cohorts, reads))
const attributionRates = (reads: ReadonlyArray<SessionRead>) =>
  RateChange.ratesOf(attribution, Fold.run(attribution, reads))

/** `bought` of `all` sessions with this score converted. */
const sessions = (intent_score: number, bought: number, all: number): ReadonlyArray<SessionRead> =>
  Array.from({ length: all }, (_, index) => read(index < bought ? buyer({ intent_score }) : detail({ intent_score })))

describe("RateChange.make", () => {
  const before = [...sessions(10, 60, 600), ...sessions(90, 300, 600)]
  const after = [...sessions(10, 120, 600), ...sessions(90, 306, 600)]
  const rows = RateChange.make(cohortRates(before), cohortRates(after))

  it("has a row for each rate and row of the report, in its order, the total last", () => {
    expect(rows.map(({ rate, row }) => `${rate} ${row}`)).toEqual([
      "conversion_rate 0-19",
      "conversion_rate 20-39",
      "conversion_rate 40-59",
      "conversion_rate 60-79",
      "conversion_rate 80-100",
      "conversion_rate (all)",
    ])
  })

  it("gives after minus before, by the statistics of two proportions", () => {
    const [arm1, arm0] = [
      { conversions: 120, sessions: 600 },
      { conversions: 60, sessions: 600 },
    ]
    const { estimate, high, low } = Comparison.difference(arm1, arm0)
    expect(rows[0]).toMatchObject({
      events_before: 60,
      of_before: 600,
      rate_before: 0.1,
      rate_before_low: Proportion.wilson(60, 600).low,
      events_after: 120,
      of_after: 600,
      rate_after: 0.2,
      rate_after_high: Proportion.wilson(120, 600).high,
      difference: estimate,
      difference_low: low,
      difference_high: high,
      lift: 1,
      p: Comparison.pooledP(arm1, arm0),
      warnings: "",
    })
    expect(rows[0]?.text).toMatch(
      /^conversion_rate higher after than before: \+10\.0 points \(\+6\.0 to \+14\.0, q < \.001\); the cause is not shown$/,
    )
  })

  it("corrects the rows for their number, and the total by itself", () => {
    const [low, , , , high, total] = rows
    expect(low?.q).toBe((low?.p ?? NaN) * 2)
    expect(high?.q).toBe(high?.p)
    expect(total?.q).toBe(total?.p)
  })

  it("leaves undefined what has no session, in either window", () => {
    expect(rows[1]).toMatchObject({
      rate_before: null,
      rate_after: null,
      difference: null,
      lift: null,
      p: null,
      q: null,
    })
    expect(rows[1]).toMatchObject({ warnings: "EMPTY_ARM", text: "Nothing to compare" })
  })

  it("names a change that only the interval shows MULTIPLE, and says that it is not clear", () => {
    const changed = RateChange.make(
      cohortRates([...sessions(10, 100, 1000), ...sessions(30, 500, 1000), ...sessions(50, 500, 1000)]),
      cohortRates([...sessions(10, 130, 1000), ...sessions(30, 500, 1000), ...sessions(50, 500, 1000)]),
    )
    expect(changed[0]?.p).toBeLessThan(0.05)
    expect(changed[0]?.q).toBeGreaterThan(0.05)
    expect(changed[0]).toMatchObject({ warnings: "MULTIPLE" })
    expect(changed[0]?.text).toMatch(/^No clear difference/)
  })

  it("says that nobody converted before, and gives no lift then", () => {
    const [row] = RateChange.make(cohortRates(sessions(10, 0, 600)), cohortRates(sessions(10, 60, 600)))
    expect(row).toMatchObject({ lift: null, warnings: "SMALL_COUNT;ZERO_BASELINE" })
  })

  it("keeps a nudge type that one window does not have, with 0 of 0 there", () => {
    const shown = (type: string) => read(detail({ nudges: [nudge({ type })] }))
    const changed = RateChange.make(
      attributionRates([shown("toast")]),
      attributionRates([shown("hologram"), shown("toast")]),
    )
    const clicks = changed.filter(({ rate }) => rate === "click_rate")
    expect(
      clicks.map(({ events_before, of_after, of_before, row }) => [row, events_before, of_before, of_after]),
    ).toEqual([
      ["toast", 0, 1, 1],
      ["hologram", 0, 0, 1],
      ["(all)", 0, 1, 2],
    ])
    expect(clicks[1]?.warnings).toContain("EMPTY_ARM")
    expect(clicks.every(({ warnings }) => warnings.includes("CLUSTERED"))).toBe(true)
    expect(
      changed.filter(({ rate }) => rate === "conversion_rate").some(({ warnings }) => warnings.includes("CLUSTERED")),
    ).toBe(false)
  })

  it("carries over that a window is incomplete or may still change, and no other warning of its report", () => {
    const open = read(detail({ nudges: [nudge()] }), readAt - 43_200_000 + 60_000)
    const gone = unavailable(detail({ nudges: [nudge()] }))
    const [row] = RateChange.make(
      attributionRates([open]),
      attributionRates([gone, read(detail({ nudges: [nudge()] }))]),
    )
    expect(row?.warnings).toBe("LOW_N;SMALL_COUNT;ZERO_BASELINE;DEGENERATE;IMMATURE;INCOMPLETE")
  })

  it("widens with the confidence", () => {
    const [narrow] = RateChange.make(cohortRates(before), cohortRates(after), 0.8)
    expect(narrow?.difference_low).toBeGreaterThan(rows[0]?.difference_low ?? NaN)
    expect(narrow?.rate_before_low).toBe(Proportion.wilson(60, 600, Proportion.zOf(0.8)).low)
  })

  it.prop(
    "negates the differences and keeps p and q when the windows change places",
    [SessionArbitrary.reads, SessionArbitrary.reads],
    ([first, second]) => {
      const there = RateChange.make(cohortRates(first), cohortRates(second))
      const back = RateChange.make(cohortRates(second), cohortRates(first))
      for (const [index, row] of there.entries()) {
        const other = back.find(({ rate, row: name }) => rate === row.rate && name === row.row)
        expect(other?.q, `${index}`).toBe(row.q)
        expect(other?.difference ?? 0).toBeCloseTo(-(row.difference ?? 0), 12)
      }
    },
  )

  it.prop(
    "gives no NaN or Infinity",
    [
      Arbitrary.all({
        before: SessionArbitrary.reads,
        after: SessionArbitrary.reads,
        which: Arbitrary.schema(Schema.Boolean),
      }),
    ],
    ([{ after, before, which }]) => {
      const rates = which ? cohortRates : attributionRates
      const rows = RateChange.make(rates(before), rates(after))
      expect(numbersIn(rows).every(Number.isFinite)).toBe(true)
    },
  )
})
