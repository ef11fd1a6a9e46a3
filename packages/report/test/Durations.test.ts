import * as Durations from "@effect-elnudge/report/Durations"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { expectClose } from "./Reference.ts"

const bytesOf = (durations: Durations.Durations) => JSON.stringify(Schema.encodeSync(Durations.codec)(durations))

const decode = (json: string) => Schema.decodeUnknownSync(Durations.codec)(JSON.parse(json))

const of = (seconds: Iterable<number>, limit?: number): Durations.Durations => {
  const durations = Durations.empty()
  for (const each of seconds) Durations.add(durations, each, limit)
  return durations
}

/** A limit of 0 puts everything into buckets. */
const inBuckets = (seconds: Iterable<number>) => of(seconds, 0)

const quantiles = (durations: Durations.Durations, percents: ReadonlyArray<number>) =>
  percents.map(Durations.quantile(durations))

const integers = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

const percent = integers(0, 100)

// So few distinct ones that a limit of 4 is now kept and now passed, with as many as 12 of them.
const limit = 4
const few = Arbitrary.array(integers(-3, 8), { maxLength: 12 })

// Evenly on the logarithm, from 1 second to 200 days.
const long = Arbitrary.map(integers(0, 10_000), (exponent) => Math.round(Math.exp(exponent / 600)))

describe("Durations.quantile", () => {
  it("is R's quantile(type = 1)", () => {
    // R 4.2.2, quantile(x, c(.1, .5, .9, .95), type = 1)
    const durations = of([3, 7, 8, 20, 35, 50, 61, 90, 120, 400])
    expect(quantiles(durations, [10, 50, 90, 95])).toEqual([3, 35, 120, 400])
  })

  it("is null without a duration, and the only one at any percentage", () => {
    expect(quantiles(of([]), [0, 50, 100])).toEqual([null, null, null])
    expect(quantiles(inBuckets([]), [0, 50, 100])).toEqual([null, null, null])
    expect(quantiles(of([7]), [0, 10, 50, 100])).toEqual([7, 7, 7, 7])
  })

  it("counts equal durations as often as they are there", () => {
    expect(Durations.count(of([5, 5, 5, 9]))).toBe(4)
    expect(quantiles(of([5, 5, 5, 9]), [25, 75, 76])).toEqual([5, 5, 9])
  })

  it("takes the k-th of n where k ÷ n is the percentage to the digit", () => {
    for (let n = 1; n <= 1000; n++) {
      const durations = of(Array.from({ length: n }, (_, index) => index + 1))
      const at = Durations.quantile(durations)
      for (let p = 1; p <= 100; p++) if ((n * p) % 100 === 0) expect(at(p)).toBe((n * p) / 100)
    }
  })

  it.prop(
    "is the smallest duration that at least so many percent do not exceed",
    [Arbitrary.array(integers(-50, 50), { minLength: 1, maxLength: 40 }), percent],
    ([seconds, p]) => {
      const isReached = (value: number) => 100 * seconds.filter((each) => each <= value).length >= p * seconds.length
      expect(Durations.quantile(of(seconds))(p)).toBe(Math.min(...seconds.filter(isReached)))
    },
  )
})

describe("the buckets", () => {
  // Worked out with the paper's formulas in Python: i = ⌈ln v / ln γ⌉, γ = 1.01 / 0.99, 2γ^i / (γ + 1).
  it.for([
    { seconds: 0, bucket: 0, representative: 0 },
    { seconds: 1, bucket: 1, representative: 0.99 },
    { seconds: 2, bucket: 36, representative: 1.9936617014173446 },
    { seconds: 3, bucket: 56, representative: 2.9742334234767016 },
    { seconds: 3600, bucket: 411, representative: 3605.5262392088093 },
    { seconds: -3600, bucket: -411, representative: -3605.5262392088093 },
  ])("hold $seconds s under the key $bucket", ({ bucket, representative, seconds }) => {
    expect(bytesOf(inBuckets([seconds]))).toBe(`{"isExact":false,"counts":[[${bucket},1]]}`)
    expectClose(Durations.quantile(inBuckets([seconds]))(50), representative, 1e-12)
  })

  it.prop(
    "are within 1 % of the exact quantile, on either side of 0",
    [Arbitrary.array(long, { minLength: 1, maxLength: 60 }), integers(0, 60), percent],
    ([durations, negatives, p]) => {
      const seconds = durations.map((each, index) => (index < negatives ? -each : each))
      const exact = Durations.quantile(of(seconds))(p)
      const approximate = Durations.quantile(inBuckets(seconds))(p)
      expectClose(approximate, exact ?? NaN, 0.01 + 1e-12)
    },
  )

  it("keep 0 as it is, between what is below and above", () => {
    const durations = inBuckets([-1, 0, 0, 0, 1])
    expect(quantiles(durations, [21, 80])).toEqual([0, 0])
    expectClose(Durations.quantile(durations)(20), -0.99, 1e-12)
  })

  it("are bounded: 800 years, by any second, need under 1,200 keys", () => {
    const durations = inBuckets(Array.from({ length: 24_000 }, (_, index) => Math.round(Math.exp(index / 1000))))
    expect(durations.counts.size).toBeLessThan(1200)
    expect(Durations.count(durations)).toBe(24_000)
  })
})

describe("the limit", () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

  it("is 4,096 distinct seconds, however often each", () => {
    const most = of([...upTo(4096), ...upTo(4096)])
    expect([most.isExact, most.counts.size, Durations.count(most)]).toEqual([true, 4096, 8192])
    Durations.add(most, 4096)
    expect([most.isExact, Durations.count(most)]).toEqual([false, 8193])
    expect(most.counts.size).toBeLessThan(450)
  })

  it.prop("is passed by what the union holds, not by how it came", [few, few], ([first, second]) => {
    const union = [...first, ...second]
    const isExact = new Set(union).size <= limit
    expect(of(union, limit).isExact).toBe(isExact)
    expect(Durations.combine([of(first, limit), of(second, limit)], limit).isExact).toBe(isExact)
  })

  it("is passed by a merge of parts that are within it, and stays so", () => {
    const merged = Durations.combine([of([1, 2, 3], limit), of([3, 4, 5], limit)], limit)
    expect(bytesOf(merged)).toBe(bytesOf(inBuckets([1, 2, 3, 3, 4, 5])))
    expect(bytesOf(Durations.combine([merged, of([1], limit)], limit))).toBe(bytesOf(inBuckets([1, 2, 3, 3, 4, 5, 1])))
    expect(bytesOf(Durations.combine([of([1], limit), merged], limit))).toBe(bytesOf(inBuckets([1, 2, 3, 3, 4, 5, 1])))
  })
})

describe("durations give the same bytes", () => {
  it.prop("in any order", [few], ([seconds]) => {
    const expected = bytesOf(of(seconds, limit))
    expect(bytesOf(of(seconds.toReversed(), limit))).toBe(expected)
    expect(
      bytesOf(
        of(
          [...seconds].sort((a, b) => a - b),
          limit,
        ),
      ),
    ).toBe(expected)
  })

  it.prop("however they are split and merged", [few, few, few], ([first, second, third]) => {
    const [a, b, c] = [of(first, limit), of(second, limit), of(third, limit)]
    const combine = (...parts: ReadonlyArray<Durations.Durations>) => Durations.combine(parts, limit)
    const expected = bytesOf(of([...first, ...second, ...third], limit))
    expect(bytesOf(combine(a, b, c))).toBe(expected)
    expect(bytesOf(combine(combine(a, b), c))).toBe(expected)
    expect(bytesOf(combine(a, combine(b, c)))).toBe(expected)
    expect(bytesOf(combine(combine(c, a), Durations.empty(), b))).toBe(expected)
  })

  it.prop("from what was saved, and go on from there", [few, few], ([first, second]) => {
    const saved = decode(bytesOf(of(first, limit)))
    for (const each of second) Durations.add(saved, each, limit)
    expect(bytesOf(saved)).toBe(bytesOf(of([...first, ...second], limit)))
  })

  it.prop("after they were merged into others, which are a state of their own", [few, few], ([first, second]) => {
    const [a, b] = [of(first, limit), of(second, limit)]
    const before = [bytesOf(a), bytesOf(b)]
    const merged = Durations.combine([a, b], limit)
    for (const each of [100, 101, 102, 103, 104]) Durations.add(merged, each, limit)
    expect([bytesOf(a), bytesOf(b)]).toEqual(before)
  })
})

describe("Durations.codec", () => {
  it("saves the counts by second, in their order as numbers", () => {
    expect(bytesOf(of([10, 9, -2, 100, 9]))).toBe('{"isExact":true,"counts":[[-2,1],[9,2],[10,1],[100,1]]}')
  })

  it.for(["[[1,0]]", "[[1,-1]]", "[[1.5,1]]", "[[1,0.5]]", '[["1",1]]', "[[1]]"])("refuses the counts %s", (counts) => {
    expect(() => decode(`{"isExact":true,"counts":${counts}}`)).toThrow()
    expect(decode('{"isExact":true,"counts":[[1,1]]}').counts).toEqual(new Map([[1, 1]]))
  })

  it("refuses buckets of durations that no double holds, but not such seconds", () => {
    expect(() => decode('{"isExact":false,"counts":[[1838,1]]}')).not.toThrow()
    expect(() => decode('{"isExact":false,"counts":[[-1839,1]]}')).toThrow("buckets from -1838 to 1838")
    expect(decode('{"isExact":true,"counts":[[40000,1]]}').isExact).toBe(true)
    expect(bytesOf(inBuckets([Number.MAX_SAFE_INTEGER]))).toContain("[[1838,1]]")
  })
})
