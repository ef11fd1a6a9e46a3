/** Conversion by period and intent band, as a heat map, and by period alone. */
import * as Plot from "@observablehq/plot"
import type { CohortReport, Period } from "@effect-elnudge/report"
import * as Chart from "./Chart.ts"
import * as DataTable from "./DataTable.ts"
import * as Figure from "./Figure.ts"
import type * as Findings from "./Findings.ts"
import * as HeatScale from "./HeatScale.ts"
import * as Markup from "./Markup.ts"
import * as Moments from "./Moments.ts"
import * as Palette from "./Palette.ts"
import * as RateColumns from "./RateColumns.ts"
import * as WarningText from "./WarningText.ts"

type Row = CohortReport.Row
type Drawn = Row & { readonly conversion_rate: number }

const allBands = "(all)"

/** Fewer sessions than this are drawn small: their rate says little. */
const fewSessions = 30

const isDrawn = (row: Row): row is Drawn => row.conversion_rate !== null

/** The rows of periods, without the one of everything. */
const cellsOf = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => rows.filter(({ period }) => period !== "all")

const isCut = ({ warnings }: Row): boolean => warnings.split(";").includes("PARTIAL_PERIOD")

const unitNames: Readonly<Record<Period.Unit, string>> = {
  day: "day",
  week: "week",
  hour: "hour of the day",
  weekday: "day of the week",
}

interface Axis {
  readonly domain: ReadonlyArray<string>
  /** With * where the window cuts the period. */
  readonly label: (period: string) => string
}

const axisOf = (cells: ReadonlyArray<Row>): Axis => {
  const cut = new Set(cells.filter(isCut).map(({ period }) => period))
  return {
    domain: [...new Set(cells.map(({ period }) => period))],
    label: (period) => `${Moments.period(period)}${cut.has(period) ? "*" : ""}`,
  }
}

const everyNth = (axis: Axis, width: number, labelWidth: number): ReadonlyArray<string> => {
  const step = Math.max(1, Math.ceil((axis.domain.length * labelWidth) / width))
  return axis.domain.filter((_, index) => index % step === 0)
}

const percentOf = (row: Drawn): string => {
  const value = 100 * row.conversion_rate
  return value > 0 && value < 0.5 ? "<1" : value.toFixed(0)
}

const rowHeight = { wide: 34, narrow: 24 }

/** The side of a small cell, in px. */
const smallCell = 10

const insetFor = (place: number): number => Math.max(0, (0.94 * place - smallCell) / 2)

const heightOf = (bands: number, isNarrow: boolean, periods: number): number =>
  isNarrow ? 34 + rowHeight.narrow * periods : 38 + rowHeight.wide * bands

/** Undefined without a session. */
export const heatMap = ({ rows, unit }: Findings.Cohorts): Chart.Chart | undefined => {
  const cells = cellsOf(rows)
  const drawn = cells.filter(isDrawn)
  if (drawn.length === 0) return undefined
  const axis = axisOf(cells)
  const bands = [...new Set(cells.map(({ intent_band }) => intent_band))]
  const scale = HeatScale.make(
    drawn.filter(({ sessions }) => sessions >= fewSessions).map((row) => row.conversion_rate),
  )
  const [many, few] = [
    drawn.filter(({ sessions }) => sessions >= fewSessions),
    drawn.filter(({ sessions }) => sessions < fewSessions),
  ]
  const empty = cells.filter((row) => !isDrawn(row))
  const fill = (row: Drawn) => scale.colours(row.conversion_rate).fill
  const bandLabel = (band: string) => (band === allBands ? "all scores" : Figure.band(band))
  return {
    title: `Conversion rate by intent band and ${unitNames[unit]}, in %`,
    description:
      `Heat map of ${axis.domain.length} periods and ${bands.length - 1} intent bands; a darker cell has a higher conversion rate. ` +
      "The numbers are in the table below.",
    legend: [
      ...scale.legend,
      {
        mark: "few",
        colour: scale.legend[2]?.colour ?? Palette.colour("third"),
        label: `small: fewer than ${fewSessions} sessions`,
      },
      ...(empty.length === 0 ? [] : [{ mark: "empty", colour: Palette.colour("third"), label: "no session" } as const]),
    ],
    plot: ({ isNarrow, width }) => {
      const [margin, end] = isNarrow ? [62, 4] : [72, 4]
      const periods = { domain: axis.domain, label: null, tickSize: 0, tickFormat: axis.label }
      const scores = { domain: isNarrow ? bands : bands.toReversed(), label: null, tickSize: 0, tickFormat: bandLabel }
      const across = isNarrow ? "intent_band" : "period"
      const down = isNarrow ? "period" : "intent_band"
      const hasText = isNarrow || (width - margin - end) / axis.domain.length >= 22
      const [acrossInset, downInset] = [
        insetFor((width - margin - end) / (isNarrow ? bands : axis.domain).length),
        insetFor(rowHeight[isNarrow ? "narrow" : "wide"]),
      ]
      const small = {
        insetLeft: acrossInset,
        insetRight: acrossInset,
        insetTop: downInset,
        insetBottom: downInset,
      }
      return {
        marginLeft: margin,
        marginRight: end,
        marginTop: isNarrow ? 26 : 8,
        marginBottom: isNarrow ? 8 : 30,
        padding: 0.06,
        height: heightOf(bands.length, isNarrow, axis.domain.length),
        x: isNarrow
          ? { ...scores, axis: "top", tickFormat: (band: string) => (band === allBands ? "all" : Figure.band(band)) }
          : { ...periods, axis: null },
        y: isNarrow ? periods : scores,
        marks: [
          ...(isNarrow
            ? []
            : [
                Plot.axisX(everyNth(axis, width - margin - end, 52), {
                  tickSize: 0,
                  tickFormat: axis.label,
                  label: null,
                }),
              ]),
          Plot.cell(many, { x: across, y: down, fill }),
          Plot.cell(few, { x: across, y: down, fill, ...small }),
          Plot.text(empty, { x: across, y: down, text: () => "·", fill: Palette.colour("third") }),
          ...(hasText
            ? [
                Plot.text(many, {
                  x: across,
                  y: down,
                  text: percentOf,
                  fill: (row: Drawn) => scale.colours(row.conversion_rate).text,
                  fontSize: isNarrow ? 12 : 11,
                  fontVariant: "tabular-nums",
                }),
              ]
            : []),
        ],
      }
    },
  }
}

/** Undefined without two periods that follow each other. */
export const trend = ({ rows, unit }: Findings.Cohorts): Chart.Chart | undefined => {
  const drawn = cellsOf(rows)
    .filter(({ intent_band }) => intent_band === allBands)
    .filter(isDrawn)
  const overall = rows.at(-1)?.conversion_rate ?? null
  if (drawn.length < 2 || overall === null) return undefined
  const axis = axisOf(drawn)
  const rates = drawn.map(({ conversion_rate }) => conversion_rate)
  const around = drawn.filter(
    ({ conversion_rate_high: high, conversion_rate_low: low }) =>
      low !== null && high !== null && low <= overall && overall <= high,
  )
  return {
    title: `By ${unitNames[unit]} the conversion rate is ${Figure.percentRange(Math.min(...rates), Math.max(...rates))}; ${around.length} of ${drawn.length} intervals hold the average`,
    description: `Conversion rate of all sessions by ${unitNames[unit]}, with intervals. The numbers are in the table below.`,
    legend: [
      { mark: "dot", colour: Palette.colour("first"), label: "conversion rate with interval" },
      { mark: "line", colour: Palette.colour("line"), label: `average of the window: ${Figure.percent(overall)}` },
    ],
    plot: ({ isNarrow, width }) => ({
      marginLeft: 48,
      marginRight: 14,
      marginTop: 24,
      marginBottom: 32,
      height: isNarrow ? 220 : 240,
      x: { type: "point", domain: axis.domain, axis: null, padding: 0.5 },
      y: { label: "↑ sessions that convert, %", zero: true, nice: true, grid: true, ticks: 5 },
      marks: [
        Plot.axisX(everyNth(axis, width - 62, 52), { tickSize: 0, tickFormat: axis.label, label: null }),
        Plot.ruleY([100 * overall], { stroke: Palette.colour("line"), strokeWidth: 1.5 }),
        Plot.ruleX(drawn, {
          x: "period",
          y1: (row: Drawn) => 100 * (row.conversion_rate_low ?? row.conversion_rate),
          y2: (row: Drawn) => 100 * (row.conversion_rate_high ?? row.conversion_rate),
          stroke: Palette.colour("first"),
          strokeWidth: 2,
        }),
        Plot.dot(drawn, {
          x: "period",
          y: (row: Drawn) => 100 * row.conversion_rate,
          fill: Palette.colour("first"),
          r: isNarrow ? 2.8 : 4,
        }),
        Plot.ruleY([0], { stroke: Palette.colour("line") }),
      ],
    }),
  }
}

const columns: ReadonlyArray<DataTable.Column<Row>> = [
  { head: "Period", cell: (row) => row.period },
  { head: "Final score", isText: true, cell: (row) => Figure.band(row.intent_band) },
  { head: "Sessions", cell: (row) => Figure.count(row.sessions) },
  { head: "Share of sessions", cell: (row) => Figure.orWhy(row.share_of_sessions, Figure.percent, "no session") },
  { head: "Conversions", cell: (row) => Figure.count(row.conversions) },
  ...RateColumns.apart,
  {
    head: "Rate ÷ average",
    cell: (row) => Figure.orWhy(row.index_to_overall, (index) => index.toFixed(2), "not defined"),
  },
  { head: "Take care", isText: true, cell: (row) => WarningText.short(row.warnings) },
]

export const make = (cohorts: Findings.Cohorts, timeZone: string): Markup.Markup => {
  const [map, line] = [heatMap(cohorts), trend(cohorts)]
  const table = DataTable.behind({
    caption: `Conversion by ${unitNames[cohorts.unit]} and intent band`,
    columns,
    rows: cohorts.rows,
    isTotal: ({ intent_band }) => intent_band === allBands,
  })
  const hasCut = cohorts.rows.some(isCut)
  return Markup.join(
    Markup.element(
      "p",
      {},
      `Sessions by the ${unitNames[cohorts.unit]} of their start in ${timeZone} and by their final intent score. Cells of few sessions move by chance: look at the intervals in the table before you read a pattern.`,
    ),
    map === undefined ? Markup.element("p", {}, "There is no session.") : Chart.figure(map),
    hasCut
      ? Markup.element("p", { class: "note" }, `* cut by the window: not a whole ${unitNames[cohorts.unit]}.`)
      : null,
    line === undefined ? null : Chart.figure(line),
    table,
  )
}
