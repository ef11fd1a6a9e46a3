/**
 * How a difference may be put into words. Nudges are not randomised, so a difference is an association; and it is one
 * only where its interval excludes 0 and its q is below 0.05: a verdict is never read from p.
 */
import type * as Comparison from "./Comparison.ts"
import type * as Proportion from "./Proportion.ts"
import * as Warning from "./Warning.ts"

/** Above this q the interval alone is no evidence. */
export const maxQ = 0.05

/** Whether both limits are on one side of 0; a limit that is not defined says no. */
export const excludesZero = ({ high, low }: Proportion.Interval): boolean =>
  low !== null && high !== null && (low > 0 || high < 0)

/** Whether "more often" or "less often" may be said. */
export const isClear = (difference: Proportion.Interval, q: number | null): boolean =>
  excludesZero(difference) && q !== null && q < maxQ

/** The warning of an interval that excludes 0 while q says that this is no evidence. */
export const warnings = (difference: Proportion.Interval, q: number | null): ReadonlyArray<Warning.Warning> =>
  excludesZero(difference) && q !== null && q >= maxQ ? ["MULTIPLE"] : []

/** With its sign and one decimal: a difference of rates in percentage points, or a count. */
export const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`

/** A difference of rates, in percentage points. */
export const points = (difference: number): string => signed(100 * difference)

/** q to two digits, or as many more as it takes to tell on which side of `maxQ` it is. */
const written = (q: number): string => {
  if (q < 0.001) return "q < .001"
  for (let digits = 2; digits < 16; digits++) {
    const text = q.toPrecision(digits)
    if (Number(text) >= maxQ === q >= maxQ) return `q ${text.replace(/^0\./, ".")}`
  }
  return `q ${q}`
}

/** What the arms are called in a sentence. */
export interface Subject {
  /** "sessions with an interaction" */
  readonly arm1: string
  /** "sessions without one" */
  readonly arm0: string
}

const statement = (
  { estimate, high, low }: Comparison.Estimate,
  q: number | null,
  clear: (isMore: boolean, numbers: string) => string,
): string => {
  if (estimate === null) return "Nothing to compare"
  if (low === null || high === null) return `No interval for ${points(estimate)} points`
  const range = `${points(low)} to ${points(high)}`
  if (q === null) return `No test where all or none did (${range} points)`
  return isClear({ low, high }, q)
    ? clear(estimate > 0, `${points(estimate)} points (${range}, ${written(q)})`)
    : `No clear difference (${range} points, ${written(q)})`
}

/** One sentence on conversions: who converted more or less often than whom, or that this is not clear. */
export const sentence = ({ arm0, arm1 }: Subject, difference: Comparison.Estimate, q: number | null): string =>
  statement(
    difference,
    q,
    (isMore, numbers) =>
      `${arm1} converted ${isMore ? "more" : "less"} often than ${arm0}: ${numbers}; an association, whatever its cause`,
  )

/** How the text of a row starts whose arms must not be compared, whatever its interval. */
export const incomparable = "Not comparable"

/** One sentence on a difference that a bias of known direction shifts. */
export const biased = (difference: Comparison.Estimate, reason: string): string =>
  difference.estimate === null
    ? "Nothing to compare"
    : `${incomparable}: ${reason} (${points(difference.estimate)} points)`

/** What a sentence on few sessions ends with. */
export const caution = (difference: Comparison.Estimate, warnings: Iterable<Warning.Warning>): string =>
  difference.estimate !== null && Warning.isOfFew(warnings) ? "; small numbers" : ""

/** One sentence on a rate in two windows. */
export const change = (rate: string, difference: Comparison.Estimate, q: number | null): string =>
  statement(
    difference,
    q,
    (isMore, numbers) => `${rate} ${isMore ? "higher" : "lower"} after than before: ${numbers}; the cause is not shown`,
  )
