import * as CreditModel from "@effect-elnudge/report/CreditModel"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { expectClose, expectWithin } from "./Reference.ts"

const { splits } = CreditModel

const minute = 60_000
const day = 1440 * minute

/** Touches of the types, a minute apart. */
const pathOf = (types: ReadonlyArray<string>): CreditModel.Path =>
  types.map((type, index) => ({ type, shownAt: index * minute }))

/** Touches of types a, b, c …, so many minutes before the purchase. */
const agedPath = (ages: ReadonlyArray<number>, unit = minute): CreditModel.Path =>
  ages.map((age, index) => ({ type: String.fromCodePoint(97 + index), shownAt: -age * unit }))

const values = (shares: ReadonlyArray<CreditModel.Share>) => shares.map(({ of, parts }) => parts / of)

const credits = (shares: ReadonlyArray<CreditModel.Share>) => {
  const sums = new Map<string, number>()
  for (const { of, parts, type } of shares) sums.set(type, (sums.get(type) ?? 0) + parts / of)
  return sums
}

const path = Arbitrary.array(
  Arbitrary.schema(
    Schema.Struct({
      type: Schema.Literals(["toast", "exit_modal", "__proto__", "(all)", ""]),
      shownAt: Schema.Int.check(Schema.isBetween({ minimum: -3 * day, maximum: 0 })),
    }),
  ),
  { minLength: 1, maxLength: 12 },
)

const byDisplay = (touches: CreditModel.Path): CreditModel.Path => touches.toSorted((a, b) => a.shownAt - b.shownAt)

describe("CreditModel.names", () => {
  it("are eight, in the order of the columns", () => {
    expect(Object.keys(CreditModel.columns(() => null))).toEqual(CreditModel.names.map((name) => `credit_${name}`))
    expect(CreditModel.names).toHaveLength(8)
    for (const name of CreditModel.names) {
      expect(CreditModel.columns((model) => (model === name ? 1 : null))).toMatchObject({ [`credit_${name}`]: 1 })
    }
  })
})

// The first three rows of PathData in ChannelAttribution 2.2.4 (CRAN), with the split of its heuristic_models().
describe("the paths of ChannelAttribution", () => {
  const alpha = "alpha iota alpha alpha alpha iota alpha alpha alpha alpha alpha"
  const paths = ["eta iota alpha eta", "iota iota iota iota", "iota iota iota iota", alpha, alpha]

  it.for([
    { model: "first", eta: 1, iota: 2, alpha: 2 },
    { model: "last", eta: 1, iota: 2, alpha: 2 },
    { model: "linear", eta: 0.5, iota: 2.61363636364, alpha: 1.88636363636 },
  ] as const)("get the credit of their package: $model", ({ model, ...expected }) => {
    const sums = credits(paths.flatMap((types) => splits[model](pathOf(types.split(" ")))))
    expect(sums.size).toBe(3)
    expectClose(sums.get("eta"), expected.eta, 1e-9)
    expectClose(sums.get("iota"), expected.iota, 1e-9)
    expectClose(sums.get("alpha"), expected.alpha, 1e-9)
  })
})

// Shapley values of a game where a set of types is worth the conversions that they alone made: v(S) = Σ over T ⊆ S gives
// i the sum of conv(T) ÷ |T| over the T that hold it. Zhao, Mahboobi & Bagheri (2018) arXiv:1804.05327.
describe("linear over paths without repeats", () => {
  it("is the Shapley value", () => {
    const conversions = { A: 30, B: 12, C: 7, AB: 9, AC: 4, BC: 6, ABC: 15 }
    const sums = credits(
      Object.entries(conversions).flatMap(([types, times]) =>
        Array.from({ length: times }, () => splits.linear(pathOf(types.split("")))).flat(),
      ),
    )
    expectClose(sums.get("A"), 41.5, 1e-9)
    expectClose(sums.get("B"), 24.5, 1e-9)
    expectClose(sums.get("C"), 17, 1e-9)
  })
})

describe("CreditModel.decay", () => {
  // Google's definition: with a half-life of seven days a click eight days before gets half of one a day before.
  it("halves with every half-life", () => {
    const shares = CreditModel.decay(agedPath([22, 15, 8, 1], day), 7 * day)
    const expected = [0.0666666666667, 0.133333333333, 0.266666666667, 0.533333333333]
    expect(shares).toHaveLength(4)
    for (const [index, share] of expected.entries()) expectClose(shares[index], share, 1e-9)
  })

  it("is the same whenever the purchase came", () => {
    const shares = CreditModel.decay(agedPath([22, 8, 1]), 7 * minute)
    expect(CreditModel.decay(agedPath([22 + 1e6, 8 + 1e6, 1 + 1e6]), 7 * minute)).toEqual(shares)
  })
})

describe("time_decay", () => {
  it("has a half-life of seven minutes", () => {
    expect(values(splits.time_decay(agedPath([14, 7, 7])))).toEqual([0.2, 0.4, 0.4])
  })

  it("gives the earliest touch what rounding down leaves", () => {
    const shares = splits.time_decay(agedPath([5, 5, 5]))
    expect(shares).toEqual([
      { type: "a", parts: 333_333_334, of: 1e9 },
      { type: "b", parts: 333_333_333, of: 1e9 },
      { type: "c", parts: 333_333_333, of: 1e9 },
    ])
  })

  it("gives nothing to a touch that is too old, and all to the only one, however old", () => {
    expect(values(splits.time_decay(agedPath([1e6, 0])))).toEqual([0, 1])
    expect(values(splits.time_decay(agedPath([1e6])))).toEqual([1])
  })

  it.prop("is within a billionth for each touch of what it rounds", [path], ([touches]) => {
    const sorted = byDisplay(touches)
    const exact = CreditModel.decay(sorted, 7 * minute)
    for (const [index, share] of values(splits.time_decay(sorted)).entries()) {
      expectWithin(share, exact[index] ?? NaN, 1e-9 * (index === 0 ? sorted.length : 1))
    }
  })
})

describe("position", () => {
  it.for([
    { types: "a", expected: [1] },
    { types: "ab", expected: [0.5, 0.5] },
    { types: "abc", expected: [0.4, 0.2, 0.4] },
    { types: "abcd", expected: [0.4, 0.1, 0.1, 0.4] },
    { types: "aaaaaa", expected: [0.4, 0.05, 0.05, 0.05, 0.05, 0.4] },
  ])("shares among $types", ({ expected, types }) => {
    expect(values(splits.position(pathOf(types.split(""))))).toEqual(expected)
  })
})

describe("participation", () => {
  it("gives each type 1 once", () => {
    expect(splits.participation(pathOf(["a", "b", "a", "__proto__", "b"]))).toEqual([
      { type: "a", parts: 1, of: 1 },
      { type: "b", parts: 1, of: 1 },
      { type: "__proto__", parts: 1, of: 1 },
    ])
  })
})

const sharing = ["last", "first", "linear", "time_decay", "position", "vendor_flag"] as const

describe("every model", () => {
  it.for([...sharing, "participation"] as const)("shares nothing where there is no touch: %s", (model) => {
    expect(splits[model]([])).toEqual([])
  })

  it.for([...sharing, "participation"] as const)("gives all to the only touch: %s", (model) => {
    expect([...credits(splits[model](pathOf(["toast"])))]).toEqual([["toast", 1]])
  })

  it.prop("shares one conversion in whole parts, none of them negative", [path], ([touches]) => {
    for (const model of sharing) {
      const shares = splits[model](byDisplay(touches))
      expectWithin(
        values(shares).reduce((sum, value) => sum + value, 0),
        1,
        1e-12,
      )
      for (const { of, parts } of shares) {
        expect([Number.isSafeInteger(parts), Number.isSafeInteger(of)]).toEqual([true, true])
        expect(parts).toBeGreaterThanOrEqual(0)
        expect(of).toBeGreaterThanOrEqual(1)
      }
    }
  })

  it.prop("gives to types on the path, and takes its billionths from one billion", [path], ([touches]) => {
    const types = new Set(touches.map(({ type }) => type))
    for (const model of [...sharing, "participation"] as const) {
      for (const { type } of splits[model](byDisplay(touches))) expect(types).toContain(type)
    }
    expect(splits.time_decay(byDisplay(touches)).reduce((sum, { parts }) => sum + parts, 0)).toBe(1e9)
  })
})
