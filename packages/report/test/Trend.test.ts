import { Comparison, Trend } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { expectClose, expectWithin, isClose, numbersIn, orNaN } from "./Reference.ts"
import {
  type Bins,
  binsOf,
  conversionsOf,
  empty,
  exceptions,
  opposite,
  populations,
  references,
  sessionsOf,
  small,
} from "./ScoreFixture.ts"

const { cochranArmitage } = Trend

const isDefined = (bins: Bins) =>
  conversionsOf(bins) > 0 &&
  conversionsOf(bins) < sessionsOf(bins) &&
  bins.filter(({ sessions }) => sessions > 0).length > 1

describe("Trend.cochranArmitage", () => {
  it.for(references.trend)("agrees with the reference value $id", (vector) => {
    const { p, z } = cochranArmitage(binsOf(vector.groups))
    expectClose(orNaN(z) ** 2, vector.x2, vector.tolerance)
    expectClose(p, vector.p, vector.tolerance)
    // Fewer of the later groups.
    expect(z).toBeLessThan(0)
    if (vector.published === undefined || vector.published_tolerance === undefined) return
    expectWithin(orNaN(z) ** 2, vector.published[0], vector.published_tolerance)
    expectWithin(p, vector.published[1], vector.published_tolerance)
  })

  it.for(populations)("rises with the final intent score of 12,330 shop visits: $population", (row) => {
    const { p, z } = cochranArmitage(binsOf(row.groups))
    expectClose(z, row.trend_z, row.tolerance)
    expect(p).toBe(Comparison.pFloor)
  })

  it("is undefined where nobody or everybody converted, or all have the same score, and nowhere else", () => {
    expect(
      exceptions((bins) => {
        const { p, z } = cochranArmitage(bins)
        return (z !== null) === isDefined(bins) && (p !== null) === isDefined(bins)
      }),
    ).toEqual([])
    expect(cochranArmitage([])).toEqual({ z: null, p: null })
    expect(cochranArmitage([empty, { conversions: 2, sessions: 5 }])).toEqual({ z: null, p: null })
  })

  it("is never NaN or Infinity, and its p is one", () => {
    expect(
      exceptions((bins) => {
        const { p, z } = cochranArmitage(bins)
        return numbersIn(z).every(Number.isFinite) && numbersIn(p).every((value) => value > 0 && value <= 1)
      }),
    ).toEqual([])
  })

  it("changes its sign for the reversed score and the opposite outcome", () => {
    const isOpposite = (a: number | null, b: number | null) =>
      a === null || b === null ? a === b : Math.abs(a + b) <= 1e-9 * Math.max(1, Math.abs(a))
    expect(
      exceptions((bins) => {
        const { z } = cochranArmitage(bins)
        return isOpposite(z, cochranArmitage(bins.toReversed()).z) && isOpposite(z, cochranArmitage(opposite(bins)).z)
      }, small),
    ).toEqual([])
  })

  it("does not change when the score is shifted or stretched", () => {
    const shifted = (bins: Bins) => [empty, empty, ...bins]
    const stretched = (bins: Bins) => bins.flatMap((bin) => [bin, empty, empty])
    expect(
      exceptions((bins) => {
        const { z } = cochranArmitage(bins)
        const others = [cochranArmitage(shifted(bins)).z, cochranArmitage(stretched(bins)).z]
        return others.every((other) =>
          z === null ? other === null : Math.abs(orNaN(other) - z) <= 1e-9 * (1 + Math.abs(z)),
        )
      }),
    ).toEqual([])
  })

  it("is the pooled z of two scores, and exactly 0 at equal rates", () => {
    const arms = [1, 2, 5, 9].flatMap((sessions) =>
      Array.from({ length: sessions + 1 }, (_, conversions) => ({ conversions, sessions })),
    )
    const differs = arms.flatMap((arm0) =>
      arms.filter((arm1) => {
        const pooled = Comparison.pooledP(arm1, arm0)
        const { p } = cochranArmitage([arm0, arm1])
        return pooled === null ? p !== null : !isClose(p, pooled, 1e-12)
      }),
    )
    expect(differs).toEqual([])
    expect(cochranArmitage([{ conversions: 1, sessions: 3 }, empty, { conversions: 7, sessions: 21 }])).toEqual({
      z: 0,
      p: 1,
    })
  })
})
