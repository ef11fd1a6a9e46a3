/**
 * The same report for two windows, rate by rate: how far each row's rates moved, with interval and q. Windows are not
 * randomised: a change may have any cause, the season or the mix of visitors among them.
 */
import * as Comparison from "./Comparison.ts"
import * as MultipleTesting from "./MultipleTesting.ts"
import * as Proportion from "./Proportion.ts"
import type { Cell, Rate, Report } from "./Report.ts"
import * as Verdict from "./Verdict.ts"
import * as Warning from "./Warning.ts"

/** One rate of one row in both windows. Rates and differences are shares of 1. */
export interface Row {
  /** The column of the report that the row compares, such as conversion_rate. */
  readonly rate: string
  /** The report's own row: a nudge type, or a band and arm. */
  readonly row: string
  /** The events and what they are out of: of conversion_rate the conversions and the sessions. */
  readonly events_before: number
  readonly of_before: number
  readonly rate_before: number | null
  readonly rate_before_low: number | null
  readonly rate_before_high: number | null
  readonly events_after: number
  readonly of_after: number
  readonly rate_after: number | null
  readonly rate_after_low: number | null
  readonly rate_after_high: number | null
  /** After minus before, with Newcombe's interval. */
  readonly difference: number | null
  readonly difference_low: number | null
  readonly difference_high: number | null
  /** After ÷ before − 1, with the MOVER-R interval. */
  readonly lift: number | null
  readonly lift_low: number | null
  readonly lift_high: number | null
  /** Pooled z, two-sided; q is Benjamini–Hochberg over the rows of one rate, and over its `(all)` rows by themselves. */
  readonly p: number | null
  readonly q: number | null
  readonly warnings: string
  readonly text: string
  /** Whether the report's row is a total, whatever it is called. */
  readonly total: boolean
}

/** In the order of the CSV file. */
export const columns: ReadonlyArray<keyof Row> = [
  "rate",
  "row",
  "events_before",
  "of_before",
  "rate_before",
  "rate_before_low",
  "rate_before_high",
  "events_after",
  "of_after",
  "rate_after",
  "rate_after_low",
  "rate_after_high",
  "difference",
  "difference_low",
  "difference_high",
  "lift",
  "lift_low",
  "lift_high",
  "p",
  "q",
  "warnings",
  "text",
  "total",
]

/** A rate of a report's row, apart from the report. */
export interface RatedRow extends Rate {
  /** The parts of the row's name. */
  readonly label: ReadonlyArray<string>
  readonly isTotal: boolean
  readonly warnings: ReadonlySet<Warning.Warning>
}

// The other warnings are about one window's own comparisons.
const lasting: ReadonlyArray<Warning.Warning> = ["PARTIAL_PERIOD", "IMMATURE", "INCOMPLETE"]

/** The rates of a report's rows; none where the report has none that could be compared. */
export const ratesOf = <State, Row extends { readonly [column in keyof Row]: Cell } & { readonly warnings: string }>(
  { compared }: Report<State, Row>,
  rows: ReadonlyArray<Row>,
): ReadonlyArray<RatedRow> =>
  compared === undefined
    ? []
    : rows.flatMap((row) => {
        const named = Warning.parse(row.warnings)
        const label = compared.label(row)
        return compared.rates(row).map((rate) => ({
          ...rate,
          label,
          isTotal: compared.isTotal(row),
          warnings: new Set(lasting.filter((warning) => named.has(warning))),
        }))
      })

interface Pair {
  readonly before: RatedRow
  readonly after: RatedRow
}

const absent = (rate: RatedRow): RatedRow => ({ ...rate, events: 0, of: 0, warnings: new Set() })

// A JSON text, because labels are open names; and one of them may read like a total.
const idOf = ({ isTotal, label, name }: RatedRow): string => JSON.stringify([name, isTotal, label])

const pairs = (before: ReadonlyArray<RatedRow>, after: ReadonlyArray<RatedRow>): ReadonlyArray<Pair> => {
  const later = new Map(after.map((rate) => [idOf(rate), rate]))
  const earlier = new Set(before.map(idOf))
  return [
    ...before.map((rate) => ({ before: rate, after: later.get(idOf(rate)) ?? absent(rate) })),
    ...after.filter((rate) => !earlier.has(idOf(rate))).map((rate) => ({ before: absent(rate), after: rate })),
  ]
}

const armOf = ({ events, of }: Rate): Comparison.Arm => ({ conversions: events, sessions: of })

const toRow = ({ after, before }: Pair, p: number | null, q: number | null, z: number): Row => {
  const [arm1, arm0] = [armOf(after), armOf(before)]
  const beforeInterval = Proportion.wilson(before.events, before.of, z)
  const afterInterval = Proportion.wilson(after.events, after.of, z)
  const difference = Comparison.difference(arm1, arm0, z)
  const lift = Comparison.lift(arm1, arm0, z)
  const warnings = new Set<Warning.Warning>([
    ...Warning.ofCounts(before.events, before.of),
    ...Warning.ofCounts(after.events, after.of),
    ...Verdict.warnings(difference, q),
    ...before.warnings,
    ...after.warnings,
  ])
  if (before.of > 0 && before.events === 0) warnings.add("ZERO_BASELINE")
  if (before.isClustered === true) warnings.add("CLUSTERED")
  if (p === null && before.of > 0 && after.of > 0) warnings.add("DEGENERATE")
  if (p === Comparison.pFloor) warnings.add("P_FLOOR")
  return {
    rate: before.name,
    row: before.label.join(" "),
    events_before: before.events,
    of_before: before.of,
    rate_before: Proportion.rate(before.events, before.of),
    rate_before_low: beforeInterval.low,
    rate_before_high: beforeInterval.high,
    events_after: after.events,
    of_after: after.of,
    rate_after: Proportion.rate(after.events, after.of),
    rate_after_low: afterInterval.low,
    rate_after_high: afterInterval.high,
    difference: difference.estimate,
    difference_low: difference.low,
    difference_high: difference.high,
    lift: lift.estimate,
    lift_low: lift.low,
    lift_high: lift.high,
    p,
    q,
    warnings: Warning.format(warnings),
    text: `${Verdict.change(before.name, difference, q)}${Verdict.caution(difference, warnings)}`,
    total: before.isTotal,
  }
}

/**
 * One row for each rate and row of either window: rates and rows in the report's order, then rows that only the later
 * window has, `(all)` last. A row that one window does not have has 0 of 0 there.
 */
export const make = (
  before: ReadonlyArray<RatedRow>,
  after: ReadonlyArray<RatedRow>,
  confidence = 0.95,
): ReadonlyArray<Row> => {
  const z = Proportion.zOf(confidence)
  const all = pairs(before, after)
  const names = [...new Set(all.map((pair) => pair.before.name))]
  return names.flatMap((name) => {
    const ofName = all.filter((pair) => pair.before.name === name)
    // The total is one question, its parts are another: neither pays for the other's number of comparisons.
    return [false, true].flatMap((isTotal) => {
      const family = ofName.filter((pair) => pair.before.isTotal === isTotal)
      const ps = family.map((pair) => Comparison.pooledP(armOf(pair.after), armOf(pair.before)))
      const qs = MultipleTesting.benjaminiHochberg(ps)
      return family.map((pair, index) => toRow(pair, ps[index] ?? null, qs[index] ?? null, z))
    })
  })
}
