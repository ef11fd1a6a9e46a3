import { Proportion } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import vectors from "./fixtures/wilson.json" with { type: "json" }
import { confidences, expectWithin, isAscending, nested, orNaN } from "./Reference.ts"

const Limits = Schema.Tuple([Schema.Number, Schema.Number])
const Vectors = Schema.Array(
  Schema.Struct({
    id: Schema.String,
    x: Schema.Int,
    n: Schema.Int,
    level: Schema.Literals([0.95, 0.9]),
    rate: Schema.optional(Schema.NullOr(Schema.Number)),
    interval: Schema.NullOr(Limits),
    tolerance: Schema.Number,
    published: Schema.optional(Limits),
    published_tolerance: Schema.optional(Schema.Number),
  }),
)

const zOf = { 0.95: Proportion.z95, 0.9: 1.6448536269514722 }

describe("Proportion.rate", () => {
  it("is the share", () => {
    expect(Proportion.rate(81, 263)).toBe(81 / 263)
    expect(Proportion.rate(0, 5)).toBe(0)
    expect(Proportion.rate(5, 5)).toBe(1)
  })

  it("is null without a denominator, never 0 or NaN", () => {
    expect(Proportion.rate(0, 0)).toBeNull()
    expect(Proportion.rate(3, 0)).toBeNull()
  })
})

describe("Proportion.wilson", () => {
  it.for(Schema.decodeUnknownSync(Vectors)(vectors))("agrees with the reference value $id", (vector) => {
    const { interval, level, n, published, published_tolerance, rate, tolerance, x } = vector
    const { high, low } = Proportion.wilson(x, n, zOf[level])
    if (interval === null) {
      expect({ low, high, rate: Proportion.rate(x, n) }).toEqual({ low: null, high: null, rate: null })
      return
    }
    expectWithin(low, interval[0], tolerance)
    expectWithin(high, interval[1], tolerance)
    if (typeof rate === "number") expectWithin(Proportion.rate(x, n), rate, tolerance)
    if (published === undefined || published_tolerance === undefined) return
    expectWithin(low, published[0], published_tolerance)
    expectWithin(high, published[1], published_tolerance)
  })

  it("is a 95 % interval unless told otherwise", () => {
    expect(Proportion.wilson(15, 148)).toEqual(Proportion.wilson(15, 148, Proportion.z95))
    expect(Proportion.wilson(15, 148)).not.toEqual(Proportion.wilson(15, 148, zOf[0.9]))
  })

  const tables = Array.from({ length: 12 }, (_, index) => index + 1).flatMap((n) =>
    Array.from({ length: n + 1 }, (_, x) => ({ x, n })),
  )

  it("holds its estimate, stays in [0, 1] and widens with the confidence, for every table up to n = 12", () => {
    expect(tables).toHaveLength(90)
    const leaves = tables.filter(({ n, x }) => {
      const limits = nested((z) => ({ ...Proportion.wilson(x, n, z), estimate: Proportion.rate(x, n) }))
      return !isAscending([0, ...limits, 1])
    })
    expect(leaves).toEqual([])
  })

  it.for(confidences)(
    "is wider than 0, rises with x and mirrors itself when x and n − x change places at %d",
    (level) => {
      const z = Proportion.zOf(level)
      for (const { n, x } of tables) {
        const { high, low } = Proportion.wilson(x, n, z)
        const mirrored = Proportion.wilson(n - x, n, z)
        expect(orNaN(high) - orNaN(low), `${x}/${n}`).toBeGreaterThan(0)
        expectWithin(low, 1 - orNaN(mirrored.high), 1e-15)
        if (x === n) continue
        const more = Proportion.wilson(x + 1, n, z)
        expect(orNaN(more.low), `${x}/${n}`).toBeGreaterThan(orNaN(low))
        expect(orNaN(more.high), `${x}/${n}`).toBeGreaterThan(orNaN(high))
      }
    },
  )

  it.for([1, 7, 38, 77, 1e6, 2 ** 40])("is exactly 0 at none and exactly 1 at all of %d", (n) => {
    expect(Proportion.wilson(0, n).low).toBe(0)
    expect(Proportion.wilson(n, n).high).toBe(1)
  })
})
