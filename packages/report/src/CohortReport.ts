/** Conversion by cohorts of the final intent score. The score was read at the end: this describes, it does not predict. */
import * as Session from "@effect-elnudge/core/Session"
import * as SessionRead from "@effect-elnudge/core/SessionRead"
import * as Cohort from "./Cohort.ts"
import * as Proportion from "./Proportion.ts"
import type { Report } from "./Report.ts"
import * as Warning from "./Warning.ts"

export interface Row {
  readonly period: string
  readonly intent_band: string
  readonly arm: string
  readonly sessions: number
  readonly conversions: number
  /** conversions ÷ sessions, with its Wilson 95 % interval. */
  readonly conversion_rate: number | null
  readonly conversion_rate_low: number | null
  readonly conversion_rate_high: number | null
  /** The row's sessions ÷ all sessions of the report. */
  readonly share_of_sessions: number | null
  /** The row's conversion rate ÷ the report's: 1 is average. */
  readonly index_to_overall: number | null
  readonly warnings: string
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
]

interface Counts {
  readonly sessions: number
  readonly conversions: number
  readonly immature: number
}

/** Counts by band label. */
export type State = Map<string, Counts>

const noCounts: Counts = { sessions: 0, conversions: 0, immature: 0 }

const add = (a: Counts, b: Counts): Counts => ({
  sessions: a.sessions + b.sessions,
  conversions: a.conversions + b.conversions,
  immature: a.immature + b.immature,
})

const addTo = (state: State, label: string, counts: Counts): State =>
  state.set(label, add(state.get(label) ?? noCounts, counts))

const toRow = (intent_band: string, counts: Counts, overall: Counts): Row => {
  const { conversions, immature, sessions } = counts
  const rate = Proportion.rate(conversions, sessions)
  const overallRate = Proportion.rate(overall.conversions, overall.sessions)
  const interval = Proportion.wilson(conversions, sessions)
  const warnings = new Set(Warning.ofCounts(conversions, sessions))
  if (immature > 0) warnings.add("IMMATURE")
  return {
    period: "all",
    intent_band,
    arm: "all",
    sessions,
    conversions,
    conversion_rate: rate,
    conversion_rate_low: interval.low,
    conversion_rate_high: interval.high,
    share_of_sessions: Proportion.rate(sessions, overall.sessions),
    index_to_overall: rate === null || overallRate === null ? null : Proportion.rate(rate, overallRate),
    warnings: Warning.format(warnings),
  }
}

/** One row for each band, ascending, `(other)` if it is used, then `(all)`. Needs no details. */
export const make = (bands: ReadonlyArray<Cohort.Band>): Report<State, Row> => ({
  name: "cohorts",
  columns,
  needsDetail: () => false,
  initial: () => new Map(),
  step: (state, read) => {
    const session = SessionRead.session(read)
    return addTo(state, Cohort.bandOf(bands, session.intent_score), {
      sessions: 1,
      conversions: session.converted ? 1 : 0,
      immature: Session.isUnsettled(session, read.readAt) ? 1 : 0,
    })
  },
  combine: (left, right) => {
    const merged: State = new Map(left)
    for (const [label, counts] of right) addTo(merged, label, counts)
    return merged
  },
  done: (state) => {
    const overall = [...state.values()].reduce(add, noCounts)
    const labels = bands.map(({ label }) => label)
    if (state.has(Cohort.otherBand)) labels.push(Cohort.otherBand)
    return [
      ...labels.map((label) => toRow(label, state.get(label) ?? noCounts, overall)),
      toRow("(all)", overall, overall),
    ]
  },
})
