/** The warnings of a row in words, short ones beside it and long ones where terms are explained. */

interface Words {
  readonly short: string
  readonly long: string
}

const words: Readonly<Record<string, Words>> = {
  EMPTY_ARM: { short: "no session", long: "There is no session to count." },
  LOW_N: { short: "under 100", long: "Fewer than 100 were counted: read the interval, not the number." },
  DIRECTIONAL: {
    short: "under 500",
    long: "Between 100 and 499 were counted: good for a direction, not for a decision.",
  },
  SMALL_COUNT: {
    short: "few events",
    long: "Fewer than 5 have it, or fewer than 5 do not have it: approximations are poor.",
  },
  ZERO_BASELINE: {
    short: "baseline 0",
    long: "Nobody converted in the group that is compared with, so there is no ratio to it.",
  },
  DEGENERATE: { short: "no variance", long: "A variance is 0 or not defined, so limits or p are left out." },
  NO_OVERLAP: {
    short: "little overlap",
    long: "Under 80 % of the first group's sessions are in intent bands that hold both groups: the rest is compared with nobody.",
  },
  SPARSE: {
    short: "sparse bands",
    long: "Over 10 % of the first group's sessions are in bands where a rate is 0 or 1: the interval is too narrow.",
  },
  HETEROGENEOUS: {
    short: "bands differ",
    long: "The intent bands differ among each other (p below .05), so that one number for all of them hides it.",
  },
  AFTER_PURCHASE: {
    short: "nudges after purchase",
    long: "More than 1 % of a group's conversions are in it, or out of it, only for nudges that were shown after the purchase.",
  },
  POST_TREATMENT_SCORE: {
    short: "final score",
    long: "Adjusted for a score that was read at the end of the session, which can hide, create or reverse a difference.",
  },
  CLUSTERED: {
    short: "clustered",
    long: "Displays of one session count one by one, though they are alike: the interval is too narrow.",
  },
  MULTIPLE: {
    short: "one of several",
    long: "The interval leaves 0 out, but not after the correction for several comparisons: no evidence.",
  },
  P_FLOOR: { short: "p below 1e-300", long: "p is smaller than can be written, and printed as 1e-300." },
  PARTIAL_PERIOD: { short: "cut by the window", long: "The window begins or ends within this day or week." },
  IMMATURE: {
    short: "maybe still open",
    long: "A session here may still have been open when it was read, and may still convert.",
  },
  INCOMPLETE: { short: "details missing", long: "Details that the row depends on could not be had." },
}

const codes = (cell: string): ReadonlyArray<string> => (cell === "" ? [] : cell.split(";"))

/** Of a cell of codes. One that is not known stays as it is. */
export const short = (cell: string): string =>
  codes(cell)
    .map((code) => words[code]?.short ?? code)
    .join(", ")

/** Those that occur in the cells, in the order of this list: the code, its short and its long words. */
export const explained = (cells: ReadonlyArray<string>): ReadonlyArray<Words & { readonly code: string }> => {
  const present = new Set(cells.flatMap(codes))
  return Object.entries(words).flatMap(([code, each]) => (present.has(code) ? [{ code, ...each }] : []))
}
