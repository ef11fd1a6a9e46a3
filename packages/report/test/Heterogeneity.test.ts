import { Comparison, Heterogeneity, MantelHaenszel, Stratified } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { expectClose, expectWithin, isClose, numbersIn, orNaN } from "./Reference.ts"
import {
  contrasts,
  everything,
  exceptions,
  pairs,
  references,
  singles,
  type Strata,
  stratum,
  swap,
} from "./StrataFixture.ts"

const { breslowDayTarone, riskDifferenceQ } = Heterogeneity

const undefinedTest = { statistic: null, df: null, p: null }

/** Of the outcome "did not convert". */
const opposite = (strata: Strata): Strata =>
  strata.map(({ arm0, arm1 }) => ({
    arm1: { ...arm1, conversions: arm1.sessions - arm1.conversions },
    arm0: { ...arm0, conversions: arm0.sessions - arm0.conversions },
  }))

/** Equal, with room for rounding near 0. */
const isSame = (a: number | null, b: number | null): boolean =>
  a === null || b === null ? a === b : Math.abs(a - b) <= 1e-9 * Math.max(1, a)

describe("Heterogeneity.breslowDayTarone", () => {
  it.for(references.breslow_day_tarone)("agrees with the reference value $id", (vector) => {
    const { df, p, statistic } = breslowDayTarone(vector.strata)
    expectClose(statistic, vector.statistic, vector.tolerance)
    expectClose(p, vector.p, vector.tolerance)
    expect(df).toBe(vector.df)
    if (vector.published === undefined || vector.published_tolerance === undefined) return
    expectWithin(statistic, vector.published[0], vector.published_tolerance)
    expectWithin(p, vector.published[1], vector.published_tolerance)
  })

  it.for(contrasts)("reproduces 12,330 shop visits by intent band: $contrast", ({ mh, strata }) => {
    expectClose(breslowDayTarone(strata).p, mh.p_tarone, 1e-9)
    expect(breslowDayTarone(strata).df).toBe(4)
  })

  it("skips strata in which an arm is empty, or nobody or everybody converted", () => {
    const strata = [stratum(3, 9, 5, 8), stratum(7, 11, 2, 10)]
    const skipped = [stratum(0, 9, 0, 5), stratum(4, 4, 6, 6), stratum(0, 0, 3, 6), stratum(3, 6, 0, 0)]
    expect(breslowDayTarone(strata).df).toBe(1)
    expect(breslowDayTarone([...skipped, ...strata])).toEqual(breslowDayTarone(strata))
  })

  it("is undefined for fewer than two strata, and where the odds ratio is 0 or undefined", () => {
    const one = [stratum(3, 9, 5, 8)]
    expect(breslowDayTarone([])).toEqual(undefinedTest)
    expect(breslowDayTarone(one)).toEqual(undefinedTest)
    expect(breslowDayTarone([...one, stratum(0, 9, 0, 5)])).toEqual(undefinedTest)
    const never1 = [stratum(0, 9, 5, 8), stratum(0, 3, 1, 2)]
    expect(MantelHaenszel.oddsRatio(never1).estimate).toBe(0)
    expect([breslowDayTarone(never1), breslowDayTarone(swap(never1))]).toEqual([undefinedTest, undefinedTest])
  })

  it("is 0 where the odds ratios are equal, among them odds ratios far from 1", () => {
    for (const odds of [1, 3, 1 / 3, 1e4, 1e-4]) {
      // Odds of 1 against 1 ÷ `odds`, in arms of two sizes.
      const strata = [1, 7].map((size) => {
        const [unit, other] = odds >= 1 ? [size * odds, size] : [size, Math.round(size / odds)]
        return { arm1: { conversions: size, sessions: 2 * size }, arm0: { conversions: other, sessions: other + unit } }
      })
      expectClose(MantelHaenszel.oddsRatio(strata).estimate, odds, 1e-12)
      expectWithin(breslowDayTarone(strata).statistic, 0, 1e-9)
      expectWithin(breslowDayTarone(strata).p, 1, 1e-4)
    }
  })

  it("is the same when the arms change places, and for the opposite outcome", () => {
    expect(
      exceptions((strata) => {
        const { statistic } = breslowDayTarone(strata)
        return (
          isSame(statistic, breslowDayTarone(swap(strata)).statistic) &&
          isSame(statistic, breslowDayTarone(opposite(strata)).statistic)
        )
      }, pairs),
    ).toEqual([])
  })

  it("is a statistic from 0 on with a p, never NaN or Infinity", () => {
    expect(
      exceptions((strata) => {
        const { df, p, statistic } = breslowDayTarone(strata)
        if (statistic === null) return df === null && p === null
        return statistic >= 0 && orNaN(p) > 0 && orNaN(p) <= 1 && numbersIn({ df, p, statistic }).every(Number.isFinite)
      }),
    ).toEqual([])
    expect(everything.filter((strata) => breslowDayTarone(strata).p !== null).length).toBeGreaterThan(15_000)
  })
})

describe("Heterogeneity.riskDifferenceQ", () => {
  it.for(references.mantel_haenszel)("agrees with the reference values $id", (vector) => {
    const { expected, published, published_tolerance, strata, tolerance } = vector
    const { df, p, statistic } = riskDifferenceQ(strata)
    expectClose(statistic, expected.rd_Q_homogeneity, tolerance)
    expectClose(p, expected.rd_Q_p, tolerance)
    expect(df).toBe(expected.strata - 1)
    if (published?.rd_Q === undefined || published_tolerance === undefined) return
    expectWithin(statistic, published.rd_Q, published_tolerance)
  })

  it("skips strata in which an arm is empty, or a rate is 0 or 1, but not from the common difference", () => {
    const strata = [stratum(3, 9, 5, 8), stratum(7, 11, 2, 10)]
    expect(riskDifferenceQ([...strata, stratum(0, 0, 3, 6), stratum(3, 6, 0, 0)])).toEqual(riskDifferenceQ(strata))
    const other = [...strata, stratum(6, 6, 0, 6)]
    const common = orNaN(MantelHaenszel.difference(other).estimate)
    const expected = Stratified.sum(
      Stratified.tables(strata),
      (table) => (Stratified.differenceOf(table) - common) ** 2 / Stratified.varianceOf(table),
    )
    expect(riskDifferenceQ(other).df).toBe(1)
    expectClose(riskDifferenceQ(other).statistic, expected, 1e-14)
  })

  it("does not let a stratum decide alone in which nobody of one arm converted", () => {
    // Without its part in the variance, 0 of 73 among strata that agree gave a p of 1e-160.
    const strata = [stratum(8, 100, 80, 1000), stratum(18, 100, 150, 1000)]
    const { p } = riskDifferenceQ([...strata, stratum(0, 73, 10, 3000)])
    expect(p).toBeGreaterThan(0.5)
    expect(riskDifferenceQ([...strata, stratum(0, 73, 10, 3000)]).df).toBe(1)
    expect(riskDifferenceQ([...strata, stratum(73, 73, 2990, 3000)]).df).toBe(1)
  })

  it("is undefined for fewer than two strata with a variance", () => {
    const one = [stratum(3, 9, 5, 8)]
    expect(riskDifferenceQ([])).toEqual(undefinedTest)
    expect(riskDifferenceQ(one)).toEqual(undefinedTest)
    expect(riskDifferenceQ([...one, stratum(6, 6, 0, 6)])).toEqual(undefinedTest)
    expect(singles.filter((strata) => riskDifferenceQ(strata).p !== null)).toEqual([])
  })

  it("is 0 where the differences are equal", () => {
    const { p, statistic } = riskDifferenceQ([stratum(5, 10, 2, 8), stratum(15, 20, 20, 40), stratum(3, 8, 1, 8)])
    expectWithin(statistic, 0, 1e-28)
    expectWithin(p, 1, 1e-12)
  })

  it("is the same when the arms change places, and for the opposite outcome", () => {
    expect(
      exceptions((strata) => {
        const { statistic } = riskDifferenceQ(strata)
        return (
          isSame(statistic, riskDifferenceQ(swap(strata)).statistic) &&
          isSame(statistic, riskDifferenceQ(opposite(strata)).statistic)
        )
      }, pairs),
    ).toEqual([])
  })

  it("is a statistic from 0 on with a p, never NaN or Infinity", () => {
    expect(
      exceptions((strata) => {
        const { df, p, statistic } = riskDifferenceQ(strata)
        if (statistic === null) return df === null && p === null
        return statistic >= 0 && orNaN(p) > 0 && orNaN(p) <= 1 && numbersIn({ df, p, statistic }).every(Number.isFinite)
      }),
    ).toEqual([])
    expect(riskDifferenceQ([stratum(9e8, 1e9, 1e8, 1e9), stratum(1e8, 1e9, 9e8, 1e9)]).p).toBe(Comparison.pFloor)
    expect(isClose(riskDifferenceQ([stratum(1, 2, 1, 2), stratum(1, 2, 1, 2)]).p, 1, 1e-15)).toBe(true)
  })
})
