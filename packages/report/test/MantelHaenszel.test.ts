import {
  Comparison,
  MantelHaenszel,
  MultipleTesting,
  Proportion,
  Stratified,
  TreatedEffect,
} from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { confidences, expectClose, expectWithin, isClose, numbersIn, orNaN } from "./Reference.ts"
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

const { cochranMantelHaenszel, difference, isDegenerate, lift, oddsRatio, riskRatio } = MantelHaenszel

const nothing = { estimate: null, low: null, high: null }

const keepsAny = (strata: Strata) => Stratified.kept(strata).length > 0

/** Holds its estimate, where it has limits; an upper limit may be beyond all doubles. */
const holds = ({ estimate, high, low }: Comparison.Estimate): boolean =>
  low === null ? high === null : low <= orNaN(estimate) && (high === null || orNaN(estimate) <= high)

/** Both null, or one the inverse of the other. */
const isInverse = (a: number | null, b: number | null): boolean =>
  a === null || b === null ? a === b : isClose(a * b, 1, 1e-9)

const isRatioInverted = (a: Comparison.Estimate, b: Comparison.Estimate): boolean => {
  if (a.estimate === null || a.estimate === 0) return a.low === null && b.low === null && !(orNaN(b.estimate) > 0)
  return isInverse(a.estimate, b.estimate) && (a.high === null || b.high === null || isInverse(a.low, b.high))
}

describe("the Mantel–Haenszel estimates", () => {
  it.for(references.mantel_haenszel)("agree with the reference values $id", (vector) => {
    const { expected, published, published_tolerance, strata, tolerance } = vector
    const z = Proportion.zOf(vector.level)
    const apart = difference(strata, z)
    const ratio = riskRatio(strata, z)
    const relative = lift(strata, z)
    const odds = oddsRatio(strata, z)
    const test = cochranMantelHaenszel(strata)
    const error = (orNaN(apart.high) - orNaN(apart.low)) / (2 * z)
    const logError = Math.log(orNaN(ratio.high) / orNaN(ratio.low)) / (2 * z)
    expectClose(apart.estimate, expected.rd, tolerance)
    expectClose(error, expected.rd_se_sato, tolerance)
    expectClose(apart.low, expected.rd_ci_sato[0], tolerance)
    expectClose(apart.high, expected.rd_ci_sato[1], tolerance)
    expectClose(ratio.estimate, expected.rr, tolerance)
    expectClose(logError, expected.log_rr_se, tolerance)
    expectClose(ratio.low, expected.rr_ci[0], tolerance)
    expectClose(ratio.high, expected.rr_ci[1], tolerance)
    expectClose(relative.estimate, expected.rr - 1, tolerance)
    expectClose(relative.low, expected.rr_ci[0] - 1, tolerance)
    expectClose(relative.high, expected.rr_ci[1] - 1, tolerance)
    expectClose(odds.estimate, expected.or_mh, tolerance)
    expectClose(test.statistic, expected.cmh_x2, tolerance)
    expectClose(test.p, expected.cmh_p, tolerance)
    expect(test.df).toBe(1)
    expect(isDegenerate(strata)).toBe(false)
    if (published === undefined || published_tolerance === undefined) return
    const printed: ReadonlyArray<readonly [number | null, number | undefined]> = [
      [apart.estimate, published.rd],
      [apart.low, published.rd_ci?.[0]],
      [apart.high, published.rd_ci?.[1]],
      [orNaN(apart.estimate) / error, published.rd_z],
      [ratio.estimate, published.rr],
      [ratio.low, published.rr_ci?.[0]],
      [ratio.high, published.rr_ci?.[1]],
      [Math.log(orNaN(ratio.estimate)) / logError, published.log_rr_z],
      [odds.estimate, published.or_mh],
      [odds.low, published.or_ci?.[0]],
      [odds.high, published.or_ci?.[1]],
      [test.statistic, published.cmh_x2],
      [test.p, published.cmh_p],
    ]
    const far = printed.filter(
      ([actual, figure]) => figure !== undefined && !(Math.abs(orNaN(actual) - figure) <= published_tolerance),
    )
    expect(far).toEqual([])
  })

  it.for(contrasts)("reproduce 12,330 shop visits by intent band: $contrast", ({ mh, strata }) => {
    const apart = difference(strata)
    const ratio = riskRatio(strata)
    expectClose(apart.estimate, mh.difference, 1e-9)
    expectClose(apart.low, mh.ci[0], 1e-9)
    expectClose(apart.high, mh.ci[1], 1e-9)
    expectClose(ratio.estimate, mh.rr, 1e-9)
    expectClose(ratio.low, mh.rr_ci[0], 1e-9)
    expectClose(ratio.high, mh.rr_ci[1], 1e-9)
    expectClose(oddsRatio(strata).estimate, mh.or_mh, 1e-9)
    expectClose(cochranMantelHaenszel(strata).p, mh.p_cmh, 1e-9)
    expect(Stratified.coverage(strata)).toBe(1)
  })

  it("give the three contrasts of 12,330 shop visits the q of their reference", () => {
    const qs = MultipleTesting.benjaminiHochberg(contrasts.map(({ strata }) => cochranMantelHaenszel(strata).p))
    expect(contrasts.map(({ contrast }) => contrast)).toEqual(["V", "E", "I"])
    for (const [index, { mh }] of contrasts.entries()) expectClose(qs[index], mh.q, 1e-9)
  })

  it("reverse the admissions of Berkeley: more men than women overall, fewer within departments", () => {
    const admissions = references.mantel_haenszel.find(({ id }) => id === "mh-ucb")?.strata ?? []
    const { arm0, arm1 } = Stratified.total(admissions)
    expectWithin(Comparison.difference(arm1, arm0).estimate, 0.1416, 5e-5)
    expectWithin(difference(admissions).estimate, -0.0184, 5e-5)
    expectWithin(TreatedEffect.difference(admissions).estimate, -0.071, 5e-5)
  })

  it("have nothing to say without a stratum that has both arms", () => {
    const empty = exceptions(keepsAny)
    const undefinedTest = { statistic: null, df: null, p: null }
    expect(empty.length).toBeGreaterThan(180)
    expect(
      empty.filter((strata) => [difference, lift, riskRatio, oddsRatio].some((of) => of(strata).estimate !== null)),
    ).toEqual([])
    expect(empty.filter(isDegenerate)).toEqual([])
    for (const of of [difference, lift, riskRatio, oddsRatio]) expect(of([])).toEqual(nothing)
    expect(cochranMantelHaenszel([])).toEqual(undefinedTest)
  })

  it("are never NaN or Infinity", () => {
    expect(everything.length).toBeGreaterThan(38_000)
    expect(
      exceptions((strata) =>
        numbersIn([
          difference(strata),
          lift(strata),
          riskRatio(strata),
          oddsRatio(strata),
          cochranMantelHaenszel(strata),
        ]).every((value) => Number.isFinite(value)),
      ),
    ).toEqual([])
  })

  it.for(confidences)("lie in their intervals, and these in their range, at %d", (confidence) => {
    const z = Proportion.zOf(confidence)
    const isFrom = (least: number, { low }: Comparison.Estimate) => low === null || low >= least
    expect(
      exceptions((strata) => {
        const apart = difference(strata, z)
        const relative = lift(strata, z)
        const ratios = [riskRatio(strata, z), oddsRatio(strata, z)]
        return (
          [apart, relative, ...ratios].every(holds) &&
          isFrom(-1, apart) &&
          (apart.high === null || apart.high <= 1) &&
          isFrom(-1, relative) &&
          ratios.every((ratio) => isFrom(0, ratio))
        )
      }),
    ).toEqual([])
  })

  it("are 95 % intervals unless told otherwise, and wider ones at 99 %", () => {
    const z99 = Proportion.zOf(0.99)
    const strata = [stratum(30, 100, 20, 110), stratum(9, 40, 12, 35)]
    for (const of of [difference, lift, riskRatio, oddsRatio]) {
      expect(of(strata)).toEqual(of(strata, Proportion.z95))
      expect(orNaN(of(strata, z99).low)).toBeLessThan(orNaN(of(strata).low))
      expect(orNaN(of(strata, z99).high)).toBeGreaterThan(orNaN(of(strata).high))
    }
  })

  it.for(confidences)(
    "have one direction, and intervals that never exclude 0 on opposite sides, at %d",
    (confidence) => {
      const z = Proportion.zOf(confidence)
      const side = ({ high, low }: Comparison.Estimate, none: number) => {
        if (low !== null && low > none) return 1
        return high !== null && high < none ? -1 : 0
      }
      const isOneSided = (sides: ReadonlyArray<number>) => !(sides.includes(1) && sides.includes(-1))
      const sidesOf = (strata: Strata) => [
        side(difference(strata, z), 0),
        side(lift(strata, z), 0),
        side(oddsRatio(strata, z), 1),
      ]
      // Where the arms are equal, the three sums may miss their 0 by a rounding.
      const directionOf = (distance: number) => (Math.abs(distance) <= 1e-12 ? 0 : Math.sign(distance))
      const isOneDirection = (strata: Strata) =>
        isOneSided([
          directionOf(difference(strata).estimate ?? 0),
          directionOf(lift(strata).estimate ?? 0),
          directionOf((oddsRatio(strata).estimate ?? 1) - 1),
        ])
      expect(exceptions((strata) => isOneSided(sidesOf(strata)) && isOneDirection(strata))).toEqual([])
      expect(pairs.filter((strata) => !sidesOf(strata).includes(0)).length).toBeGreaterThan(500)
    },
  )
})

describe("MantelHaenszel.difference", () => {
  it("is the crude difference of a single stratum, with the unpooled variance", () => {
    expect(
      exceptions(([only]) => {
        if (only === undefined || !keepsAny([only])) return true
        const { arm0, arm1 } = only
        const { estimate, high } = difference([only])
        const p1 = arm1.conversions / arm1.sessions
        const p0 = arm0.conversions / arm0.sessions
        const variance = (p1 * (1 - p1)) / arm1.sessions + (p0 * (1 - p0)) / arm0.sessions
        const limit = Math.min(1, p1 - p0 + Proportion.z95 * Math.sqrt(variance))
        const isEstimate = Math.abs(orNaN(estimate) - (p1 - p0)) <= 1e-15
        return isEstimate && (variance === 0 ? high === null : Math.abs(orNaN(high) - limit) <= 1e-14)
      }, singles),
    ).toEqual([])
  })

  it("changes its sign when the arms change places", () => {
    const isOpposite = (a: number | null, b: number | null) =>
      a === null || b === null ? a === b : Math.abs(a + b) <= 1e-12
    expect(
      exceptions((strata) => {
        const { estimate, high, low } = difference(strata)
        const swapped = difference(swap(strata))
        return isOpposite(estimate, swapped.estimate) && isOpposite(low, swapped.high) && isOpposite(high, swapped.low)
      }),
    ).toEqual([])
  })

  it("has the sign of variance that Sato's published form has in whole numbers, so limits where it is above 0", () => {
    const satoSign = (strata: Strata): bigint => {
      const kept = Stratified.kept(strata)
      const scale = kept.reduce((all, { arm0, arm1 }) => all * BigInt(arm1.sessions + arm0.sessions), 1n)
      let [apart, weights, p, q] = [0n, 0n, 0n, 0n]
      for (const { arm0, arm1 } of kept) {
        const [x1, n1] = [BigInt(arm1.conversions), BigInt(arm1.sessions)]
        const [x0, n0] = [BigInt(arm0.conversions), BigInt(arm0.sessions)]
        const share = scale / (n1 + n0)
        apart += (x1 * n0 - x0 * n1) * share
        weights += n1 * n0 * share
        p += (2n * (n1 * n1 * x0 - n0 * n0 * x1) + n1 * n0 * (n0 - n1)) * share * share
        q += (x1 * (n0 - x0) + x0 * (n1 - x1)) * share
      }
      return apart * p + weights * q * scale
    }
    const isSame = (strata: Strata) => (difference(strata).low === null) === satoSign(strata) <= 0n
    expect(exceptions(isSame, [...singles, ...pairs])).toEqual([])
    expect(pairs.filter((strata) => keepsAny(strata) && satoSign(strata) <= 0n).length).toBeGreaterThan(20)
  })
})

describe("MantelHaenszel.riskRatio and MantelHaenszel.oddsRatio", () => {
  it.for(references.odds_ratio)("agree with the reference value $id", (vector) => {
    const { estimate, high, low } = oddsRatio(vector.strata)
    expectClose(estimate, vector.estimate, vector.tolerance)
    expectClose(low, vector.interval[0], vector.tolerance)
    expectClose(high, vector.interval[1], vector.tolerance)
  })

  it("are the crude ratios of a single stratum", () => {
    expect(
      exceptions(([only]) => {
        if (only === undefined || !keepsAny([only])) return true
        const { arm0, arm1 } = only
        const [y1, y0] = [arm1.sessions - arm1.conversions, arm0.sessions - arm0.conversions]
        const risk = riskRatio([only]).estimate
        const odds = oddsRatio([only]).estimate
        const crude = Comparison.lift(arm1, arm0).estimate
        const isRisk = crude === null ? risk === null : Math.abs(orNaN(risk) - 1 - crude) <= 1e-14
        if (arm0.conversions * y1 === 0) return isRisk && odds === null
        return isRisk && isClose(odds, (arm1.conversions * y0) / (arm0.conversions * y1), 1e-14)
      }, singles),
    ).toEqual([])
  })

  it("are the inverse ratios when the arms change places", () => {
    expect(
      exceptions(
        (strata) =>
          isRatioInverted(riskRatio(strata), riskRatio(swap(strata))) &&
          isRatioInverted(oddsRatio(strata), oddsRatio(swap(strata))),
      ),
    ).toEqual([])
  })

  it("have no limits at 0 and no estimate without conversions in arm 0", () => {
    const never1 = [stratum(0, 9, 2, 8), stratum(0, 3, 1, 4)]
    expect([riskRatio(never1), oddsRatio(never1)].map(({ estimate }) => estimate)).toEqual([0, 0])
    expect([riskRatio(never1), oddsRatio(never1)].map(({ high, low }) => ({ high, low }))).toEqual([
      { high: null, low: null },
      { high: null, low: null },
    ])
    expect(lift(never1)).toEqual({ estimate: -1, low: null, high: null })
    expect([lift(swap(never1)), oddsRatio(swap(never1))]).toEqual([nothing, nothing])
  })

  it("have no limits where everybody converted, the variance of the risk ratio being 0", () => {
    const always = [stratum(9, 9, 7, 7), stratum(3, 3, 4, 4)]
    expect(riskRatio(always)).toEqual({ estimate: 1, low: null, high: null })
    expect(lift(always)).toEqual({ estimate: 0, low: null, high: null })
    expect(oddsRatio(always)).toEqual(nothing)
  })

  it("have no upper limit where no double can hold it", () => {
    const { estimate, high, low } = riskRatio([stratum(1, 1e9, 0, 1), stratum(0, 1, 1, 1e9)])
    expectClose(estimate, 1, 1e-12)
    expect({ low, high }).toEqual({ low: 0, high: null })
  })
})

describe("MantelHaenszel.cochranMantelHaenszel", () => {
  it("is the pooled z² of a single stratum, by n − 1 for n", () => {
    expect(
      exceptions(([only]) => {
        if (only === undefined) return true
        const { arm0, arm1 } = only
        const { p, statistic } = cochranMantelHaenszel([only])
        if (Comparison.pooledP(arm1, arm0) === null) return p === null && statistic === null
        const all = arm1.sessions + arm0.sessions
        const conversions = arm1.conversions + arm0.conversions
        const cross = arm1.conversions * arm0.sessions - arm0.conversions * arm1.sessions
        const pooled = (cross ** 2 * all) / (arm1.sessions * arm0.sessions * conversions * (all - conversions))
        return isClose(statistic, (pooled * (all - 1)) / all, 1e-13)
      }, singles),
    ).toEqual([])
  })

  it("is the same when the arms change places, and exactly 0 at equal rates", () => {
    expect(
      exceptions((strata) => cochranMantelHaenszel(strata).p === cochranMantelHaenszel(swap(strata)).p, pairs),
    ).toEqual([])
    expect(cochranMantelHaenszel([stratum(3, 9, 1, 3), stratum(2, 14, 1, 7)])).toEqual({ statistic: 0, df: 1, p: 1 })
  })

  it("gives no p below the floor", () => {
    expect(cochranMantelHaenszel([stratum(1e12, 1e12, 0, 1e12)]).p).toBe(Comparison.pFloor)
  })
})

describe("MantelHaenszel.isDegenerate", () => {
  it.for([
    { name: "nobody converted", strata: [stratum(0, 9, 0, 7), stratum(0, 3, 0, 4)] },
    { name: "everybody converted", strata: [stratum(9, 9, 7, 7), stratum(3, 3, 4, 4)] },
    { name: "all of arm 1 and none of arm 0 converted", strata: [stratum(9, 9, 0, 7), stratum(3, 3, 0, 4)] },
    { name: "nobody in arm 0 converted", strata: [stratum(2, 9, 0, 7), stratum(1, 3, 0, 4)] },
    { name: "nobody in arm 1 converted", strata: [stratum(0, 9, 2, 7), stratum(0, 3, 1, 4)] },
    { name: "everybody in arm 1 converted", strata: [stratum(9, 9, 2, 7), stratum(3, 3, 1, 4)] },
  ])("tells where $name", ({ strata }) => {
    expect(isDegenerate(strata)).toBe(true)
  })

  it("tells of nothing else", () => {
    expect(isDegenerate([stratum(2, 9, 3, 7)])).toBe(false)
    expect(isDegenerate([stratum(2, 9, 3, 7), stratum(0, 9, 0, 7)])).toBe(false)
    expect(isDegenerate([stratum(0, 0, 3, 7)])).toBe(false)
  })

  it("tells exactly where limits or p are missing", () => {
    const isMissing = (strata: Strata) =>
      numbersIn([difference(strata).low, riskRatio(strata).low, oddsRatio(strata).low, cochranMantelHaenszel(strata).p])
        .length < 4
    expect(exceptions((strata) => isDegenerate(strata) === (keepsAny(strata) && isMissing(strata)))).toEqual([])
  })
})
