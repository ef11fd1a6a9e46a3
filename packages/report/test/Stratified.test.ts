import {
  Comparison,
  Heterogeneity,
  MantelHaenszel,
  Sensitivity,
  Stratified,
  TreatedEffect,
} from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { expectClose, orNaN } from "./Reference.ts"
import {
  arm,
  contrasts,
  exceptions,
  pairs,
  references,
  singles,
  small,
  type Strata,
  stratum,
  tiny,
} from "./StrataFixture.ts"

const both = stratum(3, 9, 1, 4)
const only1 = stratum(2, 5, 0, 0)
const only0 = stratum(0, 0, 2, 6)
const none = stratum(0, 0, 0, 0)

describe("Stratified.kept", () => {
  it("drops every stratum in which an arm is empty, and no other", () => {
    expect(Stratified.kept([only1, both, only0, none])).toEqual([both])
    expect(Stratified.kept([])).toEqual([])
    // 13 arms without a conversion … one with 12: 91 arms, of which one is empty.
    expect(small).toHaveLength(91 ** 2)
    expect(Stratified.kept(small)).toHaveLength(90 ** 2)
  })
})

describe("Stratified.total", () => {
  it("adds the arms up", () => {
    expect(Stratified.total([both, only1, only0])).toEqual(stratum(5, 14, 3, 10))
    expect(Stratified.total([])).toEqual(none)
  })

  it.for(contrasts)("gives the crude contrast of 12,330 shop visits: $contrast", ({ crude, strata }) => {
    expect(Stratified.total(strata)).toEqual({ arm1: arm(crude.x1, crude.n1), arm0: arm(crude.x0, crude.n0) })
  })

  it.for(references.mantel_haenszel)("gives the crude difference of $id over kept strata", (vector) => {
    const { arm0, arm1 } = Stratified.total(Stratified.kept(vector.strata))
    expectClose(Comparison.difference(arm1, arm0).estimate, vector.expected.crude_rd, vector.tolerance)
    expect(Stratified.kept(vector.strata)).toHaveLength(vector.expected.strata)
  })
})

describe("Stratified.coverage", () => {
  it("is the share of arm 1 in kept strata", () => {
    expect(Stratified.coverage([both, only1])).toBe(9 / 14)
    expect(Stratified.coverage([both, only0])).toBe(1)
    expect(Stratified.coverage([only1, only0])).toBe(0)
  })

  it("is null where arm 1 is empty", () => {
    expect(Stratified.coverage([])).toBeNull()
    expect(Stratified.coverage([only0, none])).toBeNull()
  })

  it("is between 0 and 1 for any strata up to n = 12", () => {
    const isShare = (share: number | null) => orNaN(share) >= 0 && orNaN(share) <= 1
    expect(
      exceptions((strata) =>
        Stratified.total(strata).arm1.sessions === 0
          ? Stratified.coverage(strata) === null
          : isShare(Stratified.coverage(strata)),
      ),
    ).toEqual([])
  })
})

describe("Stratified.tables", () => {
  it("has the four cells and margins of the kept strata", () => {
    expect(Stratified.tables([only1, both])).toEqual([{ x1: 3, y1: 6, n1: 9, x0: 1, y0: 3, n0: 4, all: 13 }])
  })

  it("has exactly no variance where both rates are 0 or 1", () => {
    const variances = Stratified.tables([stratum(9, 9, 0, 7), stratum(0, 9, 0, 7), stratum(9, 9, 7, 7)])
    expect(variances.map(Stratified.varianceOf)).toEqual([0, 0, 0])
  })
})

describe("a stratum with an empty arm", () => {
  /** Whatever is computed from strata. */
  const all = (strata: Strata): string =>
    JSON.stringify([
      Stratified.total(Stratified.kept(strata)),
      Object.values(MantelHaenszel).map((of) => of(strata)),
      Object.values(TreatedEffect).map((of) => of(strata)),
      Object.values(Heterogeneity).map((of) => of(strata)),
      Sensitivity.eValue(MantelHaenszel.riskRatio(strata)),
    ])

  it("changes no number but the coverage, before, between or after any strata up to n = 12", () => {
    const padded = ([first = none, ...rest]: Strata) => [only0, first, none, ...rest, only1]
    expect(exceptions((strata) => all(padded(strata)) === all(strata), [...singles, ...pairs])).toEqual([])
    expect(Stratified.coverage(padded([both]))).toBe(9 / 14)
  })

  it("changes none whatever its other arm is", () => {
    const empty = small.filter(({ arm0, arm1 }) => arm1.sessions === 0 || arm0.sessions === 0)
    expect(empty).toHaveLength(2 * 91 - 1)
    const changes = tiny.filter((other) => {
      const before = all([other, both])
      return empty.some((stratum) => all([other, stratum, both]) !== before)
    })
    expect(changes).toEqual([])
  })
})
