/** Whether arms have the shares of sessions that they were meant to have. */
import * as ChiSquare from "./ChiSquare.ts"

/** One group: how many sessions it has, and how many it was to have. */
export interface Share {
  readonly sessions: number
  /** The share that was meant, in any unit: 1 and 1 is half each. */
  readonly weight: number
}

/** A p below this is a sample ratio mismatch: the arms were not split as meant. */
export const mismatchP = 0.001

/**
 * Pearson's χ² of the sessions against the weights; df = arms − 1. Undefined without two arms, without a session, or
 * where a weight is not above 0.
 * Kohavi R, Tang D, Xu Y (2020) Trustworthy Online Controlled Experiments, chapter 21.
 */
export const test = (shares: ReadonlyArray<Share>): ChiSquare.Test => {
  const sessions = shares.reduce((sum, share) => sum + share.sessions, 0)
  const weights = shares.reduce((sum, share) => sum + share.weight, 0)
  if (sessions === 0 || shares.some(({ weight }) => !(weight > 0))) return ChiSquare.undefinedTest
  const statistic = shares.reduce((sum, share) => {
    const meant = sessions * (share.weight / weights)
    return sum + (share.sessions - meant) ** 2 / meant
  }, 0)
  return ChiSquare.testOf(statistic, shares.length - 1)
}
