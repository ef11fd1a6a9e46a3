/** Attribution as a table for people, and under it what each credit model gives, where one was asked for. */
import type { AttributionReport } from "@effect-elnudge/report"
import * as CreditModel from "@effect-elnudge/report/CreditModel"
import * as PrintableText from "./PrintableText.ts"
import * as TableText from "./TableText.ts"

type Column = TableText.Column<AttributionReport.Row>

const typeColumn: Column = {
  head: "nudge type",
  cell: ({ nudge_type, total }) => (total ? nudge_type : PrintableText.name(nudge_type)),
}
const flaggedColumn: Column = { head: "flagged", cell: (row) => row.influenced_conversions }
const attributedColumn: Column = {
  head: "attributed",
  cell: (row) => `${row.attributed_lower} to ${row.attributed_upper}`,
}

const columns: ReadonlyArray<Column> = [
  typeColumn,
  { head: "shown", cell: (row) => row.shown },
  { head: "clicked", cell: (row) => TableText.percent(row.click_rate) },
  { head: "dismissed", cell: (row) => TableText.percent(row.dismiss_rate) },
  { head: "chat opened", cell: (row) => TableText.percent(row.chat_open_rate) },
  { head: "sessions", cell: (row) => row.sessions },
  { head: "converted", cell: (row) => row.converted_sessions },
  { head: "rate", cell: (row) => TableText.percent(row.conversion_rate) },
  { head: "interval", cell: (row) => TableText.percentInterval(row.conversion_rate_low, row.conversion_rate_high) },
  flaggedColumn,
  attributedColumn,
  { head: "warnings", cell: (row) => TableText.warnings(row.warnings) },
]

const credit = (model: CreditModel.Name): Column => ({
  head: model.replaceAll("_", " "),
  cell: (row) => row[`credit_${model}`]?.toFixed(1) ?? "–",
})

/** A model that has no number in any row was not asked for, or is not defined. */
export const render = (rows: ReadonlyArray<AttributionReport.Row>): string => {
  const table = TableText.render(columns, rows)
  const models = CreditModel.names.filter((name) => rows.some((row) => row[`credit_${name}`] !== null))
  if (models.length === 0) return table
  const credits = TableText.render([typeColumn, flaggedColumn, attributedColumn, ...models.map(credit)], rows)
  return `${table}\nConversions by credit model\n${credits}`
}
