/** The reports that there are: what each is asked for, as JSON, and how it is made and printed from that. */
import {
  Attribution,
  AttributionReport,
  CalibrationReport,
  Cohort,
  CohortReport,
  CreditModel,
  LiftReport,
  NudgePerformanceReport,
  Period,
  ReadingsReport,
  ReconcileReport,
} from "@effect-elnudge/report"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AttributionTable from "./AttributionTable.ts"
import * as CalibrationTable from "./CalibrationTable.ts"
import * as CohortTable from "./CohortTable.ts"
import * as LiftTable from "./LiftTable.ts"
import * as NudgePerformanceTable from "./NudgePerformanceTable.ts"
import * as PrintedReport from "./PrintedReport.ts"
import * as ReadingsTable from "./ReadingsTable.ts"
import * as ReconcileTable from "./ReconcileTable.ts"
import type * as ReportName from "./ReportName.ts"

/** Bands by their labels, such as 0-19. */
const bandsOf = (labels: ReadonlyArray<string>): Result.Result<ReadonlyArray<Cohort.Band>, string> =>
  Cohort.bands(labels.map((label) => Number(label.split("-")[0])))

const Bands = Schema.Array(Schema.String).check(
  Schema.makeFilter(
    (labels: ReadonlyArray<string>) =>
      Result.match(bandsOf(labels), {
        onFailure: () => false,
        onSuccess: (bands) => bands.every(({ label }, index) => label === labels[index]),
      }),
    { expected: "the labels of bands from 0 to 100, such as 0-49 and 50-100" },
  ),
)

const TimeZone = Schema.String.check(
  Schema.makeFilter((id: string) => Option.isSome(DateTime.zoneMakeNamed(id)), { expected: "the name of a time zone" }),
)

const confidence = Schema.Finite.check(Schema.isBetween({ minimum: 0.5, maximum: 1, exclusiveMaximum: true }))
const windowMinutes = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

const ruleOf = (options: {
  readonly window_minutes?: number | undefined
  readonly dismiss_counts: boolean
}): Attribution.Rule => ({
  windowMillis:
    options.window_minutes === undefined
      ? Attribution.vendorRule.windowMillis
      : Math.round(options.window_minutes * 60_000),
  dismissCounts: options.dismiss_counts,
})

/** Something that is asked for as JSON, and the report that it makes. */
const entry = <Options extends PrintedReport.Options, Row>(
  schema: Schema.Codec<Options, unknown>,
  make: (options: Options) => PrintedReport.PrintedReport<Row>,
) => ({
  make,
  decode: (json: unknown): Result.Result<PrintedReport.PrintedReport, string> =>
    Result.mapBoth(Schema.decodeUnknownResult(schema)(json), { onFailure: ({ message }) => message, onSuccess: make }),
})

const attribution = entry(
  Schema.Struct({
    window_minutes: windowMinutes,
    dismiss_counts: Schema.Boolean,
    models: Schema.Array(Schema.Literals(CreditModel.names)),
    credit: Schema.Literals(["lower", "upper"]),
    confidence,
  }),
  (options) =>
    PrintedReport.make(
      AttributionReport.make({
        rule: ruleOf(options),
        models: options.models,
        credit: options.credit,
        confidence: options.confidence,
      }),
      AttributionTable.render,
      options,
    ),
)

const cohorts = entry(
  Schema.Struct({
    bands: Bands,
    by: Schema.NullOr(Schema.Literals(Period.units)),
    split: Schema.NullOr(Schema.Literal("arm")),
    time_to_purchase: Schema.Boolean,
    time_zone: TimeZone,
    dismiss_counts: Schema.Boolean,
    confidence,
  }),
  (options) =>
    PrintedReport.make(
      CohortReport.make({
        bands: Result.getOrThrow(bandsOf(options.bands)),
        by:
          options.by === null
            ? undefined
            : {
                unit: options.by,
                labeler: Period.labeler(options.by, DateTime.zoneMakeNamedUnsafe(options.time_zone)),
              },
        splitByArm: options.split !== null,
        timeToPurchase: options.time_to_purchase,
        rule: ruleOf(options),
        confidence: options.confidence,
      }),
      CohortTable.render,
      options,
    ),
)

const lift = entry(
  Schema.Struct({
    bands: Bands,
    dismiss_counts: Schema.Boolean,
    mde: Schema.Finite.check(Schema.isGreaterThan(0)),
    confidence,
  }),
  (options) =>
    PrintedReport.make(
      LiftReport.make({
        bands: Result.getOrThrow(bandsOf(options.bands)),
        rule: ruleOf(options),
        mde: options.mde,
        confidence: options.confidence,
      }),
      LiftTable.render,
      options,
    ),
)

const WindowRule = Schema.Struct({ window_minutes: windowMinutes, dismiss_counts: Schema.Boolean, confidence })

const reconcile = entry(WindowRule, (options) =>
  PrintedReport.make(
    ReconcileReport.make({ rule: ruleOf(options), confidence: options.confidence }),
    ReconcileTable.render,
    options,
  ),
)

const readings = entry(WindowRule, (options) =>
  PrintedReport.make(
    ReadingsReport.make({ rule: ruleOf(options), confidence: options.confidence }),
    ReadingsTable.render,
    options,
  ),
)

const calibration = entry(Schema.Struct({ bands: Bands, confidence }), (options) =>
  PrintedReport.make(
    CalibrationReport.make({
      bands: Result.getOrThrow(bandsOf(options.bands)),
      confidence: options.confidence,
    }),
    CalibrationTable.render,
    options,
  ),
)

const nudgePerformance = entry(Schema.Struct({ confidence }), (options) =>
  PrintedReport.make(NudgePerformanceReport.make(options), NudgePerformanceTable.render, options),
)

/** How each is made. */
export const reports = {
  attribution,
  cohorts,
  lift,
  reconcile,
  readings,
  calibration,
  "nudge-performance": nudgePerformance,
} satisfies { readonly [name in ReportName.Name]: unknown }

const isName = (text: string): text is ReportName.Name => Object.hasOwn(reports, text)

/** The report that a saved state is of; fails with the reason where there is none like it. */
export const find = (name: string, options: unknown): Result.Result<PrintedReport.PrintedReport, string> =>
  isName(name) ? reports[name].decode(options) : Result.fail(`there is no report called ${name}`)
