/** Nudge performance as a table for people, under a line that says what it cannot tell. */
import { Verdict } from "@effect-elnudge/report"
import type * as NudgePerformanceReport from "@effect-elnudge/report/NudgePerformanceReport"
import * as PrintableText from "./PrintableText.ts"
import * as TableText from "./TableText.ts"

const steps: ReadonlyMap<string | null, string> = new Map([
  ["shown", "nudge shown"],
  ["engaged", "clicked or chat"],
  ["chat_opened", "chat opened"],
])

const nameOf = ({ level, nudge_type, section, total }: NudgePerformanceReport.Row): string =>
  section === "funnel" ? (steps.get(level) ?? "") : (level ?? (total ? nudge_type : PrintableText.name(nudge_type)))

const trendOf = ({ section, trend_p, trend_z }: NudgePerformanceReport.Row): string =>
  trend_z === null
    ? "–"
    : `${section === "position" ? "dismissed" : "converted"}\nz ${Verdict.signed(trend_z)}\np ${TableText.probability(trend_p)}`

const columns: ReadonlyArray<TableText.Column<NudgePerformanceReport.Row>> = [
  { head: "by", cell: (row) => row.section },
  { head: "which", cell: nameOf },
  { head: "shown", cell: (row) => row.shown ?? "–" },
  { head: "clicked", cell: (row) => TableText.percent(row.click_rate) },
  { head: "dismissed", cell: (row) => TableText.percent(row.dismiss_rate) },
  { head: "chat opened", cell: (row) => TableText.percent(row.chat_open_rate) },
  { head: "sessions", cell: (row) => row.sessions },
  { head: "converted", cell: (row) => row.converted_sessions },
  { head: "rate", cell: (row) => TableText.percent(row.conversion_rate) },
  { head: "interval", cell: (row) => TableText.percentInterval(row.conversion_rate_low, row.conversion_rate_high) },
  { head: "trend", cell: trendOf },
  { head: "warnings", cell: (row) => TableText.warnings(row.warnings) },
]

const note =
  "Longer sessions see more nudges: the rows by count and by position do not show what one more nudge does.\n"

export const render = (rows: ReadonlyArray<NudgePerformanceReport.Row>): string =>
  `${note}${TableText.render(columns, rows)}`
