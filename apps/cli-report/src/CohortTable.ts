/** Cohorts as a table for people. */
import type { CohortReport } from "@effect-elnudge/report"
import * as TableText from "./TableText.ts"

const periodColumn: TableText.Column<CohortReport.Row> = { head: "period", cell: (row) => row.period }
const armColumn: TableText.Column<CohortReport.Row> = { head: "arm", cell: (row) => row.arm }

const cohortColumns: ReadonlyArray<TableText.Column<CohortReport.Row>> = [
  { head: "intent score", cell: (row) => row.intent_band },
  { head: "sessions", cell: (row) => row.sessions },
  { head: "share", cell: (row) => TableText.percent(row.share_of_sessions) },
  { head: "conversions", cell: (row) => row.conversions },
  { head: "rate", cell: (row) => TableText.percent(row.conversion_rate) },
  { head: "interval", cell: (row) => TableText.percentInterval(row.conversion_rate_low, row.conversion_rate_high) },
]

const comparisonColumns: ReadonlyArray<TableText.Column<CohortReport.Row>> = [
  { head: "points vs unnudged", cell: (row) => TableText.points(row.difference) },
  { head: "interval", cell: (row) => TableText.pointsInterval(row.difference_low, row.difference_high) },
  { head: "q", cell: (row) => TableText.probability(row.q) },
]

const warningsColumn: TableText.Column<CohortReport.Row> = {
  head: "warnings",
  cell: (row) => TableText.warnings(row.warnings),
}

/** Leaves out the columns that say "all" in every row. */
export const render = (rows: ReadonlyArray<CohortReport.Row>): string => {
  const hasPeriods = rows.some(({ period }) => period !== "all")
  const hasArms = rows.some(({ arm }) => arm !== "all")
  const [band, ...counts] = cohortColumns
  return TableText.render(
    [
      ...(hasPeriods ? [periodColumn] : []),
      ...(band === undefined ? [] : [band]),
      ...(hasArms ? [armColumn] : []),
      ...counts,
      ...(hasArms ? comparisonColumns : []),
      warningsColumn,
    ],
    rows,
  )
}
