/** Whether strata agree on how the arms differ. Tests of strata with both arms; undefined is null. */
import * as ChiSquare from "./ChiSquare.ts"
import * as MantelHaenszel from "./MantelHaenszel.ts"
import * as Stratified from "./Stratified.ts"

type Strata = ReadonlyArray<Stratified.Stratum>

/**
 * The conversions of an arm of `sessions` that, given `conversions` in both arms, make the odds ratio against the other
 * arm `odds`. Each of the two forms of the quadratic's root is used where it does not cancel.
 */
const expected = (sessions: number, others: number, conversions: number, odds: number): number => {
  const rest = sessions + others - conversions
  const b = odds * (sessions + conversions) + (others - conversions)
  const root = Math.hypot(
    odds * (sessions - conversions) + (others - conversions),
    2 * Math.sqrt(odds) * Math.sqrt(conversions) * Math.sqrt(rest),
  )
  return b >= 0 ? (2 * odds * sessions * conversions) / (b + root) : (root - b) / (2 * (1 - odds))
}

/**
 * Breslow and Day's test of one odds ratio in all strata, with Tarone's correction for Mantel and Haenszel's estimate.
 * Strata in which nobody or everybody converted are skipped; df = the others − 1. Undefined where fewer than two are
 * left, or where that odds ratio is 0 or undefined.
 * Breslow NE, Day NE (1980) IARC Sci Publ 32, 4.4; Tarone RE (1985) Biometrika 72:91–95.
 */
export const breslowDayTarone = (strata: Strata): ChiSquare.Test => {
  const odds = MantelHaenszel.oddsRatio(strata).estimate
  if (odds === null || odds === 0) return ChiSquare.undefinedTest
  const parts = Stratified.tables(strata)
    .filter(({ x0, x1, y0, y1 }) => x1 + x0 > 0 && y1 + y0 > 0)
    .map(({ n0, n1, x0, x1, y0, y1 }) => {
      const cell = expected(n1, n0, x1 + x0, odds)
      // Each cell by itself: the margins minus `cell` would cancel.
      const information =
        1 / cell +
        1 / expected(n0, n1, x1 + x0, 1 / odds) +
        1 / expected(n1, n0, y1 + y0, 1 / odds) +
        1 / expected(n0, n1, y1 + y0, odds)
      return { residual: x1 - cell, variance: 1 / information }
    })
  const variances = parts.reduce((sum, { variance }) => sum + variance, 0)
  const mean = parts.reduce((sum, { residual }) => sum + residual, 0) / variances
  // Σ residual²/variance − (Σ residual)²/Σ variance, without its cancellation.
  const statistic = parts.reduce((sum, { residual, variance }) => sum + (residual / variance - mean) ** 2 * variance, 0)
  return ChiSquare.testOf(statistic, parts.length - 1)
}

/**
 * Cochran's Q of the risk differences around Mantel and Haenszel's: Σ (d − common)²/v with v = p1·q1/n1 + p0·q0/n0.
 * Strata in which an arm's rate is 0 or 1 are skipped, because its part of v would be 0 and the stratum decide alone;
 * df = the others − 1. Undefined where fewer than two are left.
 * Cochran WG (1954) Biometrics 10:101–129.
 */
export const riskDifferenceQ = (strata: Strata): ChiSquare.Test => {
  const common = MantelHaenszel.difference(strata).estimate
  if (common === null) return ChiSquare.undefinedTest
  const used = Stratified.tables(strata).filter((table) => !Stratified.isExtreme(table))
  const statistic = Stratified.sum(
    used,
    (table) => (Stratified.differenceOf(table) - common) ** 2 / Stratified.varianceOf(table),
  )
  return ChiSquare.testOf(statistic, used.length - 1)
}
