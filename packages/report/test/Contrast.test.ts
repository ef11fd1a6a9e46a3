import { Arm, Comparison, Proportion, Stratified } from "@effect-elnudge/report"
import * as Contrast from "@effect-elnudge/report/Contrast"
import { describe, expect, it } from "@effect/vitest"
import * as Reference from "./Reference.ts"
import * as StrataFixture from "./StrataFixture.ts"

const { stratum } = StrataFixture
const { z95 } = Proportion

const sampleOf = (...strata: StrataFixture.Strata): Contrast.Sample => ({ all: Stratified.total(strata), strata })

const estimatedOf = (sample: Contrast.Sample, z = z95) => ({
  crude: Contrast.crude(sample, z, 0.1),
  mh: Contrast.mh(sample, z),
  att: Contrast.att(sample, z),
})

/** Which estimates of the strata carry a warning. */
const estimatesWith = (warning: string, sample: Contrast.Sample) =>
  Object.entries(estimatedOf(sample)).flatMap(([name, { warnings }]) =>
    warnings.some((each) => each === warning) ? [name] : [],
  )

const adjusted = ["mh", "att"]

describe("Contrast.contrasts", () => {
  it("are V, E and I, none with an arm on both sides", () => {
    const arms = Contrast.contrasts.map(({ arm0, arm1, name }) => [name, arm1.arms, arm0.arms])
    expect(arms).toEqual([
      ["V", ["interacted"], ["unnudged", "shown_only"]],
      ["E", ["shown_only", "interacted", "unknown"], ["unnudged"]],
      ["I", ["interacted"], ["shown_only"]],
    ])
  })

  it("need details where nudged sessions are told apart", () => {
    const nudged = Arm.arms.filter((arm) => arm !== "unnudged")
    for (const { arm1, needsDetails } of Contrast.contrasts) {
      expect(needsDetails).toBe(!nudged.every((arm) => arm1.arms.includes(arm)))
    }
  })
})

describe("the estimates of a contrast", () => {
  it.for(StrataFixture.contrasts)("of 12,330 shop visits are the reference values: $contrast", (expected) => {
    const { crude: counts, strata } = expected
    const { att, crude, mh } = estimatedOf(sampleOf(...strata))
    const arm1 = { conversions: counts.x1, sessions: counts.n1 }
    const arm0 = { conversions: counts.x0, sessions: counts.n0 }
    const difference = Comparison.difference(arm1, arm0)
    const lift = Comparison.lift(arm1, arm0)
    const interval1 = Proportion.wilson(counts.x1, counts.n1)
    const interval0 = Proportion.wilson(counts.x0, counts.n0)
    expect(crude.numbers).toMatchObject({
      sessions_1: counts.n1,
      conversions_1: counts.x1,
      rate_1: counts.x1 / counts.n1,
      rate_1_low: interval1.low,
      rate_1_high: interval1.high,
      sessions_0: counts.n0,
      conversions_0: counts.x0,
      rate_0: counts.x0 / counts.n0,
      rate_0_low: interval0.low,
      rate_0_high: interval0.high,
      difference: difference.estimate,
      difference_low: difference.low,
      difference_high: difference.high,
      lift: lift.estimate,
      lift_low: lift.low,
      lift_high: lift.high,
      p: Comparison.pooledP(arm1, arm0),
    })
    const pairs: ReadonlyArray<readonly [number | null, number]> = [
      [crude.numbers.e_value, counts.e_value[0]],
      [crude.numbers.e_value_limit, counts.e_value[1]],
      [crude.numbers.incremental_conversions, counts.n1 * Reference.orNaN(difference.estimate)],
      [crude.numbers.incremental_low, counts.n1 * Reference.orNaN(difference.low)],
      [crude.numbers.incremental_high, counts.n1 * Reference.orNaN(difference.high)],
      [mh.numbers.difference, expected.mh.difference],
      [mh.numbers.difference_low, expected.mh.ci[0]],
      [mh.numbers.difference_high, expected.mh.ci[1]],
      [mh.numbers.lift, expected.mh.rr - 1],
      [mh.numbers.lift_low, expected.mh.rr_ci[0] - 1],
      [mh.numbers.lift_high, expected.mh.rr_ci[1] - 1],
      [mh.numbers.odds_ratio, expected.mh.or_mh],
      [mh.numbers.p, expected.mh.p_cmh],
      [mh.numbers.heterogeneity_p, expected.mh.p_tarone],
      [mh.numbers.e_value, expected.mh.e_value[0]],
      [mh.numbers.e_value_limit, expected.mh.e_value[1]],
      [att.numbers.difference, expected.att.difference],
      [att.numbers.difference_low, expected.att.ci[0]],
      [att.numbers.difference_high, expected.att.ci[1]],
      [att.numbers.p, expected.att.p],
    ]
    for (const [actual, reference] of pairs) Reference.expectClose(actual, reference, 1e-9)
  })

  it("leave out what they do not define", () => {
    const sample = sampleOf(stratum(10, 40, 5, 50), stratum(20, 40, 10, 30))
    const namesOf = (numbers: Contrast.Numbers) =>
      Object.entries(numbers).flatMap(([name, value]) => (value === null ? [] : [name]))
    const counts = ["sessions_1", "conversions_1", "sessions_0", "conversions_0"]
    const limits = (name: string) => [`${name}_low`, `${name}_high`]
    const estimate = (name: string) => [name, ...limits(name)]
    const common = [...counts, ...estimate("difference"), "p"]
    const incremental = ["incremental_conversions", ...limits("incremental")]
    const eValue = ["e_value", "e_value_limit"]
    const strata = ["strata", "strata_used", "coverage"]
    const { att, crude, mh } = estimatedOf(sample)
    expect(new Set(namesOf(crude.numbers))).toEqual(
      new Set([
        ...common,
        ...["rate_1", "rate_0", "lift"].flatMap(estimate),
        ...incremental,
        ...eValue,
        "sessions_needed",
      ]),
    )
    expect(new Set(namesOf(mh.numbers))).toEqual(
      new Set([
        ...common,
        ...["lift", "odds_ratio"].flatMap(estimate),
        ...strata,
        ...eValue,
        "heterogeneity_p",
        "rd_q_p",
      ]),
    )
    expect(new Set(namesOf(att.numbers))).toEqual(new Set([...common, ...strata]))
  })

  it("have narrower intervals where less confidence is asked for", () => {
    const sample = sampleOf(stratum(10, 40, 5, 50), stratum(20, 40, 10, 30))
    const [wide, narrow] = [z95, Proportion.zOf(0.5)].map((z) => estimatedOf(sample, z))
    const names = ["rate_1", "rate_0", "difference", "lift", "odds_ratio", "incremental"] as const
    const lowsOf = (estimated: typeof wide) =>
      Object.values(estimated ?? {}).flatMap(({ numbers }) => names.map((name) => numbers[`${name}_low`]))
    const pairs = lowsOf(wide).map((low, index) => ({ low, narrow: lowsOf(narrow)[index] }))
    const defined = pairs.filter(({ low }) => low !== null)
    // crude: all but the odds ratio · mh: difference, lift, odds ratio · att: difference
    expect(defined).toHaveLength(5 + 3 + 1)
    for (const { low, narrow } of defined) expect(narrow).toBeGreaterThan(Reference.orNaN(low))
  })

  it("say how many sessions the smaller arm still needs to see the difference that matters", () => {
    const needed = (mde: number) =>
      Contrast.crude(sampleOf(stratum(60, 400, 100, 1000)), z95, mde).numbers.sessions_needed
    // Fleiss' formula with Python's statistics.NormalDist, from 0.1: 14750.79 to see 0.11, 685.60 to see 0.15, 61.60 to
    // see 0.3.
    expect(needed(0.1)).toBe(14_751 - 400)
    expect(needed(0.5)).toBe(686 - 400)
    expect(needed(2)).toBe(0)
    const sample = sampleOf(stratum(60, 400, 100, 1000))
    expect(Contrast.crude(sample, Proportion.zOf(0.8), 0.1).numbers.sessions_needed).toBeLessThan(14_351)
  })

  it("hold finite numbers only, whatever the strata", () => {
    const isFinite = (strata: StrataFixture.Strata) =>
      Reference.numbersIn(Object.values(estimatedOf(sampleOf(...strata)))).every(Number.isFinite)
    expect(StrataFixture.exceptions(isFinite, StrataFixture.pairs)).toEqual([])
    expect(StrataFixture.exceptions(isFinite, StrataFixture.extremes)).toEqual([])
  })
})

describe("the warnings of an estimate", () => {
  it("name the sizes of both arms, and a comparison arm in which nobody converted", () => {
    const { att, crude, mh } = estimatedOf(sampleOf(stratum(6, 20, 0, 600)))
    expect(new Set(crude.warnings)).toEqual(new Set(["LOW_N", "SMALL_COUNT", "ZERO_BASELINE"]))
    expect(crude.numbers).toMatchObject({ lift: null, lift_high: null, e_value: null, sessions_needed: null })
    expect(crude.numbers.lift_low).toBeGreaterThan(0)
    expect(mh.warnings).toContain("ZERO_BASELINE")
    expect(att.warnings).toContain("ZERO_BASELINE")
    expect(mh.numbers.lift).toBeNull()
    expect(estimatesWith("ZERO_BASELINE", sampleOf(stratum(6, 20, 1, 600)))).toEqual([])
    expect(estimatesWith("ZERO_BASELINE", sampleOf(stratum(6, 20, 0, 0)))).toEqual([])
    expect(Contrast.crude(sampleOf(stratum(30, 200, 60, 600)), z95, 0.1).warnings).toEqual(["DIRECTIONAL"])
  })

  it("are of the counts that the estimate takes in", () => {
    const sample = sampleOf(stratum(30, 90, 200, 900), stratum(20, 60, 0, 0))
    expect(estimatesWith("LOW_N", sample)).toEqual(adjusted)
    expect(estimatesWith("DIRECTIONAL", sample)).toEqual(["crude"])
    expect(estimatesWith("EMPTY_ARM", sampleOf(stratum(3, 9, 0, 0), stratum(0, 0, 3, 9)))).toEqual(adjusted)
  })

  it("say NO_OVERLAP under 80 % of arm 1", () => {
    expect(estimatesWith("NO_OVERLAP", sampleOf(stratum(2, 80, 2, 80), stratum(2, 20, 0, 0)))).toEqual([])
    expect(estimatesWith("NO_OVERLAP", sampleOf(stratum(2, 79, 2, 80), stratum(2, 20, 0, 0)))).toEqual(adjusted)
    const { all } = sampleOf(stratum(2, 80, 2, 80), stratum(2, 21, 0, 0))
    // Scores outside 0–100 are in no stratum, but in arm 1.
    expect(estimatesWith("NO_OVERLAP", { all, strata: [stratum(2, 80, 2, 80)] })).toEqual(adjusted)
    expect(estimatesWith("NO_OVERLAP", sampleOf(stratum(0, 0, 2, 80)))).toEqual([])
  })

  it("say HETEROGENEOUS of what is common to strata that contradict each other", () => {
    const sample = sampleOf(stratum(150, 500, 50, 500), stratum(50, 500, 150, 500))
    expect(estimatesWith("HETEROGENEOUS", sample)).toEqual(["mh"])
    expect(estimatesWith("HETEROGENEOUS", sampleOf(stratum(60, 500, 50, 500), stratum(150, 500, 130, 500)))).toEqual([])
  })

  it("say HETEROGENEOUS where the odds ratios differ, not where only the differences do", () => {
    const sameOdds = sampleOf(stratum(20, 1000, 10, 1000), stratum(574, 1000, 400, 1000))
    expect(Contrast.mh(sameOdds, z95).numbers.heterogeneity_p).toBeGreaterThan(0.5)
    expect(Contrast.mh(sameOdds, z95).numbers.rd_q_p).toBeLessThan(0.001)
    expect(estimatesWith("HETEROGENEOUS", sameOdds)).toEqual([])
    const sameDifference = sampleOf(stratum(30, 1000, 10, 1000), stratum(520, 1000, 500, 1000))
    expect(Contrast.mh(sameDifference, z95).numbers.heterogeneity_p).toBeLessThan(0.05)
    expect(Contrast.mh(sameDifference, z95).numbers.rd_q_p).toBeGreaterThan(0.5)
    expect(estimatesWith("HETEROGENEOUS", sameDifference)).toEqual(["mh"])
  })

  it("say SPARSE of att where over a tenth of arm 1 is where an arm's rate is 0 or 1", () => {
    const kept = stratum(20, 90, 20, 90)
    expect(estimatesWith("SPARSE", sampleOf(kept, stratum(2, 10, 0, 50)))).toEqual([])
    expect(estimatesWith("SPARSE", sampleOf(stratum(20, 89, 20, 90), stratum(2, 10, 0, 50)))).toEqual(["att"])
    expect(estimatesWith("SPARSE", sampleOf(stratum(20, 89, 20, 90), stratum(2, 10, 50, 50)))).toEqual(["att"])
    // A band that the other arm has nobody in is not compared at all.
    expect(estimatesWith("SPARSE", sampleOf(kept, stratum(50, 100, 0, 0)))).toEqual([])
  })

  it("say POST_TREATMENT_SCORE of every adjusted estimate, one of nothing too", () => {
    expect(estimatesWith("POST_TREATMENT_SCORE", sampleOf(stratum(5, 10, 4, 10)))).toEqual(adjusted)
    expect(estimatesWith("POST_TREATMENT_SCORE", sampleOf())).toEqual(adjusted)
  })

  it("say DEGENERATE exactly where both arms have sessions and p or a limit is undefined for want of a variance", () => {
    const isSaid = (strata: StrataFixture.Strata) => {
      const { att, crude, mh } = estimatedOf(sampleOf(...strata))
      const isOpen = ({ numbers }: Contrast.Estimated) => numbers.sessions_1 > 0 && numbers.sessions_0 > 0
      const { difference_low, lift_low, odds_ratio_low, p } = mh.numbers
      const lacks = {
        crude: isOpen(crude) && crude.numbers.p === null,
        mh: isOpen(mh) && [difference_low, lift_low, odds_ratio_low, p].includes(null),
        att: isOpen(att) && att.numbers.difference_low === null,
      }
      const expected = Object.entries(lacks).flatMap(([name, isLacking]) => (isLacking ? [name] : []))
      return String(estimatesWith("DEGENERATE", sampleOf(...strata))) === String(expected)
    }
    expect(StrataFixture.exceptions(isSaid, StrataFixture.pairs.slice(0, 6000))).toEqual([])
    expect(estimatesWith("DEGENERATE", sampleOf(stratum(7, 7, 7, 7)))).toEqual(["crude", "mh", "att"])
  })

  it("say P_FLOOR where p is too small to be told", () => {
    expect(estimatesWith("P_FLOOR", sampleOf(stratum(2000, 2000, 10, 2000)))).toEqual(["crude", "mh", "att"])
    expect(estimatesWith("P_FLOOR", sampleOf(stratum(20, 2000, 10, 2000)))).toEqual([])
    // Strata that cancel out: nothing in common, and nothing more different.
    const opposites = sampleOf(stratum(1900, 2000, 100, 2000), stratum(100, 2000, 1900, 2000))
    expect(Contrast.mh(opposites, z95).numbers).toMatchObject({ p: 1, heterogeneity_p: Comparison.pFloor })
    expect(estimatesWith("P_FLOOR", opposites)).toEqual(["mh"])
  })
})
