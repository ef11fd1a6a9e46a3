/** What the page is made from: the rows of every report over one walk, and what they rest on. */
import type { Coverage } from "@effect-elnudge/core"
import type {
  AttributionReport,
  CalibrationReport,
  CohortReport,
  Ledger,
  LiftReport,
  NudgePerformanceReport,
  Period,
  ReadingsReport,
  ReconcileReport,
} from "@effect-elnudge/report"
import type * as DateTime from "effect/DateTime"
import type * as ReadTimes from "./ReadTimes.ts"

export interface Cohorts {
  readonly unit: Period.Unit
  readonly rows: ReadonlyArray<CohortReport.Row>
}

export interface Findings {
  /** What the page is called. */
  readonly title: string
  readonly coverage: Coverage.Coverage
  readonly ledger: Ledger.Ledger
  readonly readTimes: Pick<ReadTimes.Row, "first" | "last">
  /** Of all two-sided intervals. */
  readonly confidence: number
  readonly timeZone: DateTime.TimeZone.Named
  /** What deserves a word before any number, such as files that hold less than was asked for. */
  readonly notes: ReadonlyArray<string>
  /** What every report was asked for, by the option's name. */
  readonly options: Readonly<Record<string, unknown>>
  readonly attribution: ReadonlyArray<AttributionReport.Row>
  readonly lift: ReadonlyArray<LiftReport.Row>
  readonly calibration: ReadonlyArray<CalibrationReport.Row>
  readonly cohorts: Cohorts
  readonly performance: ReadonlyArray<NudgePerformanceReport.Row>
  readonly reconcile: ReadonlyArray<ReconcileReport.Row>
  readonly readings: ReadonlyArray<ReadingsReport.Row>
}
