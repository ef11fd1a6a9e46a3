import { ChiSquare, Comparison, Normal } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import vectors from "./fixtures/chi-square.json" with { type: "json" }
import normal from "./fixtures/normal.json" with { type: "json" }
import { expectClose, isClose, orNaN } from "./Reference.ts"

const reference = {
  id: Schema.String,
  x: Schema.Number,
  expected: Schema.Number,
  tolerance: Schema.Number,
  published: Schema.optional(Schema.Number),
  published_tolerance: Schema.optional(Schema.Number),
}
const Vectors = Schema.Struct({ upper_tail: Schema.Array(Schema.Struct({ ...reference, df: Schema.Int })) })
const OneDegree = Schema.Struct({ chi_square: Schema.Array(Schema.Struct(reference)) })

const references = [
  ...Schema.decodeUnknownSync(Vectors)(vectors).upper_tail,
  ...Schema.decodeUnknownSync(OneDegree)(normal).chi_square.map((vector) => ({ ...vector, df: 1 })),
]

const { testOf, undefinedTest, upperTail } = ChiSquare

describe("ChiSquare.upperTail", () => {
  it.for(references)("agrees with the reference value $id", (vector) => {
    const tail = upperTail(vector.x, vector.df)
    expectClose(tail, vector.expected, vector.tolerance)
    if (vector.published === undefined || vector.published_tolerance === undefined) return
    expectClose(tail, vector.published, vector.published_tolerance)
  })

  it("is both tails of the normal with one degree of freedom, and e^(−x/2) with two", () => {
    const xs = Array.from({ length: 1300 }, (_, index) => index)
    expect(xs.filter((x) => upperTail(x, 1) !== Normal.twoSidedP(Math.sqrt(x)))).toEqual([])
    expect(xs.filter((x) => !isClose(upperTail(x, 2), Math.exp(-x / 2), 1e-13))).toEqual([])
  })

  it("falls with x and rises with the degrees of freedom, from 1 at 0 on", () => {
    const degrees = Array.from({ length: 40 }, (_, index) => index + 1)
    const crossings = degrees.flatMap((df) =>
      Array.from({ length: 400 }, (_, index) => index / 4).filter((x) => {
        const tail = orNaN(upperTail(x, df))
        // Near 1 neighbours may differ by their rounding alone.
        const isFalling = orNaN(upperTail(x + 0.25, df)) <= tail * (1 + 1e-15)
        const isRising = orNaN(upperTail(x, df + 2)) * (1 + 1e-15) >= tail
        return !(tail > 0 && tail <= 1 && isFalling && isRising)
      }),
    )
    expect(crossings).toEqual([])
    expect(degrees.map((df) => upperTail(0, df))).toEqual(degrees.map(() => 1))
  })

  it("ends at 0 and 1, never NaN", () => {
    expect([1, 2, 3, 1000].map((df) => upperTail(Infinity, df))).toEqual([0, 0, 0, 0])
    expect([1, 2, 3, 1000].map((df) => upperTail(1e300, df))).toEqual([0, 0, 0, 0])
    expect([1, 2, 3, 1000].map((df) => upperTail(-1, df))).toEqual([1, 1, 1, 1])
    expect([1, 2, 3, 1000].map((df) => upperTail(Number.MIN_VALUE, df))).toEqual([1, 1, 1, 1])
  })

  it.for([0, -1, 1.5, NaN, Infinity])("is null with %d degrees of freedom", (df) => {
    expect(upperTail(1, df)).toBeNull()
  })

  it("goes over to 0 beyond the least positive double, where its sum ends", () => {
    const degrees = [1, 2, 3, 10, 101, 1000, 20_001]
    expect(degrees.map((df) => upperTail(8 * df + 4000, df))).toEqual(degrees.map(() => 0))
  })

  it("is null where x is no number", () => {
    expect(upperTail(NaN, 3)).toBeNull()
  })
})

describe("ChiSquare.testOf", () => {
  it("gives the statistic its p", () => {
    expect(testOf(7, 3)).toEqual({ statistic: 7, df: 3, p: upperTail(7, 3) })
    expect(testOf(0, 3)).toEqual({ statistic: 0, df: 3, p: 1 })
  })

  it("gives no p below the floor", () => {
    expect(testOf(1e6, 3)).toEqual({ statistic: 1e6, df: 3, p: Comparison.pFloor })
  })

  it("is undefined without a statistic or a degree of freedom", () => {
    const none = [testOf(null, 3), testOf(NaN, 3), testOf(Infinity, 3), testOf(1, 0), testOf(0, -1)]
    expect(none).toEqual(none.map(() => undefinedTest))
    expect(undefinedTest).toEqual({ statistic: null, df: null, p: null })
  })
})
