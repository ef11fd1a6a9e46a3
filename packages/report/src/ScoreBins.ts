/** Sessions by final intent score: one bin for each whole number from 0 to 100. */
import * as Schema from "effect/Schema"
import * as Cohort from "./Cohort.ts"
import * as Counts from "./Counts.ts"

/** `immature` counts sessions that may still have been open when they were read. */
const noCounts = { sessions: 0, conversions: 0, immature: 0 }

type Bin = Counts.Counts<keyof typeof noCounts>

/** The bin of score s is `bins[s]`. */
export type ScoreBins = ReadonlyArray<Bin>

const size = 101

export const empty = (): ScoreBins => Array.from({ length: size }, () => ({ ...noCounts }))

/** The bins as they are saved: all of them, empty ones too. */
export const codec = Schema.Array(
  Counts.codec(noCounts, { bounds: { sessions: [["conversions"], ["immature"]] } }),
).check(Schema.isBetweenLength(size, size))

/** Takes one session in; changes the bins. A score that has no bin is left out. */
export const count = (bins: ScoreBins, score: number, isConverted: boolean, isImmature: boolean): void => {
  const bin = Cohort.isScore(score) ? bins[score] : undefined
  if (bin === undefined) return
  bin.sessions++
  if (isConverted) bin.conversions++
  if (isImmature) bin.immature++
}

/** New bins with the counts of both. */
export const combine = (left: ScoreBins, right: ScoreBins): ScoreBins =>
  left.map((bin, score) => Counts.add(bin, right[score] ?? noCounts))

export interface Sum extends Readonly<Bin> {
  /** The scores of the sessions, added up. */
  readonly scores: number
}

/** The bins of the scores from `low` to `high`, both inclusive, as one. */
export const sum = (bins: ScoreBins, { high, low }: { readonly low: number; readonly high: number }): Sum => {
  const total = { ...noCounts, scores: 0 }
  bins.slice(low, high + 1).forEach(({ conversions, immature, sessions }, index) => {
    total.sessions += sessions
    total.conversions += conversions
    total.immature += immature
    total.scores += sessions * (low + index)
  })
  return total
}
