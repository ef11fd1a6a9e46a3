/**
 * The rule that gives a nudge credit for a purchase. A candidate is a nudge that the visitor interacted with and
 * that was shown at or before the purchase; the last candidate is credited. There is no time of interaction, only
 * of display, so the rule gives bounds: `yes` within the window, `maybe` beyond it.
 */
import * as Session from "@effect-elnudge/core/Session"

/** What makes a nudge creditable with a purchase. */
export interface Rule {
  /** How long before the purchase the last candidate may have been shown; inclusive. @default 30 minutes */
  readonly windowMillis: number
  /** Whether `dismissed` is an interaction: the API cannot tell a dismissal "with intent". @default true */
  readonly dismissCounts: boolean
}

/** The vendor's rule: 30 minutes, every dismissal counts. */
export const vendorRule: Rule = { windowMillis: 30 * 60_000, dismissCounts: true }

/** A nudge with its instant of display in epoch milliseconds. */
export interface ShownNudge {
  readonly nudge: Session.Nudge
  readonly shownAt: number
}

/**
 * - `not_converted`: no purchase was completed (`converted` is false, whatever the events say)
 * - `yes`: the last candidate was shown within the window · `maybe`: there are candidates, all older
 * - `no`: no candidate · `unknown_time`: converted and interacted, but without a PURCHASE event
 */
export type Status = "not_converted" | "yes" | "maybe" | "no" | "unknown_time"

/** What the rule makes of one session. */
export interface Attribution {
  readonly status: Status
  /** The earliest PURCHASE of a converted session, in epoch milliseconds. */
  readonly purchasedAt: number | undefined
  /** In the order of display; ties by `nudge_id` in code-unit order. */
  readonly candidates: ReadonlyArray<ShownNudge>
}

/** An unknown outcome counts as shown, not as an interaction. */
export const isInteraction = (outcome: string, rule: Rule): boolean =>
  outcome === "clicked" || outcome === "chat_opened" || (outcome === "dismissed" && rule.dismissCounts)

/** The nudges that the visitor interacted with. */
export const interactions = (nudges: ReadonlyArray<Session.Nudge>, rule: Rule): ReadonlyArray<Session.Nudge> =>
  nudges.filter(({ outcome }) => isInteraction(outcome, rule))

const earliestPurchase = (session: Session.Detail): number | undefined => {
  let earliest: number | undefined
  for (const event of session.events) {
    if (event.type !== "PURCHASE") continue
    const at = Session.millis(event.occurred_at)
    if (earliest === undefined || at < earliest) earliest = at
  }
  return earliest
}

const compareDisplay = (a: ShownNudge, b: ShownNudge): number =>
  a.shownAt - b.shownAt || (a.nudge.nudge_id < b.nudge.nudge_id ? -1 : a.nudge.nudge_id > b.nudge.nudge_id ? 1 : 0)

/** In the order of display; ties by `nudge_id` in code-unit order. */
export const byDisplay = (nudges: ReadonlyArray<Session.Nudge>): ReadonlyArray<ShownNudge> =>
  nudges.map((nudge) => ({ nudge, shownAt: Session.millis(nudge.shown_at) })).sort(compareDisplay)

/** The nudges of each type. */
export const byType = (
  nudges: ReadonlyArray<Session.Nudge>,
): Iterable<readonly [type: string, nudges: ReadonlyArray<Session.Nudge>]> => {
  const [first] = nudges
  // Most nudged sessions have one.
  return nudges.length === 1 && first !== undefined ? [[first.type, nudges]] : Map.groupBy(nudges, ({ type }) => type)
}

/** Applies the rule to one session. */
export const attribute = (session: Session.Detail, rule: Rule = vendorRule): Attribution => {
  if (!session.converted) return { status: "not_converted", purchasedAt: undefined, candidates: [] }
  const interacted = byDisplay(interactions(session.nudges, rule))
  const purchasedAt = earliestPurchase(session)
  if (purchasedAt === undefined) {
    return { status: interacted.length === 0 ? "no" : "unknown_time", purchasedAt, candidates: [] }
  }
  const candidates = interacted.filter(({ shownAt }) => shownAt <= purchasedAt)
  const last = candidates.at(-1)
  if (last === undefined) return { status: "no", purchasedAt, candidates }
  return { status: purchasedAt - last.shownAt <= rule.windowMillis ? "yes" : "maybe", purchasedAt, candidates }
}
