import { Comparison, SampleRatio } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import vectors from "./fixtures/sample-ratio.json" with { type: "json" }
import { expectClose, isClose, numbersIn, orNaN } from "./Reference.ts"

const Vectors = Schema.Struct({
  srm: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      shares: Schema.Array(Schema.Struct({ sessions: Schema.Int, weight: Schema.Number })),
      statistic: Schema.Number,
      df: Schema.Int,
      p: Schema.Number,
      tolerance: Schema.Number,
    }),
  ),
})
const references = Schema.decodeUnknownSync(Vectors)(vectors).srm

const undefinedTest = { statistic: null, df: null, p: null }

const half = (sessions: number): SampleRatio.Share => ({ sessions, weight: 1 })

describe("SampleRatio.test", () => {
  it.for(references)("agrees with the reference value $id", (vector) => {
    const { df, p, statistic } = SampleRatio.test(vector.shares)
    expectClose(statistic, vector.statistic, vector.tolerance)
    expectClose(p, vector.p, vector.tolerance)
    expect(df).toBe(vector.df)
  })

  it("finds the mismatch of Kohavi, Tang and Xu, and none in an even split", () => {
    expect(SampleRatio.mismatchP).toBe(0.001)
    expect(SampleRatio.test([half(821_588), half(815_482)]).p).toBeLessThan(SampleRatio.mismatchP)
    expect(SampleRatio.test([half(500), half(500)])).toEqual({ statistic: 0, df: 1, p: 1 })
  })

  it("does not change with the unit of the weights or the order of the arms", () => {
    const differs = references.filter(({ shares }) => {
      const { statistic } = SampleRatio.test(shares)
      const percent = shares.map(({ sessions, weight }) => ({ sessions, weight: weight * 100 }))
      return ![percent, shares.toReversed()].every((same) =>
        isClose(SampleRatio.test(same).statistic, orNaN(statistic), 1e-9),
      )
    })
    expect(differs).toEqual([])
  })

  it("is undefined with fewer than two arms, without a session, or with a weight that is not above 0", () => {
    const none = [
      [],
      [half(5)],
      [half(0), half(0)],
      [half(5), { sessions: 5, weight: 0 }],
      [half(5), { sessions: 5, weight: -1 }],
      [half(5), { sessions: 5, weight: NaN }],
    ]
    expect(none.map(SampleRatio.test)).toEqual(none.map(() => undefinedTest))
  })

  it("is the squared distance by the sum for every two halves up to 12, 0 and p 1 only where they are equal", () => {
    const counts = Array.from({ length: 13 }, (_, sessions) => sessions)
    const differs = counts.flatMap((first) =>
      counts.filter((second) => {
        const { df, p, statistic } = SampleRatio.test([half(first), half(second)])
        if (first + second === 0) return df !== null || p !== null || statistic !== null
        const isPlain = Math.abs(orNaN(statistic) - (first - second) ** 2 / (first + second)) <= 1e-13
        const isP = orNaN(p) > 0 && orNaN(p) <= 1 && (p === 1) === (first === second)
        return !(isPlain && isP && df === 1)
      }),
    )
    expect(differs).toEqual([])
  })

  it("is never NaN or Infinity, nor p below the floor", () => {
    const sessions = [0, 1, 2, 12, 1e12]
    const weights = [1e-300, 0.5, 1, 1e300]
    const shares = sessions.flatMap((count) => weights.map((weight) => ({ sessions: count, weight })))
    const bad = shares.flatMap((first) =>
      shares.filter((second) => {
        const tested = SampleRatio.test([first, second])
        return !numbersIn(tested).every(Number.isFinite) || orNaN(tested.p ?? 1) < Comparison.pFloor
      }),
    )
    expect(bad).toEqual([])
    expect(SampleRatio.test([half(1e12), half(0)]).p).toBe(Comparison.pFloor)
  })
})
