/** Readings of the attribution rule as a table for people. */
import type { ReadingsReport } from "@effect-elnudge/report"
import * as TableText from "./TableText.ts"

const columns: ReadonlyArray<TableText.Column<ReadingsReport.Row>> = [
  { head: "reading of the rule", cell: (row) => row.reading.replaceAll("_", " ") },
  { head: "flag and rule", cell: (row) => row.both },
  { head: "flag only", cell: (row) => row.flag_only },
  { head: "rule only", cell: (row) => row.rule_only },
  { head: "neither", cell: (row) => row.neither },
  { head: "agreement", cell: (row) => TableText.percent(row.agreement) },
  { head: "interval", cell: (row) => TableText.percentInterval(row.agreement_low, row.agreement_high) },
  { head: "kappa", cell: (row) => row.kappa?.toFixed(3) ?? "–" },
  { head: "best", cell: (row) => row.best ?? "–" },
  { head: "warnings", cell: (row) => TableText.warnings(row.warnings) },
]

export const render = (rows: ReadonlyArray<ReadingsReport.Row>): string => TableText.render(columns, rows)
