import { Normal, Proportion } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import vectors from "./fixtures/normal.json" with { type: "json" }

const reference = {
  id: Schema.String,
  expected: Schema.Number,
  tolerance: Schema.Number,
  published: Schema.optional(Schema.Number),
  published_tolerance: Schema.optional(Schema.Number),
}
const Vectors = Schema.Struct({
  quantile: Schema.Array(Schema.Struct({ ...reference, p: Schema.Number })),
  chi_square: Schema.Array(Schema.Struct({ ...reference, x: Schema.Number })),
  upper_tail: Schema.Array(Schema.Struct({ ...reference, z: Schema.Number })),
})
const { chi_square, quantile, upper_tail } = Schema.decodeUnknownSync(Vectors)(vectors)

/** Relative, absolute at 0. A null or NaN is never close. */
const expectClose = (actual: number | null, expected: number, tolerance: number) => {
  const scale = expected === 0 ? 1 : Math.abs(expected)
  expect(Math.abs((actual ?? NaN) - expected)).toBeLessThanOrEqual(tolerance * scale)
}

const expectReference = (actual: number | null, vector: (typeof quantile)[number] | (typeof chi_square)[number]) => {
  expectClose(actual, vector.expected, vector.tolerance)
  if (vector.published === undefined || vector.published_tolerance === undefined) return
  expectClose(actual, vector.published, vector.published_tolerance)
}

const range = (from: number, to: number, step: number): ReadonlyArray<number> =>
  Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step)

describe("Normal.quantile", () => {
  it.for(quantile)("agrees with the reference value $id", (vector) => {
    expectReference(Normal.quantile(vector.p), vector)
  })

  it.for([0, 1, -0.1, 1.1, NaN, Infinity, -Infinity])("is null at %d, where there is no quantile", (p) => {
    expect(Normal.quantile(p)).toBeNull()
  })

  it("mirrors itself around one half", () => {
    expect(Normal.quantile(0.5)).toBe(0)
    for (const p of range(1 / 1024, 511 / 1024, 1 / 1024)) {
      expect(Normal.quantile(1 - p), `p = ${p}`).toBe(-(Normal.quantile(p) ?? NaN))
    }
  })

  it("rises with p, across the joints of its three formulas too", () => {
    const zs = range(-30, -0.01, 0.01).map((exponent) => Normal.quantile(10 ** exponent) ?? NaN)
    expect(zs).toHaveLength(3000)
    expect(zs.filter((z, index) => index > 0 && !(z > (zs[index - 1] ?? NaN)))).toEqual([])
  })

  it("undoes the upper tail", () => {
    for (const z of range(0.0625, 37, 0.0625)) {
      expectClose(Normal.quantile(Normal.upperTail(z)), -z, 1e-14)
    }
  })
})

describe("Normal.upperTail", () => {
  it.for(upper_tail)("agrees with the reference value $id", ({ expected, tolerance, z }) => {
    expectClose(Normal.upperTail(z), expected, tolerance)
  })

  it("falls with z, across the joints of its three formulas too", () => {
    const tails = range(-7, 37, 1 / 64).map(Normal.upperTail)
    expect(tails).toHaveLength(2817)
    expect(tails.filter((tail, index) => index > 0 && !(tail < (tails[index - 1] ?? NaN)))).toEqual([])
  })

  it("adds up to 1 with the other tail", () => {
    for (const z of range(0, 9, 1 / 64)) {
      expectClose(Normal.upperTail(z) + Normal.upperTail(-z), 1, 1e-15)
    }
  })

  it("ends at 0 and 1, never NaN", () => {
    expect([41, 1e6, Number.MAX_VALUE, Infinity].map(Normal.upperTail)).toEqual([0, 0, 0, 0])
    expect([-41, -1e6, -Number.MAX_VALUE, -Infinity].map(Normal.upperTail)).toEqual([1, 1, 1, 1])
  })
})

describe("Normal.twoSidedP", () => {
  it.for(chi_square)("is the tail of χ² with one degree of freedom: $id", (vector) => {
    expectReference(Normal.twoSidedP(Math.sqrt(vector.x)), vector)
  })

  it("is both tails, whatever the sign of z", () => {
    for (const z of range(0, 37, 0.25)) {
      expect(Normal.twoSidedP(z), `z = ${z}`).toBe(2 * Normal.upperTail(z))
      expect(Normal.twoSidedP(-z), `z = ${z}`).toBe(Normal.twoSidedP(z))
    }
  })

  it("is 1 at 0 and still has its digits far out", () => {
    expect(Normal.twoSidedP(0)).toBe(1)
    expectClose(Normal.twoSidedP(22.486), 5.690397386191171e-112, 1e-12)
  })
})

describe("Proportion.zOf", () => {
  it("gives at 95 % the constant that intervals use by default", () => {
    expect(Proportion.zOf(0.95)).toBe(1.959963984540054)
    expect(Proportion.z95).toBe(1.959963984540054)
  })

  it.for([0.5, 0.8, 0.9, 0.95, 0.99, 0.999])("leaves half of what %d lacks in either tail", (confidence) => {
    expectClose(Normal.twoSidedP(Proportion.zOf(confidence)), 1 - confidence, 1e-13)
    expectClose(Normal.quantile((1 + confidence) / 2), Proportion.zOf(confidence), 1e-13)
  })

  it("still has a z for the confidence next to 1", () => {
    expectClose(Normal.upperTail(Proportion.zOf(1 - 2 ** -53)), 2 ** -54, 1e-13)
  })

  it.for([0, 1, -0.5, 95, NaN, Infinity])("refuses %d, which is no confidence", (confidence) => {
    expect(() => Proportion.zOf(confidence)).toThrow(RangeError)
  })
})
