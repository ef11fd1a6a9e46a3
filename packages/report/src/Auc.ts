/** How well a score ranks those who convert above those who do not. */
import type * as Comparison from "./Comparison.ts"
import * as Proportion from "./Proportion.ts"

interface Placements {
  /** The mean over the class of the share of the other class that it beats, a tie counting half. */
  readonly mean: number
  /** The variance of that share over the class, of `size` − 1; null for a class of one. */
  readonly variance: number | null
  readonly size: number
}

/** `members[i]` of the class beat `beaten[i]` half sessions of the other class, which has `others` sessions. */
const placementsOf = (
  members: ReadonlyArray<number>,
  beaten: ReadonlyArray<number>,
  others: number,
): Placements | null => {
  const size = members.reduce((sum, count) => sum + count, 0)
  if (size === 0 || others === 0) return null
  const shares = beaten.map((halves, index) => ({ share: halves / (2 * others), count: members[index] ?? 0 }))
  const mean = shares.reduce((sum, { count, share }) => sum + count * share, 0) / size
  const squares = shares.reduce((sum, { count, share }) => sum + count * (share - mean) ** 2, 0)
  return { mean, size, variance: size === 1 ? null : squares / (size - 1) }
}

/** Per index, twice the counts before it plus its own: in halves, what it beats. */
const halvesBelow = (counts: ReadonlyArray<number>): ReadonlyArray<number> => {
  let below = 0
  return counts.map((count) => {
    const halves = 2 * below + count
    below += count
    return halves
  })
}

/**
 * The area under the ROC curve of the score, with DeLong's limits clamped to [0, 1]: the probability that a session
 * that converted has the higher score, a tie counting half. `bins[s]` are the sessions of score s; only their order
 * matters. Null where nobody or everybody converted; no limits where it is 0 or 1, where fewer than two sessions
 * converted or fewer than two did not, and where all have the same score, the variance being 0.
 * DeLong ER, DeLong DM, Clarke-Pearson DL (1988) Biometrics 44:837–845.
 */
export const delong = (bins: ReadonlyArray<Comparison.Arm>, z: number = Proportion.z95): Comparison.Estimate => {
  const positives = bins.map(({ conversions }) => conversions)
  const negatives = bins.map(({ conversions, sessions }) => sessions - conversions)
  const total = (counts: ReadonlyArray<number>) => counts.reduce((sum, count) => sum + count, 0)
  const positive = placementsOf(positives, halvesBelow(negatives), total(negatives))
  const negative = placementsOf(negatives, halvesBelow(positives), total(positives))
  if (positive === null || negative === null) return { estimate: null, low: null, high: null }
  const estimate = positive.mean
  const isEnd = estimate === 0 || estimate === 1
  if (isEnd || positive.variance === null || negative.variance === null) return { estimate, low: null, high: null }
  // A session without conversion beats the others from above in 1 − share of them: the variance is the same.
  const variance = positive.variance / positive.size + negative.variance / negative.size
  if (variance === 0) return { estimate, low: null, high: null }
  const half = z * Math.sqrt(variance)
  return { estimate, low: Math.max(0, estimate - half), high: Math.min(1, estimate + half) }
}
