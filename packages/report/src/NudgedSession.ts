/** The rule that picks the sessions whose nudges are counted one by one. */
import type * as Session from "@effect-elnudge/core/Session"
import * as SessionRead from "@effect-elnudge/core/SessionRead"

/** By `nudge_count`, because the list has it. */
export const isNudged = (session: Session.Summary): boolean => session.nudge_count > 0

/** The detail of a nudged session that lists nudges; `missing` where there is no detail, undefined without nudges. */
export const of = (read: SessionRead.SessionRead): Session.Detail | "missing" | undefined => {
  if (!isNudged(SessionRead.session(read))) return undefined
  if (read.detail._tag !== "Read") return "missing"
  return read.detail.session.nudges.length === 0 ? undefined : read.detail.session
}
