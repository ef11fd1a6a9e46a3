/** Several measurements of one thing: their median, and how far they lie apart. */

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export const of = (values: ReadonlyArray<number>): Spread => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const [low, high] = [sorted[Math.floor(middle)] ?? Number.NaN, sorted[Math.ceil(middle)] ?? Number.NaN]
  return { median: (low + high) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

const none = "–"

/** With `digits` after the point; a dash for what was not measured. */
export const number = (value: number | undefined, digits: number): string =>
  value === undefined
    ? none
    : value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits })

export const median = (spread: Spread | undefined, digits: number): string => number(spread?.median, digits)

/** Such as `1.66 (1.60–1.71)`. */
export const text = (spread: Spread | undefined, digits: number): string => {
  if (spread === undefined || spread.min === spread.max) return median(spread, digits)
  return `${median(spread, digits)} (${number(spread.min, digits)}–${number(spread.max, digits)})`
}
