/**
 * The rule that holds the vendor's flag on a nudge (`influenced_conversion`) against the attribution rule: every nudge
 * has exactly one reason why the two agree, or why they do not.
 */
import * as Session from "@effect-elnudge/core/Session"
import * as Attribution from "./Attribution.ts"

/**
 * Of a flagged nudge, the first that fits:
 * - `FLAG_CARRYOVER`: the session did not convert · `FLAG_SHOWN_ONLY`: nobody interacted with the nudge
 * - `FLAG_NO_PURCHASE_TIME`: no PURCHASE event · `FLAG_AFTER_PURCHASE`: shown after the purchase
 * - `AGREE_YES`: the last candidate, shown within the window · `FLAG_WITHIN_BOUNDS`: the last candidate, older
 * - `UNEXPLAINED`: a candidate, but not the last
 *
 * Of one that is not flagged:
 * - `AGREE_NO`: no candidate, or shown before the window · `MISSING_NOT_LAST`: within the window, but not the last
 * - `MISSING_DISMISS`: the last, within the window, dismissed · `UNEXPLAINED`: the last, within the window, otherwise
 */
export type Reason =
  | "AGREE_NO"
  | "AGREE_YES"
  | "FLAG_AFTER_PURCHASE"
  | "FLAG_CARRYOVER"
  | "FLAG_NO_PURCHASE_TIME"
  | "FLAG_SHOWN_ONLY"
  | "FLAG_WITHIN_BOUNDS"
  | "MISSING_DISMISS"
  | "MISSING_NOT_LAST"
  | "UNEXPLAINED"

/** What flag and rule say of one nudge, and why. */
export interface Finding {
  readonly reason: Reason
  /** What the vendor says of the nudge. */
  readonly vendor_flag: "yes" | "no"
  /**
   * What the rule gives it: `yes` to the last candidate within the window. One that is older is `maybe` where it is
   * flagged; where it is not, rule and flag agree on `no`.
   */
  readonly recomputed: "yes" | "maybe" | "no"
}

/** All that can be found, by code unit of reason, flag and rule. */
export const findings: ReadonlyArray<Finding> = [
  { reason: "AGREE_NO", vendor_flag: "no", recomputed: "no" },
  { reason: "AGREE_YES", vendor_flag: "yes", recomputed: "yes" },
  { reason: "FLAG_AFTER_PURCHASE", vendor_flag: "yes", recomputed: "no" },
  { reason: "FLAG_CARRYOVER", vendor_flag: "yes", recomputed: "no" },
  { reason: "FLAG_NO_PURCHASE_TIME", vendor_flag: "yes", recomputed: "no" },
  { reason: "FLAG_SHOWN_ONLY", vendor_flag: "yes", recomputed: "no" },
  { reason: "FLAG_WITHIN_BOUNDS", vendor_flag: "yes", recomputed: "maybe" },
  { reason: "MISSING_DISMISS", vendor_flag: "no", recomputed: "yes" },
  { reason: "MISSING_NOT_LAST", vendor_flag: "no", recomputed: "no" },
  { reason: "UNEXPLAINED", vendor_flag: "no", recomputed: "yes" },
  { reason: "UNEXPLAINED", vendor_flag: "yes", recomputed: "no" },
]

/** What is found of each nudge, in the order of the session's nudges. */
export const ofSession = (
  session: Session.Detail,
  rule: Attribution.Rule = Attribution.vendorRule,
): ReadonlyArray<Finding> => {
  const { candidates, purchasedAt, status } = Attribution.attribute(session, rule)
  const credited = candidates.at(-1)
  // By position, because an id need not be one nudge's alone.
  const last = credited === undefined ? -1 : session.nudges.lastIndexOf(credited.nudge)

  const flagged = (nudge: Session.Nudge, isLast: boolean): Reason => {
    if (!session.converted) return "FLAG_CARRYOVER"
    if (!Attribution.isInteraction(nudge.outcome, rule)) return "FLAG_SHOWN_ONLY"
    if (purchasedAt === undefined) return "FLAG_NO_PURCHASE_TIME"
    if (Session.millis(nudge.shown_at) > purchasedAt) return "FLAG_AFTER_PURCHASE"
    if (!isLast) return "UNEXPLAINED"
    return status === "yes" ? "AGREE_YES" : "FLAG_WITHIN_BOUNDS"
  }

  const unflagged = (nudge: Session.Nudge, isLast: boolean): Reason => {
    if (purchasedAt === undefined || !Attribution.isInteraction(nudge.outcome, rule)) return "AGREE_NO"
    const age = purchasedAt - Session.millis(nudge.shown_at)
    if (age < 0 || age > rule.windowMillis) return "AGREE_NO"
    if (!isLast) return "MISSING_NOT_LAST"
    return nudge.outcome === "dismissed" ? "MISSING_DISMISS" : "UNEXPLAINED"
  }

  return session.nudges.map((nudge, position): Finding => {
    const isLast = position === last
    const isFlagged = nudge.influenced_conversion
    const older = isFlagged ? "maybe" : "no"
    return {
      reason: isFlagged ? flagged(nudge, isLast) : unflagged(nudge, isLast),
      vendor_flag: isFlagged ? "yes" : "no",
      recomputed: isLast ? (status === "yes" ? "yes" : older) : "no",
    }
  })
}
