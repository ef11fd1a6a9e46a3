/** The rule that puts a session into a cohort: bands of the intent score. */
import * as Result from "effect/Result"

/** Scores from `low` to `high`, both inclusive. */
export interface Band {
  readonly label: string
  readonly low: number
  readonly high: number
}

/** Scores at which the bands start: 0–19, 20–39, 40–59, 60–79, 80–100. */
export const defaultBandStarts: ReadonlyArray<number> = [0, 20, 40, 60, 80]

/** The band of scores outside 0–100, which the API does not document; used only if one turns up. */
export const otherBand = "(other)"

/** Bands from their lowest scores: ascending integers in 0–100 that start with 0. The last band ends at 100. */
export const bands = (starts: ReadonlyArray<number>): Result.Result<ReadonlyArray<Band>, string> => {
  if (!starts.every(Number.isInteger)) return Result.fail("a band starts at a whole number")
  if (starts[0] !== 0) return Result.fail("the first band starts with 0")
  if (starts.some((start) => start > 100)) return Result.fail("a band starts at 100 at most")
  const isAscending = starts.every((start, index) => index === 0 || start > (starts[index - 1] ?? Infinity))
  if (!isAscending) return Result.fail("each band starts above the one before")
  return Result.succeed(
    starts.map((low, index) => {
      const high = (starts[index + 1] ?? 101) - 1
      return { label: `${low}-${high}`, low, high }
    }),
  )
}

/** 0–19, 20–39, 40–59, 60–79, 80–100. */
export const defaultBands: ReadonlyArray<Band> = Result.getOrThrow(bands(defaultBandStarts))

/** The label of the score's band. */
export const bandOf = (all: ReadonlyArray<Band>, score: number): string =>
  all.find(({ high, low }) => low <= score && score <= high)?.label ?? otherBand
