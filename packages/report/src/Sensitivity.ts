/** How strong an unmeasured confounder would have to be to explain an association away. */
import type * as Comparison from "./Comparison.ts"

/** Null where the ratio, or its interval, is not defined or not above 0. */
export interface EValue {
  /** Of the estimate; a ratio from 1 on. */
  readonly estimate: number | null
  /** Of the interval's limit nearest 1; 1 where the interval holds 1. */
  readonly limit: number | null
}

/** RR + √(RR·(RR − 1)), of 1/RR where RR is below 1; null where no double can hold it. */
const eValueOf = (ratio: number): number | null => {
  const above = ratio < 1 ? 1 / ratio : ratio
  const value = above + Math.sqrt(above) * Math.sqrt(above - 1)
  return Number.isFinite(value) ? value : null
}

const limitOf = (ratio: number, { high, low }: Comparison.Estimate): number | null => {
  // Without an upper limit the interval goes on for ever; without a lower one there is no interval.
  if (low === null) return null
  if (low <= 1 && (high === null || high >= 1)) return 1
  const nearest = ratio < 1 ? high : low
  return nearest === null ? null : eValueOf(nearest)
}

/**
 * The E-values of a risk ratio and its interval: a confounder associated with both arm and conversion by less than this
 * ratio cannot explain it away. Both are null where the ratio is null or 0.
 * VanderWeele TJ, Ding P (2017) Ann Intern Med 167:268–274.
 */
export const eValue = (ratio: Comparison.Estimate): EValue =>
  ratio.estimate === null || !(ratio.estimate > 0)
    ? { estimate: null, limit: null }
    : { estimate: eValueOf(ratio.estimate), limit: limitOf(ratio.estimate, ratio) }
