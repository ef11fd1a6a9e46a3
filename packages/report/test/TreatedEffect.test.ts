import { Comparison, Proportion, Stratified, TreatedEffect } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { confidences, expectClose, isClose, numbersIn, orNaN } from "./Reference.ts"
import { contrasts, exceptions, pairs, references, singles, type Strata, stratum, swap } from "./StrataFixture.ts"

const { difference, incremental, isDegenerate, p, standardError } = TreatedEffect

const nothing = { estimate: null, low: null, high: null }
const sessions1 = (strata: Strata) => Stratified.total(Stratified.kept(strata)).arm1.sessions

describe("TreatedEffect", () => {
  it.for(references.mantel_haenszel)(
    "agrees with the reference values $id",
    ({ expected, level, strata, tolerance }) => {
      const z = Proportion.zOf(level)
      const { estimate, high, low } = difference(strata, z)
      expectClose(estimate, expected.rd_att, tolerance)
      expectClose(standardError(strata), expected.rd_att_se, tolerance)
      expectClose((orNaN(high) - orNaN(low)) / (2 * z), expected.rd_att_se, tolerance)
      expectClose(incremental(strata, z).estimate, expected.incremental, tolerance)
      expect(isDegenerate(strata)).toBe(false)
    },
  )

  it.for(contrasts)("reproduces 12,330 shop visits by intent band: $contrast", ({ att, strata }) => {
    const { estimate, high, low } = difference(strata)
    expectClose(estimate, att.difference, 1e-9)
    expectClose(low, att.ci[0], 1e-9)
    expectClose(high, att.ci[1], 1e-9)
    expectClose(p(strata), att.p, 1e-9)
    expectClose(incremental(strata).estimate, att.incremental, 1e-9)
  })

  it.for(confidences)("lies in its interval, at %d", (confidence) => {
    const z = Proportion.zOf(confidence)
    expect(
      exceptions((strata) =>
        [difference(strata, z), incremental(strata, z)].every(({ estimate, high, low }) =>
          low === null || high === null ? low === high : low <= orNaN(estimate) && orNaN(estimate) <= high,
        ),
      ),
    ).toEqual([])
  })

  it("is a difference of rates, never NaN or Infinity", () => {
    expect(exceptions((strata) => Math.abs(difference(strata).estimate ?? 0) <= 1)).toEqual([])
    expect(
      exceptions((strata) =>
        numbersIn([difference(strata), incremental(strata), standardError(strata), p(strata)]).every((value) =>
          Number.isFinite(value),
        ),
      ),
    ).toEqual([])
  })

  it("has nothing to say without a stratum that has both arms", () => {
    for (const strata of [[], [stratum(0, 0, 3, 7)], [stratum(3, 7, 0, 0), stratum(0, 0, 3, 7)]]) {
      expect([difference(strata), incremental(strata)]).toEqual([nothing, nothing])
      expect([standardError(strata), p(strata)]).toEqual([null, null])
      expect(isDegenerate(strata)).toBe(false)
    }
  })

  it("is a 95 % interval unless told otherwise, and a wider one at 99 %", () => {
    const z99 = Proportion.zOf(0.99)
    const strata = [stratum(30, 100, 20, 110), stratum(9, 40, 12, 35)]
    for (const of of [difference, incremental]) {
      expect(of(strata)).toEqual(of(strata, Proportion.z95))
      expect(orNaN(of(strata, z99).low)).toBeLessThan(orNaN(of(strata).low))
      expect(orNaN(of(strata, z99).high)).toBeGreaterThan(orNaN(of(strata).high))
    }
  })
})

describe("TreatedEffect.difference", () => {
  it("is the crude difference of a single stratum, and its opposite when the arms change places", () => {
    expect(
      exceptions((strata) => {
        const { estimate, high } = difference(strata)
        const swapped = difference(swap(strata))
        const [only = stratum(0, 0, 0, 0)] = strata
        const crude = Comparison.difference(only.arm1, only.arm0).estimate
        if (crude === null) return estimate === null && swapped.estimate === null
        const isOpposite = high === null ? swapped.low === null : Math.abs(high + orNaN(swapped.low)) <= 1e-14
        const isCrude = Math.abs(orNaN(estimate) - crude) <= 1e-15
        return isCrude && Math.abs(orNaN(swapped.estimate) + crude) <= 1e-15 && isOpposite
      }, singles),
    ).toEqual([])
  })

  it("weights strata with the sessions of arm 1", () => {
    const strata = [stratum(5, 10, 1, 1000), stratum(10, 90, 300, 1000)]
    expectClose(difference(strata).estimate, 0.1 * (0.5 - 0.001) + 0.9 * (1 / 9 - 0.3), 1e-14)
  })
})

describe("TreatedEffect.incremental", () => {
  it("is the difference × the sessions of arm 1 in kept strata, limits too", () => {
    expect(
      exceptions((strata) => {
        const apart = difference(strata)
        const extra = incremental(strata)
        const isTimes = (total: number | null, share: number | null) =>
          total === null || share === null
            ? total === share
            : Math.abs(total - share * sessions1(strata)) <= 1e-12 * sessions1(strata)
        return (
          isTimes(extra.estimate, apart.estimate) && isTimes(extra.low, apart.low) && isTimes(extra.high, apart.high)
        )
      }),
    ).toEqual([])
  })
})

describe("TreatedEffect.p", () => {
  it("is below 5 % exactly where the 95 % interval excludes 0", () => {
    expect(
      exceptions((strata) => {
        const { high, low } = difference(strata)
        const value = p(strata)
        if (low === null || high === null || value === null) return low === value && high === value
        return low > 0 || high < 0 ? value < 0.05 : value > 0.05
      }, pairs),
    ).toEqual([])
    expect(pairs.filter((strata) => orNaN(p(strata)) < 0.05).length).toBeGreaterThan(1000)
  })

  it("is 1 at equal rates, the same when the arms of a stratum change places, and never below the floor", () => {
    expect(p([stratum(3, 9, 1, 3)])).toBe(1)
    expect(
      exceptions(
        (strata) => p(strata) === p(swap(strata)) || isClose(p(strata), orNaN(p(swap(strata))), 1e-9),
        singles,
      ),
    ).toEqual([])
    expect(p([stratum(1e12 - 1, 1e12, 1, 1e12)])).toBe(Comparison.pFloor)
  })
})

describe("TreatedEffect.isDegenerate", () => {
  it("tells where all rates are 0 or 1, and of nothing else", () => {
    expect(isDegenerate([stratum(0, 9, 7, 7), stratum(3, 3, 4, 4)])).toBe(true)
    expect(difference([stratum(0, 9, 7, 7)])).toEqual({ estimate: -1, low: null, high: null })
    expect(incremental([stratum(0, 9, 7, 7)])).toEqual({ estimate: -9, low: null, high: null })
    expect(isDegenerate([stratum(0, 9, 7, 7), stratum(2, 3, 4, 4)])).toBe(false)
    expect(
      exceptions((strata) => {
        const isMissing = p(strata) === null || standardError(strata) === null || difference(strata).low === null
        return isDegenerate(strata) === (Stratified.kept(strata).length > 0 && isMissing)
      }),
    ).toEqual([])
  })
})
