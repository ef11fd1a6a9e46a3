/** Attribution by nudge type: the bounds of what can be credited to each, beside the vendor's flag. */
import * as Plot from "@observablehq/plot"
import { type AttributionReport, CreditModel } from "@effect-elnudge/report"
import * as PrintableText from "../PrintableText.ts"
import * as Chart from "./Chart.ts"
import * as DataTable from "./DataTable.ts"
import * as Figure from "./Figure.ts"
import * as Markup from "./Markup.ts"
import * as Palette from "./Palette.ts"
import * as RateColumns from "./RateColumns.ts"
import * as TextWidth from "./TextWidth.ts"
import * as TypeAxis from "./TypeAxis.ts"
import * as WarningText from "./WarningText.ts"

type Row = AttributionReport.Row

/** The rows of types, those with most to credit first. */
const byCredit = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> =>
  rows
    .filter(({ total }) => !total)
    .sort(
      (a, b) =>
        b.attributed_upper - a.attributed_upper ||
        b.attributed_lower - a.attributed_lower ||
        b.influenced_conversions - a.influenced_conversions ||
        b.sessions - a.sessions,
    )

export const bounds = ({ attributed_lower, attributed_upper }: Row): string =>
  attributed_lower === attributed_upper
    ? Figure.count(attributed_lower)
    : `${Figure.count(attributed_lower)}–${Figure.count(attributed_upper)}`

/** Both in words: the mark of the flag is often nearer to the number than the end of the bar. */
const numbersOf = (row: Row, { isNarrow }: Chart.Size): string =>
  [`${bounds(row)} credited`, `${Figure.count(row.influenced_conversions)} flagged`].join(isNarrow ? "\n" : ", ")

/** Undefined where no nudge was shown. */
export const chart = (rows: ReadonlyArray<Row>): Chart.Chart | undefined => {
  const axis = TypeAxis.make(byCredit(rows), ({ nudge_type }) => nudge_type)
  const [first] = axis.shown
  const total = rows.find((row) => row.total)
  if (first === undefined || total === undefined) return undefined
  const most = Math.max(1, ...axis.shown.map((row) => Math.max(row.attributed_upper, row.influenced_conversions)))
  return {
    title:
      total.attributed_upper === 0
        ? "No conversion can be credited to a nudge"
        : `Nudges can be credited with ${bounds(total)} conversion${bounds(total) === "1" ? "" : "s"}, first of all ${TypeAxis.name(first.nudge_type)} with ${bounds(first)}`,
    description:
      `Bars by nudge type, from the lower to the upper bound of the conversions that can be credited to it, ` +
      `and a mark for the vendor's flag. The numbers are in the table below.`,
    note: axis.note,
    legend: [
      {
        mark: "bar",
        colour: Palette.colour("first"),
        label: "lower bound: shown within the window before the purchase",
      },
      { mark: "bar", colour: Palette.colour("first-pale"), label: "upper bound: shown at any time before it" },
      { mark: "diamond", colour: Palette.colour("second"), label: "flagged by the vendor" },
    ],
    plot: (size) => ({
      ...axis.layout(size, size.isNarrow ? 34 : 26),
      marginTop: 6,
      marginRight: 18 + Math.max(...axis.shown.map((row) => TextWidth.of(numbersOf(row, size).split("\n")[0] ?? ""))),
      x: {
        domain: [0, most],
        label: size.isNarrow ? "conversions; flags: sessions →" : "conversions credited; sessions flagged →",
        labelOffset: 34,
        grid: true,
        ticks: Math.min(most, size.isNarrow ? 3 : 8),
      },
      marks: [
        Plot.barX(axis.shown, {
          y: axis.key,
          x1: 0,
          x2: "attributed_upper",
          fill: Palette.colour("first-pale"),
          insetTop: 4,
          insetBottom: 4,
        }),
        Plot.barX(axis.shown, {
          y: axis.key,
          x1: 0,
          x2: "attributed_lower",
          fill: Palette.colour("first"),
          insetTop: 4,
          insetBottom: 4,
        }),
        Plot.dot(axis.shown, {
          y: axis.key,
          x: "influenced_conversions",
          symbol: "diamond",
          fill: Palette.colour("second"),
          stroke: Palette.colour("paper"),
          strokeWidth: 1.5,
          r: 6,
        }),
        Plot.text(axis.shown, {
          y: axis.key,
          x: (row: Row) => Math.max(row.attributed_upper, row.influenced_conversions),
          text: (row: Row) => numbersOf(row, size),
          textAnchor: "start",
          dx: 10,
          fill: Palette.colour("ink"),
        }),
        Plot.ruleX([0], { stroke: Palette.colour("line") }),
      ],
    }),
  }
}

const columns = (rows: ReadonlyArray<Row>): ReadonlyArray<DataTable.Column<Row>> => [
  { head: "Nudge type", cell: (row) => (row.total ? row.nudge_type : PrintableText.name(row.nudge_type)) },
  { head: "Shown", cell: (row) => Figure.count(row.shown) },
  ...RateColumns.ofSessions,
  { head: "Flagged", cell: (row) => Figure.count(row.influenced_conversions) },
  { head: "Credited, lower", cell: (row) => Figure.count(row.attributed_lower) },
  { head: "upper", cell: (row) => Figure.count(row.attributed_upper) },
  { head: "Bought before it was shown", cell: (row) => Figure.count(row.converted_before_shown) },
  { head: "Purchase time unknown", cell: (row) => Figure.count(row.unknown_time) },
  ...CreditModel.names
    .filter((name) => rows.some((row) => row[`credit_${name}`] !== null))
    .map((name) => ({
      head: `Credit: ${name.replaceAll("_", " ")}`,
      cell: (row: Row) => Figure.orWhy(row[`credit_${name}`], (value) => value.toFixed(1), "not defined"),
    })),
  { head: "Take care", isText: true, cell: (row) => WarningText.short(row.warnings) },
]

export const make = (rows: ReadonlyArray<Row>, windowMinutes: number): Markup.Markup => {
  const seen = chart(rows)
  const table = DataTable.behind({
    caption: "Attribution by nudge type",
    columns: columns(rows),
    rows,
    isTotal: ({ total }) => total,
  })
  return Markup.join(
    Markup.element(
      "p",
      {},
      `A conversion is credited to the last nudge before the purchase that the visitor interacted with. The lower bound takes nudges shown at most ${windowMinutes} minutes before it, the upper bound all before it. Both assume that the interaction came before the purchase: the API has no time of it.`,
    ),
    seen === undefined
      ? [Markup.element("p", {}, "No nudge was shown, so there is nothing to credit."), table]
      : Chart.figure(seen, table),
  )
}
