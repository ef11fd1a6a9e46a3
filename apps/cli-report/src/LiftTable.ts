/** Lift as a table for people. */
import type * as LiftReport from "@effect-elnudge/report/LiftReport"
import { Verdict } from "@effect-elnudge/report"
import * as TableText from "./TableText.ts"

const verdict = ({ difference, difference_high, difference_low, q, text }: LiftReport.Row): string => {
  if (text.startsWith(Verdict.incomparable)) return "not\ncomparable"
  if (difference === null || difference_low === null || difference_high === null || q === null) return "–"
  if (!Verdict.isClear({ low: difference_low, high: difference_high }, q)) return "not clear"
  return difference > 0 ? "more often" : "less often"
}

const extra = ({ incremental_conversions, incremental_high, incremental_low, text }: LiftReport.Row): string => {
  if (incremental_conversions === null || text.startsWith(Verdict.incomparable)) return "–"
  const estimate = Verdict.signed(incremental_conversions)
  return incremental_low === null || incremental_high === null
    ? estimate
    : `${estimate}\n${Verdict.signed(incremental_low)} to ${Verdict.signed(incremental_high)}`
}

const signedPercent = (share: number | null): string => (share === null ? "–" : `${Verdict.points(share)} %`)

const columns: ReadonlyArray<TableText.Column<LiftReport.Row>> = [
  { head: "compared", cell: (row) => `${row.contrast}: ${row.arm_1}\nvs ${row.arm_0}` },
  { head: "method", cell: (row) => row.estimate },
  { head: "nudges\ncounted", cell: (row) => row.basis.replace("_", "\n") },
  {
    head: "conversions\nof sessions",
    cell: (row) => `${row.conversions_1} of ${row.sessions_1}\n${row.conversions_0} of ${row.sessions_0}`,
  },
  { head: "rate", cell: (row) => `${TableText.percent(row.rate_1)}\n${TableText.percent(row.rate_0)}` },
  {
    head: "points,\ninterval",
    cell: (row) =>
      `${TableText.points(row.difference)}\n${TableText.pointsInterval(row.difference_low, row.difference_high)}`,
  },
  { head: "lift", cell: (row) => signedPercent(row.lift) },
  { head: "q", cell: (row) => TableText.probability(row.q) },
  { head: "converted", cell: verdict },
  { head: "extra, if\ncausal", cell: extra },
  { head: "warnings", cell: (row) => TableText.warnings(row.warnings) },
]

/** Of counts and rates the upper one is of the arm above "vs". */
export const render = (rows: ReadonlyArray<LiftReport.Row>): string => TableText.render(columns, rows)
