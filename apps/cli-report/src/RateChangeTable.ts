/** What changed between two windows, as a table for people. */
import type { RateChange } from "@effect-elnudge/report"
import * as TableText from "./TableText.ts"

const columns = (totals: ReadonlySet<string>): ReadonlyArray<TableText.Column<RateChange.Row>> => [
  { head: "rate", cell: (row) => row.rate },
  { head: "row", cell: ({ row, total }) => (!total && totals.has(row) ? `“${row}”` : row) },
  { head: "before", cell: (row) => `${row.events_before} of ${row.of_before}` },
  { head: "rate", cell: (row) => TableText.percent(row.rate_before) },
  { head: "after", cell: (row) => `${row.events_after} of ${row.of_after}` },
  { head: "rate", cell: (row) => TableText.percent(row.rate_after) },
  { head: "points", cell: (row) => TableText.points(row.difference) },
  { head: "interval", cell: (row) => TableText.pointsInterval(row.difference_low, row.difference_high) },
  { head: "q", cell: (row) => TableText.probability(row.q) },
  { head: "warnings", cell: (row) => TableText.warnings(row.warnings) },
]

/** A row that is called like a total, and is none, stands in quotes. */
export const render = (rows: ReadonlyArray<RateChange.Row>): string =>
  TableText.render(columns(new Set(rows.flatMap(({ row, total }) => (total ? [row] : [])))), rows)
