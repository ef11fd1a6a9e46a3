/** Reconcile as a table for people. */
import { ReconcileReport } from "@effect-elnudge/report"
import * as PrintableText from "./PrintableText.ts"
import * as TableText from "./TableText.ts"

const columns: ReadonlyArray<TableText.Column<ReconcileReport.Row>> = [
  { head: "reason", cell: (row) => row.reason },
  { head: "flagged", cell: (row) => row.vendor_flag },
  { head: "by the rule", cell: (row) => row.recomputed },
  { head: "nudges", cell: (row) => row.nudges },
  { head: "share", cell: (row) => TableText.percent(row.share) },
  { head: "interval", cell: (row) => TableText.percentInterval(row.share_low, row.share_high) },
  { head: "sessions", cell: (row) => row.sessions },
  { head: "for example", cell: (row) => ReconcileReport.examplesOf(row).map(PrintableText.line).join("\n") },
  { head: "warnings", cell: (row) => TableText.warnings(row.warnings) },
]

export const render = (rows: ReadonlyArray<ReconcileReport.Row>): string => TableText.render(columns, rows)
