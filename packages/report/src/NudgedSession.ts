/** The rule that picks the sessions whose nudges are counted one by one, and what of them must be read. */
import type * as Session from "@effect-elnudge/core/Session"
import * as SessionRead from "@effect-elnudge/core/SessionRead"

/** By `nudge_count`, because the list has it: above 0. The one rule of every report; the ledger counts what is below 0. */
export const isNudged = (session: Session.Summary): boolean => session.nudge_count > 0

/** Whether more than the nudges is needed, to see when the purchase was. */
export const needsPurchaseTime = (session: Session.Summary): boolean => session.converted

/** A nudged session with its nudges; `missing` where they were not read, undefined without nudges. */
export const displays = (
  read: SessionRead.SessionRead,
): { readonly session: Session.Summary; readonly nudges: ReadonlyArray<Session.Nudge> } | "missing" | undefined => {
  const session = SessionRead.session(read)
  if (!isNudged(session)) return undefined
  const nudges = SessionRead.nudges(read)
  if (nudges === undefined) return "missing"
  return nudges.length === 0 ? undefined : { session, nudges }
}

/** The same with the events that tell when the purchase was: `missing` also where only they were not read. */
export const of = (read: SessionRead.SessionRead): Session.Detail | "missing" | undefined => {
  const shown = displays(read)
  if (shown === undefined || shown === "missing") return shown
  if (read.detail._tag === "Read") return read.detail.session
  // Without a purchase there is nothing to look for in the events.
  return needsPurchaseTime(shown.session) ? "missing" : { ...shown.session, nudges: shown.nudges, events: [] }
}
