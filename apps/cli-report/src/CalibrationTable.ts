/** Calibration as two tables for people: the bands, then how well the score ranks the sessions. */
import { Verdict } from "@effect-elnudge/report"
import type * as CalibrationReport from "@effect-elnudge/report/CalibrationReport"
import * as TableText from "./TableText.ts"

const bandColumns: ReadonlyArray<TableText.Column<CalibrationReport.Row>> = [
  { head: "population", cell: (row) => row.population },
  { head: "final score", cell: (row) => row.intent_band },
  { head: "sessions", cell: (row) => row.sessions },
  { head: "conversions", cell: (row) => row.conversions },
  { head: "rate", cell: (row) => TableText.percent(row.conversion_rate) },
  { head: "interval", cell: (row) => TableText.percentInterval(row.conversion_rate_low, row.conversion_rate_high) },
  { head: "mean score", cell: (row) => decimals(row.mean_score, 1) },
  { head: "smoothed rate", cell: (row) => TableText.percent(row.isotonic_rate) },
  { head: "below band before", cell: (row) => row.inversion ?? "–" },
  { head: "warnings", cell: (row) => TableText.warnings(row.warnings) },
]

const rankingColumns: ReadonlyArray<TableText.Column<CalibrationReport.Row>> = [
  { head: "population", cell: (row) => row.population },
  { head: "AUC", cell: (row) => decimals(row.auc, 3) },
  {
    head: "interval",
    cell: ({ auc_high, auc_low }) => (auc_low === null ? "–" : `${decimals(auc_low, 3)} to ${decimals(auc_high, 3)}`),
  },
  { head: "trend z", cell: (row) => (row.trend_z === null ? "–" : Verdict.signed(row.trend_z)) },
  { head: "p", cell: (row) => TableText.probability(row.trend_p) },
  { head: "bands below the one before", cell: (row) => row.inversions ?? "–" },
  { head: "Brier", cell: (row) => decimals(row.brier, 3) },
  { head: "reliability", cell: (row) => decimals(row.reliability, 3) },
  { head: "resolution", cell: (row) => decimals(row.resolution, 3) },
  { head: "uncertainty", cell: (row) => decimals(row.uncertainty, 3) },
]

const decimals = (value: number | null, digits: number): string => (value === null ? "–" : value.toFixed(digits))

const note = "The score was read at the end of the session: this describes what goes with it, it does not predict.\n"

export const render = (rows: ReadonlyArray<CalibrationReport.Row>): string => {
  const totals = rows.filter(({ total }) => total)
  return `${note}${TableText.render(bandColumns, rows)}${TableText.render(rankingColumns, totals)}`
}
