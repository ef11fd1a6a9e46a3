/**
 * Whole seconds and their quantiles in bounded space: the count of each distinct second, and beyond so many of them
 * the counts of logarithmic buckets, whose quantiles are within 1 % of the exact ones. Which of the two it is depends
 * on the union of the data alone, so that any split, order or merge gives the same state.
 *
 * The buckets are those of DDSketch: Masson C, Rim JE, Lee HK (2019) PVLDB 12:2195–2205, doi:10.14778/3352063.3352135.
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Tally from "./Tally.ts"

/** A distribution of durations, exact up to a number of different ones, and within 1 % beyond. */
export interface Durations {
  /** Whether the keys are seconds, and not buckets. */
  isExact: boolean
  /** Keys are in the order of the durations, negative ones below 0. */
  readonly counts: Map<number, number>
}

/** So many distinct seconds are counted one by one. */
const maxDistinct = 4096

const accuracy = 0.01
const gamma = (1 + accuracy) / (1 - accuracy)
const logGamma = Math.log(gamma)

// DDSketch's bucket i ≥ 0 holds γ^(i−1) < seconds ≤ γ^i. Its key is i + 1, so that 0 is free for 0 seconds.
const bucketOf = (seconds: number): number =>
  seconds === 0 ? 0 : Math.sign(seconds) * (Math.ceil(Math.log(Math.abs(seconds)) / logGamma) + 1)

/** The value within 1 % of all that the bucket holds. */
const secondsOf = (bucket: number): number =>
  bucket === 0 ? 0 : (Math.sign(bucket) * 2 * gamma ** (Math.abs(bucket) - 1)) / (gamma + 1)

/** No duration yet. */
export const empty = (): Durations => ({ isExact: true, counts: new Map() })

const put = ({ counts }: Durations, key: number, count: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

const toBuckets = (durations: Durations): void => {
  if (!durations.isExact) return
  const bySecond = [...durations.counts]
  durations.counts.clear()
  durations.isExact = false
  for (const [seconds, count] of bySecond) put(durations, bucketOf(seconds), count)
}

const bound = (durations: Durations, limit: number): void => {
  if (durations.counts.size > limit) toBuckets(durations)
}

/** Takes one duration in: an integer, in seconds, negative too; changes what it adds to. */
export const add = (durations: Durations, seconds: number, limit = maxDistinct): void => {
  put(durations, durations.isExact ? seconds : bucketOf(seconds), 1)
  bound(durations, limit)
}

/** Takes all of `from` in; changes only `into`. */
const merge = (into: Durations, from: Durations, limit = maxDistinct): void => {
  if (!from.isExact) toBuckets(into)
  const keyOf = from.isExact && !into.isExact ? bucketOf : (key: number) => key
  for (const [key, count] of from.counts) put(into, keyOf(key), count)
  bound(into, limit)
}

/** A new value with all that the parts hold. */
export const combine = (parts: Iterable<Durations>, limit = maxDistinct): Durations => {
  const sum = empty()
  for (const part of parts) merge(sum, part, limit)
  return sum
}

/** How many durations there are. */
export const count = ({ counts }: Durations): number => {
  let sum = 0
  for (const each of counts.values()) sum += each
  return sum
}

/**
 * The quantile at an integer percentage, in seconds: the smallest duration that at least so many percent do not exceed
 * (type 1 of Hyndman & Fan 1996, The American Statistician 50:361–365: an observed value, no interpolation). From
 * buckets, the value that stands for the one that this duration is in. Null where there is no duration.
 */
export const quantile = (durations: Durations): ((percent: number) => number | null) => {
  const sorted = [...durations.counts].sort(([a], [b]) => a - b)
  const total = count(durations)
  return (percent) => {
    const rank = Math.ceil((total * percent) / 100)
    let reached = 0
    for (const [key, count] of sorted) {
      reached += count
      if (reached >= rank) return durations.isExact ? key : secondsOf(key)
    }
    return null
  }
}

// That of the longest duration; a key far beyond it, in a state from elsewhere, would stand for Infinity.
const lastBucket = bucketOf(Number.MAX_SAFE_INTEGER)

const isCounts = (value: unknown): value is Map<number, number> => value instanceof Map

/** Durations as they are saved: their counts in order, so that equal ones are equal bytes. */
export const codec = Schema.Struct({
  isExact: Schema.Boolean,
  counts: Schema.Array(Schema.Tuple([Schema.Int, Schema.Int.check(Schema.isGreaterThan(0))]))
    .check(Tally.eachKeyOnce)
    .pipe(
      Schema.decodeTo(
        Schema.declare<Map<number, number>>(isCounts),
        SchemaTransformation.transform<Map<number, number>, ReadonlyArray<readonly [number, number]>>({
          decode: (entries) => new Map(entries),
          encode: (counts) => [...counts].sort(([a], [b]) => a - b),
        }),
      ),
    ),
}).check(
  Schema.makeFilter(
    ({ counts, isExact }) => isExact || [...counts.keys()].every((key) => Math.abs(key) <= lastBucket),
    {
      expected: `buckets from ${-lastBucket} to ${lastBucket}`,
    },
  ),
)
