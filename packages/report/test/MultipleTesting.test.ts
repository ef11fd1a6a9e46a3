import { MultipleTesting } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import vectors from "./fixtures/multiple-testing.json" with { type: "json" }

const Numbers = Schema.Array(Schema.Number)
const Adjusted = Schema.Array(
  Schema.Struct({
    id: Schema.String,
    p: Numbers,
    level: Schema.Number,
    rejected: Schema.Int,
    adjusted: Numbers,
    tolerance: Schema.Number,
  }),
)
const Vectors = Schema.Struct({ benjamini_hochberg: Adjusted, holm: Adjusted })
const references = Schema.decodeUnknownSync(Vectors)(vectors)

const { benjaminiHochberg, holm } = MultipleTesting

type Ps = ReadonlyArray<number | null>

const isPresent = (p: number | null): p is number => p !== null

/** Of the p values that are not below it, the least p × tests ÷ (p values up to there): the definition, word by word. */
const byDefinition = (ps: Ps): Ps => {
  const present = ps.filter(isPresent)
  const bound = (p: number) => (p * present.length) / present.filter((other) => other <= p).length
  return ps.map((p) => (p === null ? null : Math.min(1, ...present.filter((other) => other >= p).map(bound))))
}

const values: Ps = [null, 0, 1e-300, 0.01, 0.02, 0.1, 0.7, 1]

/** Every list of up to four of the values. */
const lists = Array.from({ length: 4 }).reduce<ReadonlyArray<Ps>>(
  (shorter) => [[], ...shorter.flatMap((list) => values.map((value) => list.concat(value)))],
  [[]],
)

describe("MultipleTesting.benjaminiHochberg", () => {
  it.for(references.benjamini_hochberg)(
    "agrees with the reference values of $id",
    ({ adjusted, level, p, rejected, tolerance }) => {
      const qs = benjaminiHochberg(p)
      const isFar = (expected: number, index: number) =>
        !(Math.abs((qs[index] ?? NaN) - expected) <= tolerance * expected)
      expect(qs).toHaveLength(adjusted.length)
      expect(adjusted.filter(isFar)).toEqual([])
      expect(qs.filter((q) => q !== null && q <= level)).toHaveLength(rejected)
    },
  )

  it("has nothing to say about no tests", () => {
    expect(benjaminiHochberg([])).toEqual([])
    expect(benjaminiHochberg([null, null])).toEqual([null, null])
  })

  it("leaves a single p as it is", () => {
    expect(benjaminiHochberg([0.03])).toEqual([0.03])
    expect(benjaminiHochberg([null, 0.03, null])).toEqual([null, 0.03, null])
  })

  it("keeps the order of its input", () => {
    expect(benjaminiHochberg([0.5, 0.01, 0.25])).toEqual([0.5, 0.03, 0.375])
    expect(benjaminiHochberg([0.01, 0.25, 0.5])).toEqual([0.03, 0.375, 0.5])
  })

  it("does not change its input", () => {
    const ps = Object.freeze([0.5, null, 0.01])
    benjaminiHochberg(ps)
    expect(ps).toEqual([0.5, null, 0.01])
  })

  it("is its definition on every list of up to four values", () => {
    expect(lists).toHaveLength(1 + 8 + 8 ** 2 + 8 ** 3 + 8 ** 4)
    const differs = (list: Ps) => {
      const expected = byDefinition(list)
      const actual = benjaminiHochberg(list)
      if (actual.length !== list.length) return true
      return actual.some((q, index) => {
        const other = expected[index] ?? null
        return q === null || other === null ? q !== other : !(Math.abs(q - other) <= 1e-15 * other)
      })
    }
    expect(lists.filter(differs)).toEqual([])
  })

  it("counts no null as a test", () => {
    const changes = (list: Ps) => {
      const without = benjaminiHochberg(list.filter(isPresent))
      return JSON.stringify(benjaminiHochberg(list).filter(isPresent)) !== JSON.stringify(without)
    }
    expect(lists.filter(changes)).toEqual([])
  })

  it("gives a q between its p and 1", () => {
    const leaves = (list: Ps) =>
      benjaminiHochberg(list).some((q, index) => q !== null && !(q >= (list[index] ?? NaN) && q <= 1))
    expect(lists.filter(leaves)).toEqual([])
  })

  it("never puts a smaller q on a larger p", () => {
    const crosses = (list: Ps) => {
      const tests = benjaminiHochberg(list).map((q, index) => ({ p: list[index] ?? null, q }))
      return tests.some((a) =>
        tests.some((b) => a.p !== null && b.p !== null && a.p <= b.p && !((a.q ?? NaN) <= (b.q ?? NaN))),
      )
    }
    expect(lists.filter(crosses)).toEqual([])
  })

  it("lowers no q when one p rises", () => {
    const lowers = (list: Ps) => {
      const qs = benjaminiHochberg(list)
      return list.some((p, index) => {
        if (p === null) return false
        const raised = benjaminiHochberg(list.with(index, Math.min(1, p + 0.05)))
        return qs.some((q, at) => q !== null && !((raised[at] ?? NaN) >= q))
      })
    }
    expect(lists.filter(lowers)).toEqual([])
  })
})

describe("MultipleTesting.holm", () => {
  it.for(references.holm)("agrees with the reference values of $id", ({ adjusted, level, p, rejected, tolerance }) => {
    const ps = holm(p)
    const isFar = (expected: number, index: number) =>
      !(Math.abs((ps[index] ?? NaN) - expected) <= tolerance * expected)
    expect(ps).toHaveLength(adjusted.length)
    expect(adjusted.filter(isFar)).toEqual([])
    expect(ps.filter((value) => value !== null && value <= level)).toHaveLength(rejected)
  })

  /** Of the p values that are not above it, the greatest p × (tests − those below it): the definition, word by word. */
  const stepDown = (ps: Ps): Ps => {
    const present = ps.filter(isPresent)
    const bound = (p: number) => p * (present.length - present.filter((other) => other < p).length)
    return ps.map((p) =>
      p === null ? null : Math.min(1, Math.max(...present.filter((other) => other <= p).map(bound))),
    )
  }

  it("is its definition on every list of up to four values, so keeps their order and counts no null", () => {
    const differs = (list: Ps) => JSON.stringify(holm(list)) !== JSON.stringify(stepDown(list))
    expect(lists.filter(differs)).toEqual([])
    expect(holm([0.5, null, 0.01, 0.25])).toEqual([0.5, null, 0.03, 0.5])
    expect(holm([])).toEqual([])
  })

  it("is between p × 1 and p × tests, and never below Benjamini and Hochberg's q", () => {
    const leaves = (list: Ps) => {
      const qs = benjaminiHochberg(list)
      const tests = list.filter(isPresent).length
      return holm(list).some((adjusted, index) => {
        const p = list[index] ?? null
        if (adjusted === null || p === null) return adjusted !== p
        return !(adjusted >= p && adjusted <= Math.min(1, p * tests) && adjusted >= (qs[index] ?? NaN) * (1 - 1e-15))
      })
    }
    expect(lists.filter(leaves)).toEqual([])
  })

  it("does not change its input", () => {
    const ps = Object.freeze([0.5, null, 0.01])
    holm(ps)
    expect(ps).toEqual([0.5, null, 0.01])
  })
})
