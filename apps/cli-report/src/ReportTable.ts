/** Rows as a table for people: rounded, with units, intervals in one column. CSV and JSON hold the exact numbers. */
import type { AttributionReport, CohortReport } from "@effect-elnudge/report"
import Table from "cli-table3"
import * as PrintableText from "./PrintableText.ts"

interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => string | number
}

const percent = (rate: number | null): string => (rate === null ? "–" : `${(100 * rate).toFixed(1)} %`)

const percentInterval = (low: number | null, high: number | null): string =>
  low === null && high === null ? "–" : `${percent(low)} to ${percent(high)}`

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`

/** A difference of rates, in percentage points. */
const points = (value: number | null): string => (value === null ? "–" : signed(100 * value))

const pointsInterval = (low: number | null, high: number | null): string =>
  low === null || high === null ? "–" : `${points(low)} to ${points(high)}`

const probability = (p: number | null): string => {
  if (p === null) return "–"
  return p <= 1e-300 ? "<1e-300" : p < 0.001 ? p.toExponential(1) : p.toFixed(3)
}

const render = <Row>(columns: ReadonlyArray<Column<Row>>, rows: ReadonlyArray<Row>): string => {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  })
  table.push(...rows.map((row) => columns.map(({ cell }) => PrintableText.lines(String(cell(row))))))
  return `${table.toString()}\n`
}

const attributionColumns: ReadonlyArray<Column<AttributionReport.Row>> = [
  { head: "nudge type", cell: (row) => row.nudge_type },
  { head: "shown", cell: (row) => row.shown },
  { head: "clicked", cell: (row) => percent(row.click_rate) },
  { head: "dismissed", cell: (row) => percent(row.dismiss_rate) },
  { head: "chat opened", cell: (row) => percent(row.chat_open_rate) },
  { head: "sessions", cell: (row) => row.sessions },
  { head: "converted", cell: (row) => row.converted_sessions },
  { head: "rate", cell: (row) => percent(row.conversion_rate) },
  { head: "interval", cell: (row) => percentInterval(row.conversion_rate_low, row.conversion_rate_high) },
  { head: "flagged", cell: (row) => row.influenced_conversions },
  { head: "attributed", cell: (row) => `${row.attributed_lower} to ${row.attributed_upper}` },
  { head: "warnings", cell: (row) => row.warnings.replaceAll(";", "\n") },
]

export const attribution = (rows: ReadonlyArray<AttributionReport.Row>): string => render(attributionColumns, rows)

const periodColumn: Column<CohortReport.Row> = { head: "period", cell: (row) => row.period }
const armColumn: Column<CohortReport.Row> = { head: "arm", cell: (row) => row.arm }

const cohortColumns: ReadonlyArray<Column<CohortReport.Row>> = [
  { head: "intent score", cell: (row) => row.intent_band },
  { head: "sessions", cell: (row) => row.sessions },
  { head: "share", cell: (row) => percent(row.share_of_sessions) },
  { head: "conversions", cell: (row) => row.conversions },
  { head: "rate", cell: (row) => percent(row.conversion_rate) },
  { head: "interval", cell: (row) => percentInterval(row.conversion_rate_low, row.conversion_rate_high) },
]

const comparisonColumns: ReadonlyArray<Column<CohortReport.Row>> = [
  { head: "points vs unnudged", cell: (row) => points(row.difference) },
  { head: "interval", cell: (row) => pointsInterval(row.difference_low, row.difference_high) },
  { head: "q", cell: (row) => probability(row.q) },
]

const warningsColumn: Column<CohortReport.Row> = {
  head: "warnings",
  cell: (row) => row.warnings.replaceAll(";", "\n"),
}

/** Leaves out the columns that say "all" in every row. */
export const cohorts = (rows: ReadonlyArray<CohortReport.Row>): string => {
  const hasPeriods = rows.some(({ period }) => period !== "all")
  const hasArms = rows.some(({ arm }) => arm !== "all")
  const [band, ...counts] = cohortColumns
  return render(
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
