/** What became of the nudges: by type, as a funnel, by their number in a session and their place in it. */
import * as Plot from "@observablehq/plot"
import type { NudgePerformanceReport } from "@effect-elnudge/report"
import * as PrintableText from "../PrintableText.ts"
import * as Chart from "./Chart.ts"
import * as DataTable from "./DataTable.ts"
import * as Figure from "./Figure.ts"
import * as Markup from "./Markup.ts"
import * as Palette from "./Palette.ts"
import * as RateColumns from "./RateColumns.ts"
import * as TypeAxis from "./TypeAxis.ts"
import * as WarningText from "./WarningText.ts"

type Row = NudgePerformanceReport.Row

const metrics = ["click", "dismiss", "chat_open", "conversion"] as const
type Metric = (typeof metrics)[number]

const metricNames: Readonly<Record<Metric, string>> = {
  click: "clicked",
  dismiss: "dismissed",
  chat_open: "chat opened",
  conversion: "session converted",
}

interface Point {
  readonly metric: string
  readonly place: string
  readonly rate: number
  readonly low: number
  readonly high: number
}

const pointOf = (row: Row, metric: Metric, place: string): ReadonlyArray<Point> => {
  const [rate, low, high] = [row[`${metric}_rate`], row[`${metric}_rate_low`], row[`${metric}_rate_high`]]
  return rate === null || low === null || high === null
    ? []
    : [{ metric: metricNames[metric], place, rate: 100 * rate, low: 100 * low, high: 100 * high }]
}

const inSection = (rows: ReadonlyArray<Row>, section: string): ReadonlyArray<Row> =>
  rows.filter((row) => row.section === section)

/** The rows of types, those shown most first. */
const byShown = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> =>
  inSection(rows, "type")
    .filter(({ total }) => !total)
    .sort((a, b) => (b.shown ?? 0) - (a.shown ?? 0))

/** A rate of fewer displays is left out of the title. */
const enoughDisplays = 100

/** Undefined where no nudge was shown. */
export const byType = (rows: ReadonlyArray<Row>): Chart.Chart | undefined => {
  const axis = TypeAxis.make(byShown(rows), ({ nudge_type }) => nudge_type)
  const points = axis.shown.flatMap((row) => metrics.flatMap((metric) => pointOf(row, metric, row.nudge_type)))
  const clicks = axis.shown.flatMap(({ click_rate, shown }) =>
    click_rate !== null && (shown ?? 0) >= enoughDisplays ? [click_rate] : [],
  )
  if (points.length === 0) return undefined
  return {
    title:
      clicks.length < 2
        ? "What became of the nudges, by type"
        : `Of the types shown often, ${Figure.percentRange(Math.min(...clicks), Math.max(...clicks))} of displays are clicked`,
    description:
      `Rates with intervals by nudge type: clicked, dismissed and chat opened as shares of displays, converted as a share of ` +
      `sessions. The numbers are in the table below.`,
    note: axis.note,
    legend: [
      { mark: "dot", colour: Palette.colour("first"), label: "share of displays, with interval" },
      { mark: "dot", colour: Palette.colour("second"), label: "share of sessions with such a nudge" },
    ],
    plot: (size) => {
      const layout = axis.layout(size, size.isNarrow ? 20 : 28)
      const names = metrics.map((metric) => metricNames[metric])
      const colourOf = ({ metric }: Point) => Palette.colour(metric === metricNames.conversion ? "second" : "first")
      const facet = size.isNarrow ? { fy: "metric" } : { fx: "metric" }
      const facets = { domain: names, axis: null, padding: size.isNarrow ? 0 : 0.12 }
      return {
        ...layout,
        marginTop: 28,
        marginRight: 12,
        height: size.isNarrow ? 70 + 4 * (26 + 20 * axis.shown.length) : layout.height + 24,
        x: { label: "% →", labelOffset: 34, grid: true, zero: true, nice: true, ticks: size.isNarrow ? 6 : 4 },
        ...(size.isNarrow ? { fy: { ...facets, padding: 26 / (26 + 20 * axis.shown.length) } } : { fx: facets }),
        marks: [
          Plot.text(names, {
            [size.isNarrow ? "fy" : "fx"]: (name: string) => name,
            text: (name: string) => name,
            frameAnchor: "top-left",
            dy: -16,
            fontWeight: 650,
            fill: Palette.colour("ink"),
          }),
          Plot.ruleX([0], { stroke: Palette.colour("line") }),
          Plot.ruleY(points, { ...facet, y: "place", x1: "low", x2: "high", stroke: colourOf, strokeWidth: 2 }),
          Plot.dot(points, { ...facet, y: "place", x: "rate", fill: colourOf, r: 4 }),
        ],
      }
    },
  }
}

const stepNames: Readonly<Record<string, string>> = {
  shown: "nudge shown",
  engaged: "clicked or chat opened",
  chat_opened: "chat opened",
}

const stepOf = ({ level }: Row): string => stepNames[level ?? ""] ?? ""

/** Undefined where no nudge was shown. */
export const funnel = (rows: ReadonlyArray<Row>): Chart.Chart | undefined => {
  const steps = inSection(rows, "funnel")
  const [shown, engaged] = steps
  if (shown === undefined || engaged === undefined || shown.sessions === 0) return undefined
  return {
    title: `${Figure.counted(shown.sessions, "session")} saw a nudge, in ${Figure.count(engaged.sessions)} it was clicked or opened a chat`,
    description:
      "Bars of sessions by how far they went, with those that purchased. The numbers are in the table below.",
    legend: [
      { mark: "bar", colour: Palette.colour("first-pale"), label: "sessions" },
      { mark: "bar", colour: Palette.colour("first"), label: "of them with a purchase" },
    ],
    plot: ({ isNarrow }) => ({
      marginLeft: isNarrow ? 92 : 160,
      marginRight: isNarrow ? 100 : 200,
      marginTop: 6,
      marginBottom: 40,
      height: 46 + 3 * 34,
      x: {
        label: "sessions →",
        labelOffset: 34,
        grid: true,
        ticks: Math.min(shown.sessions, isNarrow ? 3 : 6),
        tickFormat: Figure.count,
      },
      y: {
        domain: steps.map(stepOf),
        label: null,
        tickSize: 0,
        tickFormat: (step: string) => (isNarrow ? step.replace(" or ", " or\n") : step),
      },
      marks: [
        Plot.barX(steps, { y: stepOf, x: "sessions", fill: Palette.colour("first-pale"), insetTop: 4, insetBottom: 4 }),
        Plot.barX(steps, {
          y: stepOf,
          x: "converted_sessions",
          fill: Palette.colour("first"),
          insetTop: 4,
          insetBottom: 4,
        }),
        Plot.text(steps, {
          y: stepOf,
          x: "sessions",
          text: (row: Row) => {
            const rate = row.conversion_rate === null ? "–" : Figure.percent(row.conversion_rate)
            return isNarrow
              ? `${Figure.count(row.sessions)}\n${rate} bought`
              : `${Figure.count(row.sessions)}; ${rate} purchased`
          },
          textAnchor: "start",
          dx: 6,
          fill: Palette.colour("ink"),
        }),
        Plot.ruleX([0], { stroke: Palette.colour("line") }),
      ],
    }),
  }
}

const byLevel = (
  rows: ReadonlyArray<Row>,
  section: "count" | "position",
  metric: Metric,
  words: Pick<Chart.Chart, "title" | "description"> & { readonly x: string; readonly y: string },
): Chart.Chart | undefined => {
  const all = inSection(rows, section).filter(({ total }) => !total)
  // What nobody reached is in the table.
  const levels = all.slice(0, all.findLastIndex((row) => pointOf(row, metric, "").length > 0) + 1)
  const points = levels.flatMap((row) => pointOf(row, metric, row.level ?? ""))
  if (points.length === 0) return undefined
  const colour = Palette.colour(metric === "conversion" ? "second" : "first")
  return {
    title: words.title,
    description: words.description,
    legend: [],
    width: 420,
    plot: () => ({
      marginLeft: 44,
      marginRight: 10,
      marginTop: 24,
      marginBottom: 40,
      height: 240,
      x: {
        type: "point",
        domain: levels.map(({ level }) => level ?? ""),
        label: words.x,
        labelAnchor: "right",
        labelOffset: 36,
        tickSize: 0,
        padding: 0.5,
      },
      y: { label: words.y, zero: true, nice: true, grid: true, ticks: 5 },
      marks: [
        Plot.ruleX(points, { x: "place", y1: "low", y2: "high", stroke: colour, strokeWidth: 2 }),
        Plot.dot(points, { x: "place", y: "rate", fill: colour, r: 4.5 }),
        Plot.ruleY([0], { stroke: Palette.colour("line") }),
      ],
    }),
  }
}

/** Undefined where no nudge was shown. */
export const byCount = (rows: ReadonlyArray<Row>): Chart.Chart | undefined =>
  byLevel(rows, "count", "conversion", {
    title: "Conversion by the number of nudges",
    description:
      "Conversion rate with interval by the number of nudges in a session. The numbers are in the table below.",
    x: "nudges in the session →",
    y: "↑ sessions that convert, %",
  })

/** Undefined where no nudge was shown. */
export const byPosition = (rows: ReadonlyArray<Row>): Chart.Chart | undefined =>
  byLevel(rows, "position", "dismiss", {
    title: "Dismissals by a nudge's place",
    description:
      "Dismissed share of displays with interval by the place in the session. The numbers are in the table below.",
    x: "first, second … nudge of the session →",
    y: "↑ displays dismissed, %",
  })

const ofDisplays = (name: string, metric: Exclude<Metric, "conversion">): DataTable.Column<Row> => ({
  head: name,
  cell: (row) => {
    const [rate, low, high] = [row[`${metric}_rate`], row[`${metric}_rate_low`], row[`${metric}_rate_high`]]
    return Figure.rateAndRange(rate, { low, high }, "never shown")
  },
})

const displays: ReadonlyArray<DataTable.Column<Row>> = [
  { head: "Shown", cell: (row) => Figure.orWhy(row.shown, Figure.count, "not counted") },
  ofDisplays("Clicked", "click"),
  ofDisplays("Dismissed", "dismiss"),
  ofDisplays("Chat opened", "chat_open"),
]

const care: DataTable.Column<Row> = { head: "Take care", isText: true, cell: (row) => WarningText.short(row.warnings) }

const levelColumn = (head: string): DataTable.Column<Row> => ({ head, cell: (row) => row.level })

const trendColumn: DataTable.Column<Row> = {
  head: "Trend z, p",
  cell: (row) =>
    !row.total
      ? Figure.undefinedFor("of all only")
      : row.trend_z === null || row.trend_p === null
        ? Figure.undefinedFor("no test")
        : `${row.trend_z < 0 ? "−" : "+"}${Math.abs(row.trend_z).toFixed(1)}, ${Figure.probability(row.trend_p)}`,
}

export const make = (rows: ReadonlyArray<Row>): Markup.Markup => {
  const table = (caption: string, section: string, columns: ReadonlyArray<DataTable.Column<Row>>) =>
    DataTable.behind({
      caption,
      columns: [...columns, care],
      rows: inSection(rows, section),
      isTotal: ({ total }) => total,
    })
  const tables = {
    type: table("Outcomes by nudge type", "type", [
      { head: "Nudge type", cell: (row) => (row.total ? row.nudge_type : PrintableText.name(row.nudge_type)) },
      ...displays,
      ...RateColumns.ofSessions,
    ]),
    funnel: table("Funnel of sessions", "funnel", [{ head: "Step", cell: stepOf }, ...RateColumns.ofSessions]),
    count: table("By the number of nudges in a session", "count", [
      levelColumn("Nudges"),
      ...RateColumns.ofSessions,
      trendColumn,
    ]),
    position: table("By a nudge's place in the session", "position", [
      levelColumn("Place"),
      ...displays,
      ...RateColumns.ofSessions,
      trendColumn,
    ]),
  }
  const drawn = { type: byType(rows), funnel: funnel(rows), count: byCount(rows), position: byPosition(rows) }
  const shown = (chart: Chart.Chart | undefined, below: Markup.Markup): Markup.Markup =>
    chart === undefined ? below : Chart.figure(chart, below)
  return Markup.join(
    Markup.element(
      "p",
      {},
      "Clicked, dismissed and chat opened are shares of displays; displays of one session are alike, so that their intervals are too narrow. Longer sessions see more nudges: the number and the place of nudges describe sessions, not what one more nudge does.",
    ),
    drawn.type === undefined ? Markup.element("p", {}, "No nudge was shown.") : null,
    shown(drawn.type, tables.type),
    shown(drawn.funnel, tables.funnel),
    Markup.element("div", { class: "pair" }, shown(drawn.count, tables.count), shown(drawn.position, tables.position)),
  )
}
