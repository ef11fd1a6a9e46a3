/** Two arms within strata. A stratum with an empty arm compares nothing: every statistic drops it. */
import type * as Comparison from "./Comparison.ts"
import * as Proportion from "./Proportion.ts"

/** Both arms among sessions of like score. */
export interface Stratum {
  readonly arm1: Comparison.Arm
  readonly arm0: Comparison.Arm
}

/** The strata in which both arms have a session. */
export const kept = (strata: ReadonlyArray<Stratum>): ReadonlyArray<Stratum> =>
  strata.filter(({ arm0, arm1 }) => arm1.sessions > 0 && arm0.sessions > 0)

const totalArm = (arms: ReadonlyArray<Comparison.Arm>): Comparison.Arm => ({
  conversions: arms.reduce((sum, { conversions }) => sum + conversions, 0),
  sessions: arms.reduce((sum, { sessions }) => sum + sessions, 0),
})

/** Both arms summed over strata: of the kept ones, what a stratified estimate is about. */
export const total = (strata: ReadonlyArray<Stratum>): Stratum => ({
  arm1: totalArm(strata.map(({ arm1 }) => arm1)),
  arm0: totalArm(strata.map(({ arm0 }) => arm0)),
})

/** Sessions of arm 1 in kept strata ÷ sessions of arm 1, from 0 to 1; null where arm 1 is empty. */
export const coverage = (strata: ReadonlyArray<Stratum>): number | null =>
  Proportion.rate(total(kept(strata)).arm1.sessions, total(strata).arm1.sessions)

/** A kept stratum's fourfold table: x converted and y did not, of n = x + y; `all` is n1 + n0. */
export interface Table {
  readonly x1: number
  readonly y1: number
  readonly n1: number
  readonly x0: number
  readonly y0: number
  readonly n0: number
  readonly all: number
}

/** The tables of the kept strata. */
export const tables = (strata: ReadonlyArray<Stratum>): ReadonlyArray<Table> =>
  kept(strata).map(({ arm0, arm1 }) => ({
    x1: arm1.conversions,
    y1: arm1.sessions - arm1.conversions,
    n1: arm1.sessions,
    x0: arm0.conversions,
    y0: arm0.sessions - arm0.conversions,
    n0: arm0.sessions,
    all: arm1.sessions + arm0.sessions,
  }))

/** Whether nobody or everybody of an arm converted, so that its variance is estimated as 0, however few it has. */
export const isExtreme = ({ x0, x1, y0, y1 }: Table): boolean => Math.min(x0, x1, y0, y1) === 0

/** Σ over the strata. */
export const sum = (tables: ReadonlyArray<Table>, term: (table: Table) => number): number =>
  tables.reduce((total, table) => total + term(table), 0)

/** p1 − p0 of a table. */
export const differenceOf = ({ n0, n1, x0, x1 }: Table): number => x1 / n1 - x0 / n0

/** The unpooled variance of p1 − p0: p1·q1/n1 + p0·q0/n0, exactly 0 where both rates are 0 or 1. */
export const varianceOf = ({ n0, n1, x0, x1, y0, y1 }: Table): number =>
  ((x1 / n1) * (y1 / n1)) / n1 + ((x0 / n0) * (y0 / n0)) / n0
