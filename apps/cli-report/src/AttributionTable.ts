/** Attribution as a table for people. */
import type { AttributionReport } from "@effect-elnudge/report"
import * as TableText from "./TableText.ts"

const columns: ReadonlyArray<TableText.Column<AttributionReport.Row>> = [
  { head: "nudge type", cell: (row) => row.nudge_type },
  { head: "shown", cell: (row) => row.shown },
  { head: "clicked", cell: (row) => TableText.percent(row.click_rate) },
  { head: "dismissed", cell: (row) => TableText.percent(row.dismiss_rate) },
  { head: "chat opened", cell: (row) => TableText.percent(row.chat_open_rate) },
  { head: "sessions", cell: (row) => row.sessions },
  { head: "converted", cell: (row) => row.converted_sessions },
  { head: "rate", cell: (row) => TableText.percent(row.conversion_rate) },
  { head: "interval", cell: (row) => TableText.percentInterval(row.conversion_rate_low, row.conversion_rate_high) },
  { head: "flagged", cell: (row) => row.influenced_conversions },
  { head: "attributed", cell: (row) => `${row.attributed_lower} to ${row.attributed_upper}` },
  { head: "warnings", cell: (row) => TableText.warnings(row.warnings) },
]

export const render = (rows: ReadonlyArray<AttributionReport.Row>): string => TableText.render(columns, rows)
