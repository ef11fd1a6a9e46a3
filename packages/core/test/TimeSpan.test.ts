import { TimeSpan } from "@effect-elnudge/core"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"

const spans = (...pairs: ReadonlyArray<readonly [number, number]>) => pairs.map(([from, to]) => ({ from, to }))
const joined = (...pairs: ReadonlyArray<readonly [number, number]>) => spans(...pairs).reduce(TimeSpan.join, spans())

describe("TimeSpan.join", () => {
  it("makes one span of what touches or overlaps, and keeps the rest apart and in order", () => {
    expect(joined([10, 20], [0, 5])).toEqual(spans([0, 5], [10, 20]))
    expect(joined([10, 20], [20, 30])).toEqual(spans([10, 30]))
    expect(joined([10, 20], [0, 10])).toEqual(spans([0, 20]))
    expect(joined([0, 5], [10, 15], [4, 11])).toEqual(spans([0, 15]))
    expect(joined([0, 50], [10, 15])).toEqual(spans([0, 50]))
    expect(joined([0, 5], [10, 15], [20, 25], [9, 16])).toEqual(spans([0, 5], [9, 16], [20, 25]))
  })

  const Drawn = Schema.Struct({
    from: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 })),
    length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 })),
  })

  it.prop(
    "covers the same points in any order",
    [Arbitrary.array(Arbitrary.schema(Drawn), { maxLength: 8 })],
    ([drawn]) => {
      const given = drawn.map(({ from, length }) => ({ from, to: from + length }))
      const result = given.reduce(TimeSpan.join, spans())
      const covers = (all: TimeSpan.TimeSpans, at: number) => all.some(({ from, to }) => from <= at && at < to)
      for (let at = 0; at < 40; at++) expect(covers(result, at)).toBe(covers(given, at))
      expect(given.toReversed().reduce(TimeSpan.join, spans())).toEqual(result)
      expect(TimeSpan.gaps(result).every(({ from, to }) => from < to)).toBe(true)
    },
  )
})

describe("TimeSpan.gaps", () => {
  it("gives what lies between", () => {
    expect(TimeSpan.gaps(spans())).toEqual([])
    expect(TimeSpan.gaps(spans([0, 5]))).toEqual([])
    expect(TimeSpan.gaps(spans([0, 5], [10, 15], [20, 25]))).toEqual(spans([5, 10], [15, 20]))
  })
})

describe("TimeSpan.overlap", () => {
  it("gives the first stretch in both, and none where they only touch", () => {
    expect(TimeSpan.overlap(spans([0, 10]), spans([10, 20]))).toBeUndefined()
    expect(TimeSpan.overlap(spans(), spans([10, 20]))).toBeUndefined()
    expect(TimeSpan.overlap(spans([0, 11]), spans([10, 20]))).toEqual({ from: 10, to: 11 })
    expect(TimeSpan.overlap(spans([30, 40], [50, 60]), spans([0, 5], [35, 55]))).toEqual({ from: 35, to: 40 })
  })
})
