/**
 * The average effect on the treated (ATT): what arm 1 converted more than its sessions would have at arm 0's rates,
 * stratum by stratum; that is, the risk difference standardised to arm 1. Undefined is null.
 * Formulas as in Rothman KJ, Greenland S, Lash TL (2008) Modern Epidemiology, 3rd ed., chapter 15 (standardisation).
 */
import * as Comparison from "./Comparison.ts"
import * as Normal from "./Normal.ts"
import * as Proportion from "./Proportion.ts"
import * as Stratified from "./Stratified.ts"

type Strata = ReadonlyArray<Stratified.Stratum>

interface Excess {
  /** Σ n1·(p1 − p0), in conversions. */
  readonly conversions: number
  /** √Σ n1²·(p1·q1/n1 + p0·q0/n0), in conversions; null where it is 0. */
  readonly standardError: number | null
  /** Σ n1 over the kept strata. */
  readonly sessions: number
}

/** Null without a kept stratum. */
const excessOf = (strata: Strata): Excess | null => {
  const tables = Stratified.tables(strata)
  if (tables.length === 0) return null
  const variance = Stratified.sum(tables, (table) => table.n1 ** 2 * Stratified.varianceOf(table))
  return {
    conversions: Stratified.sum(tables, (table) => table.n1 * Stratified.differenceOf(table)),
    standardError: variance > 0 ? Math.sqrt(variance) : null,
    sessions: Stratified.sum(tables, ({ n1 }) => n1),
  }
}

/** The estimate with its Wald limits, in conversions ÷ `unit`. */
const estimateOf = ({ conversions, standardError }: Excess, unit: number, z: number): Comparison.Estimate => {
  const estimate = conversions / unit
  if (standardError === null) return { estimate, low: null, high: null }
  const half = (z * standardError) / unit
  return { estimate, low: estimate - half, high: estimate + half }
}

/** Σ n1·(p1 − p0) / Σ n1, in conversions per session of arm 1. Its limits may lie beyond ±1. */
export const difference = (strata: Strata, z: number = Proportion.z95): Comparison.Estimate => {
  const excess = excessOf(strata)
  return excess === null ? { estimate: null, low: null, high: null } : estimateOf(excess, excess.sessions, z)
}

/** Of `difference`: √Σ n1²·(p1·q1/n1 + p0·q0/n0) / Σ n1; null where it is 0. */
export const standardError = (strata: Strata): number | null => {
  const excess = excessOf(strata)
  return excess === null || excess.standardError === null ? null : excess.standardError / excess.sessions
}

/** Σ n1·(p1 − p0): the conversions that arm 1 has more, extra ones if the association were causal. */
export const incremental = (strata: Strata, z: number = Proportion.z95): Comparison.Estimate => {
  const excess = excessOf(strata)
  return excess === null ? { estimate: null, low: null, high: null } : estimateOf(excess, 1, z)
}

/** The two-sided p of `difference` ÷ `standardError`, at least `Comparison.pFloor`. */
export const p = (strata: Strata): number | null => {
  const excess = excessOf(strata)
  if (excess === null || excess.standardError === null) return null
  return Math.max(Comparison.pFloor, Normal.twoSidedP(excess.conversions / excess.standardError))
}

/** Whether over a tenth of arm 1 is in strata where an arm's rate is 0 or 1, so that the limits are too narrow. */
export const isSparse = (strata: Strata): boolean => {
  const tables = Stratified.tables(strata)
  const sessions = (of: typeof tables) => Stratified.sum(of, ({ n1 }) => n1)
  return 10 * sessions(tables.filter(Stratified.isExtreme)) > sessions(tables)
}

/** Whether strata are kept, but all their rates are 0 or 1: the standard error is 0, the limits and p are undefined. */
export const isDegenerate = (strata: Strata): boolean => excessOf(strata)?.standardError === null
