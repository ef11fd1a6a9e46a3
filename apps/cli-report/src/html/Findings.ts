/** What the page is made from: the rows of every report over one walk, and what they rest on. */
import type { Coverage } from "@effect-elnudge/core"
import type { TimeSpan } from "@effect-elnudge/core/TimeSpan"
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
import type * as Periods from "./Periods.ts"
import type * as ReadTimes from "./ReadTimes.ts"

export interface Cohorts {
  readonly unit: Period.Unit
  readonly rows: ReadonlyArray<CohortReport.Row>
  /** Those of an axis: of the window, those without a session too. */
  readonly periods: ReadonlyArray<string>
}

/** The row of all sessions. */
export const overall = (rows: ReadonlyArray<CohortReport.Row>): CohortReport.Row | undefined =>
  rows.find(({ period, total }) => total && period === "all")

export interface Findings {
  /** What the page is called. */
  readonly title: string
  readonly coverage: Coverage.Coverage
  /** What was walked from its first instant to its last, or else what was asked for; null where neither is known. */
  readonly window: TimeSpan | null
  /** Days without a session that deserve a word. */
  readonly silences: ReadonlyArray<Periods.Silence>
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
