/**
 * Mantel and Haenszel's estimates, common to all strata: arm 1, the treated, against arm 0. Each has limits only where
 * its variance is above 0, and `isDegenerate` tells where one is not. Undefined is null.
 * Formulas as in Rothman KJ, Greenland S, Lash TL (2008) Modern Epidemiology, 3rd ed., chapter 15.
 */
import * as ChiSquare from "./ChiSquare.ts"
import type * as Comparison from "./Comparison.ts"
import * as Proportion from "./Proportion.ts"
import * as Stratified from "./Stratified.ts"

type Strata = ReadonlyArray<Stratified.Stratum>

/** Σ w·(p1 − p0) / Σ w with w = n1·n0/n; null without a kept stratum. */
const pooledDifference = (tables: ReadonlyArray<Stratified.Table>): number | null => {
  const weights = Stratified.sum(tables, ({ all, n0, n1 }) => (n1 * n0) / all)
  return weights === 0
    ? null
    : Stratified.sum(tables, (table) => ((table.n1 * table.n0) / table.all) * Stratified.differenceOf(table)) / weights
}

/**
 * Sato's variance of the pooled difference; null where it is not above 0.
 * Sato T (1989) Biometrics 45:1323–1324. His Σ (difference·P + Q) / (Σ w)², with each term written as w² × the stratum's
 * unpooled variance, which is all of it for a single stratum, plus what the difference adds by being another than its own.
 */
const satoVariance = (tables: ReadonlyArray<Stratified.Table>, difference: number): number | null => {
  const unpooled = (table: Stratified.Table) => ((table.n1 * table.n0) / table.all) ** 2 * Stratified.varianceOf(table)
  const apart = (table: Stratified.Table) => {
    const { all, n0, n1, x0, x1, y0, y1 } = table
    const balance = (n1 / all) ** 2 * (x0 - y0) + (n0 / all) ** 2 * (y1 - x1)
    return ((difference - Stratified.differenceOf(table)) * balance) / 2
  }
  const variance = Stratified.sum(tables, (table) => unpooled(table) + apart(table))
  return variance > 0 ? variance / Stratified.sum(tables, ({ all, n0, n1 }) => (n1 * n0) / all) ** 2 : null
}

/** The risk difference, in conversions per session, with the limits of Sato's variance clamped to [−1, 1]. */
export const difference = (strata: Strata, z: number = Proportion.z95): Comparison.Estimate => {
  const tables = Stratified.tables(strata)
  const estimate = pooledDifference(tables)
  const variance = estimate === null ? null : satoVariance(tables, estimate)
  if (estimate === null || variance === null) return { estimate, low: null, high: null }
  const half = z * Math.sqrt(variance)
  return { estimate, low: Math.max(-1, estimate - half), high: Math.min(1, estimate + half) }
}

/** A ratio of two sums with limits on the log scale. An upper limit that no double can hold is none: null. */
const ratioOf = (numerator: number, denominator: number, logVariance: number, z: number): Comparison.Estimate => {
  if (denominator === 0) return { estimate: null, low: null, high: null }
  const estimate = numerator / denominator
  // A ratio of 0 has no log, and its variance, divided by it, is NaN or Infinity.
  if (estimate === 0 || !(logVariance > 0)) return { estimate, low: null, high: null }
  const half = z * Math.sqrt(logVariance)
  const high = Math.exp(Math.log(estimate) + half)
  return { estimate, low: Math.exp(Math.log(estimate) - half), high: Number.isFinite(high) ? high : null }
}

/**
 * The risk ratio, with the limits of Greenland and Robins' variance of its log. No estimate where nobody in arm 0
 * converted, and no limits where nobody in arm 1 or everybody in both did.
 * Greenland S, Robins JM (1985) Biometrics 41:55–68.
 */
export const riskRatio = (strata: Strata, z: number = Proportion.z95): Comparison.Estimate => {
  const tables = Stratified.tables(strata)
  const numerator = Stratified.sum(tables, ({ all, n0, x1 }) => (x1 * n0) / all)
  const denominator = Stratified.sum(tables, ({ all, n1, x0 }) => (x0 * n1) / all)
  // Theirs is Σ (n1·n0·(x1 + x0) − x1·x0·n)/n² over the product: the same number, which cancels.
  const spread = Stratified.sum(
    tables,
    ({ all, n0, n1, x0, x1, y0, y1 }) => (x1 / all) * n1 * (y0 / all) + (x0 / all) * n0 * (y1 / all),
  )
  return ratioOf(numerator, denominator, spread / numerator / denominator, z)
}

/** The risk ratio − 1: 0.1 is 10 % more conversions per session. */
export const lift = (strata: Strata, z: number = Proportion.z95): Comparison.Estimate => {
  const { estimate, high, low } = riskRatio(strata, z)
  const minusOne = (ratio: number | null) => (ratio === null ? null : ratio - 1)
  return { estimate: minusOne(estimate), low: minusOne(low), high: minusOne(high) }
}

/**
 * The odds ratio, with the limits of Robins, Breslow and Greenland's variance of its log. No estimate where no stratum
 * has both a conversion in arm 0 and a session without one in arm 1.
 * Robins J, Breslow N, Greenland S (1986) Biometrics 42:311–323.
 */
export const oddsRatio = (strata: Strata, z: number = Proportion.z95): Comparison.Estimate => {
  const tables = Stratified.tables(strata)
  const concordant = ({ all, x1, y0 }: Stratified.Table) => (x1 * y0) / all
  const discordant = ({ all, x0, y1 }: Stratified.Table) => (x0 * y1) / all
  const p = ({ all, x1, y0 }: Stratified.Table) => (x1 + y0) / all
  const q = ({ all, x0, y1 }: Stratified.Table) => (x0 + y1) / all
  const r = Stratified.sum(tables, concordant)
  const s = Stratified.sum(tables, discordant)
  const logVariance =
    Stratified.sum(tables, (table) => p(table) * concordant(table)) / (2 * r * r) +
    Stratified.sum(tables, (table) => p(table) * discordant(table) + q(table) * concordant(table)) / (2 * r * s) +
    Stratified.sum(tables, (table) => q(table) * discordant(table)) / (2 * s * s)
  return ratioOf(r, s, logVariance, z)
}

/**
 * Cochran, Mantel and Haenszel's test of no association in any stratum, without continuity correction: χ² with one
 * degree of freedom. Undefined where in every stratum nobody or everybody converted.
 * Mantel N, Haenszel W (1959) JNCI 22:719–748.
 */
export const cochranMantelHaenszel = (strata: Strata): ChiSquare.Test => {
  const tables = Stratified.tables(strata)
  const variance = Stratified.sum(
    tables,
    ({ all, n0, n1, x0, x1, y0, y1 }) => ((n1 / all) * (n0 / all) * (x1 + x0) * (y1 + y0)) / (all - 1),
  )
  if (variance === 0) return ChiSquare.undefinedTest
  const excess = Stratified.sum(tables, ({ all, n0, n1, x0, x1 }) => (x1 * n0 - x0 * n1) / all)
  return ChiSquare.testOf(excess ** 2 / variance, 1)
}

/** Whether strata are kept, but one of the limits or the p is undefined, its variance being 0, less, or undefined. */
export const isDegenerate = (strata: Strata): boolean =>
  Stratified.kept(strata).length > 0 &&
  (difference(strata).low === null ||
    riskRatio(strata).low === null ||
    oddsRatio(strata).low === null ||
    cochranMantelHaenszel(strata).p === null)
