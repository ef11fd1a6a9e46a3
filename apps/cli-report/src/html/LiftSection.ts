/** Lift: how conversion differs between sessions with and without nudges, crude and adjusted for the final score. */
import * as Plot from "@observablehq/plot"
import { Contrast, type LiftReport, Verdict, Warning } from "@effect-elnudge/report"
import * as Chart from "./Chart.ts"
import * as DataTable from "./DataTable.ts"
import * as Figure from "./Figure.ts"
import * as Markup from "./Markup.ts"
import * as Palette from "./Palette.ts"
import * as WarningText from "./WarningText.ts"

type Row = LiftReport.Row

export const contrastNames: Readonly<Record<Row["contrast"], string>> = {
  E: "Nudged sessions against unnudged ones",
  V: "Sessions with an interaction against all others (the vendor's comparison)",
  I: "Nudged sessions: with an interaction against without one",
}

const shortNames: Readonly<Record<Row["contrast"], string>> = {
  E: "E: nudged vs unnudged",
  V: "V: interacted vs all others",
  I: "I: interacted vs shown only",
}

const contrasts = ["E", "V", "I"] as const

const estimateNames: Readonly<Record<Row["estimate"], string>> = {
  crude: "crude",
  mh: "adjusted, mh",
  att: "adjusted, att",
}

const nudgesCounted = (row: Row): string => (row.basis === "all" ? "all nudges" : "before purchase")

/** Whether the row says that its groups must not be compared. */
const isIncomparable = ({ text }: Row): boolean => text.startsWith(Verdict.incomparable)

const isClear = (row: Row): boolean =>
  !isIncomparable(row) && Verdict.isClear({ low: row.difference_low, high: row.difference_high }, row.q)

const isDrawn = (row: Row): row is Row & { readonly difference: number } =>
  row.difference !== null && !isIncomparable(row)

const rangeOf = (row: Row): string =>
  row.difference_low === null || row.difference_high === null
    ? "no interval"
    : Figure.pointsRange(row.difference_low, row.difference_high)

const numbersOf = (row: Row): string => {
  if (isIncomparable(row)) return "not comparable"
  return row.difference === null ? "nothing to compare" : `${Figure.points(row.difference)} (${rangeOf(row)})`
}

const colourOf = (row: Row): string => Palette.colour(isClear(row) ? "first" : "third")

const place = ({ basis, estimate }: Row): string => `${estimate} ${basis}`

const percentPoints = (value: number | null): number | null => (value === null ? null : 100 * value)

const titleOf = (rows: ReadonlyArray<Row>): string => {
  const adjusted = rows.filter(({ basis, estimate }) => basis === "all" && estimate === "mh")
  const clear = adjusted.filter(isClear)
  // The chart is there, so the crude rows compare something.
  if (adjusted.every(({ difference }) => difference === null)) {
    return "No band of the final score has sessions of both groups, so nothing is adjusted for it"
  }
  if (clear.length === 0) return "Adjusted for the final score, no comparison shows a clear difference"
  const names = clear.map(({ contrast }) => contrast).sort()
  return `Adjusted for the final score, ${names.length === 3 ? "all three comparisons show" : names.length === 1 ? `comparison ${names[0]} shows` : `comparisons ${names.join(" and ")} show`} a clear difference`
}

export const chart = (rows: ReadonlyArray<Row>): Chart.Chart | undefined => {
  const drawn = rows.filter(isDrawn)
  if (drawn.length === 0) return undefined
  const [all, before] = [drawn.filter(({ basis }) => basis === "all"), drawn.filter(({ basis }) => basis !== "all")]
  const places = ["crude", "mh", "att"].flatMap((estimate) => [`${estimate} all`, `${estimate} before_purchase`])
  const label = (where: string, isNarrow: boolean): string => {
    const row = rows.find((each) => place(each) === where)
    if (row === undefined) return ""
    if (row.basis === "all") return estimateNames[row.estimate]
    return isNarrow ? "· before" : "· nudges before purchase"
  }
  return {
    title: titleOf(rows),
    description:
      "Forest plot: for three comparisons the difference of conversion rates in percentage points with its interval, " +
      "crude and adjusted for the final score, with all nudges and with those before the purchase only. The numbers are in the table below.",
    legend: [
      { mark: "dot", colour: Palette.colour("first"), label: "clear difference: interval without 0, q below .05" },
      { mark: "dot", colour: Palette.colour("third"), label: "not clear" },
      { mark: "hollow", colour: Palette.colour("third"), label: "only nudges before the purchase count" },
    ],
    plot: ({ isNarrow }) => ({
      marginLeft: isNarrow ? 104 : 190,
      marginRight: isNarrow ? 14 : 170,
      marginTop: 26,
      marginBottom: 44,
      height: 3 * 6 * 24 + 3 * 30 + 60,
      fy: { domain: contrasts, axis: null, padding: 0.16 },
      y: { domain: places, label: null, tickSize: 0, tickFormat: (where: string) => label(where, isNarrow) },
      x: {
        label: isNarrow
          ? "percentage points →"
          : "← converts less often · difference in percentage points · more often →",
        labelAnchor: isNarrow ? "right" : "center",
        labelOffset: 38,
        grid: true,
        ticks: isNarrow ? 5 : 9,
        tickFormat: (points: number) => (points === 0 ? "0" : Figure.signed(points)),
        nice: true,
      },
      marks: [
        Plot.ruleX([0], { stroke: Palette.colour("muted"), strokeWidth: 1.2 }),
        Plot.text(contrasts, {
          fy: (name: Row["contrast"]) => name,
          text: (name: Row["contrast"]) => (isNarrow ? shortNames[name] : `${name}: ${contrastNames[name]}`),
          frameAnchor: "top-left",
          dx: isNarrow ? -100 : -186,
          dy: -16,
          fontWeight: 650,
          fill: Palette.colour("ink"),
        }),
        Plot.ruleY(drawn, {
          fy: "contrast",
          y: place,
          x1: (row: Row) => percentPoints(row.difference_low),
          x2: (row: Row) => percentPoints(row.difference_high),
          stroke: colourOf,
          strokeWidth: 2,
        }),
        Plot.dot(all, {
          fy: "contrast",
          y: place,
          x: (row: Row) => percentPoints(row.difference),
          fill: colourOf,
          r: 5,
        }),
        Plot.dot(before, {
          fy: "contrast",
          y: place,
          x: (row: Row) => percentPoints(row.difference),
          fill: Palette.colour("paper"),
          stroke: colourOf,
          strokeWidth: 2,
          r: 4.2,
        }),
        ...(isNarrow
          ? []
          : [
              Plot.text(rows, {
                fy: "contrast",
                y: place,
                text: numbersOf,
                frameAnchor: "right",
                textAnchor: "start",
                dx: 12,
                fill: (row: Row) => Palette.colour(isClear(row) ? "ink" : "muted"),
                fontVariant: "tabular-nums",
              }),
            ]),
      ],
    }),
  }
}

const noComparison = "not comparable"

const extraOf = (row: Row): Markup.Child => {
  if (isIncomparable(row)) return Figure.undefinedFor(noComparison)
  if (row.incremental_conversions === null) {
    return Figure.undefinedFor(row.estimate === "crude" ? "nothing to compare" : "crude only")
  }
  const { incremental_high: high, incremental_low: low } = row
  const range = low === null || high === null ? "no interval" : `${Verdict.signed(low)} to ${Verdict.signed(high)}`
  return Markup.lines(Verdict.signed(row.incremental_conversions), range)
}

const liftOf = (row: Row): Markup.Child => {
  if (isIncomparable(row)) return Figure.undefinedFor(noComparison)
  if (row.lift === null) return Figure.undefinedFor(row.estimate === "att" ? "not with att" : "nobody to compare with")
  const { lift_high: high, lift_low: low } = row
  const range =
    low === null || high === null ? "no interval" : `${Figure.signedPercent(low)} to ${Figure.signedPercent(high)}`
  return Markup.lines(Figure.signedPercent(row.lift), range)
}

/** Where both groups are of one kind no test can tell them apart. */
const untested = (row: Row): string | undefined => {
  const [conversions, sessions] = [row.conversions_1 + row.conversions_0, row.sessions_1 + row.sessions_0]
  if (row.difference === null || (conversions > 0 && conversions < sessions)) return undefined
  return conversions === 0 ? "no test: none converted" : "no test: all converted"
}

/** What may be said of the row. */
export const verdict = (row: Row): string => {
  if (isIncomparable(row)) return noComparison
  if (row.difference === null) return "nothing to compare"
  if (!isClear(row)) return untested(row) ?? "no clear difference"
  return row.difference > 0 ? "more often" : "less often"
}

const rateOf = (value: number | null): Markup.Child => Figure.orWhy(value, Figure.percent, "no session")

const columns: ReadonlyArray<DataTable.Column<Row>> = [
  { head: "Method, nudges counted", cell: (row) => `${estimateNames[row.estimate]}; ${nudgesCounted(row)}` },
  {
    head: "Conversions of sessions",
    cell: (row) =>
      Markup.lines(
        `${Figure.count(row.conversions_1)} of ${Figure.count(row.sessions_1)}`,
        `${Figure.count(row.conversions_0)} of ${Figure.count(row.sessions_0)}`,
      ),
  },
  {
    head: "Rate",
    cell: (row) =>
      row.estimate === "crude"
        ? Markup.lines(rateOf(row.rate_1), rateOf(row.rate_0))
        : Figure.undefinedFor("crude only"),
  },
  {
    head: "Difference in points",
    cell: (row) =>
      isIncomparable(row)
        ? Figure.undefinedFor(noComparison)
        : row.difference === null
          ? Figure.undefinedFor("nothing to compare")
          : Markup.lines(Figure.points(row.difference), rangeOf(row)),
  },
  { head: "Lift", cell: liftOf },
  {
    head: "q",
    cell: (row) =>
      isIncomparable(row) ? Figure.undefinedFor(noComparison) : Figure.orWhy(row.q, Figure.probability, "no test"),
  },
  { head: "Converted", isText: true, cell: verdict },
  { head: "Extra conversions, if causal", cell: extraOf },
  {
    head: "Sessions still needed",
    cell: (row) =>
      isIncomparable(row)
        ? Figure.undefinedFor(noComparison)
        : Figure.orWhy(row.sessions_needed, Figure.count, row.estimate === "crude" ? "no rate" : "see crude"),
  },
  { head: "Take care", isText: true, cell: (row) => WarningText.short(row.warnings) },
]

const capitalised = (text: string): string => text.replace(/^[a-z]/, (letter) => letter.toUpperCase())

/** What may be said of a crude row: no number of conversions, which would read as what nudges brought. */
const described = (row: Row): string => {
  const contrast = Contrast.contrasts.find(({ name }) => name === row.contrast)
  const difference = { estimate: row.difference, low: row.difference_low, high: row.difference_high }
  return contrast === undefined
    ? ""
    : `${Verdict.sentence(contrast.subject, difference, row.q)}${Verdict.caution(difference, Warning.parse(row.warnings))}`
}

/**
 * The sentences of the crude rows with all nudges. What is adjusted for the final score is not for the head of a page: it
 * may have the wrong sign.
 */
export const sentences = (rows: ReadonlyArray<Row>): ReadonlyArray<Markup.Markup> =>
  contrasts.flatMap((contrast) =>
    rows
      .filter((row) => row.contrast === contrast && row.estimate === "crude" && row.basis === "all")
      .map((row) =>
        Markup.element(
          "li",
          {},
          `${contrastNames[contrast]}, as they are: ${capitalised(untested(row) ?? described(row))}.`,
        ),
      ),
  )

export const make = (rows: ReadonlyArray<Row>): Markup.Markup => {
  const seen = chart(rows)
  const tables = contrasts.map((contrast) =>
    DataTable.behind({
      caption: `${contrast}: ${contrastNames[contrast]}`,
      columns,
      rows: rows.filter((row) => row.contrast === contrast),
    }),
  )
  return Markup.join(
    Markup.element(
      "p",
      {},
      "Nudges are not shown at random, so a difference is an association, not an effect: nudges go to visitors who stay long enough to trigger them, and those who interact choose to. Adjusting compares sessions of the same intent band; the score was read at the end of the session, so this can hide a difference, make one or turn it round.",
    ),
    seen === undefined
      ? [Markup.element("p", {}, "There are no two groups to compare: all sessions are in one of them."), tables]
      : Chart.figure(
          seen,
          Markup.element(
            "p",
            { class: "note" },
            "mh: the difference that the intent bands have in common. att: the bands weighed as the nudged sessions are spread over them. The two answer different questions and need not agree. In the tables the upper line is of the group that is named first.",
          ),
          tables,
        ),
  )
}
