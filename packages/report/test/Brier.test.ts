import { Brier } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { expectClose, expectWithin, numbersIn, orNaN } from "./Reference.ts"
import {
  binsOf,
  conversionsOf,
  empty,
  exceptions,
  opposite,
  populations,
  references,
  sessionsOf,
} from "./ScoreFixture.ts"

const { murphy } = Brier

describe("Brier.murphy", () => {
  it.for(references.brier)("agrees with the reference values $id", (vector) => {
    const parts = murphy(binsOf(vector.groups))
    expectClose(parts.brier, vector.brier, vector.tolerance)
    if (vector.reliability !== undefined) expectClose(parts.reliability, vector.reliability, vector.tolerance)
    if (vector.resolution !== undefined) expectClose(parts.resolution, vector.resolution, vector.tolerance)
    if (vector.uncertainty !== undefined) expectClose(parts.uncertainty, vector.uncertainty, vector.tolerance)
    if (vector.published === undefined || vector.published_tolerance === undefined) return
    expectWithin(parts.brier, vector.published, vector.published_tolerance)
  })

  it("is the mean squared distance, session by session", () => {
    expect(
      exceptions((bins) => {
        if (sessionsOf(bins) === 0 || sessionsOf(bins) > 1000) return true
        const squares = bins.flatMap(({ conversions, sessions }, score) =>
          Array.from({ length: sessions }, (_, index) => (score / 100 - (index < conversions ? 1 : 0)) ** 2),
        )
        const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length
        return Math.abs(orNaN(murphy(bins).brier) - mean) <= 1e-14
      }),
    ).toEqual([])
  })

  it("is reliability − resolution + uncertainty", () => {
    const isSum = ({ brier, reliability, resolution, uncertainty }: Brier.Brier) =>
      Math.abs(orNaN(reliability) - orNaN(resolution) + orNaN(uncertainty) - orNaN(brier)) <= 1e-14
    expect(exceptions((bins) => sessionsOf(bins) === 0 || isSum(murphy(bins)))).toEqual([])
    expect(populations.filter(({ groups }) => !isSum(murphy(binsOf(groups))))).toEqual([])
    expect(populations).toHaveLength(2)
  })

  it("has parts between 0 and 1, never NaN, and null only without a session", () => {
    expect(
      exceptions((bins) => {
        const parts = numbersIn(murphy(bins))
        return parts.every((part) => part >= 0 && part <= 1) && parts.length === (sessionsOf(bins) === 0 ? 0 : 4)
      }),
    ).toEqual([])
    expect(murphy([empty])).toEqual({ brier: null, reliability: null, resolution: null, uncertainty: null })
  })

  it("is 0 for certain scores that are right and 1 for those that are wrong", () => {
    const between = Array.from({ length: 99 }, () => empty)
    const right = [{ conversions: 0, sessions: 6 }, ...between, { conversions: 2, sessions: 2 }]
    expect(murphy(right)).toEqual({ brier: 0, reliability: 0, resolution: 0.1875, uncertainty: 0.1875 })
    expect(murphy(opposite(right))).toEqual({ brier: 1, reliability: 1, resolution: 0.1875, uncertainty: 0.1875 })
  })

  it("has no resolution where all scores have one rate", () => {
    const bins = [{ conversions: 1, sessions: 4 }, empty, { conversions: 3, sessions: 12 }]
    expect(conversionsOf(bins)).toBe(4)
    expect(murphy(bins).resolution).toBe(0)
    expect(murphy(bins).uncertainty).toBe(0.1875)
  })
})
