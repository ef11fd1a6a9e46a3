/** The chi-square distribution, and tests whose statistic follows it. Pure functions; undefined is null. */
import * as Comparison from "./Comparison.ts"
import * as Normal from "./Normal.ts"

/** A χ² test; all three are null where it is not defined. */
export interface Test {
  /** χ²: at least 0, without a unit. */
  readonly statistic: number | null
  /** Degrees of freedom. */
  readonly df: number | null
  /** P(χ² of `df` > `statistic`), at least `Comparison.pFloor`. */
  readonly p: number | null
}

/** What cannot be tested, such as fewer than two groups. */
export const undefinedTest: Test = { statistic: null, df: null, p: null }

/** No factor e^(−h) is applied in larger parts than this, so that none of them is 0. */
const largestPart = 300

/**
 * P(χ² > x) with df degrees of freedom: the regularised incomplete gamma function Q(df/2, x/2), as the finite sum that
 * it is for whole degrees of freedom. Its terms are all positive, so that nothing cancels far out in the tail.
 * Null unless df is a whole number from 1 on, and where x is NaN.
 * Abramowitz M, Stegun IA (1964) Handbook of Mathematical Functions, 26.4.4 and 26.4.5.
 */
export const upperTail = (x: number, df: number): number | null => {
  if (!Number.isSafeInteger(df) || df < 1 || Number.isNaN(x)) return null
  if (x <= 0) return 1
  // The tail is below the least positive double here, and the terms would overflow.
  if (x > 8 * df + 4000) return 0
  const h = x / 2
  const isOdd = df % 2 === 1
  // The terms are h^k/Γ(k + 1) for k = 0, 1, … or k = 1/2, 3/2, … below df/2, to be multiplied by e^(−h).
  let term = isOdd ? 2 * Math.sqrt(h / Math.PI) : 1
  let sum = 0
  // e^(−h) alone would be 0 from h = 745 on, where many degrees of freedom still have a tail near 1.
  let remaining = h
  for (let k = isOdd ? 0.5 : 0; k < df / 2; k++) {
    sum += term
    term *= h / (k + 1)
    if (sum > 1 && remaining > 0) {
      const part = Math.min(remaining, largestPart)
      const factor = Math.exp(-part)
      sum *= factor
      term *= factor
      remaining -= part
    }
  }
  return Math.min(1, sum * Math.exp(-remaining) + (isOdd ? Normal.twoSidedP(Math.sqrt(x)) : 0))
}

/** The test of a statistic; undefined without one, or without a degree of freedom. */
export const testOf = (statistic: number | null, df: number): Test => {
  if (statistic === null || !Number.isFinite(statistic)) return undefinedTest
  const p = upperTail(statistic, df)
  return p === null ? undefinedTest : { statistic, df, p: Math.max(Comparison.pFloor, p) }
}
