/** Whether conversion rises or falls with a score. */
import * as Comparison from "./Comparison.ts"
import * as Normal from "./Normal.ts"

/** Null where nobody or everybody converted, or all are at one level. */
export interface Trend {
  /** Standard normal where there is no trend; above 0 where conversion rises with the score. */
  readonly z: number | null
  /** Two-sided, at least `Comparison.pFloor`. */
  readonly p: number | null
}

/**
 * Cochran and Armitage's test of a linear trend; `bins[s]` are the sessions of score s. z² is what R's prop.trend.test
 * gives. Undefined where nobody or everybody converted, or where all sessions have the same score.
 * Armitage P (1955) Biometrics 11:375–386.
 */
export const cochranArmitage = (bins: ReadonlyArray<Comparison.Arm>): Trend => {
  const groups = bins.map((bin, score) => ({ ...bin, score })).filter(({ sessions }) => sessions > 0)
  const sessions = groups.reduce((sum, group) => sum + group.sessions, 0)
  const conversions = groups.reduce((sum, group) => sum + group.conversions, 0)
  if (groups.length < 2 || conversions === 0 || conversions === sessions) return { z: null, p: null }
  const scores = groups.reduce((sum, group) => sum + group.sessions * group.score, 0)
  // On whole numbers, so that equal rates give z = 0.
  const excess =
    groups.reduce((sum, group) => sum + group.conversions * (group.score * sessions - scores), 0) / sessions
  const mean = scores / sessions
  const spread = groups.reduce((sum, group) => sum + group.sessions * (group.score - mean) ** 2, 0)
  const rate = conversions / sessions
  const z = excess / Math.sqrt(rate * ((sessions - conversions) / sessions) * spread)
  return { z, p: Math.max(Comparison.pFloor, Normal.twoSidedP(z)) }
}
