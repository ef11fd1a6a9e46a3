/** How many sessions it takes to see a difference of a given size. Undefined is null. */
import type * as Comparison from "./Comparison.ts"
import * as Normal from "./Normal.ts"
import * as Proportion from "./Proportion.ts"

export interface Options {
  /** The least relative difference worth seeing: 0.1 is 10 % more than arm 0. @default 0.1 */
  readonly mde?: number | undefined
  /** The probability to see it. @default 0.8 */
  readonly power?: number | undefined
  /** Of the two-sided test, as its z. @default Proportion.z95 */
  readonly z?: number | undefined
}

/**
 * Sessions per arm, not rounded, at which a two-sided test of p1 against p0 has the power; null where they are equal,
 * where one is no rate, or where the power is not between 0 and 1 or below what no session at all would give.
 * Fleiss JL, Levin B, Paik MC (2003) Statistical Methods for Rates and Proportions, 3rd ed., 4.2.1, without continuity
 * correction: what R's power.prop.test solves.
 */
export const required = (p1: number, p0: number, power: number, z: number = Proportion.z95): number | null => {
  const zPower = Normal.quantile(power)
  const isRate = (p: number) => p >= 0 && p <= 1
  if (zPower === null || !isRate(p1) || !isRate(p0)) return null
  const mean = (p1 + p0) / 2
  const spread = z * Math.sqrt(2 * mean * (1 - mean)) + zPower * Math.sqrt(p1 * (1 - p1) + p0 * (1 - p0))
  const sessions = (spread / (p1 - p0)) ** 2
  return spread > 0 && Number.isFinite(sessions) ? sessions : null
}

/**
 * Sessions that the smaller arm still needs, so that arm 0's rate × (1 + mde) in arm 1 would be seen; 0 where it has
 * enough. From arm 0's rate alone, never from the observed difference; null where nobody in it converted, or where that
 * rate would be above 1.
 */
export const stillNeeded = (arm1: Comparison.Arm, arm0: Comparison.Arm, options: Options = {}): number | null => {
  const { mde = 0.1, power = 0.8, z = Proportion.z95 } = options
  const p0 = Proportion.rate(arm0.conversions, arm0.sessions)
  const sessions = p0 === null ? null : required(p0 * (1 + mde), p0, power, z)
  return sessions === null ? null : Math.max(0, Math.ceil(sessions) - Math.min(arm1.sessions, arm0.sessions))
}
