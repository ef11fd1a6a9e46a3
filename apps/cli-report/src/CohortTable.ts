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

const clock = (seconds: number | null): string => {
  if (seconds === null) return "–"
  const rounded = Math.round(Math.abs(seconds))
  const [hours, minutes] = [Math.floor(rounded / 3600), Math.floor(rounded / 60) % 60]
  const two = (value: number) => String(value).padStart(2, "0")
  const sign = seconds < 0 && rounded > 0 ? "−" : ""
  return `${sign}${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(rounded % 60)}`
}

const median = (row: CohortReport.Row): string => clock(row.purchase_seconds_p50)

const middle = ({ purchase_seconds_p10: low, purchase_seconds_p90: high }: CohortReport.Row): string =>
  low === null && high === null ? "–" : `${clock(low)} to ${clock(high)}`

const timeColumns: ReadonlyArray<TableText.Column<CohortReport.Row>> = [
  { head: "median to purchase", cell: median },
  { head: "10 to 90 %", cell: middle },
]

/** The same in one, where the comparisons leave little room. */
const narrowTimeColumn: TableText.Column<CohortReport.Row> = {
  head: "to purchase:\nmedian and\n10 to 90 %",
  cell: (row) => (row.purchase_seconds_p50 === null ? "–" : `${median(row)}\n${middle(row)}`),
}

const warningsColumn: TableText.Column<CohortReport.Row> = {
  head: "warnings",
  cell: (row) => TableText.warnings(row.warnings),
}

/**
 * Leaves out the columns that say "all" in every row, and the share of sessions where comparisons and times to purchase
 * would make the table too wide together.
 */
export const render = (rows: ReadonlyArray<CohortReport.Row>): string => {
  const hasPeriods = rows.some(({ period }) => period !== "all")
  const hasArms = rows.some(({ arm }) => arm !== "all")
  const hasTimes = rows.some((row) => row.purchases_timed !== null)
  const [band, ...counts] = cohortColumns
  const shown = hasArms && hasTimes ? counts.filter(({ head }) => head !== "share") : counts
  const times = hasArms ? [narrowTimeColumn] : timeColumns
  return TableText.render(
    [
      ...(hasPeriods ? [periodColumn] : []),
      ...(band === undefined ? [] : [band]),
      ...(hasArms ? [armColumn] : []),
      ...shown,
      ...(hasArms ? comparisonColumns : []),
      ...(hasTimes ? times : []),
      warningsColumn,
    ],
    rows,
  )
}
