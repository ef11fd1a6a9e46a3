/** The reports that there are, by name. */

/** In the order in which they are listed, and made by `run all`. */
export const names = [
  "attribution",
  "cohorts",
  "lift",
  "reconcile",
  "readings",
  "calibration",
  "nudge-performance",
] as const

export type Name = (typeof names)[number]
