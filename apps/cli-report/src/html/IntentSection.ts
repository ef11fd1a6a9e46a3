/** Conversion by the final intent score, and how well the score goes with it. */
import * as Plot from "@observablehq/plot"
import type { CalibrationReport } from "@effect-elnudge/report"
import * as Chart from "./Chart.ts"
import * as DataTable from "./DataTable.ts"
import * as Figure from "./Figure.ts"
import * as Markup from "./Markup.ts"
import * as Palette from "./Palette.ts"
import * as RateColumns from "./RateColumns.ts"
import * as WarningText from "./WarningText.ts"

type Row = CalibrationReport.Row
type Drawn = Row & { readonly conversion_rate: number; readonly mean_score: number }

const isDrawn = (row: Row): row is Drawn => !row.total && row.conversion_rate !== null && row.mean_score !== null

const of = (rows: ReadonlyArray<Row>, population: string): ReadonlyArray<Drawn> =>
  rows.filter(isDrawn).filter((row) => row.population === population)

const totalOf = (rows: ReadonlyArray<Row>, population: string): Row | undefined =>
  rows.find((row) => row.population === population && row.total)

const hundred = (value: number | null): number | null => (value === null ? null : 100 * value)

const lowest = ({ intent_band }: Row): number => Number(intent_band.split("-")[0])
// A band holds its last score, so that it reaches up to the next one.
const highest = ({ intent_band }: Row): number => Math.min(100, Number(intent_band.split("-")[1]) + 1)

/** Undefined where no session has a score from 0 to 100. */
export const chart = (rows: ReadonlyArray<Row>): Chart.Chart | undefined => {
  const [all, unnudged] = [of(rows, "all"), of(rows, "unnudged")]
  const [first, last] = [all[0], all.at(-1)]
  const overall = totalOf(rows, "all")?.conversion_rate ?? null
  if (first === undefined || last === undefined || overall === null) return undefined
  const [everybody, apart] = [totalOf(rows, "all")?.sessions, totalOf(rows, "unnudged")?.sessions ?? 0]
  const hasBoth = apart > 0 && apart !== everybody
  const shifted = (by: number) => ({ dx: hasBoth ? by : 0 })
  const points = (data: ReadonlyArray<Drawn>, colour: Palette.Name, by: number, isHollow: boolean) => [
    Plot.ruleX(data, {
      x: "mean_score",
      y1: (row: Row) => hundred(row.conversion_rate_low),
      y2: (row: Row) => hundred(row.conversion_rate_high),
      stroke: Palette.colour(colour),
      strokeWidth: 2,
      ...shifted(by),
    }),
    Plot.dot(data, {
      x: "mean_score",
      y: (row: Row) => hundred(row.conversion_rate),
      fill: Palette.colour(isHollow ? "paper" : colour),
      stroke: Palette.colour(colour),
      strokeWidth: 2,
      r: 4.5,
      ...shifted(by),
    }),
  ]
  const title =
    first === last
      ? `All scores are in ${Figure.band(first.intent_band)}: ${Figure.percent(first.conversion_rate)} convert`
      : `${Figure.percent(first.conversion_rate)} of sessions with a score of ${Figure.band(first.intent_band)} convert, ${Figure.percent(last.conversion_rate)} of those with ${Figure.band(last.intent_band)}`
  return {
    title,
    description:
      "Conversion rate by the final intent score, a point with an interval for each band at its mean score, the smoothed rate as a " +
      "dashed line, the average of all sessions as a thin one. The numbers are in the table below.",
    legend: [
      { mark: "dot", colour: Palette.colour("first"), label: "all sessions, with interval" },
      ...(hasBoth
        ? [{ mark: "hollow", colour: Palette.colour("second"), label: "unnudged sessions" } satisfies Chart.LegendItem]
        : []),
      { mark: "dashes", colour: Palette.colour("muted"), label: "rate that never falls from band to band (isotonic)" },
      { mark: "line", colour: Palette.colour("line"), label: "average" },
    ],
    plot: ({ isNarrow }) => ({
      marginLeft: 48,
      marginRight: 14,
      marginTop: 24,
      marginBottom: 42,
      height: isNarrow ? 270 : 340,
      x: {
        domain: [0, 100],
        inset: 10,
        label: "final intent score, 0 to 100 →",
        labelOffset: 36,
        ticks: isNarrow ? 5 : 10,
      },
      y: { label: "↑ sessions that convert, %", nice: true, zero: true, grid: true, ticks: 6 },
      marks: [
        Plot.ruleY([100 * overall], { stroke: Palette.colour("line"), strokeWidth: 1.5 }),
        Plot.ruleY(all, {
          x1: lowest,
          x2: highest,
          y: (row: Row) => hundred(row.isotonic_rate),
          stroke: Palette.colour("muted"),
          strokeWidth: 1.5,
          strokeDasharray: "5,3",
        }),
        ...points(all, "first", -4, false),
        ...(hasBoth ? points(unnudged, "second", 4, true) : []),
        Plot.ruleY([0], { stroke: Palette.colour("line") }),
      ],
    }),
  }
}

const decimals = (value: number | null): Markup.Child =>
  Figure.orWhy(value, (number) => number.toFixed(3), "not defined")

const bandColumns: ReadonlyArray<DataTable.Column<Row>> = [
  { head: "Final score", cell: (row) => Figure.band(row.intent_band) },
  { head: "Sessions", cell: (row) => Figure.count(row.sessions) },
  { head: "Conversions", cell: (row) => Figure.count(row.conversions) },
  ...RateColumns.apart,
  { head: "Mean score", cell: (row) => Figure.orWhy(row.mean_score, (value) => value.toFixed(1), "no session") },
  {
    head: "Isotonic rate",
    cell: (row) => Figure.orWhy(row.isotonic_rate, Figure.percent, row.total ? "of bands only" : "no session"),
  },
  {
    head: "Below the band before",
    cell: (row) => row.inversion ?? Figure.undefinedFor("no band before"),
  },
  { head: "Take care", isText: true, cell: (row) => WarningText.short(row.warnings) },
]

const populations: Readonly<Record<string, string>> = { all: "All sessions", unnudged: "Unnudged sessions" }

const rankingColumns: ReadonlyArray<DataTable.Column<Row>> = [
  { head: "Sessions", cell: (row) => populations[row.population] ?? row.population },
  { head: "AUC", cell: (row) => decimals(row.auc) },
  {
    head: "Interval",
    cell: (row) =>
      Figure.rangeOrWhy(
        { low: row.auc_low, high: row.auc_high },
        (low, high) => `${low.toFixed(3)}–${high.toFixed(3)}`,
        "not defined",
      ),
  },
  {
    head: "Trend z",
    cell: (row) => Figure.orWhy(row.trend_z, (z) => `${z < 0 ? "−" : "+"}${Math.abs(z).toFixed(1)}`, "no test"),
  },
  { head: "p", cell: (row) => Figure.orWhy(row.trend_p, Figure.probability, "no test") },
  {
    head: "Bands below the one before",
    cell: (row) => Figure.orWhy(row.inversions, String, "no two bands"),
  },
  { head: "Brier score of score ÷ 100", cell: (row) => decimals(row.brier) },
  { head: "Reliability", cell: (row) => decimals(row.reliability) },
  { head: "Resolution", cell: (row) => decimals(row.resolution) },
  { head: "Uncertainty", cell: (row) => decimals(row.uncertainty) },
]

const ranking = ({ auc, auc_high, auc_low }: Row): string => {
  if (auc === null) return "How well the score ranks sessions is not defined: all converted, or none did."
  const range = auc_low === null || auc_high === null ? "no interval" : `${auc_low.toFixed(3)}–${auc_high.toFixed(3)}`
  return `Of a session that converted and one that did not, the first has the higher final score in ${Figure.percent(auc)} of all pairs, ties counted half (AUC ${auc.toFixed(3)}, ${range}; .5 is no better than a coin).`
}

export const make = (rows: ReadonlyArray<Row>): Markup.Markup => {
  const seen = chart(rows)
  const total = totalOf(rows, "all")
  const tables = Object.entries(populations).map(([population, name]) =>
    DataTable.behind({
      caption: `${name} by intent band`,
      columns: bandColumns,
      rows: rows.filter((row) => row.population === population),
      isTotal: ({ total }) => total,
    }),
  )
  const ranks = DataTable.behind({
    caption: "How well the score ranks the sessions, and how far it is from a probability",
    columns: rankingColumns,
    rows: rows.filter(({ total }) => total),
  })
  const below = [...tables, ranks]
  return Markup.join(
    Markup.element(
      "p",
      {},
      "The score was read when the session was over, and what a visitor buys goes into it: this describes what goes with the score, it does not predict.",
    ),
    total === undefined || seen === undefined ? null : Markup.element("p", {}, ranking(total)),
    seen === undefined
      ? [Markup.element("p", {}, "No session has a score from 0 to 100."), below]
      : Chart.figure(seen, below),
  )
}
