import * as Markov from "@effect-elnudge/report/Markov"
import * as Tally from "@effect-elnudge/report/Tally"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { expectClose, expectWithin, orNaN } from "./Reference.ts"

interface Path {
  readonly types: ReadonlyArray<string>
  readonly isConverted: boolean
}

const path = (types: string, isConverted: boolean): Path => ({ types: types.split(" "), isConverted })

const chainOf = (paths: ReadonlyArray<Path>): Markov.Chain => {
  const chain: Markov.Chain = new Map()
  for (const { isConverted, types } of paths) Markov.count(chain, types, isConverted)
  return chain
}

const effectsOf = (paths: ReadonlyArray<Path>) => Markov.removalEffects(chainOf(paths))

const bytesOf = (chain: Markov.Chain) => JSON.stringify(Schema.encodeSync(Markov.codec)(chain))

/**
 * The probability of converting, worked out from the paths in another way: what follows a place is drawn among all that
 * followed it, and the chance is passed back from the ends until it no longer changes. What leads to `removed` is lost.
 */
const conversionRate = (paths: ReadonlyArray<Path>, removed?: string): number => {
  const follows = new Map<string, Array<string>>()
  for (const { isConverted, types } of paths) {
    const places = ["start", ...types.map((type) => `type ${type}`), isConverted ? "converted" : "lost"]
    for (const [index, place] of places.slice(0, -1).entries()) {
      const next = places[index + 1] ?? ""
      follows.set(place, [...(follows.get(place) ?? []), next])
    }
  }
  const chance = new Map<string, number>([["converted", 1]])
  for (let round = 0; round < 2000; round++) {
    let change = 0
    for (const [place, nexts] of follows) {
      if (place === `type ${removed}`) continue
      const before = chance.get(place) ?? 0
      const after = nexts.reduce((sum, next) => sum + (chance.get(next) ?? 0), 0) / nexts.length
      change = Math.max(change, after - before)
      chance.set(place, after)
    }
    if (change < 1e-14) break
  }
  return chance.get("start") ?? 0
}

// Bryl' S. (2016), analyzecore.com, attribution models part 1; after Anderl et al. (2016) IJRM 33:457.
describe("the chain of analyzecore.com", () => {
  const paths = [path("C1 C2 C3", true), path("C1", false), path("C2 C3", false)]

  it("has the published removal effects and shares", () => {
    const chain = chainOf(paths)
    const effects = Markov.removalEffects(chain)
    const credits = Markov.credits(chain)
    for (const [type, effect, share] of [
      ["C1", 0.5, 0.2],
      ["C2", 1, 0.4],
      ["C3", 1, 0.4],
    ] as const) {
      expectClose(effects?.get(type), effect, 1e-9)
      expectClose(credits?.get(type), share, 1e-9)
    }
    expectClose(conversionRate(paths), 0.333333333333, 1e-9)
  })
})

const types = ["toast", "__proto__", "start", ""] as const

const paths = Arbitrary.array(
  Arbitrary.schema(
    Schema.Struct({
      types: Schema.Array(Schema.Literals(types)).check(Schema.isBetweenLength(1, 5)),
      isConverted: Schema.Boolean,
    }),
  ),
  { maxLength: 8 },
)

describe("Markov.removalEffects", () => {
  it.prop("are what is lost when a type is taken out of the chain", [paths], ([paths]) => {
    const effects = effectsOf(paths)
    const rate = conversionRate(paths)
    expect(effects === null).toBe(rate === 0)
    const seen = new Set(paths.flatMap(({ types }) => types))
    for (const type of effects === null ? [] : seen) {
      expectWithin(effects?.get(type), 1 - conversionRate(paths, type) / rate, 1e-9)
    }
    expect(effects?.size ?? seen.size).toBe(seen.size)
  })

  it.prop("do not change when a touch is repeated", [paths], ([paths]) => {
    const twice = effectsOf(paths.map((path) => ({ ...path, types: path.types.flatMap((type) => [type, type]) })))
    for (const [type, effect] of effectsOf(paths) ?? []) expectWithin(twice?.get(type), effect, 1e-9)
  })

  it("have no type whose name is taken for something else", () => {
    const plain = [path("C1 C2 C3", true), path("C1", false), path("C2 C3", false), path("C3 C1", true)]
    const renamed = ["start", "conversion", "null", "lost", "__proto__", "(all)", "[]", "toString"]
    const expected = effectsOf(plain)
    for (const [index, name] of renamed.entries()) {
      const other = renamed[(index + 1) % renamed.length] ?? ""
      const names = new Map([
        ["C1", name],
        ["C2", other],
        ["C3", ""],
      ])
      const effects = effectsOf(plain.map((path) => ({ ...path, types: path.types.map((t) => names.get(t) ?? "") })))
      expect(effects?.size).toBe(3)
      for (const [from, to] of names) expectClose(effects?.get(to), orNaN(expected?.get(from)), 1e-12)
    }
  })

  it("are 1 for the only type, and 0 for one that never leads to a conversion", () => {
    expect(effectsOf([path("toast", true), path("toast", false)])?.get("toast")).toBe(1)
    expect(effectsOf([path("toast", true), path("bar toast", false), path("modal", false)])?.get("modal")).toBe(0)
  })

  it("are null where nobody converted", () => {
    expect(effectsOf([])).toBeNull()
    expect(effectsOf([path("toast", false)])).toBeNull()
    expect(Markov.credits(chainOf([path("toast bar", false)]))).toBeNull()
  })

  it("are null for a state in which a visit is followed by nothing else", () => {
    const chain = Schema.decodeUnknownSync(Markov.codec)([
      ["bar", { converted: 1, lost: 0, types: [] }],
      ["toast", { converted: 0, lost: 0, types: [["toast", 2]] }],
    ])
    expect(Markov.removalEffects(chain)).toBeNull()
    expect(Markov.credits(chain)).toBeNull()
  })

  it("stay exact where a visitor goes round for long", () => {
    const long = Array.from({ length: 3001 }, (_, index) => (index % 2 === 0 ? "toast" : "bar")).join(" ")
    const effects = effectsOf([path(long, true), path("bar", false)])
    // 3002 visits: 1501 of toast (1500 go to bar, 1 converts), 1501 of bar (1500 go to toast, 1 is lost).
    expectClose(effects?.get("toast"), 1, 1e-9)
    expectClose(effects?.get("bar"), 1 - 1 / 1501, 1e-9)
  })
})

type Matrix = ReadonlyArray<ReadonlyArray<number>>

/** Gauss–Jordan with partial pivoting, as a textbook has it: every row is made anew in each step. */
const plainInverse = (matrix: Matrix): Matrix | null => {
  const size = matrix.length
  let open = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))])
  let solved: ReadonlyArray<ReadonlyArray<number>> = []
  for (let column = 0; column < size; column++) {
    const at = (row: ReadonlyArray<number>): number => row[column] ?? 0
    const pivot = open.reduce((best, row) => (Math.abs(at(row)) > Math.abs(at(best)) ? row : best))
    if (at(pivot) === 0) return null
    const unit = pivot.map((value) => value / at(pivot))
    const without = (row: ReadonlyArray<number>) =>
      at(row) === 0 ? [...row] : row.map((value, j) => value - at(row) * (unit[j] ?? 0))
    open = open.filter((row) => row !== pivot).map(without)
    solved = [...solved.map(without), unit]
  }
  return solved.map((row) => row.slice(size))
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, number) => total + number, 0)

/** The effects by that inverse. */
const plainEffects = (chain: Markov.Chain): ReadonlyMap<string, number> | null => {
  const nexts = Tally.sorted(chain)
  const conversions = sum(nexts.map(([, { converted }]) => converted))
  const expected = plainInverse(
    nexts.map(([from, { converted, lost, types }]) =>
      nexts.map(([to]) => (from === to ? converted + lost + sum([...types.values()]) : 0) - (types.get(to) ?? 0)),
    ),
  )
  if (conversions === 0 || expected === null) return null
  return new Map(
    expected.map((row, i) => [
      nexts[i]?.[0] ?? "",
      sum(row.map((value, j) => value * (nexts[j]?.[1].converted ?? 0))) / ((row[i] ?? 0) * conversions),
    ]),
  )
}

const manyTypes = Arbitrary.array(
  Arbitrary.schema(
    Schema.Struct({
      types: Schema.Array(
        Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 15 })).pipe(
          Schema.decodeTo(Schema.String, SchemaTransformation.transform({ decode: String, encode: Number })),
        ),
      ).check(Schema.isBetweenLength(1, 12)),
      isConverted: Schema.Boolean,
    }),
  ),
  { maxLength: 30 },
)

describe("the solution of the chain", () => {
  const bits = (effects: ReadonlyMap<string, number> | null) =>
    effects === null ? null : Array.from(effects, ([type, effect]) => `${type} ${effect}`)

  it.prop("is that of the textbook to the last bit", [manyTypes], ([paths]) => {
    const chain = chainOf(paths)
    expect(bits(Markov.removalEffects(chain))).toEqual(bits(plainEffects(chain)))
  })

  it("is that of the textbook to the last bit with a hundred types", () => {
    // Paths through all types, in strides that go round them in different orders.
    const paths = [7, 13, 29, 31, 41, 59].map((stride, index) => ({
      types: Array.from({ length: 151 + index }, (_, step) => `type ${(step * stride + index) % 100}`),
      isConverted: index % 2 === 0,
    }))
    const chain = chainOf(paths)
    expect(bits(Markov.removalEffects(chain))).toEqual(bits(plainEffects(chain)))
    expect(Markov.removalEffects(chain)?.size).toBe(100)
  })
})

describe("Markov.credits", () => {
  it.prop("add up to the conversions", [paths], ([paths]) => {
    const conversions = paths.filter(({ isConverted }) => isConverted).length
    const credits = Markov.credits(chainOf(paths))
    const sum = [...(credits?.values() ?? [])].reduce((total, credit) => total + credit, 0)
    expectWithin(sum, conversions, 1e-9)
    expect(credits === null).toBe(conversions === 0)
    for (const credit of credits?.values() ?? []) expect(credit).toBeGreaterThanOrEqual(0)
  })

  it("follow from a chain that can be worked out by hand", () => {
    // From toast half go to modal and half convert; from modal half convert. p = 2/3·3/4 + 1/3·1/2 = 2/3. Without
    // toast it is 1/6 and without modal 1/3, so 3/4 and 1/2 are lost.
    const chain = chainOf([path("toast modal", true), path("toast", true), path("modal", false)])
    expectClose(Markov.removalEffects(chain)?.get("toast"), 3 / 4, 1e-12)
    expectClose(Markov.removalEffects(chain)?.get("modal"), 1 / 2, 1e-12)
    expectClose(Markov.credits(chain)?.get("toast"), 1.2, 1e-12)
    expectClose(Markov.credits(chain)?.get("modal"), 0.8, 1e-12)
  })
})

describe("the counts of a chain", () => {
  it("are saved as what followed each type", () => {
    const chain = chainOf([path("b a b", true), path("a", false), { types: [], isConverted: true }])
    expect(bytesOf(chain)).toBe(
      '[["a",{"converted":0,"lost":1,"types":[["b",1]]}],["b",{"converted":1,"lost":0,"types":[["a",1]]}]]',
    )
    expect(Schema.decodeUnknownSync(Markov.codec)(JSON.parse(bytesOf(chain)))).toEqual(chain)
  })

  it.prop("are the same however the paths are split, ordered and merged", [paths, paths], ([first, second]) => {
    const [left, right] = [chainOf(first), chainOf(second)]
    const before = structuredClone({ left, right })
    const all = bytesOf(chainOf([...first, ...second].reverse()))
    expect(bytesOf(Markov.combine(left, right))).toBe(all)
    expect(bytesOf(Markov.combine(right, left))).toBe(all)
    const merged = Markov.combine(left, right)
    Markov.count(merged, types, true)
    expect({ left, right }).toEqual(before)
  })
})
