/** What a reader must know before quoting a row, in the order in which a row names them. */

const order = [
  "EMPTY_ARM",
  "LOW_N",
  "DIRECTIONAL",
  "SMALL_COUNT",
  "ZERO_BASELINE",
  "DEGENERATE",
  "NO_OVERLAP",
  "SPARSE",
  "HETEROGENEOUS",
  "AFTER_PURCHASE",
  "POST_TREATMENT_SCORE",
  "CLUSTERED",
  "MULTIPLE",
  "P_FLOOR",
  "PARTIAL_PERIOD",
  "IMMATURE",
  "INCOMPLETE",
] as const

/**
 * - `EMPTY_ARM`: no session; the next three are then left out
 * - `LOW_N`: under 100 sessions · `DIRECTIONAL`: 100 to 499
 * - `SMALL_COUNT`: under 5 conversions, or under 5 sessions without one
 * - `ZERO_BASELINE`: nobody converted in the arm that the row is compared with, so there is no lift
 * - `DEGENERATE`: a variance is 0 or undefined, so limits or p are left out
 * - `NO_OVERLAP`: under 80 % of arm 1's sessions are in strata that have both arms
 * - `SPARSE`: over 10 % of arm 1's sessions are in strata where an arm's rate is 0 or 1: att's interval is too narrow
 * - `HETEROGENEOUS`: the strata differ in their odds ratios (p below .05), so that one number for all hides it
 * - `AFTER_PURCHASE`: more than 1 % of an arm's conversions are there, or not there, only for nudges after the purchase
 * - `POST_TREATMENT_SCORE`: adjusted for a score that was read at the end, which can hide, create or reverse a difference
 * - `CLUSTERED`: displays of one session count one by one, though they are alike; the intervals are too narrow
 * - `MULTIPLE`: the interval excludes 0, but q is 0.05 or more: no evidence
 * - `P_FLOOR`: p is below 1e-300, and printed as that
 * - `PARTIAL_PERIOD`: the window cuts the row's day or week
 * - `IMMATURE`: a session in the row, or in the one it is compared with, may still have been open when it was read
 * - `INCOMPLETE`: details that the row depends on could not be had
 */
export type Warning = (typeof order)[number]

/** The warnings that follow from x conversions in n sessions. */
export const ofCounts = (x: number, n: number): ReadonlyArray<Warning> => {
  if (n === 0) return ["EMPTY_ARM"]
  const warnings: Array<Warning> = []
  if (n < 100) warnings.push("LOW_N")
  else if (n < 500) warnings.push("DIRECTIONAL")
  if (x < 5 || n - x < 5) warnings.push("SMALL_COUNT")
  return warnings
}

/** Whether a warning says that so few were counted that approximations are poor. */
export const isOfFew = (warnings: Iterable<Warning>): boolean =>
  [...warnings].some((warning) => warning === "LOW_N" || warning === "SMALL_COUNT")

/** The cell: each warning once, in order, joined by `;`. */
export const format = (warnings: Iterable<Warning>): string => {
  const present = new Set(warnings)
  return order.filter((warning) => present.has(warning)).join(";")
}

/** The warnings that a cell names. */
export const parse = (cell: string): ReadonlySet<Warning> => {
  const named = new Set(cell.split(";"))
  return new Set(order.filter((warning) => named.has(warning)))
}
