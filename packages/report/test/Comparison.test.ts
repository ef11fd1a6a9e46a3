import { Comparison, Proportion } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import vectors from "./fixtures/comparison.json" with { type: "json" }
import shoppers from "./fixtures/online-shoppers-lift.json" with { type: "json" }
import { confidences, isAscending, nested, numbersIn, orNaN } from "./Reference.ts"
import { arm, small } from "./StrataFixture.ts"

const { difference, lift, pFloor, pooledP } = Comparison
const { z95 } = Proportion

const ArmCounts = Schema.Struct({ conversions: Schema.Int, sessions: Schema.Int })
const Pair = Schema.Tuple([Schema.Number, Schema.Number])
const reference = {
  id: Schema.String,
  arm1: ArmCounts,
  arm0: ArmCounts,
  tolerance: Schema.Number,
  published: Schema.optional(Pair),
  published_tolerance: Schema.optional(Schema.Number),
}
const Vectors = Schema.Struct({
  difference: Schema.Array(Schema.Struct({ ...reference, estimate: Schema.Number, interval: Pair })),
  ratio: Schema.Array(
    Schema.Struct({
      ...reference,
      ratio: Schema.NullOr(Schema.Number),
      interval: Schema.Tuple([Schema.Number, Schema.NullOr(Schema.Number)]),
      difference: Schema.optional(Pair),
    }),
  ),
  pooled_p: Schema.Array(Schema.Struct({ ...reference, expected: Schema.Number })),
})
const Shoppers = Schema.Struct({
  crude: Schema.Array(
    Schema.Struct({
      contrast: Schema.String,
      arm1: ArmCounts,
      arm0: ArmCounts,
      difference: Schema.Number,
      ci: Pair,
      lift: Schema.Number,
      lift_ci: Pair,
      p: Schema.Number,
    }),
  ),
})
const references = Schema.decodeUnknownSync(Vectors)(vectors)

/** Relative, absolute at 0. A null or NaN is close to no number. */
const expectClose = (actual: number | null, expected: number | null, tolerance: number) => {
  if (expected === null) {
    expect(actual).toBeNull()
    return
  }
  const scale = expected === 0 ? 1 : Math.abs(expected)
  expect(Math.abs((actual ?? NaN) - expected)).toBeLessThanOrEqual(tolerance * scale)
}

const expectPublished = (
  low: number | null,
  high: number | null,
  vector: (typeof references.ratio)[number] | (typeof references.difference)[number],
) => {
  if (vector.published === undefined || vector.published_tolerance === undefined) return
  expect(Math.abs((low ?? NaN) - vector.published[0])).toBeLessThanOrEqual(vector.published_tolerance)
  expect(Math.abs((high ?? NaN) - vector.published[1])).toBeLessThanOrEqual(vector.published_tolerance)
}

const ratioOf = (liftValue: number | null): number | null => (liftValue === null ? null : liftValue + 1)

type Table = (typeof small)[number]

/** Every pair of arms with 1 to `most` sessions each. */
const tablesUpTo = (most: number): ReadonlyArray<Table> => {
  const arms = Array.from({ length: most }, (_, index) => index + 1).flatMap((sessions) =>
    Array.from({ length: sessions + 1 }, (_, conversions) => arm(conversions, sessions)),
  )
  return arms.flatMap((arm1) => arms.map((arm0) => ({ arm1, arm0 })))
}

const isEmpty = ({ arm0, arm1 }: Table): boolean => arm1.sessions === 0 || arm0.sessions === 0

/** The tables up to n = 12 of which the claim is not true, those with an empty arm too. */
const exceptions = (claim: (table: Table) => boolean): ReadonlyArray<Table> => small.filter((table) => !claim(table))

const isInverse = (a: number | null, b: number | null): boolean =>
  Math.abs(orNaN(ratioOf(a)) * orNaN(ratioOf(b)) - 1) <= 1e-12

/** On which side of 0 the interval lies: 0 if it holds 0. A missing upper limit is no limit. */
const verdict = ({ high, low }: Comparison.Estimate): number => {
  if (low !== null && low > 0) return 1
  return high !== null && high < 0 ? -1 : 0
}

const isSame = (a: Comparison.Estimate, b: Comparison.Estimate): boolean =>
  a.estimate === b.estimate && a.low === b.low && a.high === b.high

const nothing = { estimate: null, low: null, high: null }

/** Whether b has the estimate and limits of a, each turned into its opposite and low changed with high. */
const isTurned = (
  isOpposite: (a: number | null, b: number | null) => boolean,
  a: Comparison.Estimate,
  b: Comparison.Estimate,
): boolean => isOpposite(a.estimate, b.estimate) && isOpposite(a.low, b.high) && isOpposite(a.high, b.low)

describe("Comparison.difference and Comparison.lift", () => {
  it("are null exactly where an arm has no session, and never NaN or Infinity", () => {
    expect(small).toHaveLength(91 ** 2)
    expect(
      exceptions((table) => {
        const apart = difference(table.arm1, table.arm0)
        const relative = lift(table.arm1, table.arm0)
        if (isEmpty(table)) return numbersIn([apart, relative]).length === 0
        // Without a conversion in arm 0 the lift has a lower limit alone.
        const numbers = table.arm0.conversions === 0 ? 4 : 6
        return numbersIn([apart, relative]).filter(Number.isFinite).length === numbers
      }),
    ).toEqual([])
    const [none, some] = [arm(0, 0), arm(3, 9)]
    expect([difference(none, some), lift(some, none), lift(none, none)]).toEqual([nothing, nothing, nothing])
  })

  it.for([...confidences, 0.9, 0.999])(
    "have estimates of one sign and intervals that exclude 0 on one side, for every table up to n = 40 at %d",
    (confidence) => {
      const z = Proportion.zOf(confidence)
      const seen = new Map<number, number>()
      const contradictions: Array<Table> = []
      for (const table of tablesUpTo(40)) {
        const apart = difference(table.arm1, table.arm0, z)
        const relative = lift(table.arm1, table.arm0, z)
        const side = verdict(apart)
        seen.set(side, (seen.get(side) ?? 0) + 1)
        const isOneSign =
          relative.estimate === null
            ? orNaN(apart.estimate) >= 0
            : Math.sign(relative.estimate) === Math.sign(orNaN(apart.estimate))
        if (verdict(relative) !== side || !isOneSign) contradictions.push(table)
      }
      expect(contradictions).toEqual([])
      expect([...seen.values()].reduce((sum, count) => sum + count)).toBe(860 ** 2)
      expect(seen.get(1)).toBe(seen.get(-1))
      expect(seen.get(1)).toBeGreaterThan(50_000)
    },
  )
})

describe("Comparison.difference", () => {
  it.for(references.difference)("agrees with the reference value $id", (vector) => {
    const { estimate, high, low } = difference(vector.arm1, vector.arm0, Proportion.z95)
    expectClose(estimate, vector.estimate, vector.tolerance)
    expectClose(low, vector.interval[0], vector.tolerance)
    expectClose(high, vector.interval[1], vector.tolerance)
    expectPublished(low, high, vector)
  })

  it("is a 95 % interval unless told otherwise, and a wider one at 99 %", () => {
    const arms = [arm(56, 70), arm(48, 80)] as const
    expect(exceptions(({ arm0, arm1 }) => isSame(difference(arm1, arm0), difference(arm1, arm0, z95)))).toEqual([])
    expect(difference(...arms, Proportion.zOf(0.99)).low).toBeLessThan(orNaN(difference(...arms).low))
  })

  it("holds its estimate, stays in [−1, 1] and widens with the confidence, for every table up to n = 12", () => {
    const isFine = ({ arm0, arm1 }: Table) => isAscending([-1, ...nested((z) => difference(arm1, arm0, z)), 1])
    expect(exceptions((table) => isEmpty(table) || isFine(table))).toEqual([])
  })

  it.for(confidences)("changes its sign when the arms change places, at %d", (confidence) => {
    const z = Proportion.zOf(confidence)
    const isNegative = (a: number | null, b: number | null) => (a === null ? b === null : -a === orNaN(b))
    expect(
      exceptions(({ arm0, arm1 }) => isTurned(isNegative, difference(arm1, arm0, z), difference(arm0, arm1, z))),
    ).toEqual([])
  })
})

describe("Comparison.lift", () => {
  it.for(references.ratio)("agrees with the reference value $id", (vector) => {
    const { estimate, high, low } = lift(vector.arm1, vector.arm0, Proportion.z95)
    expectClose(ratioOf(estimate), vector.ratio, vector.tolerance)
    expectClose(ratioOf(low), vector.interval[0], vector.tolerance)
    expectClose(ratioOf(high), vector.interval[1], vector.tolerance)
    expectPublished(ratioOf(low), ratioOf(high), vector)
    if (vector.difference === undefined) return
    const apart = difference(vector.arm1, vector.arm0)
    expectClose(apart.low, vector.difference[0], vector.tolerance)
    expectClose(apart.high, vector.difference[1], vector.tolerance)
  })

  it("is −100 % down to exactly −100 % where nobody in arm 1 converted", () => {
    const { estimate, high, low } = lift(arm(0, 10), arm(3, 30))
    expect({ estimate, low }).toEqual({ estimate: -1, low: -1 })
    expectClose(high, 2.66867353807, 1e-9)
  })

  it("has a lower limit alone where nobody in arm 0 converted", () => {
    const { estimate, high, low } = lift(arm(3, 30), arm(0, 10))
    expect({ estimate, high }).toEqual({ estimate: null, high: null })
    expect(low).toBeGreaterThan(-1)
  })

  it("may be anything from −100 % on where nobody converted at all", () => {
    expect(lift(arm(0, 10), arm(0, 20))).toEqual({ estimate: null, low: -1, high: null })
  })

  it("is a 95 % interval unless told otherwise, and a wider one at 99 %", () => {
    const arms = [arm(56, 70), arm(48, 80)] as const
    expect(exceptions(({ arm0, arm1 }) => isSame(lift(arm1, arm0), lift(arm1, arm0, z95)))).toEqual([])
    expect(lift(...arms, Proportion.zOf(0.99)).low).toBeLessThan(orNaN(lift(...arms).low))
  })

  it("holds its estimate, starts at −1 or above and widens with the confidence, for every table up to n = 12", () => {
    expect(
      exceptions(({ arm0, arm1 }) => {
        if (arm1.sessions === 0 || arm0.sessions === 0) return true
        const limits = nested((z) => lift(arm1, arm0, z))
        // Without a conversion in arm 0 there are the lower limits alone.
        const present = arm0.conversions === 0 ? limits.slice(0, confidences.length) : limits
        return isAscending([-1, ...present])
      }),
    ).toEqual([])
  })

  it.for(confidences)("is the inverse ratio when the arms change places, at %d", (confidence) => {
    const z = Proportion.zOf(confidence)
    expect(
      exceptions(({ arm0, arm1 }) => {
        const there = lift(arm1, arm0, z)
        const back = lift(arm0, arm1, z)
        if (arm1.sessions === 0 || arm0.sessions === 0) return isSame(there, back)
        if (arm1.conversions === 0) return there.low === -1 && back.high === null && back.estimate === null
        if (arm0.conversions === 0) return there.estimate === null && there.high === null && back.low === -1
        return isTurned(isInverse, there, back)
      }),
    ).toEqual([])
  })
})

describe("Comparison.difference and Comparison.lift in huge arms", () => {
  const nearCertain = [1, 1e3, 611_565_147, 1e9, 1e12].flatMap((sessions) =>
    [0, 1, 2, sessions - 1, sessions].filter((x) => x <= sessions).map((conversions) => arm(conversions, sessions)),
  )

  it("stay in range and hold their estimates where almost nobody or almost everybody converted", () => {
    const leaves = nearCertain
      .flatMap((arm1) => nearCertain.map((arm0) => ({ arm1, arm0 })))
      .filter(({ arm0, arm1 }) => {
        const apart = difference(arm1, arm0)
        const relative = lift(arm1, arm0)
        const isApartFine =
          orNaN(apart.low) >= -1 &&
          orNaN(apart.low) <= orNaN(apart.estimate) &&
          orNaN(apart.estimate) <= orNaN(apart.high) &&
          orNaN(apart.high) <= 1
        if (arm0.conversions === 0) return !(isApartFine && orNaN(relative.low) >= -1 && relative.high === null)
        const isRelativeFine =
          orNaN(relative.low) >= -1 &&
          orNaN(relative.low) <= orNaN(relative.estimate) &&
          orNaN(relative.estimate) <= orNaN(relative.high) &&
          Number.isFinite(relative.high)
        return !(isApartFine && isRelativeFine && verdict(apart) === verdict(relative))
      })
    expect(leaves).toEqual([])
  })
})

describe("Comparison.pooledP", () => {
  it.for(references.pooled_p)("agrees with the reference value $id", ({ arm0, arm1, expected, tolerance }) => {
    expectClose(pooledP(arm1, arm0), expected, tolerance)
  })

  it("is null where an arm is empty or nobody or everybody converted, and in (0, 1] for every other table up to n = 12", () => {
    expect(
      exceptions(({ arm0, arm1 }) => {
        const p = pooledP(arm1, arm0)
        const isOneSided =
          isEmpty({ arm0, arm1 }) ||
          arm1.conversions + arm0.conversions === 0 ||
          (arm1.conversions === arm1.sessions && arm0.conversions === arm0.sessions)
        return isOneSided ? p === null : orNaN(p) > 0 && orNaN(p) <= 1
      }),
    ).toEqual([])
  })

  it("is 1 where the rates are equal, and there only", () => {
    expect(pooledP(arm(1, 3), arm(4, 12))).toBe(1)
    expect(
      exceptions(({ arm0, arm1 }) => {
        const p = pooledP(arm1, arm0)
        const isEqual = arm1.conversions * arm0.sessions === arm0.conversions * arm1.sessions
        return p === null || (p === 1) === isEqual
      }),
    ).toEqual([])
  })

  it("does not depend on which arm is the treated, nor on which outcome counts", () => {
    const others = ({ conversions, sessions }: Comparison.Arm) => arm(sessions - conversions, sessions)
    expect(
      exceptions(({ arm0, arm1 }) => {
        const p = pooledP(arm1, arm0)
        return p === pooledP(arm0, arm1) && p === pooledP(others(arm1), others(arm0))
      }),
    ).toEqual([])
  })

  it("is never below the floor", () => {
    expect(pFloor).toBe(1e-300)
    expect(pooledP(arm(408_000, 2_784_000), arm(1_500_000, 9_546_000))).toBe(pFloor)
    expect(pooledP(arm(0, 1e9), arm(1e9, 1e9))).toBe(pFloor)
    expect(pooledP(arm(2700, 9000), arm(750, 9000))).toBeGreaterThan(pFloor)
  })
})

describe("the crude contrasts of 12,330 shop visits", () => {
  it.for(Schema.decodeUnknownSync(Shoppers)(shoppers).crude)("are reproduced: $contrast", (row) => {
    const apart = difference(row.arm1, row.arm0)
    expectClose(apart.estimate, row.difference, 1e-9)
    expectClose(apart.low, row.ci[0], 1e-9)
    expectClose(apart.high, row.ci[1], 1e-9)
    const relative = lift(row.arm1, row.arm0)
    expectClose(relative.estimate, row.lift, 1e-9)
    expectClose(relative.low, row.lift_ci[0], 1e-9)
    expectClose(relative.high, row.lift_ci[1], 1e-9)
    expectClose(pooledP(row.arm1, row.arm0), row.p, 1e-9)
  })
})
