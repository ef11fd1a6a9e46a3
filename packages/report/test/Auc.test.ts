import { Auc, Proportion } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { confidences, expectClose, expectWithin, isClose, numbersIn, orNaN } from "./Reference.ts"
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

const { delong } = Auc

/** Both classes as lists of scores. */
const scoresOf = (bins: Bins, isConverted: boolean): ReadonlyArray<number> =>
  bins.flatMap(({ conversions, sessions }, score) =>
    Array.from({ length: isConverted ? conversions : sessions - conversions }, () => score),
  )

const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length

const variance = (values: ReadonlyArray<number>) =>
  values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1)

/** The definition, over every pair of a session that converted and one that did not. */
const byPairs = (bins: Bins) => {
  const positives = scoresOf(bins, true)
  const negatives = scoresOf(bins, false)
  const wins = (positive: number, negative: number) => (Math.sign(positive - negative) + 1) / 2
  const v10 = positives.map((positive) => mean(negatives.map((negative) => wins(positive, negative))))
  const v01 = negatives.map((negative) => mean(positives.map((positive) => wins(positive, negative))))
  return {
    estimate: mean(v10),
    error: Math.sqrt(variance(v10) / positives.length + variance(v01) / negatives.length),
  }
}

describe("Auc.delong", () => {
  it.for(references.auc)("agrees with the reference value $id", (vector) => {
    const { estimate, high, low } = delong(binsOf(vector.groups))
    expectClose(estimate, vector.estimate, vector.tolerance)
    if (vector.se !== undefined) {
      expectClose((orNaN(high) - orNaN(low)) / (2 * Proportion.z95), vector.se, vector.tolerance)
    }
    if (vector.interval !== undefined) {
      expectClose(low, vector.interval[0], vector.tolerance)
      expectClose(high, vector.interval[1], vector.tolerance)
    }
    if (vector.published === undefined || vector.published_tolerance === undefined) return
    expectWithin(estimate, vector.published, vector.published_tolerance)
  })

  it.for(populations)("reproduces the final intent score of 12,330 shop visits: $population", (row) => {
    const { estimate, high, low } = delong(binsOf(row.groups))
    expectWithin(estimate, row.auc, row.auc_tolerance)
    expectClose(low, row.interval[0], row.tolerance)
    expectClose(high, row.interval[1], row.tolerance)
  })

  it("is its definition over all pairs of sessions", () => {
    const differs = exceptions((bins) => {
      const conversions = conversionsOf(bins)
      const others = sessionsOf(bins) - conversions
      const { estimate, high, low } = delong(bins)
      if (conversions === 0 || others === 0) return estimate === null && low === null && high === null
      const pairs = byPairs(bins)
      if (!(Math.abs(orNaN(estimate) - pairs.estimate) <= 1e-14)) return false
      const isEnd = estimate === 0 || estimate === 1
      if (isEnd || conversions < 2 || others < 2 || pairs.error < 1e-12) return low === null && high === null
      const half = Proportion.z95 * pairs.error
      return (
        Math.abs(orNaN(low) - Math.max(0, pairs.estimate - half)) <= 1e-13 &&
        Math.abs(orNaN(high) - Math.min(1, pairs.estimate + half)) <= 1e-13
      )
    }, small)
    expect(differs).toEqual([])
    expect(small.filter((bins) => delong(bins).low !== null).length).toBeGreaterThan(5000)
  })

  it.for(confidences)("holds its estimate, stays in [0, 1] and is never NaN or Infinity, at %d", (confidence) => {
    const z = Proportion.zOf(confidence)
    expect(
      exceptions((bins) => {
        const { estimate, high, low } = delong(bins, z)
        if (!numbersIn({ estimate, high, low }).every((value) => value >= 0 && value <= 1)) return false
        return low === null || high === null ? low === high : low <= orNaN(estimate) && orNaN(estimate) <= high
      }),
    ).toEqual([])
  })

  it("is 1 − itself for the opposite outcome and for the reversed score", () => {
    const isMirrored = (a: number | null, b: number | null) =>
      a === null || b === null ? a === b : isClose(a + b, 1, 1e-12)
    expect(
      exceptions((bins) => {
        const { estimate, high, low } = delong(bins)
        return [delong(opposite(bins)), delong(bins.toReversed())].every(
          (other) => isMirrored(estimate, other.estimate) && isMirrored(low, other.high) && isMirrored(high, other.low),
        )
      }),
    ).toEqual([])
  })

  it("sees only the order of the scores", () => {
    const spread = (bins: Bins) => bins.flatMap((bin) => [empty, bin, empty])
    expect(exceptions((bins) => JSON.stringify(delong(bins)) === JSON.stringify(delong(spread(bins))))).toEqual([])
  })

  it("has no limits at 0 and 1, for a class of one, and where all have one score", () => {
    const all = { conversions: 3, sessions: 3 }
    const none = { conversions: 0, sessions: 3 }
    expect(delong([none, all])).toEqual({ estimate: 1, low: null, high: null })
    expect(delong([all, none])).toEqual({ estimate: 0, low: null, high: null })
    expect(delong([none, { conversions: 1, sessions: 3 }])).toEqual({ estimate: 0.8, low: null, high: null })
    expect(delong([empty, { conversions: 3, sessions: 9 }])).toEqual({ estimate: 0.5, low: null, high: null })
    expect(delong([])).toEqual({ estimate: null, low: null, high: null })
  })

  it("has no limits where it is so near 1 that it rounds to 1", () => {
    const many = 1e12
    // Of 10^24 pairs, one is the wrong way round.
    const bins = [
      { conversions: 0, sessions: many },
      { conversions: 1, sessions: 1 },
      { conversions: 0, sessions: 1 },
      { conversions: many, sessions: many },
    ]
    expect(delong(bins)).toEqual({ estimate: 1, low: null, high: null })
  })

  it("is a 95 % interval unless told otherwise, and a wider one at 99 %", () => {
    const bins = binsOf(populations[0]?.groups ?? [])
    expect(delong(bins)).toEqual(delong(bins, Proportion.z95))
    expect(orNaN(delong(bins, Proportion.zOf(0.99)).low)).toBeLessThan(orNaN(delong(bins).low))
  })
})
