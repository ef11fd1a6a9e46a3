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

/** The labels of bands, which tell them apart. Throws a RangeError where two have the same, or one has that of `otherBand`. */
export const labels = (all: ReadonlyArray<Band>): ReadonlyArray<string> => {
  const found = all.map(({ label }) => label)
  const double = [otherBand, ...found].find((label, index, every) => every.indexOf(label) !== index)
  if (double !== undefined) throw new RangeError(`two bands are called ${JSON.stringify(double)}`)
  return found
}

/** Whether a score has a band: a whole number from 0 to 100. The one rule of every report; the ledger counts the others. */
export const isScore = (score: number): boolean => Number.isInteger(score) && score >= 0 && score <= 100

/** The label of the score's band. */
export const bandOf = (all: ReadonlyArray<Band>, score: number): string =>
  (isScore(score) ? all.find(({ high, low }) => low <= score && score <= high)?.label : undefined) ?? otherBand
