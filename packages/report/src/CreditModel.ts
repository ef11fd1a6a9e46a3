/**
 * How a conversion is shared among the nudges that the visitor interacted with before it. No model measures what caused
 * the purchase: each is a convention, and where they agree the choice among them does not matter.
 */

/** In the order of the columns. */
export const names = [
  "last",
  "first",
  "linear",
  "time_decay",
  "position",
  "vendor_flag",
  "participation",
  "markov",
] as const

/**
 * - `last`, `first`: all to the last or the first touch
 * - `linear`: the same to every touch
 * - `time_decay`: half as much for a touch that is older by seven minutes
 * - `position`: 40 % to the first, 40 % to the last, 20 % over those between; of two touches half each
 * - `vendor_flag`: the same to every nudge with the vendor's flag, over the converted sessions that have one
 * - `participation`: 1 to every type that took part, so that it does not add up
 * - `markov`: by how many conversions would be lost without the type, in a chain of what follows what
 */
export type Name = (typeof names)[number]

/** One model's number in a row; null where the model was not asked for, or is not defined. */
export type Columns = { readonly [name in Name as `credit_${name}`]: number | null }

/** The columns of a row; the ones of models that were not asked for are left out of the file. */
export const columns = (creditOf: (name: Name) => number | null): Columns => ({
  credit_last: creditOf("last"),
  credit_first: creditOf("first"),
  credit_linear: creditOf("linear"),
  credit_time_decay: creditOf("time_decay"),
  credit_position: creditOf("position"),
  credit_vendor_flag: creditOf("vendor_flag"),
  credit_participation: creditOf("participation"),
  credit_markov: creditOf("markov"),
})

/** A nudge that is to get a part, with its instant of display in epoch milliseconds. */
export interface Touch {
  readonly type: string
  readonly shownAt: number
}

/** Touches in the order of display; at least one of them, or there is nothing to share. */
export type Path = ReadonlyArray<Touch>

/** A part of one conversion for a type: `parts` ÷ `of`, both whole numbers. A type may get several. */
export interface Share {
  readonly type: string
  readonly parts: number
  readonly of: number
}

/** What each type of a path gets of its conversion. */
export type Split = (path: Path) => ReadonlyArray<Share>

const whole: Split = (path) => path.map(({ type }) => ({ type, parts: 1, of: 1 }))

const linear: Split = (path) => path.map(({ type }) => ({ type, parts: 1, of: path.length }))

const position: Split = (path) => {
  const last = path.length - 1
  if (last < 2) return linear(path)
  return path.map(({ type }, index) =>
    index === 0 || index === last ? { type, parts: 2, of: 5 } : { type, parts: 1, of: 5 * (last - 1) },
  )
}

/**
 * The shares of `time_decay`, touch by touch, with a sum of 1: 2^(−age ÷ half-life), made to add up. The age is taken
 * from the last touch and not from the purchase, which changes no share; an old path would be all zeros.
 */
export const decay = (path: Path, halfLifeMillis: number): ReadonlyArray<number> => {
  const latest = path.at(-1)?.shownAt ?? 0
  const weights = path.map(({ shownAt }) => 2 ** ((shownAt - latest) / halfLifeMillis))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

const halfLifeMillis = 7 * 60_000

const nano = 1e9

// Whole billionths, so that they add up exactly; the earliest touch gets what rounding down leaves.
const timeDecay: Split = (path) => {
  const parts = decay(path, halfLifeMillis).map((share) => Math.floor(nano * share))
  const left = nano - parts.reduce((sum, part) => sum + part, 0)
  return path.map(({ type }, index) => ({ type, parts: (parts[index] ?? 0) + (index === 0 ? left : 0), of: nano }))
}

/** All models but `markov`, which looks at all paths together. The path of `vendor_flag` is the flagged nudges. */
export const splits = {
  last: (path) => whole(path.slice(-1)),
  first: (path) => whole(path.slice(0, 1)),
  linear,
  time_decay: timeDecay,
  position,
  vendor_flag: linear,
  participation: (path) => [...new Set(path.map(({ type }) => type))].map((type) => ({ type, parts: 1, of: 1 })),
} satisfies { readonly [name in Exclude<Name, "markov">]: Split }
