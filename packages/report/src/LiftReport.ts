/**
 * Lift: how much more or less often nudged sessions converted than others, in three contrasts, as it is (crude) and
 * adjusted for the final intent score (mh, att). Nudges are not randomised and the score was read at the end: every
 * number is an association.
 */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"
import * as Session from "@effect-elnudge/core/Session"
import * as SessionRead from "@effect-elnudge/core/SessionRead"
import * as Arm from "./Arm.ts"
import * as Attribution from "./Attribution.ts"
import * as Cohort from "./Cohort.ts"
import type * as Comparison from "./Comparison.ts"
import * as Contrast from "./Contrast.ts"
import * as Counts from "./Counts.ts"
import * as MultipleTesting from "./MultipleTesting.ts"
import * as NudgedSession from "./NudgedSession.ts"
import * as Proportion from "./Proportion.ts"
import type { Report } from "./Report.ts"
import * as Predicate from "effect/Predicate"
import * as ReportOptions from "./ReportOptions.ts"
import * as Stratified from "./Stratified.ts"
import * as Tally from "./Tally.ts"
import * as TextKey from "./TextKey.ts"
import * as Verdict from "./Verdict.ts"
import * as Warning from "./Warning.ts"

export interface Options {
  /** The strata of mh and att. @default Cohort.defaultBands */
  readonly bands?: ReadonlyArray<Cohort.Band> | undefined
  /** Which outcomes are interactions; its window plays no part. @default Attribution.vendorRule */
  readonly rule?: Attribution.Rule | undefined
  /** Of the two-sided intervals. @default 0.95 */
  readonly confidence?: number | undefined
  /** The least relative difference worth seeing, for `sessions_needed`: 0.1 is 10 % of arm 0's rate. @default 0.1 */
  readonly mde?: number | undefined
}

type Estimate = "crude" | "mh" | "att"

/** Which nudges make the arm of a converted session: all of them, or those shown at or before its purchase. */
type Basis = "all" | "before_purchase"

/** One estimate of one contrast on one basis. Rates and differences are shares of 1; what an estimate does not have is null. */
export interface Row extends Contrast.Numbers {
  readonly contrast: Contrast.Contrast["name"]
  readonly estimate: Estimate
  readonly basis: Basis
  /** Who is compared: `arm_1` against `arm_0`. */
  readonly arm_1: string
  readonly arm_0: string
  /** Benjamini–Hochberg over the p of the three contrasts of the row's estimate and basis. */
  readonly q: number | null
  readonly warnings: string
  /** The row as a sentence. */
  readonly text: string
}

const columns: ReadonlyArray<keyof Row> = [
  "contrast",
  "estimate",
  "basis",
  "arm_1",
  "arm_0",
  "sessions_1",
  "conversions_1",
  "rate_1",
  "rate_1_low",
  "rate_1_high",
  "sessions_0",
  "conversions_0",
  "rate_0",
  "rate_0_low",
  "rate_0_high",
  "difference",
  "difference_low",
  "difference_high",
  "lift",
  "lift_low",
  "lift_high",
  "odds_ratio",
  "odds_ratio_low",
  "odds_ratio_high",
  "p",
  "q",
  "incremental_conversions",
  "incremental_low",
  "incremental_high",
  "strata",
  "strata_used",
  "coverage",
  "heterogeneity_p",
  "rd_q_p",
  "e_value",
  "e_value_limit",
  "sessions_needed",
  "warnings",
  "text",
]

const estimates = [
  { name: "crude", estimate: Contrast.crude },
  { name: "mh", estimate: Contrast.mh },
  { name: "att", estimate: Contrast.att },
] as const
const bases: ReadonlyArray<Basis> = ["all", "before_purchase"]

/** `immature` counts sessions that may still have been open when they were read. */
const noCounts = { sessions: 0, conversions: 0, immature: 0 }

type SessionCounts = Readonly<Counts.Counts<keyof typeof noCounts>>

/** By the arm on either basis, and by band: one place for each session. */
export type State = Tally.Tally<keyof SessionCounts>

const { join: idOf } = TextKey.make("\n")

const sumOf = (
  state: State,
  bands: ReadonlyArray<string>,
  isIn: (arm: Arm.Arm, before: Arm.Arm) => boolean,
): SessionCounts => {
  let sum: SessionCounts = noCounts
  for (const arm of Arm.arms) {
    for (const before of Arm.arms) {
      if (!isIn(arm, before)) continue
      for (const band of bands) sum = Counts.add(sum, state.get(idOf(arm, before, band)) ?? noCounts)
    }
  }
  return sum
}

/** The arm that the nudges shown at or before the purchase make; without a purchase, or a nudge, that of all nudges. */
const armBefore = (arm: Arm.Arm, { detail }: SessionRead.SessionRead, rule: Attribution.Rule): Arm.Arm => {
  if (arm === "unnudged" || detail._tag !== "Read") return arm
  const { nudges } = detail.session
  const { candidates, purchasedAt } = Attribution.attribute(detail.session, rule)
  if (purchasedAt === undefined || nudges.length === 0) return arm
  if (candidates.length > 0) return "interacted"
  return nudges.some(({ shown_at }) => Session.millis(shown_at) <= purchasedAt) ? "shown_only" : "unnudged"
}

interface Pair extends Stratified.Stratum {
  readonly arm1: SessionCounts
  readonly arm0: SessionCounts
}

interface Sample extends Contrast.Sample {
  readonly all: Pair
  readonly strata: ReadonlyArray<Pair>
}

/** Whether a session that the row counts may still have been open. */
const isImmature = ({ all, strata }: Sample, estimate: Estimate): boolean => {
  const counted = estimate === "crude" ? [all] : strata.filter((stratum) => Stratified.kept([stratum]).length > 0)
  return counted.some(({ arm0, arm1 }) => arm1.immature + arm0.immature > 0)
}

const differenceOf = ({ difference, difference_high, difference_low }: Contrast.Numbers): Comparison.Estimate => ({
  estimate: difference,
  low: difference_low,
  high: difference_high,
})

// Who does not buy keeps nudges however late, so that before_purchase makes a difference where there is none.
const shift = "a purchase takes later nudges from buyers alone"

const textOf = (
  subject: Verdict.Subject,
  numbers: Contrast.Numbers,
  q: number | null,
  facts: { readonly isMoved: boolean; readonly isShifted: boolean; readonly warnings: Iterable<Warning.Warning> },
): string => {
  const difference = differenceOf(numbers)
  if (facts.isShifted) return Verdict.biased(difference, shift)
  const sentence = Verdict.sentence(subject, difference, q)
  const note = facts.isMoved ? `; ${shift}, which shifts this row` : ""
  const caution = Verdict.caution(difference, facts.warnings)
  const verdict = `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}${note}${caution}`
  const { incremental_conversions, incremental_high, incremental_low } = numbers
  if (incremental_conversions === null) return verdict
  const range =
    incremental_low === null || incremental_high === null
      ? ""
      : ` (${Verdict.signed(incremental_low)} to ${Verdict.signed(incremental_high)})`
  const extra = `${Verdict.signed(incremental_conversions)} extra conversions${range}`
  return `${verdict}; ${extra} if the association were causal`
}

const checks: OptionCheck.Checks<Options> = {
  bands: ReportOptions.bands,
  rule: ReportOptions.rule,
  confidence: ReportOptions.confidence,
  mde: OptionCheck.is("a number above 0, such as 0.1", (value) => Predicate.isNumber(value) && value > 0),
}

/** Eighteen rows: V, E, I; within each crude, mh, att; within each all, before_purchase. Needs the nudged's details. */
export const make = (options: Options = {}): Report<State, Row> => {
  const {
    bands = Cohort.defaultBands,
    confidence = 0.95,
    mde = 0.1,
    rule = Attribution.vendorRule,
  } = OptionCheck.orThrow(checks, options)
  const z = Proportion.zOf(confidence)
  const labels = Cohort.labels(bands)
  const allLabels = [...labels, Cohort.otherBand]
  const places = new Set(
    Arm.arms.flatMap((arm) => Arm.arms.flatMap((to) => allLabels.map((band) => idOf(arm, to, band)))),
  )
  const codec = Tally.codec(noCounts, { bounds: { sessions: [["conversions"], ["immature"]] } }).check(
    Tally.keysIn(places, "an arm on either basis and a band"),
  )

  const sampleOf = (state: State, { arm0, arm1 }: Contrast.Contrast, basis: Basis): Sample => {
    const side = (arms: ReadonlyArray<Arm.Arm>, of: ReadonlyArray<string>) =>
      sumOf(state, of, (arm, before) => arms.includes(basis === "all" ? arm : before))
    const pairOf = (of: ReadonlyArray<string>): Pair => ({ arm1: side(arm1.arms, of), arm0: side(arm0.arms, of) })
    return { all: pairOf(allLabels), strata: labels.map((label) => pairOf([label])) }
  }

  /** Conversions that an arm gains or loses without the nudges shown after the purchase, as a share of those it has. */
  const movedShares = (state: State, { arm0, arm1 }: Contrast.Contrast): ReadonlyArray<number> =>
    [arm1, arm0].map(({ arms }) => {
      const { conversions } = sumOf(state, allLabels, (arm) => arms.includes(arm))
      const moved = sumOf(state, allLabels, (arm, before) => arms.includes(arm) !== arms.includes(before)).conversions
      return moved === 0 ? 0 : moved / conversions
    })

  return {
    name: "lift",
    version: "1",
    columns,
    needsDetail: NudgedSession.isNudged,
    needsEvents: NudgedSession.needsPurchaseTime,
    codec,
    contradicts: (state, { sessions }) =>
      Counts.unequal("the sessions of all arms", Counts.total(state.values(), "sessions"), "sessions", sessions),
    initial: () => new Map(),
    step: (state, read) => {
      const session = SessionRead.session(read)
      const arm = Arm.of(read, rule)
      const band = Cohort.bandOf(bands, session.intent_score)
      const counts = Tally.at(state, idOf(arm, armBefore(arm, read, rule), band), noCounts)
      counts.sessions++
      if (session.converted) counts.conversions++
      if (Session.isUnsettled(session, read.readAt)) counts.immature++
      return state
    },
    combine: Tally.combine,
    done: (state) => {
      const hasUnknown = sumOf(state, allLabels, (arm) => arm === "unknown").sessions > 0
      const entries = Contrast.contrasts.flatMap((contrast) => {
        const onBases = bases.map((basis) => ({ basis, sample: sampleOf(state, contrast, basis) }))
        return estimates.flatMap(({ estimate, name }) =>
          onBases.map(({ basis, sample }) => ({
            ...estimate(sample, z, mde),
            contrast,
            estimate: name,
            basis,
            isImmature: isImmature(sample, name),
          })),
        )
      })
      const qOf = (entry: (typeof entries)[number]): number | null => {
        const family = entries.filter(({ basis, estimate }) => basis === entry.basis && estimate === entry.estimate)
        const qs = MultipleTesting.benjaminiHochberg(family.map(({ numbers }) => numbers.p))
        return qs[family.indexOf(entry)] ?? null
      }
      return entries.map((entry): Row => {
        const { basis, contrast, estimate, isImmature, numbers } = entry
        const q = qOf(entry)
        const warnings = [...entry.warnings, ...Verdict.warnings(differenceOf(numbers), q)]
        const moved = movedShares(state, contrast)
        const isAfterPurchase = moved.some((share) => share > 0.01)
        if (isAfterPurchase) warnings.push("AFTER_PURCHASE")
        if (isImmature) warnings.push("IMMATURE")
        if (hasUnknown && (contrast.needsDetails || basis === "before_purchase")) warnings.push("INCOMPLETE")
        return {
          contrast: contrast.name,
          estimate,
          basis,
          arm_1: contrast.arm1.label,
          arm_0: contrast.arm0.label,
          ...numbers,
          q,
          warnings: Warning.format(warnings),
          text: textOf(contrast.subject, numbers, q, {
            isMoved: basis === "before_purchase" && moved.some((share) => share > 0),
            isShifted: basis === "before_purchase" && isAfterPurchase,
            warnings,
          }),
        }
      })
    },
  }
}
