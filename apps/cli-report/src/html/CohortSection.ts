/** Conversion by period and intent band, as a heat map, and by period alone. */
import * as Plot from "@observablehq/plot"
import { Cohort, type CohortReport, type Period, Warning } from "@effect-elnudge/report"
import * as Chart from "./Chart.ts"
import * as DataTable from "./DataTable.ts"
import * as Figure from "./Figure.ts"
import * as Findings from "./Findings.ts"
import * as HeatScale from "./HeatScale.ts"
import * as Markup from "./Markup.ts"
import * as Moments from "./Moments.ts"
import * as Palette from "./Palette.ts"
import * as Periods from "./Periods.ts"
import * as RateColumns from "./RateColumns.ts"
import * as WarningText from "./WarningText.ts"

type Row = CohortReport.Row
type Drawn = Row & { readonly conversion_rate: number }

const allBands = "(all)"

/** Names of more columns than these are smaller on a phone. */
const roomyBands = 6

/** On the columns of a phone there is no room for more. */
const narrowLabels: Readonly<Record<string, string>> = { [allBands]: "all", [Cohort.otherBand]: "other" }

/** Fewer sessions than this are drawn small: their rate says little. */
const fewSessions = 30

/** A place on the axes where nothing was counted. */
interface Empty {
  readonly period: string
  readonly intent_band: string
}

const isDrawn = (row: Row): row is Drawn => row.conversion_rate !== null

const isCut = ({ warnings }: Row): boolean => Warning.parse(warnings).has("PARTIAL_PERIOD")

const unitNames: Readonly<Record<Period.Unit, string>> = {
  day: "day",
  week: "week",
  hour: "hour of the day",
  weekday: "day of the week",
}

const plurals: Readonly<Record<Period.Unit, string>> = {
  day: "days",
  week: "weeks",
  hour: "hours of the day",
  weekday: "days of the week",
}

/** Behind the periods in which there is nothing at all, so that what stands beside them does not run on over them. */
const gap: Chart.LegendItem = { mark: "cell", colour: Palette.colour("grid"), label: "gap: no session at all" }

const noSession: Chart.LegendItem = { mark: "empty", colour: Palette.colour("third"), label: "no session" }

interface Axis {
  readonly domain: ReadonlyArray<string>
  /** Those of them without any session. */
  readonly silent: ReadonlyArray<string>
  /** With * where the window cuts the period. */
  readonly label: (period: string) => string
}

const axisOf = ({ periods, rows }: Findings.Cohorts): Axis => {
  const found = Periods.rowsOf(rows)
  const cut = new Set(found.filter(isCut).map(({ period }) => period))
  const busy = new Set(found.filter(({ sessions }) => sessions > 0).map(({ period }) => period))
  return {
    domain: periods,
    silent: periods.filter((period) => !busy.has(period)),
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

const padding = 0.06

/** What a small cell leaves free on each side, where so many places share so many px. */
const insetFor = (px: number, places: number): number =>
  Math.max(0, ((1 - padding) * (px / (places + padding)) - smallCell) / 2)

const heightOf = (bands: number, isNarrow: boolean, periods: number): number =>
  isNarrow ? 34 + rowHeight.narrow * periods : 38 + rowHeight.wide * bands

/** Undefined without a session. */
export const heatMap = (cohorts: Findings.Cohorts): Chart.Chart | undefined => {
  const { rows, unit } = cohorts
  const cells = Periods.rowsOf(rows)
  const drawn = cells.filter(isDrawn)
  if (drawn.length === 0) return undefined
  const axis = axisOf(cohorts)
  const bands = [...new Set(cells.map(({ intent_band }) => intent_band))]
  const [many, few] = [
    drawn.filter(({ sessions }) => sessions >= fewSessions),
    drawn.filter(({ sessions }) => sessions < fewSessions),
  ]
  const scale = HeatScale.make((many.length === 0 ? drawn : many).map((row) => row.conversion_rate))
  const taken = new Set(drawn.map(({ intent_band, period }) => `${period} ${intent_band}`))
  const empty: ReadonlyArray<Empty> = axis.domain
    .flatMap((period) => bands.map((intent_band) => ({ period, intent_band })))
    .filter(({ intent_band, period }) => !taken.has(`${period} ${intent_band}`))
  const gaps = axis.silent.flatMap((period) => bands.map((intent_band) => ({ period, intent_band })))
  const fill = (row: Drawn) => scale.colours(row.conversion_rate).fill
  const bandLabel = (band: string) => (band === allBands ? "all scores" : Figure.band(band))
  return {
    title: `Conversion rate by intent band and ${unitNames[unit]}, in %`,
    description:
      `Heat map of ${Figure.counted(axis.domain.length, "period")} and ${Figure.counted(bands.length - 1, "intent band")}; a stronger colour is a higher conversion rate. ` +
      "The numbers are in the table below.",
    legend: [
      ...scale.legend,
      {
        mark: "few",
        colour: scale.legend[2]?.colour ?? Palette.colour("third"),
        label: `small: fewer than ${fewSessions} sessions`,
      },
      ...(empty.length === 0 ? [] : [noSession]),
      ...(gaps.length === 0 ? [] : [gap]),
    ],
    plot: ({ isNarrow, width }) => {
      const [margin, end] = isNarrow ? [58, 2] : [72, 4]
      const periods = { domain: axis.domain, label: null, tickSize: 0, tickFormat: axis.label }
      const scores = { domain: isNarrow ? bands : bands.toReversed(), label: null, tickSize: 0, tickFormat: bandLabel }
      const across = isNarrow ? "intent_band" : "period"
      const down = isNarrow ? "period" : "intent_band"
      const hasText = isNarrow || (width - margin - end) / axis.domain.length >= 22
      const lines = (isNarrow ? axis.domain : bands).length
      const [acrossInset, downInset] = [
        insetFor(width - margin - end, (isNarrow ? bands : axis.domain).length),
        insetFor(lines * rowHeight[isNarrow ? "narrow" : "wide"], lines),
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
        padding,
        height: heightOf(bands.length, isNarrow, axis.domain.length),
        x: { ...(isNarrow ? scores : periods), axis: null },
        y: isNarrow ? periods : scores,
        marks: [
          ...(isNarrow
            ? [
                Plot.axisX({
                  anchor: "top",
                  tickSize: 0,
                  label: null,
                  fontSize: bands.length > roomyBands ? 11 : Chart.fontSize,
                  tickFormat: (band: string) => narrowLabels[band] ?? Figure.band(band),
                }),
              ]
            : [
                Plot.axisX(everyNth(axis, width - margin - end, 52), {
                  tickSize: 0,
                  tickFormat: axis.label,
                  label: null,
                }),
              ]),
          Plot.cell(gaps, { x: across, y: down, fill: gap.colour }),
          Plot.cell(many, { x: across, y: down, fill }),
          Plot.cell(few, {
            x: across,
            y: down,
            fill,
            fillOpacity: Chart.paleness,
            stroke: Palette.colour("line"),
            ...small,
          }),
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
export const trend = (cohorts: Findings.Cohorts): Chart.Chart | undefined => {
  const { rows, unit } = cohorts
  const drawn = Periods.rowsOf(rows)
    .filter(({ total }) => total)
    .filter(isDrawn)
  const overall = Findings.overall(rows)?.conversion_rate ?? null
  if (drawn.length < 2 || overall === null) return undefined
  const axis = axisOf(cohorts)
  const empty = axis.silent
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
      ...(empty.length === 0 ? [] : [noSession, gap]),
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
        Plot.ruleX(empty, {
          x: (period: string) => period,
          stroke: gap.colour,
          strokeWidth: (width - 62) / axis.domain.length,
        }),
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
        Plot.text(empty, {
          x: (period: string) => period,
          y: 0,
          dy: -8,
          text: () => "·",
          fill: Palette.colour("third"),
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
    isTotal: ({ total }) => total,
  })
  const hasCut = cohorts.rows.some(isCut)
  const unseen = cohorts.periods.length - new Set(Periods.rowsOf(cohorts.rows).map(({ period }) => period)).size
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
    map === undefined || unseen === 0
      ? null
      : Markup.element(
          "p",
          { class: "note" },
          `${unseen} of ${cohorts.periods.length} ${plurals[cohorts.unit]} have no session: the charts show · for them, and the table leaves them out.`,
        ),
    line === undefined ? null : Chart.figure(line),
    table,
  )
}
