/** Statistics of one proportion: x of n. Pure functions on counts; undefined is null. */
import * as Normal from "./Normal.ts"

/**
 * The z of a two-sided interval: 0.95 → Φ⁻¹(0.975). A confidence is between 0 and 1, both exclusive.
 * Sixteen digits, because those after them are rounding that an engine's Math.log may do in another way.
 */
export const zOf = (confidence: number): number => {
  // The lower tail: (1 + confidence)/2 would round to 1 where (1 − confidence)/2 is still above 0.
  const z = Normal.quantile((1 - confidence) / 2)
  if (z === null || z >= 0) throw new RangeError(`confidence ${confidence} is not between 0 and 1`)
  return Number((-z).toPrecision(16))
}

/** Φ⁻¹(0.975): two-sided 95 %. */
export const z95 = zOf(0.95)

/** Two-sided limits; null where they are not defined. */
export interface Interval {
  readonly low: number | null
  readonly high: number | null
}

/** x/n, or null where n is 0. */
export const rate = (x: number, n: number): number | null => (n === 0 ? null : x / n)

/**
 * The Wilson score interval without continuity correction: exactly 0 at x = 0, exactly 1 at x = n, null at n = 0.
 * Wilson EB (1927) JASA 22:209–212; method 3 of Newcombe RG (1998) Stat Med 17:857–872.
 */
export const wilson = (x: number, n: number, z: number = z95): Interval => {
  if (n === 0) return { low: null, high: null }
  const p = x / n
  const zz = z * z
  const center = (p + zz / (2 * n)) / (1 + zz / n)
  const half = (z / (1 + zz / n)) * Math.sqrt((p * (1 - p)) / n + zz / (4 * n * n))
  return {
    low: x === 0 ? 0 : Math.max(0, center - half),
    high: x === n ? 1 : Math.min(1, center + half),
  }
}
