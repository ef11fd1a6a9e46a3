/** The report that the words on the command line ask for. */
import * as Attribution from "@effect-elnudge/report/Attribution"
import * as CreditModel from "@effect-elnudge/report/CreditModel"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Catalog from "./Catalog.ts"
import type * as PrintedReport from "./PrintedReport.ts"
import type * as ReportFlags from "./ReportFlags.ts"
import type * as ReportName from "./ReportName.ts"

/** What the flags are when nobody gives them. */
export const plain = {
  window: Duration.millis(Attribution.vendorRule.windowMillis),
  models: [],
  credit: "lower",
  by: Option.none(),
  timeToPurchase: false,
} satisfies Partial<ReportFlags.AnyFlags>

const labels = ({ bands }: ReportFlags.BandFlags): ReadonlyArray<string> => bands.map(({ label }) => label)

const windowRule = ({ confidence, dismissCounts, window }: ReportFlags.WindowFlags) => ({
  window_minutes: Duration.toMinutes(window),
  dismiss_counts: dismissCounts === "yes",
  confidence,
})

/** The report of each name, as the flags ask for it. */
export const toReport = {
  attribution: (flags: ReportFlags.AttributionFlags) => {
    const { window_minutes, dismiss_counts, confidence } = windowRule(flags)
    const { credit } = flags
    // In one order, so that states that were asked for in another fit together.
    const models = CreditModel.names.filter((name) => flags.models.includes(name))
    return Catalog.reports.attribution.make({ window_minutes, dismiss_counts, models, credit, confidence })
  },
  cohorts: (flags: ReportFlags.CohortFlags) =>
    Catalog.reports.cohorts.make({
      bands: labels(flags),
      by: Option.getOrNull(flags.by),
      split: Option.getOrNull(flags.split),
      time_to_purchase: flags.timeToPurchase,
      time_zone: flags.timeZone.id,
      dismiss_counts: flags.dismissCounts === "yes",
      confidence: flags.confidence,
    }),
  lift: (flags: ReportFlags.LiftFlags) =>
    Catalog.reports.lift.make({
      bands: labels(flags),
      dismiss_counts: flags.dismissCounts === "yes",
      mde: flags.mde,
      confidence: flags.confidence,
    }),
  reconcile: (flags: ReportFlags.WindowFlags) => Catalog.reports.reconcile.make(windowRule(flags)),
  readings: (flags: ReportFlags.WindowFlags) => Catalog.reports.readings.make(windowRule(flags)),
  calibration: (flags: ReportFlags.CalibrationFlags) =>
    Catalog.reports.calibration.make({ bands: labels(flags), confidence: flags.confidence }),
  "nudge-performance": ({ confidence }: { readonly confidence: number }) =>
    Catalog.reports["nudge-performance"].make({ confidence }),
} satisfies { readonly [name in ReportName.Name]: (flags: ReportFlags.AnyFlags) => PrintedReport.PrintedReport }
