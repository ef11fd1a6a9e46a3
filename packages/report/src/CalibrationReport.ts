/**
 * How conversion goes with the final intent score: by bands of it, and how well it ranks the sessions. The score was
 * read at the end of the session, so this describes an association with it; it does not predict.
 */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"
import * as Session from "@effect-elnudge/core/Session"
import * as SessionRead from "@effect-elnudge/core/SessionRead"
import * as Schema from "effect/Schema"
import * as Auc from "./Auc.ts"
import * as Brier from "./Brier.ts"
import * as Cohort from "./Cohort.ts"
import * as Comparison from "./Comparison.ts"
import * as Counts from "./Counts.ts"
import * as Isotonic from "./Isotonic.ts"
import * as NudgedSession from "./NudgedSession.ts"
import * as Proportion from "./Proportion.ts"
import type { Report } from "./Report.ts"
import * as ReportOptions from "./ReportOptions.ts"
import * as ScoreBins from "./ScoreBins.ts"
import * as Trend from "./Trend.ts"
import * as Warning from "./Warning.ts"

export interface Options {
  /** @default Cohort.defaultBands */
  readonly bands?: ReadonlyArray<Cohort.Band> | undefined
  /** Of the two-sided intervals. @default 0.95 */
  readonly confidence?: number | undefined
}

/** A band of scores, or `(all)`, which alone has the columns from `auc` on. Rates are shares of 1, scores 0 to 100. */
export interface Row {
  /** `all` sessions, or the `unnudged`: those whose nudge_count is not above 0. */
  readonly population: string
  readonly intent_band: string
  readonly sessions: number
  readonly conversions: number
  /** conversions ÷ sessions, with its Wilson interval. */
  readonly conversion_rate: number | null
  readonly conversion_rate_low: number | null
  readonly conversion_rate_high: number | null
  /** The sessions' mean of the score, 0 to 100. */
  readonly mean_score: number | null
  /** The rates that never fall from band to band and are nearest to the bands' own; null on `(all)`. */
  readonly isotonic_rate: number | null
  /** `yes` where the rate is below that of the last band before it with a session; null without one and on `(all)`. */
  readonly inversion: string | null
  /** From here on only on `(all)`, and from the 101 scores, whatever the bands; DeLong's limits. */
  readonly auc: number | null
  readonly auc_low: number | null
  readonly auc_high: number | null
  /** Cochran–Armitage; z is above 0 where conversion rises with the score, p is two-sided. */
  readonly trend_z: number | null
  readonly trend_p: number | null
  /** Bands with an inversion. */
  readonly inversions: number | null
  /** Of score ÷ 100 as a probability, which the API does not say it is: reliability − resolution + uncertainty. */
  readonly brier: number | null
  readonly reliability: number | null
  readonly resolution: number | null
  readonly uncertainty: number | null
  readonly warnings: string
  /** Whether the row is that of all bands. */
  readonly total: boolean
}

const columns: ReadonlyArray<keyof Row> = [
  "population",
  "intent_band",
  "sessions",
  "conversions",
  "conversion_rate",
  "conversion_rate_low",
  "conversion_rate_high",
  "mean_score",
  "isotonic_rate",
  "inversion",
  "auc",
  "auc_low",
  "auc_high",
  "trend_z",
  "trend_p",
  "inversions",
  "brier",
  "reliability",
  "resolution",
  "uncertainty",
  "warnings",
  "total",
]

/** Each session with a score from 0 to 100 is in one of them. */
export interface State {
  readonly unnudged: ScoreBins.ScoreBins
  readonly nudged: ScoreBins.ScoreBins
}

const codec = Schema.Struct({ unnudged: ScoreBins.codec, nudged: ScoreBins.codec })

const countsOf = (sum: ScoreBins.Sum, z: number) => {
  const interval = Proportion.wilson(sum.conversions, sum.sessions, z)
  return {
    sessions: sum.sessions,
    conversions: sum.conversions,
    conversion_rate: Proportion.rate(sum.conversions, sum.sessions),
    conversion_rate_low: interval.low,
    conversion_rate_high: interval.high,
    mean_score: Proportion.rate(sum.scores, sum.sessions),
  }
}

const warningsOf = (sum: ScoreBins.Sum): Set<Warning.Warning> => {
  const warnings = new Set(Warning.ofCounts(sum.conversions, sum.sessions))
  if (sum.immature > 0) warnings.add("IMMATURE")
  return warnings
}

const bandRow = (
  population: string,
  intent_band: string,
  sum: ScoreBins.Sum,
  fitted: { readonly rate: number | null; readonly isInverted: boolean | null },
  z: number,
): Row => ({
  population,
  intent_band,
  ...countsOf(sum, z),
  isotonic_rate: fitted.rate,
  inversion: fitted.isInverted === null ? null : fitted.isInverted ? "yes" : "no",
  auc: null,
  auc_low: null,
  auc_high: null,
  trend_z: null,
  trend_p: null,
  inversions: null,
  brier: null,
  reliability: null,
  resolution: null,
  uncertainty: null,
  warnings: Warning.format(warningsOf(sum)),
  total: false,
})

const allRow = (population: string, bins: ScoreBins.ScoreBins, inversions: number | null, z: number): Row => {
  const sum = ScoreBins.sum(bins, { low: 0, high: 100 })
  const auc = Auc.delong(bins, z)
  const trend = Trend.cochranArmitage(bins)
  const warnings = warningsOf(sum)
  if (auc.estimate !== null && auc.low === null) warnings.add("DEGENERATE")
  if (trend.p === Comparison.pFloor) warnings.add("P_FLOOR")
  return {
    population,
    intent_band: "(all)",
    ...countsOf(sum, z),
    isotonic_rate: null,
    inversion: null,
    auc: auc.estimate,
    auc_low: auc.low,
    auc_high: auc.high,
    trend_z: trend.z,
    trend_p: trend.p,
    inversions,
    ...Brier.murphy(bins),
    warnings: Warning.format(warnings),
    total: true,
  }
}

const checks: OptionCheck.Checks<Options> = {
  bands: ReportOptions.bands,
  confidence: ReportOptions.confidence,
}

const of = ({ bands = Cohort.defaultBands, confidence = 0.95 }: Options): Report<State, Row> => {
  const z = Proportion.zOf(confidence)
  const labels = Cohort.labels(bands)

  const rowsOf = (population: string, bins: ScoreBins.ScoreBins): ReadonlyArray<Row> => {
    const arms = bands.map((band) => ScoreBins.sum(bins, band))
    const rates = Isotonic.rates(arms)
    const inverted = Isotonic.inversions(arms)
    const isKnown = inverted.some((isInverted) => isInverted !== null)
    return [
      ...arms.map((sum, index) => {
        const fitted = { rate: rates[index] ?? null, isInverted: inverted[index] ?? null }
        return bandRow(population, labels[index] ?? "", sum, fitted, z)
      }),
      allRow(population, bins, isKnown ? inverted.filter((isInverted) => isInverted === true).length : null, z),
    ]
  }

  return {
    name: "calibration",
    version: "1",
    columns,
    compared: {
      label: ({ intent_band, population }) => [population, intent_band],
      isTotal: ({ total }) => total,
      rates: ({ conversions, sessions }) => [{ name: "conversion_rate", events: conversions, of: sessions }],
    },
    needsDetail: () => false,
    codec,
    contradicts: ({ nudged, unnudged }, { score_out_of_range, sessions }) =>
      Counts.unequal(
        "the sessions of all scores",
        Counts.total([...unnudged, ...nudged], "sessions"),
        "sessions with a score from 0 to 100",
        sessions - score_out_of_range,
      ),
    initial: () => ({ unnudged: ScoreBins.empty(), nudged: ScoreBins.empty() }),
    step: (state, read) => {
      const session = SessionRead.session(read)
      const bins = NudgedSession.isNudged(session) ? state.nudged : state.unnudged
      ScoreBins.count(bins, session.intent_score, session.converted, Session.isUnsettled(session, read.readAt))
      return state
    },
    combine: (left, right) => ({
      unnudged: ScoreBins.combine(left.unnudged, right.unnudged),
      nudged: ScoreBins.combine(left.nudged, right.nudged),
    }),
    done: ({ nudged, unnudged }) => [
      ...rowsOf("all", ScoreBins.combine(unnudged, nudged)),
      ...rowsOf("unnudged", unnudged),
    ],
  }
}

/**
 * The population `all`, then `unnudged`; in each the bands, empty ones too, then `(all)`. Needs no details. A session
 * whose score is not in 0–100 is in no row.
 */
export const make = (options: Options = {}): Report<State, Row> => of(OptionCheck.orThrow(checks, options))
