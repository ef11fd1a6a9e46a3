/**
 * Which sessions are compared with which, and what the comparison gives: arm 1, the treated, against arm 0. Nobody chose the arms at random: nudges go
 * to visitors who stay long enough to trigger them, and those who interact choose to.
 */
import type { Arm } from "./Arm.ts"
import * as Comparison from "./Comparison.ts"
import * as Heterogeneity from "./Heterogeneity.ts"
import * as MantelHaenszel from "./MantelHaenszel.ts"
import * as Proportion from "./Proportion.ts"
import * as SampleSize from "./SampleSize.ts"
import * as Sensitivity from "./Sensitivity.ts"
import * as Stratified from "./Stratified.ts"
import * as TreatedEffect from "./TreatedEffect.ts"
import type * as Verdict from "./Verdict.ts"
import * as Warning from "./Warning.ts"

/** One side of a contrast. */
export interface Side {
  /** As a cell names it. */
  readonly label: string
  readonly arms: ReadonlyArray<Arm>
}

/**
 * - `V`, the vendor's: interacted against everybody else, nudged or not
 * - `E`, exposure: nudged against unnudged
 * - `I`, interaction: interacted against nudged without an interaction
 */
export interface Contrast {
  readonly name: "V" | "E" | "I"
  readonly arm1: Side
  readonly arm0: Side
  /** Whether it takes the nudges themselves, not only their number, to tell the arms apart. */
  readonly needsDetails: boolean
  /** The arms in words. */
  readonly subject: Verdict.Subject
}

/** In the order of the rows. A session whose detail could not be had is nudged, and in no arm of the other two. */
export const contrasts: ReadonlyArray<Contrast> = [
  {
    name: "V",
    arm1: { label: "interacted", arms: ["interacted"] },
    arm0: { label: "unnudged+shown_only", arms: ["unnudged", "shown_only"] },
    needsDetails: true,
    subject: { arm1: "sessions with an interaction", arm0: "sessions without one" },
  },
  {
    name: "E",
    arm1: { label: "nudged", arms: ["shown_only", "interacted", "unknown"] },
    arm0: { label: "unnudged", arms: ["unnudged"] },
    needsDetails: false,
    subject: { arm1: "nudged sessions", arm0: "unnudged sessions" },
  },
  {
    name: "I",
    arm1: { label: "interacted", arms: ["interacted"] },
    arm0: { label: "shown_only", arms: ["shown_only"] },
    needsDetails: true,
    subject: { arm1: "sessions with an interaction", arm0: "nudged sessions without one" },
  },
]

/** Both arms of a contrast. */
export interface Sample {
  /** All sessions, those with a score outside 0–100 too. */
  readonly all: Stratified.Stratum
  /** By band. */
  readonly strata: ReadonlyArray<Stratified.Stratum>
}

/** Of the strata in which both arms have a session; of all sessions where the estimate is crude. */
export interface Numbers {
  readonly sessions_1: number
  readonly conversions_1: number
  /** conversions_1 ÷ sessions_1, with its Wilson interval. The rates are on crude rows only. */
  readonly rate_1: number | null
  readonly rate_1_low: number | null
  readonly rate_1_high: number | null
  readonly sessions_0: number
  readonly conversions_0: number
  readonly rate_0: number | null
  readonly rate_0_low: number | null
  readonly rate_0_high: number | null
  /** Arm 1's rate minus arm 0's. crude: Newcombe's interval · mh: Sato's · att: Wald's, which may lie beyond ±1. */
  readonly difference: number | null
  readonly difference_low: number | null
  readonly difference_high: number | null
  /** Arm 1's rate ÷ arm 0's, minus 1. crude: MOVER-R interval · mh: Greenland and Robins' · att: none. */
  readonly lift: number | null
  readonly lift_low: number | null
  readonly lift_high: number | null
  /** mh only: the odds ratio common to all strata, with Robins, Breslow and Greenland's interval. */
  readonly odds_ratio: number | null
  readonly odds_ratio_low: number | null
  readonly odds_ratio_high: number | null
  /** Two-sided. crude: pooled z · mh: Cochran, Mantel and Haenszel's test · att: difference ÷ standard error. */
  readonly p: number | null
  /** crude only: conversions that arm 1 has more than at arm 0's rate; extra ones if the association were causal. */
  readonly incremental_conversions: number | null
  readonly incremental_low: number | null
  readonly incremental_high: number | null
  /** mh and att: bands, and those in which both arms have a session. */
  readonly strata: number | null
  readonly strata_used: number | null
  /** mh and att: sessions_1 ÷ that of the crude row. */
  readonly coverage: number | null
  /** mh: p of "the odds ratio is the same in every stratum", Breslow, Day and Tarone's. */
  readonly heterogeneity_p: number | null
  /** mh: p of "the difference is the same in every stratum", Cochran's Q. */
  readonly rd_q_p: number | null
  /** crude and mh: E-value of lift + 1, and of its limit nearest 1. */
  readonly e_value: number | null
  readonly e_value_limit: number | null
  /** crude: sessions that the smaller arm still needs, so that `mde` would be seen with a power of 0.8. */
  readonly sessions_needed: number | null
}

/** What an estimate gives, and the warnings that follow from it alone. */
export interface Estimated {
  readonly numbers: Numbers
  readonly warnings: ReadonlyArray<Warning.Warning>
}

/** The counts and the difference, which every row has; an estimate adds what else it defines. */
const numbersOf = ({ arm0, arm1 }: Stratified.Stratum, difference: Comparison.Estimate, p: number | null): Numbers => ({
  sessions_1: arm1.sessions,
  conversions_1: arm1.conversions,
  rate_1: null,
  rate_1_low: null,
  rate_1_high: null,
  sessions_0: arm0.sessions,
  conversions_0: arm0.conversions,
  rate_0: null,
  rate_0_low: null,
  rate_0_high: null,
  difference: difference.estimate,
  difference_low: difference.low,
  difference_high: difference.high,
  lift: null,
  lift_low: null,
  lift_high: null,
  odds_ratio: null,
  odds_ratio_low: null,
  odds_ratio_high: null,
  p,
  incremental_conversions: null,
  incremental_low: null,
  incremental_high: null,
  strata: null,
  strata_used: null,
  coverage: null,
  heterogeneity_p: null,
  rd_q_p: null,
  e_value: null,
  e_value_limit: null,
  sessions_needed: null,
})

const mapped = (estimate: Comparison.Estimate, f: (value: number) => number): Comparison.Estimate => {
  const orNull = (value: number | null) => (value === null ? null : f(value))
  return { estimate: orNull(estimate.estimate), low: orNull(estimate.low), high: orNull(estimate.high) }
}

const withWarnings = (numbers: Numbers, own: ReadonlyArray<Warning.Warning>): Estimated => {
  const { conversions_0, conversions_1, heterogeneity_p, p, rd_q_p, sessions_0, sessions_1 } = numbers
  const warnings = [
    ...Warning.ofCounts(conversions_1, sessions_1),
    ...Warning.ofCounts(conversions_0, sessions_0),
    ...own,
  ]
  if (sessions_0 > 0 && conversions_0 === 0) warnings.push("ZERO_BASELINE")
  if ([p, heterogeneity_p, rd_q_p].includes(Comparison.pFloor)) warnings.push("P_FLOOR")
  return { numbers, warnings }
}

/** The arms as they are: Newcombe's and MOVER-R intervals, pooled z. */
export const crude = ({ all }: Sample, z: number, mde: number): Estimated => {
  const { arm0, arm1 } = all
  const difference = Comparison.difference(arm1, arm0, z)
  const p = Comparison.pooledP(arm1, arm0)
  const lift = Comparison.lift(arm1, arm0, z)
  const eValue = Sensitivity.eValue(mapped(lift, (limit) => limit + 1))
  const incremental = mapped(difference, (limit) => arm1.sessions * limit)
  const interval1 = Proportion.wilson(arm1.conversions, arm1.sessions, z)
  const interval0 = Proportion.wilson(arm0.conversions, arm0.sessions, z)
  const isDegenerate = p === null && arm1.sessions > 0 && arm0.sessions > 0
  const numbers: Numbers = {
    ...numbersOf(all, difference, p),
    rate_1: Proportion.rate(arm1.conversions, arm1.sessions),
    rate_1_low: interval1.low,
    rate_1_high: interval1.high,
    rate_0: Proportion.rate(arm0.conversions, arm0.sessions),
    rate_0_low: interval0.low,
    rate_0_high: interval0.high,
    lift: lift.estimate,
    lift_low: lift.low,
    lift_high: lift.high,
    incremental_conversions: incremental.estimate,
    incremental_low: incremental.low,
    incremental_high: incremental.high,
    e_value: eValue.estimate,
    e_value_limit: eValue.limit,
    sessions_needed: SampleSize.stillNeeded(arm1, arm0, { mde, z }),
  }
  return withWarnings(numbers, isDegenerate ? ["DEGENERATE"] : [])
}

/** The columns of strata; `coverage` is of all arm-1 sessions, those with a score outside 0–100 too. */
const overlapOf = ({ all, strata }: Sample) => {
  const kept = Stratified.kept(strata)
  return {
    strata: strata.length,
    strata_used: kept.length,
    coverage: Proportion.rate(Stratified.total(kept).arm1.sessions, all.arm1.sessions),
  }
}

const adjusted = (numbers: Numbers, isDegenerate: boolean, isSparse: boolean): Estimated => {
  const { coverage, heterogeneity_p } = numbers
  const warnings: Array<Warning.Warning> = ["POST_TREATMENT_SCORE"]
  if (isDegenerate) warnings.push("DEGENERATE")
  if (coverage !== null && coverage < 0.8) warnings.push("NO_OVERLAP")
  if (isSparse) warnings.push("SPARSE")
  // Not by rd_q_p: its weights are off where an arm of a band has few conversions, and it then warns of nothing.
  if (heterogeneity_p !== null && heterogeneity_p < 0.05) warnings.push("HETEROGENEOUS")
  return withWarnings(numbers, warnings)
}

/** Mantel and Haenszel's: what is common to the bands, each weighted by how much both arms say about it. */
export const mh = (sample: Sample, z: number): Estimated => {
  const { strata } = sample
  const counted = Stratified.total(Stratified.kept(strata))
  const lift = MantelHaenszel.lift(strata, z)
  const oddsRatio = MantelHaenszel.oddsRatio(strata, z)
  const eValue = Sensitivity.eValue(MantelHaenszel.riskRatio(strata, z))
  const numbers: Numbers = {
    ...numbersOf(counted, MantelHaenszel.difference(strata, z), MantelHaenszel.cochranMantelHaenszel(strata).p),
    ...overlapOf(sample),
    lift: lift.estimate,
    lift_low: lift.low,
    lift_high: lift.high,
    odds_ratio: oddsRatio.estimate,
    odds_ratio_low: oddsRatio.low,
    odds_ratio_high: oddsRatio.high,
    heterogeneity_p: Heterogeneity.breslowDayTarone(strata).p,
    rd_q_p: Heterogeneity.riskDifferenceQ(strata).p,
    e_value: eValue.estimate,
    e_value_limit: eValue.limit,
  }
  return adjusted(numbers, MantelHaenszel.isDegenerate(strata), false)
}

/** On the treated: arm 1's sessions against arm 0's rates in their own bands. */
export const att = (sample: Sample, z: number): Estimated => {
  const { strata } = sample
  const counted = Stratified.total(Stratified.kept(strata))
  const numbers: Numbers = {
    ...numbersOf(counted, TreatedEffect.difference(strata, z), TreatedEffect.p(strata)),
    ...overlapOf(sample),
  }
  return adjusted(numbers, TreatedEffect.isDegenerate(strata), TreatedEffect.isSparse(strata))
}
