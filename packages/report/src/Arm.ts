/**
 * The comparison group of a session, by what became of its nudges. The vendor's baseline (no interaction at all) is
 * `unnudged` and `shown_only` together.
 */
import * as SessionRead from "@effect-elnudge/core/SessionRead"
import * as Attribution from "./Attribution.ts"
import * as NudgedSession from "./NudgedSession.ts"

/** In the order in which rows name them. */
export const arms = ["unnudged", "shown_only", "interacted", "unknown"] as const

/**
 * - `unnudged`: nudge_count is not above 0
 * - `shown_only`: nudged, and no nudge was interacted with · `interacted`: at least one was
 * - `unknown`: nudged, and the nudges could not be had
 */
export type Arm = (typeof arms)[number]

/** Follows `nudge_count` before the nudges themselves: 0 or less with nudges is unnudged, more without nudges is shown_only. */
export const of = (read: SessionRead.SessionRead, rule: Attribution.Rule): Arm => {
  if (!NudgedSession.isNudged(SessionRead.session(read))) return "unnudged"
  const nudges = SessionRead.nudges(read)
  if (nudges === undefined) return "unknown"
  return Attribution.interactions(nudges, rule).length > 0 ? "interacted" : "shown_only"
}
