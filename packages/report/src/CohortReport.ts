/**
 * Conversion by cohorts: bands of the final intent score, by calendar period and by what became of the nudges. The
 * score was read at the end and nudges are not randomised: this describes, it neither predicts nor shows a cause.
 */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"
import * as Session from "@effect-elnudge/core/Session"
import * as SessionRead from "@effect-elnudge/core/SessionRead"
import * as TimeSpan from "@effect-elnudge/core/TimeSpan"
import * as Schema from "effect/Schema"
import * as Arm from "./Arm.ts"
import * as Attribution from "./Attribution.ts"
import * as Cohort from "./Cohort.ts"
import * as CohortGrid from "./CohortGrid.ts"
import * as Comparison from "./Comparison.ts"
import * as Counts from "./Counts.ts"
import * as Durations from "./Durations.ts"
import * as MultipleTesting from "./MultipleTesting.ts"
import * as NudgedSession from "./NudgedSession.ts"
import * as Period from "./Period.ts"
import * as Proportion from "./Proportion.ts"
import type { Report } from "./Report.ts"
import * as ReportOptions from "./ReportOptions.ts"
import * as Verdict from "./Verdict.ts"
import * as Warning from "./Warning.ts"

export interface Options {
  /** @default Cohort.defaultBands */
  readonly bands?: ReadonlyArray<Cohort.Band> | undefined
  /** The period of started_at. @default all sessions together */
  readonly by?: { readonly unit: Period.Unit; readonly labeler: Period.Labeler } | undefined
  /** Whether to split by arm, which needs the details of nudged sessions. @default false */
  readonly splitByArm?: boolean | undefined
  /** Whether to say how long converted sessions took to buy, which needs their details. @default false */
  readonly timeToPurchase?: boolean | undefined
  /** Which outcomes are interactions. @default Attribution.vendorRule */
  readonly rule?: Attribution.Rule | undefined
  /** Of the two-sided intervals. @default 0.95 */
  readonly confidence?: number | undefined
}

/** A band and arm in a period, or a sum of them. Rates are shares of 1, times seconds. */
export interface Row {
  readonly period: string
  readonly intent_band: string
  readonly arm: string
  readonly sessions: number
  readonly conversions: number
  /** conversions ÷ sessions, with its Wilson interval. */
  readonly conversion_rate: number | null
  readonly conversion_rate_low: number | null
  readonly conversion_rate_high: number | null
  /** The row's sessions ÷ all sessions of the report. */
  readonly share_of_sessions: number | null
  /** The row's conversion rate ÷ the report's: 1 is average. */
  readonly index_to_overall: number | null
  readonly warnings: string
  /** The rate minus that of the unnudged of the same period and band, with Newcombe's interval. */
  readonly difference: number | null
  readonly difference_low: number | null
  readonly difference_high: number | null
  /** The rate ÷ that of the unnudged, minus 1, with the MOVER-R interval. */
  readonly lift: number | null
  readonly lift_low: number | null
  readonly lift_high: number | null
  /** Pooled z, two-sided; q is Benjamini–Hochberg over all p outside `(all)`. */
  readonly p: number | null
  readonly q: number | null
  /** With `timeToPurchase`: converted sessions that have a PURCHASE event, the n of the quantiles after it. */
  readonly purchases_timed: number | null
  /** Quantiles of the seconds from started_at to the earliest PURCHASE, each rounded down; negative if it came before. */
  readonly purchase_seconds_p10: number | null
  readonly purchase_seconds_p25: number | null
  readonly purchase_seconds_p50: number | null
  readonly purchase_seconds_p75: number | null
  readonly purchase_seconds_p90: number | null
  /** Whether the row sums up bands: `(all)`. */
  readonly total: boolean
}

const columns: ReadonlyArray<keyof Row> = [
  "period",
  "intent_band",
  "arm",
  "sessions",
  "conversions",
  "conversion_rate",
  "conversion_rate_low",
  "conversion_rate_high",
  "share_of_sessions",
  "index_to_overall",
  "warnings",
  "difference",
  "difference_low",
  "difference_high",
  "lift",
  "lift_low",
  "lift_high",
  "p",
  "q",
]

const timeColumns: ReadonlyArray<keyof Row> = [
  "purchases_timed",
  "purchase_seconds_p10",
  "purchase_seconds_p25",
  "purchase_seconds_p50",
  "purchase_seconds_p75",
  "purchase_seconds_p90",
]

/** Counts of each cell, and what of the time was walked. */
export interface State {
  readonly grid: CohortGrid.Grid
  /** Only with `timeToPurchase`. */
  readonly times?: CohortGrid.TimeGrid | undefined
  /** What was walked. */
  spans: TimeSpan.TimeSpans
}

const Spans = Schema.Array(Schema.Struct({ from: Schema.Int, to: Schema.Int })).check(
  Schema.makeFilter(
    (spans: TimeSpan.TimeSpans) =>
      spans.every(({ from, to }, index) => from < to && from > (spans[index - 1]?.to ?? Number.NEGATIVE_INFINITY)),
    { expected: "spans in order and apart from each other" },
  ),
)

/** A cell with what it is compared with; `baseline` is undefined where nothing is compared. */
interface Compared {
  readonly cell: CohortGrid.Cell
  readonly baseline: CohortGrid.CellCounts | undefined
  readonly p: number | null
}

const noComparison = { estimate: null, low: null, high: null }

type CellOf = (key: CohortGrid.Key) => CohortGrid.Cell

/** Where it is split by arm: whether a session without its detail may belong to the row. */
const isIncomplete = (grid: CohortGrid.Grid, cellOf: CellOf, key: CohortGrid.Key): boolean =>
  key.gathers === "everything"
    ? CohortGrid.hasArm(grid, "unknown")
    : key.arm !== "unnudged" && cellOf({ ...key, arm: "unknown" }).counts.sessions > 0

const timeCells = (times: CohortGrid.Times | undefined) => {
  const secondsAt = times === undefined ? () => null : Durations.quantile(times.durations)
  return {
    purchases_timed: times === undefined ? null : Durations.count(times.durations),
    purchase_seconds_p10: secondsAt(10),
    purchase_seconds_p25: secondsAt(25),
    purchase_seconds_p50: secondsAt(50),
    purchase_seconds_p75: secondsAt(75),
    purchase_seconds_p90: secondsAt(90),
  }
}

const byChecks: OptionCheck.Checks<NonNullable<Options["by"]>> = {
  unit: OptionCheck.required(OptionCheck.oneOf(...Period.units)),
  labeler: OptionCheck.required(OptionCheck.callable),
}

const checks: OptionCheck.Checks<Options> = {
  bands: ReportOptions.bands,
  by: OptionCheck.is("{ unit, labeler }", (value) => OptionCheck.problem(byChecks, value) === undefined),
  splitByArm: OptionCheck.truth,
  timeToPurchase: OptionCheck.truth,
  rule: ReportOptions.rule,
  confidence: ReportOptions.confidence,
}

/**
 * Order: period, band, arm; then `(all)` for each period and arm; then `all,(all),all`. Every band and arm has a row
 * in each period that has a session.
 */
export const make = (options: Options = {}): Report<State, Row> => {
  const {
    bands = Cohort.defaultBands,
    by,
    confidence = 0.95,
    rule = Attribution.vendorRule,
    splitByArm = false,
    timeToPurchase = false,
  } = OptionCheck.orThrow(checks, options)
  const z = Proportion.zOf(confidence)
  const labels = Cohort.labels(bands)
  const layoutOf = (grid: CohortGrid.Grid): CohortGrid.Layout => ({
    bands: labels,
    arms: splitByArm ? Arm.arms : undefined,
    periods: by === undefined ? undefined : CohortGrid.periods(grid),
  })
  const fields = {
    grid: CohortGrid.codec.check(
      Schema.makeFilter((grid: CohortGrid.Grid) => CohortGrid.isOf(grid, layoutOf(grid)), {
        expected: "cells of a period, a band and an arm of the report",
      }),
    ),
    spans: Spans,
  }
  const codec = Schema.Struct(fields)
  const timedCodec = Schema.Struct({ ...fields, times: CohortGrid.timesCodec }).check(
    Schema.makeFilter(({ grid, times }) => CohortGrid.timesFault(grid, times)),
  )

  const compare = (cellOf: CellOf, cell: CohortGrid.Cell): Compared => {
    const isCompared = cell.key.arm === "shown_only" || cell.key.arm === "interacted"
    const baseline = isCompared ? cellOf({ ...cell.key, arm: "unnudged" }).counts : undefined
    return { cell, baseline, p: baseline === undefined ? null : Comparison.pooledP(cell.counts, baseline) }
  }

  const warningsOf = (
    { baseline, cell, p }: Compared,
    q: number | null,
    difference: { readonly low: number | null; readonly high: number | null },
    facts: { readonly cut: ReadonlySet<string>; readonly isIncomplete: boolean },
  ): string => {
    const { counts, key } = cell
    const warnings = new Set<Warning.Warning>(Warning.ofCounts(counts.conversions, counts.sessions))
    // A comparison is no better than the arm that it is made with.
    if (baseline !== undefined) {
      for (const warning of Warning.ofCounts(baseline.conversions, baseline.sessions)) warnings.add(warning)
    }
    if (baseline !== undefined && baseline.sessions > 0 && baseline.conversions === 0) warnings.add("ZERO_BASELINE")
    if (p === null && baseline !== undefined && baseline.sessions > 0 && counts.sessions > 0) warnings.add("DEGENERATE")
    for (const warning of Verdict.warnings(difference, q)) warnings.add(warning)
    if (p === Comparison.pFloor) warnings.add("P_FLOOR")
    if (facts.cut.has(key.period)) warnings.add("PARTIAL_PERIOD")
    if (counts.immature + (baseline?.immature ?? 0) > 0) warnings.add("IMMATURE")
    if (facts.isIncomplete) warnings.add("INCOMPLETE")
    return Warning.format(warnings)
  }

  return {
    name: "cohorts",
    version: "1",
    columns: [...columns, ...(timeToPurchase ? timeColumns : []), "total"],
    compared: {
      label: ({ arm, intent_band, period }) =>
        [period, intent_band, arm].filter((part) => part !== CohortGrid.undivided),
      isTotal: ({ total }) => total,
      rates: ({ conversions, sessions }) => [{ name: "conversion_rate", events: conversions, of: sessions }],
    },
    needsDetail: (session) => (splitByArm && NudgedSession.isNudged(session)) || (timeToPurchase && session.converted),
    needsEvents: (session) => timeToPurchase && session.converted,
    codec: timeToPurchase ? timedCodec : codec,
    contradicts: ({ grid }, { sessions }) =>
      Counts.unequal("the sessions of all cells", CohortGrid.total(grid).sessions, "sessions", sessions),
    initial: () => ({ grid: CohortGrid.empty(), spans: [], times: timeToPurchase ? new Map() : undefined }),
    cover: (state, span) => ({ ...state, spans: TimeSpan.join(state.spans, span) }),
    step: (state, read) => {
      const session = SessionRead.session(read)
      if (read.window !== undefined) {
        const { from } = read.window
        // A window that ends in the future is cut where it was read.
        const to = Math.min(read.window.to, read.readAt)
        if (from < to) state.spans = TimeSpan.join(state.spans, { from, to })
      }
      const key = {
        period: by === undefined ? CohortGrid.undivided : by.labeler(Session.millis(session.started_at)),
        band: Cohort.bandOf(bands, session.intent_score),
        arm: splitByArm ? Arm.of(read, rule) : CohortGrid.undivided,
      }
      CohortGrid.count(state.grid, key, session.converted, Session.isUnsettled(session, read.readAt))
      if (state.times === undefined || !session.converted) return state
      if (read.detail._tag !== "Read") {
        CohortGrid.missTime(state.times, key)
        return state
      }
      const { purchasedAt } = Attribution.attribute(read.detail.session, rule)
      if (purchasedAt !== undefined) {
        const millis = purchasedAt - Session.millis(session.started_at)
        CohortGrid.time(state.times, key, Math.floor(millis / 1000))
      }
      return state
    },
    combine: (left, right) => ({
      grid: CohortGrid.combine(left.grid, right.grid),
      spans: right.spans.reduce(TimeSpan.join, left.spans),
      times: left.times && right.times && CohortGrid.combineTimes(left.times, right.times),
    }),
    done: ({ grid, spans, times: timeGrid }) => {
      const overall = CohortGrid.total(grid)
      const overallRate = Proportion.rate(overall.conversions, overall.sessions)
      const isCalendar = by?.unit === "day" || by?.unit === "week"
      const cut = new Set(isCalendar ? spans.flatMap((span) => [...Period.cutBy(by.labeler, span)]) : [])
      const cellOf = CohortGrid.cellOf(grid)
      const timesOf = timeGrid && CohortGrid.timesOf(timeGrid)
      const compared = CohortGrid.keys(grid, layoutOf(grid)).map((key) => compare(cellOf, cellOf(key)))
      const qs = MultipleTesting.benjaminiHochberg(
        compared.map(({ cell, p }) => (cell.key.gathers === "cell" ? p : null)),
      )
      return compared.map((entry, index): Row => {
        const { baseline, cell, p } = entry
        const { counts, key } = cell
        const rate = Proportion.rate(counts.conversions, counts.sessions)
        const interval = Proportion.wilson(counts.conversions, counts.sessions, z)
        const difference = baseline === undefined ? noComparison : Comparison.difference(counts, baseline, z)
        const lift = baseline === undefined ? noComparison : Comparison.lift(counts, baseline, z)
        const q = qs[index] ?? null
        const times = timesOf?.(key)
        const isMissing = (splitByArm && isIncomplete(grid, cellOf, key)) || (times?.missing ?? 0) > 0
        return {
          period: key.period,
          intent_band: key.band,
          arm: key.arm,
          sessions: counts.sessions,
          conversions: counts.conversions,
          conversion_rate: rate,
          conversion_rate_low: interval.low,
          conversion_rate_high: interval.high,
          share_of_sessions: Proportion.rate(counts.sessions, overall.sessions),
          index_to_overall: rate === null || overallRate === null ? null : Proportion.rate(rate, overallRate),
          warnings: warningsOf(entry, q, difference, { cut, isIncomplete: isMissing }),
          difference: difference.estimate,
          difference_low: difference.low,
          difference_high: difference.high,
          lift: lift.estimate,
          lift_low: lift.low,
          lift_high: lift.high,
          p,
          q,
          ...timeCells(times),
          total: key.gathers !== "cell",
        }
      })
    },
  }
}
