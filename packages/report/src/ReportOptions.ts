/** The checks of the options that several reports have; what is wrong is thrown when a report is made. */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"
import * as Predicate from "effect/Predicate"
import type * as Attribution from "./Attribution.ts"
import type * as Cohort from "./Cohort.ts"

const hasAll = <Fields>(checks: OptionCheck.Checks<Fields>, value: unknown): boolean =>
  OptionCheck.problem(checks, value) === undefined

const bandChecks: OptionCheck.Checks<Cohort.Band> = {
  label: OptionCheck.required(OptionCheck.text),
  low: OptionCheck.required(OptionCheck.number),
  high: OptionCheck.required(OptionCheck.number),
}

const ruleChecks: OptionCheck.Checks<Attribution.Rule> = {
  windowMillis: OptionCheck.required(OptionCheck.is("", (value) => Predicate.isNumber(value) && value >= 0)),
  dismissCounts: OptionCheck.required(OptionCheck.truth),
}

export const bands = OptionCheck.is(
  "bands, each { label, low, high }",
  (value) => Array.isArray(value) && value.every((band) => hasAll(bandChecks, band)),
)

export const rule = OptionCheck.is("a rule, { windowMillis, dismissCounts }", (value) => hasAll(ruleChecks, value))

/** Both ends are out: an interval of no or of all confidence is none. */
export const confidence = OptionCheck.is(
  "a number between 0 and 1, such as 0.95",
  (value) => Predicate.isNumber(value) && value > 0 && value < 1,
)
