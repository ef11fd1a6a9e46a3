/** Statistics of two proportions: arm 1, the treated, against arm 0. Pure functions on counts; undefined is null. */
import * as Normal from "./Normal.ts"
import * as Proportion from "./Proportion.ts"

/** Of one arm: how many sessions, and how many of them converted; whole numbers. */
export interface Arm {
  readonly conversions: number
  readonly sessions: number
}

/** A number with its interval, in the unit of what was asked; null where it is not defined. */
export interface Estimate extends Proportion.Interval {
  readonly estimate: number | null
}

const undefinedEstimate: Estimate = { estimate: null, low: null, high: null }

interface Limits {
  readonly p: number
  readonly low: number
  readonly high: number
}

/** An arm's rate and Wilson limits, or null without a session. */
const limitsOf = ({ conversions, sessions }: Arm, z: number): Limits | null => {
  const p = Proportion.rate(conversions, sessions)
  const { high, low } = Proportion.wilson(conversions, sessions, z)
  return p === null || low === null || high === null ? null : { p, low, high }
}

/**
 * p1 − p0 with the hybrid score interval; null where an arm is empty.
 * Method 10 of Newcombe RG (1998) Stat Med 17:873–890.
 */
export const difference = (arm1: Arm, arm0: Arm, z: number = Proportion.z95): Estimate => {
  const one = limitsOf(arm1, z)
  const zero = limitsOf(arm0, z)
  if (one === null || zero === null) return undefinedEstimate
  const estimate = one.p - zero.p
  return {
    estimate,
    low: estimate - Math.sqrt((one.p - one.low) ** 2 + (zero.high - zero.p) ** 2),
    high: estimate + Math.sqrt((one.high - one.p) ** 2 + (zero.p - zero.low) ** 2),
  }
}

/** p² − (p − limit)², free of its cancellation. */
const shrunk = (p: number, limit: number): number => limit * (2 * p - limit)

/**
 * p1/p0 − 1 with the MOVER-R interval on Wilson limits: it holds 0 exactly where the interval of the difference does.
 * Without a conversion in arm 0 there is no estimate and no upper limit; where an arm is empty all three are null.
 * Donner A, Zou GY (2012) Stat Methods Med Res 21:347–359; Fagerland MW, Newcombe RG (2013) Stat Med 32:2823–2836.
 */
export const lift = (arm1: Arm, arm0: Arm, z: number = Proportion.z95): Estimate => {
  const one = limitsOf(arm1, z)
  const zero = limitsOf(arm0, z)
  if (one === null || zero === null) return undefinedEstimate
  const product = one.p * zero.p
  const least = shrunk(one.p, one.low)
  // The papers have √(product² − least × shrunk(p0, u0)), and (product − √…)/shrunk(p0, u0): the same numbers, but they
  // cancel (to a negative root near 100 % of 10^9 sessions) and divide by 0 where u0 = 2 × p0.
  const low =
    one.p === 0
      ? 0
      : least / (product + Math.sqrt((zero.p * (one.p - one.low)) ** 2 + (zero.high - zero.p) ** 2 * least))
  if (zero.p === 0) return { estimate: null, low: low - 1, high: null }
  const divisor = shrunk(zero.p, zero.low)
  const high = (product + Math.sqrt((one.p * (zero.p - zero.low)) ** 2 + (one.high - one.p) ** 2 * divisor)) / divisor
  return { estimate: one.p / zero.p - 1, low: low - 1, high: high - 1 }
}

/** No p is printed below this: a p that equals it carries P_FLOOR. */
export const pFloor = 1e-300

/**
 * The two-sided p of the pooled z without continuity correction (Pearson's χ² of the 2 × 2 table), at least `pFloor`;
 * null where an arm is empty, or nobody or everybody converted.
 */
export const pooledP = (arm1: Arm, arm0: Arm): number | null => {
  const sessions = arm1.sessions + arm0.sessions
  const conversions = arm1.conversions + arm0.conversions
  const others = sessions - conversions
  if (arm1.sessions === 0 || arm0.sessions === 0 || conversions === 0 || others === 0) return null
  // On whole numbers, so that equal rates give z = 0.
  const cross = arm1.conversions * arm0.sessions - arm0.conversions * arm1.sessions
  const z = cross * Math.sqrt(sessions / (arm1.sessions * arm0.sessions * conversions * others))
  return Math.max(pFloor, Normal.twoSidedP(z))
}
