/** How far a score, read as a probability in per cent, is from what happened. */
import type * as Comparison from "./Comparison.ts"

/** The score and its parts, each without a unit; all are null without a session. */
export interface Brier {
  /** The mean of (score/100 − converted)²: 0 is perfect; it is reliability − resolution + uncertainty. */
  readonly brier: number | null
  /** The sessions' mean of (score/100 − rate of the score)²: 0 is calibrated. */
  readonly reliability: number | null
  /** The sessions' mean of (rate of the score − rate of all)²: 0 is a score that tells nothing. */
  readonly resolution: number | null
  /** rate of all × (1 − rate of all), whatever the score. */
  readonly uncertainty: number | null
}

/**
 * The Brier score of score/100 with Murphy's parts; `bins[s]` are the sessions of score s, from 0 to 100. All are null
 * without a session.
 * Brier GW (1950) Mon Weather Rev 78:1–3; Murphy AH (1973) J Appl Meteor 12:595–600.
 */
export const murphy = (bins: ReadonlyArray<Comparison.Arm>): Brier => {
  const groups = bins
    .map(({ conversions, sessions }, score) => ({ conversions, sessions, forecast: score / 100 }))
    .filter(({ sessions }) => sessions > 0)
  const total = (term: (group: (typeof groups)[number]) => number) =>
    groups.reduce((sum, group) => sum + term(group), 0)
  const all = total(({ sessions }) => sessions)
  if (all === 0) return { brier: null, reliability: null, resolution: null, uncertainty: null }
  const rate = total(({ conversions }) => conversions) / all
  return {
    brier:
      total(
        ({ conversions, forecast, sessions }) =>
          conversions * (1 - forecast) ** 2 + (sessions - conversions) * forecast ** 2,
      ) / all,
    reliability:
      total(({ conversions, forecast, sessions }) => sessions * (forecast - conversions / sessions) ** 2) / all,
    resolution: total(({ conversions, sessions }) => sessions * (conversions / sessions - rate) ** 2) / all,
    uncertainty: rate * (1 - rate),
  }
}
