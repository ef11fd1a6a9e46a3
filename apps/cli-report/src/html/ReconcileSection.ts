/** The vendor's flag on each nudge against the rule worked out again, by reason. */
import * as Plot from "@observablehq/plot"
import { type ReadingsReport, ReconcileReport } from "@effect-elnudge/report"
import * as Chart from "./Chart.ts"
import * as DataTable from "./DataTable.ts"
import * as Figure from "./Figure.ts"
import * as Markup from "./Markup.ts"
import * as Palette from "./Palette.ts"
import * as WarningText from "./WarningText.ts"

type Row = ReconcileReport.Row

const words: Readonly<Record<string, string>> = {
  AGREE_NO: "agree: no credit",
  AGREE_YES: "agree: credit",
  FLAG_AFTER_PURCHASE: "flagged, shown after the purchase",
  FLAG_CARRYOVER: "flagged, session did not convert",
  FLAG_NO_PURCHASE_TIME: "flagged, purchase time unknown",
  FLAG_SHOWN_ONLY: "flagged, nobody interacted",
  FLAG_WITHIN_BOUNDS: "flagged, older than the window",
  MISSING_DISMISS: "not flagged: dismissed",
  MISSING_NOT_LAST: "not flagged: not the last",
  UNEXPLAINED: "unexplained",
}

const reasonOf = ({ reason, total, vendor_flag }: Row): string => {
  if (total) return "all nudges"
  const name = words[reason] ?? reason
  return reason === "UNEXPLAINED" ? `${name}, ${vendor_flag === "yes" ? "flagged" : "not flagged"}` : name
}

const isPlainAgreement = ({ reason }: Row): boolean => reason === "AGREE_NO" || reason === "AGREE_YES"

/** Whether one says yes where the other says no. */
const isContradiction = ({ recomputed, vendor_flag }: Row): boolean =>
  vendor_flag !== recomputed && recomputed !== "maybe"

const shareOf = ({ share, share_high, share_low }: Row): string => {
  if (share === null) return "–"
  const range = share_low === null || share_high === null ? "" : ` (${Figure.percentRange(share_low, share_high)})`
  return `${Figure.percent(share)}${range}`
}

/** Undefined where no nudge was shown. */
export const chart = (rows: ReadonlyArray<Row>): Chart.Chart | undefined => {
  const total = rows.find((row) => row.total)
  if (total === undefined || total.nudges === 0) return undefined
  const reasons = rows
    .filter((row) => row !== total && !isPlainAgreement(row))
    .sort((a, b) => b.nudges - a.nudges || (reasonOf(a) < reasonOf(b) ? -1 : 1))
  const contradictions = reasons.filter(isContradiction).reduce((sum, { nudges }) => sum + nudges, 0)
  const most = Math.max(1, ...reasons.map(({ nudges }) => nudges))
  const colourOf = (row: Row) =>
    Palette.colour(row.reason === "UNEXPLAINED" ? "second" : isContradiction(row) ? "first" : "third")
  return {
    title:
      contradictions === 0
        ? `Flag and rule contradict each other on none of ${Figure.counted(total.nudges, "nudge")}`
        : `Flag and rule contradict each other on ${Figure.count(contradictions)} of ${Figure.counted(total.nudges, "nudge")}`,
    description:
      "Bars of nudges by reason, without those on which flag and rule plainly agree. The numbers are in the table below.",
    legend: [
      { mark: "bar", colour: Palette.colour("first"), label: "contradict, for a reason" },
      { mark: "bar", colour: Palette.colour("second"), label: "contradict, unexplained" },
      { mark: "bar", colour: Palette.colour("third"), label: "do not contradict: another reading of the rule" },
    ],
    plot: ({ isNarrow }) => ({
      marginLeft: isNarrow ? 168 : 236,
      marginRight: isNarrow ? 46 : 190,
      marginTop: 6,
      marginBottom: 40,
      height: 46 + reasons.length * (isNarrow ? 32 : 26),
      x: { domain: [0, most], label: "nudges →", labelOffset: 34, grid: true, ticks: Math.min(most, isNarrow ? 3 : 6) },
      y: {
        domain: reasons.map(reasonOf),
        label: null,
        tickSize: 0,
        tickFormat: (reason: string) => (isNarrow ? reason.replace(/[,:] /, (mark) => `${mark.trim()}\n`) : reason),
      },
      marks: [
        Plot.barX(reasons, { y: reasonOf, x: "nudges", fill: colourOf, insetTop: 4, insetBottom: 4 }),
        Plot.text(reasons, {
          y: reasonOf,
          x: "nudges",
          text: (row: Row) =>
            isNarrow || row.nudges === 0 ? Figure.count(row.nudges) : `${Figure.count(row.nudges)} · ${shareOf(row)}`,
          textAnchor: "start",
          dx: 6,
          fill: Palette.colour("ink"),
        }),
        Plot.ruleX([0], { stroke: Palette.colour("line") }),
      ],
    }),
  }
}

const columns: ReadonlyArray<DataTable.Column<Row>> = [
  { head: "Reason", cell: reasonOf },
  { head: "Code", isText: true, cell: ({ reason }) => Markup.element("code", { class: "keep" }, reason) },
  { head: "Flagged", isText: true, cell: (row) => row.vendor_flag },
  { head: "By the rule", isText: true, cell: (row) => row.recomputed },
  { head: "Nudges", cell: (row) => Figure.count(row.nudges) },
  {
    head: "Share, interval",
    cell: (row) =>
      row.total && row.share !== null
        ? Figure.percent(row.share)
        : Figure.rateAndRange(row.share, { low: row.share_low, high: row.share_high }, "no nudge"),
  },
  { head: "Sessions", cell: (row) => Figure.count(row.sessions) },
  {
    head: "For example",
    isText: true,
    cell: (row) => ReconcileReport.examplesOf(row).map((id) => [Markup.element("code", {}, id), " "]),
  },
  { head: "Take care", isText: true, cell: (row) => WarningText.short(row.warnings) },
]

const agreeing = ({ both, neither }: ReadingsReport.Row): number => both + neither

/** The report names the first of those that agree alike. */
const fit = (rows: ReadonlyArray<ReadingsReport.Row>, row: ReadingsReport.Row): Markup.Child => {
  if (row.best === null) return Figure.undefinedFor("no nudge")
  const best = rows.find((each) => each.best === "yes")
  const alike = rows.filter((each) => best !== undefined && agreeing(each) === agreeing(best))
  return alike.length > 1 && alike.includes(row) ? "tie" : row.best
}

const readingColumns = (
  rows: ReadonlyArray<ReadingsReport.Row>,
): ReadonlyArray<DataTable.Column<ReadingsReport.Row>> => [
  { head: "Reading of the rule", cell: (row) => row.reading.replaceAll("_", " ") },
  { head: "Flag and rule", cell: (row) => Figure.count(row.both) },
  { head: "Flag only", cell: (row) => Figure.count(row.flag_only) },
  { head: "Rule only", cell: (row) => Figure.count(row.rule_only) },
  { head: "Neither", cell: (row) => Figure.count(row.neither) },
  { head: "Agreement", cell: (row) => Figure.orWhy(row.agreement, Figure.percent, "no nudge") },
  {
    head: "Interval",
    cell: (row) =>
      Figure.rangeOrWhy({ low: row.agreement_low, high: row.agreement_high }, Figure.percentRange, "no nudge"),
  },
  { head: "Kappa", cell: (row) => Figure.orWhy(row.kappa, (value) => value.toFixed(3), "one side is constant") },
  { head: "Fits best", isText: true, cell: (row) => fit(rows, row) },
]

export const make = (
  rows: ReadonlyArray<Row>,
  readings: ReadonlyArray<ReadingsReport.Row>,
  windowMinutes: number,
): Markup.Markup => {
  const seen = chart(rows)
  const tables = [
    DataTable.behind({
      caption: "Flag and rule by reason",
      columns,
      rows,
      isTotal: ({ total }) => total,
    }),
    DataTable.behind({
      caption: "Which reading of the rule the flag follows",
      columns: readingColumns(readings),
      rows: readings,
    }),
  ]
  return Markup.join(
    Markup.element(
      "p",
      {},
      `The vendor flags nudges that influenced a conversion (influenced_conversion). Here the rule is worked out again from the sessions: the last nudge that was interacted with, shown at most ${windowMinutes} minutes before the purchase. Every nudge has one reason why the two agree or differ.`,
    ),
    seen === undefined
      ? [Markup.element("p", {}, "No nudge was shown, so there is nothing to reconcile."), tables]
      : Chart.figure(seen, tables),
  )
}
