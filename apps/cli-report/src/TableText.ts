/** Tables for people: rounded, with units, intervals in one column. CSV and JSON hold the exact numbers. */
import { Verdict } from "@effect-elnudge/report"
import Table from "cli-table3"
import * as PrintableText from "./PrintableText.ts"

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => string | number
}

export const percent = (rate: number | null): string => (rate === null ? "–" : `${(100 * rate).toFixed(1)} %`)

export const percentInterval = (low: number | null, high: number | null): string =>
  low === null && high === null ? "–" : `${percent(low)} to ${percent(high)}`

/** A difference of rates, in percentage points. */
export const points = (value: number | null): string => (value === null ? "–" : Verdict.points(value))

export const pointsInterval = (low: number | null, high: number | null): string =>
  low === null || high === null ? "–" : `${points(low)} to ${points(high)}`

export const probability = (p: number | null): string => {
  if (p === null) return "–"
  return p <= 1e-300 ? "<1e-300" : p < 0.001 ? p.toExponential(1) : p.toFixed(3)
}

// A column may break its cells; what the API named must not, or one row could pass for two.
const withoutBreaks = <Row extends object>(row: Row): Row =>
  Object.assign(
    { ...row },
    Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, PrintableText.line(value)]] : [],
      ),
    ),
  )

export const render = <Row extends object>(columns: ReadonlyArray<Column<Row>>, rows: ReadonlyArray<Row>): string => {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  })
  for (const row of rows.map(withoutBreaks)) {
    table.push(columns.map(({ cell }) => PrintableText.lines(String(cell(row)))))
  }
  return `${table.toString()}\n`
}

/** Each warning on a line of its own. */
export const warnings = (cell: string): string => cell.replaceAll(";", "\n")

/** What stands below every table of a report, so that nobody quotes it for more than it is. */
export const caption = (confidence: number): string =>
  `Intervals: ${Number((100 * confidence).toPrecision(9))} %. Nudges are not drawn by lot, and the intent score is read at the end: ` +
  "the numbers say what goes together, not what causes what.\n"
