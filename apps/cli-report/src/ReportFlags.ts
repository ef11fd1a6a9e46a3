/** The words that define a report's numbers. What report they ask for is in AskedReport. */
import * as Attribution from "@effect-elnudge/report/Attribution"
import * as Cohort from "@effect-elnudge/report/Cohort"
import * as CreditModel from "@effect-elnudge/report/CreditModel"
import * as Period from "@effect-elnudge/report/Period"
import { Argument, Flag } from "effect/cli"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as FlagValues from "./FlagValues.ts"
import * as ReportName from "./ReportName.ts"

const confidence = Flag.String("confidence").pipe(
  Flag.withMetavar("<number>"),
  Flag.withDescription("Of the two-sided intervals (default: 0.95)"),
  Flag.withDefault("0.95"),
  Flag.filterMap(
    (text) => {
      const value = /^0?\.\d{1,9}$/.test(text) ? Number(text) : Number.NaN
      return value >= 0.5 ? Option.some(value) : Option.none()
    },
    () => "Expected a number from 0.5 to below 1 with at most nine digits, such as 0.95",
  ),
)

const dismissCounts = Flag.Literals("dismiss-counts", ["yes", "no"]).pipe(
  Flag.withDescription("Whether a dismissed nudge was interacted with (default: yes, as the vendor counts)"),
  Flag.withDefault("yes"),
)

const window = FlagValues.duration("window").pipe(
  Flag.withDescription("How long before a purchase the credited nudge may have been shown (default: 30m)"),
  Flag.withDefault(Duration.millis(Attribution.vendorRule.windowMillis)),
)

const parseBands = (text: string): Result.Result<ReadonlyArray<Cohort.Band>, string> =>
  /^\s*\d+\s*(?:,\s*\d+\s*)*$/.test(text)
    ? Cohort.bands(text.split(",").map(Number))
    : Result.fail("whole numbers with commas between them")

const bands = Flag.String("bands").pipe(
  Flag.withMetavar("<list>"),
  Flag.withDescription(`Where the intent bands start (default: ${Cohort.defaultBandStarts.join(",")})`),
  Flag.withDefault(Cohort.defaultBandStarts.join(",")),
  Flag.filterMap(
    (text) => Result.getSuccess(parseBands(text)),
    (text) => {
      const reason = Result.getFailure(parseBands(text))
      return `Expected whole numbers such as 0,20,40,60,80: ${Option.getOrElse(reason, () => "")}`
    },
  ),
)

/** Names with commas between them, each once. */
const parseNames = <Name extends string>(
  text: string,
  names: ReadonlyArray<Name>,
): Option.Option<ReadonlyArray<Name>> =>
  Option.all([...new Set(text.split(","))].map((word) => Option.fromUndefinedOr(names.find((name) => name === word))))

export const attribution = {
  window,
  dismissCounts,
  models: Flag.String("model").pipe(
    Flag.withMetavar("<list>"),
    Flag.withDescription(`Also share the credit by these models, side by side: ${CreditModel.names.join(", ")}`),
    Flag.withDefault(""),
    Flag.filterMap(
      (text) => (text === "" ? Option.some([]) : parseNames(text, CreditModel.names)),
      () => `Expected names with commas between them, out of: ${CreditModel.names.join(", ")}`,
    ),
  ),
  credit: Flag.Literals("credit", ["lower", "upper"]).pipe(
    Flag.withDescription(
      "Which conversions the models share: lower, those within --window; upper, also older ones (default: lower)",
    ),
    Flag.withDefault("lower"),
  ),
  confidence,
}

export const cohorts = {
  bands,
  by: Flag.Literals("by", Period.units).pipe(
    Flag.withDescription("The period of the session's start, in --time-zone"),
    Flag.optional,
  ),
  split: Flag.Literals("split", ["arm"]).pipe(
    Flag.withDescription(
      "arm: unnudged, shown_only and interacted apart, compared; reads the details of nudged sessions",
    ),
    Flag.optional,
  ),
  timeToPurchase: Flag.Boolean("time-to-purchase").pipe(
    Flag.withDescription("Also how long after its start a session purchases: reads the details of converted sessions"),
    Flag.withDefault(false),
  ),
  dismissCounts,
  confidence,
}

export const lift = {
  bands,
  dismissCounts,
  mde: Flag.String("mde").pipe(
    Flag.withMetavar("<number>"),
    Flag.withDescription(
      "The least relative difference worth seeing, for sessions_needed: 0.1 is 10 % more (default: 0.1)",
    ),
    Flag.withDefault("0.1"),
    Flag.filterMap(
      (text) => {
        const value = /^\d{1,2}(?:\.\d{1,9})?$|^\.\d{1,9}$/.test(text) ? Number(text) : 0
        return value > 0 ? Option.some(value) : Option.none()
      },
      () => "Expected a number above 0 and below 100, such as 0.1",
    ),
  ),
  confidence,
}

export const reconcile = {
  window,
  dismissCounts,
  confidence,
  readings: Flag.Boolean("readings").pipe(
    Flag.withDescription("How well five readings of the vendor's rule agree with its flag, instead of the reasons"),
    Flag.withDefault(false),
  ),
}

export const calibration = { bands, confidence }

export const nudgePerformance = { confidence }

/** Which reports `run` makes, each once, in the order given. */
export const reports = Argument.String("reports").pipe(
  Argument.withMetavar("<list>"),
  Argument.withDescription(`Names with commas between them: ${ReportName.names.join(", ")}; or all`),
  Argument.filterMap(
    (text) => (text === "all" ? Option.some(ReportName.names) : parseNames(text, ReportName.names)),
    () => `Expected all, or names with commas between them, out of: ${ReportName.names.join(", ")}`,
  ),
)

export interface DefinitionFlags {
  readonly confidence: number
  readonly dismissCounts: "yes" | "no"
}

export interface WindowFlags extends DefinitionFlags {
  readonly window: Duration.Duration
}

export interface AttributionFlags extends WindowFlags {
  readonly models: ReadonlyArray<CreditModel.Name>
  readonly credit: "lower" | "upper"
}

export interface BandFlags {
  readonly bands: ReadonlyArray<Cohort.Band>
}

export interface CohortFlags extends DefinitionFlags, BandFlags {
  readonly timeZone: DateTime.TimeZone.Named
  readonly by: Option.Option<Period.Unit>
  readonly split: Option.Option<"arm">
  readonly timeToPurchase: boolean
}

export interface LiftFlags extends DefinitionFlags, BandFlags {
  readonly mde: number
}

export interface ReconcileFlags extends WindowFlags {
  readonly readings: boolean
}

export interface CalibrationFlags extends BandFlags {
  readonly confidence: number
}

/** All that a report can be asked for. */
export interface AnyFlags extends AttributionFlags, CohortFlags, LiftFlags {}
