import { Comparison, MantelHaenszel, Proportion, Sensitivity } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import vectors from "./fixtures/sensitivity.json" with { type: "json" }
import { confidences, expectClose, expectWithin, isClose, numbersIn, orNaN } from "./Reference.ts"
import { contrasts, exceptions, singles, stratum } from "./StrataFixture.ts"

const { eValue } = Sensitivity

const Pair = Schema.Tuple([Schema.Number, Schema.Number])
const Vectors = Schema.Struct({
  e_value: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      ratio: Schema.Number,
      interval: Pair,
      estimate: Schema.Number,
      limit: Schema.Number,
      tolerance: Schema.Number,
      published: Schema.optional(Pair),
      published_tolerance: Schema.optional(Schema.Number),
    }),
  ),
})

const ratio = (estimate: number | null, low: number | null, high: number | null): Comparison.Estimate => ({
  estimate,
  low,
  high,
})

const plusOne = ({ estimate, high, low }: Comparison.Estimate): Comparison.Estimate => {
  const add = (value: number | null) => (value === null ? null : value + 1)
  return ratio(add(estimate), add(low), add(high))
}

describe("Sensitivity.eValue", () => {
  it.for(Schema.decodeUnknownSync(Vectors)(vectors).e_value)("agrees with the reference values $id", (vector) => {
    const { estimate, limit } = eValue(ratio(vector.ratio, ...vector.interval))
    expectClose(estimate, vector.estimate, vector.tolerance)
    expectClose(limit, vector.limit, vector.tolerance)
    if (vector.published === undefined || vector.published_tolerance === undefined) return
    expectWithin(estimate, vector.published[0], vector.published_tolerance)
    expectWithin(limit, vector.published[1], vector.published_tolerance)
  })

  it.for(contrasts)("reproduces 12,330 shop visits: $contrast", ({ crude, mh, strata }) => {
    const lift = Comparison.lift(
      { conversions: crude.x1, sessions: crude.n1 },
      { conversions: crude.x0, sessions: crude.n0 },
    )
    const { estimate, limit } = eValue(plusOne(lift))
    expectClose(estimate, crude.e_value[0], 1e-9)
    expectClose(limit, crude.e_value[1], 1e-9)
    const adjusted = eValue(MantelHaenszel.riskRatio(strata))
    expectClose(adjusted.estimate, mh.e_value[0], 1e-9)
    expectClose(adjusted.limit, mh.e_value[1], 1e-9)
  })

  it("is the same for a ratio and its inverse", () => {
    const up = eValue(ratio(4, 2, 8))
    expect(eValue(ratio(1 / 4, 1 / 8, 1 / 2))).toEqual(up)
    expectClose(up.limit, 2 + Math.SQRT2, 1e-15)
  })

  it("is 1 for a ratio of 1, and for the limit where the interval holds 1", () => {
    expect(eValue(ratio(1, 0.5, 2))).toEqual({ estimate: 1, limit: 1 })
    expect(eValue(ratio(3, 1, 9)).limit).toBe(1)
    expect(eValue(ratio(0.3, 0.1, 1)).limit).toBe(1)
    expect(eValue(ratio(1, 0, null))).toEqual({ estimate: 1, limit: 1 })
  })

  it("is null without a ratio above 0, and for the limit without an interval", () => {
    expect(eValue(ratio(null, 5.96, null))).toEqual({ estimate: null, limit: null })
    expect(eValue(ratio(0, 0, 0.5))).toEqual({ estimate: null, limit: null })
    expect(eValue(ratio(2, null, null))).toEqual({ estimate: 2 + Math.SQRT2, limit: null })
  })

  it("is null where no double can hold it", () => {
    expect(eValue(ratio(Number.MIN_VALUE, 0, Number.MIN_VALUE))).toEqual({ estimate: null, limit: null })
    expect(eValue(ratio(1e308, 1e308, null))).toEqual({ estimate: null, limit: null })
  })

  const isAtLeastOne = (value: number | null) => value === null || (value >= 1 && Number.isFinite(value))

  it.for(confidences)("is at least 1, at most that of the estimate, and 1 where 1 is inside, at %d", (confidence) => {
    const z = Proportion.zOf(confidence)
    expect(
      exceptions(([only = stratum(0, 0, 0, 0)]) => {
        const lift = Comparison.lift(only.arm1, only.arm0, z)
        const { estimate, limit } = eValue(plusOne(lift))
        if (lift.estimate === null || lift.estimate === -1) return estimate === null && limit === null
        const holdsOne = orNaN(lift.low) <= 0 && orNaN(lift.high) >= 0
        const isOrdered = orNaN(estimate) >= orNaN(limit) && orNaN(limit) >= 1
        return isOrdered && (limit === 1) === holdsOne && numbersIn({ estimate, limit }).every(Number.isFinite)
      }, singles),
    ).toEqual([])
  })

  it("is the same when the arms change places, for every table up to n = 12", () => {
    const isSame = (a: number | null, b: number | null) => (a === null ? b === null : isClose(b, a, 1e-9))
    expect(
      exceptions(([only = stratum(0, 0, 0, 0)]) => {
        // Where the ratio is 0 its inverse is none: neither has an E-value.
        const there = eValue(plusOne(Comparison.lift(only.arm1, only.arm0)))
        const back = eValue(plusOne(Comparison.lift(only.arm0, only.arm1)))
        return isSame(there.estimate, back.estimate) && isSame(there.limit, back.limit)
      }, singles),
    ).toEqual([])
  })

  it("is at least 1 for any strata too, where there is an adjusted ratio above 0", () => {
    expect(
      exceptions((strata) => {
        const adjusted = MantelHaenszel.riskRatio(strata)
        const { estimate, limit } = eValue(adjusted)
        if (adjusted.estimate === null || adjusted.estimate === 0) return estimate === null && limit === null
        return isAtLeastOne(estimate) && isAtLeastOne(limit) && orNaN(limit ?? 1) <= (estimate ?? Infinity)
      }),
    ).toEqual([])
  })

  it("satisfies the bound that it comes from: E²/(2E − 1) is the ratio", () => {
    for (const value of [1, 1.01, 1.5, 3.9, 100]) {
      const e = orNaN(eValue(ratio(value, null, null)).estimate)
      expect(isClose(e ** 2 / (2 * e - 1), value, 1e-14)).toBe(true)
    }
  })
})
