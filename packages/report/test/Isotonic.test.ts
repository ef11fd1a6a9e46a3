import { Isotonic, Proportion } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { isClose, numbersIn, orNaN } from "./Reference.ts"
import { type Bins, binsOf, conversionsOf, empty, exceptions, references, sessionsOf, small } from "./ScoreFixture.ts"

const { inversions, rates } = Isotonic

const isOccupied = ({ sessions }: Bins[number]) => sessions > 0

/** The greatest over starts of the least over ends of the mean from start to end: the definition without pooling. */
const maxMin = (bins: Bins): ReadonlyArray<number | null> =>
  bins.map((bin, index) => {
    if (!isOccupied(bin)) return null
    const starts = bins.slice(0, index + 1).flatMap((from, start) => (isOccupied(from) ? [start] : []))
    const leastFrom = (start: number) => {
      const ends = bins.slice(index).map((_, offset) => bins.slice(start, index + offset + 1))
      return Math.min(...ends.map((span) => conversionsOf(span) / sessionsOf(span)))
    }
    return Math.max(...starts.map(leastFrom))
  })

describe("Isotonic.rates", () => {
  it.for(references.isotonic)("agrees with the reference values $id", ({ expected, groups, tolerance }) => {
    const fitted = rates(binsOf(groups))
    expect(fitted).toHaveLength(expected.length)
    expect(expected.filter((rate, index) => !isClose(fitted[index], rate, tolerance))).toEqual([])
  })

  it("is its max-min definition", () => {
    const differs = exceptions((bins) => {
      const expected = maxMin(bins)
      const fitted = rates(bins)
      if (fitted.length !== bins.length) return false
      return fitted.every((rate, index) =>
        rate === null ? expected[index] === null : isClose(rate, orNaN(expected[index]), 1e-15),
      )
    }, small)
    expect(differs).toEqual([])
    expect(small.length).toBeGreaterThan(11_000)
  })

  it("never falls, stays in [0, 1] and is never NaN", () => {
    expect(
      exceptions((bins) => {
        const fitted = numbersIn(rates(bins))
        const isRising = fitted.every((rate, index) => index === 0 || rate >= orNaN(fitted[index - 1]))
        return (
          isRising && fitted.every((rate) => rate >= 0 && rate <= 1) && fitted.length === bins.filter(isOccupied).length
        )
      }),
    ).toEqual([])
  })

  it("keeps the conversions, summed over bins", () => {
    expect(
      exceptions((bins) => {
        const fitted = rates(bins)
        const sum = bins.reduce(
          (total, { sessions }, index) => total + (sessions === 0 ? 0 : sessions * orNaN(fitted[index])),
          0,
        )
        return isClose(sum, conversionsOf(bins), 1e-14)
      }),
    ).toEqual([])
  })

  it("is the bins' own rates exactly where these do not fall", () => {
    expect(
      exceptions((bins) => {
        const own = bins.map(({ conversions, sessions }) => Proportion.rate(conversions, sessions))
        const isUnchanged = JSON.stringify(rates(bins)) === JSON.stringify(own)
        return isUnchanged === !inversions(bins).includes(true)
      }),
    ).toEqual([])
  })

  it("does not change by bins without a session, which are null", () => {
    const bins = [{ conversions: 3, sessions: 4 }, empty, { conversions: 1, sessions: 4 }, empty]
    expect(rates(bins)).toEqual([0.5, null, 0.5, null])
    expect(rates([])).toEqual([])
    expect(rates([empty])).toEqual([null])
  })
})

describe("Isotonic.inversions", () => {
  it("marks the bins whose rate is below that of the last one with a session", () => {
    const half = { conversions: 1, sessions: 2 }
    const third = { conversions: 1, sessions: 3 }
    const sixths = { conversions: 3, sessions: 6 }
    expect(inversions([half, third, half, sixths, empty, third, third])).toEqual([
      false,
      true,
      false,
      false,
      null,
      true,
      false,
    ])
    expect(inversions([empty, third])).toEqual([null, false])
    expect(inversions([])).toEqual([])
  })
})
