/** A session as the API shows it at an instant: one that is still open changes until it has ended. */
import type * as Session from "@effect-elnudge/core/Session"
import { millis } from "@effect-elnudge/core/Session"

/** The instant (epoch milliseconds) from which a session changes no more. */
export const settledAt = ({ ended_at, events, nudges, started_at }: Session.Detail): number => {
  if (ended_at !== null) return millis(ended_at)
  let last = millis(started_at)
  for (const { occurred_at } of events) last = Math.max(last, millis(occurred_at))
  for (const { shown_at } of nudges) last = Math.max(last, millis(shown_at))
  return last
}

/** The instant (epoch milliseconds) from which {@link asOf} has the nudge. */
export const nudgedAt = (session: Session.Detail, { shown_at }: Session.Nudge): number =>
  Math.max(millis(session.started_at), Math.min(millis(shown_at), settledAt(session)))

/** Whether a session that is still open has converted by then. */
export const hasConverted = ({ converted, events }: Session.Detail, now: number): boolean =>
  converted && events.some(({ occurred_at, type }) => type === "PURCHASE" && millis(occurred_at) <= now)

const lastEventOf = (session: Session.Detail, events: ReadonlyArray<Session.Event>): string => {
  let last = session.started_at
  for (const { occurred_at } of events) if (millis(occurred_at) > millis(last)) last = occurred_at
  return last
}

/**
 * The session as of `now` (epoch milliseconds): undefined before it starts, itself from its end on. In between it has
 * the events and nudges so far, with the outcomes that they will have; its score grows with its events.
 */
export const asOf = (session: Session.Detail, now: number): Session.Detail | undefined => {
  if (millis(session.started_at) > now) return undefined
  if (settledAt(session) <= now) return session
  const events = session.events.filter(({ occurred_at }) => millis(occurred_at) <= now)
  const shown = session.nudges.filter(({ shown_at }) => millis(shown_at) <= now)
  const converted = hasConverted(session, now)
  const pages = new Set(events.filter(({ type }) => type === "PAGE_VIEW").map(({ url }) => url)).size
  const share = events.length / Math.max(1, session.events.length)
  return {
    ...session,
    ended_at: session.ended_at === null ? null : lastEventOf(session, events),
    page_count: Math.min(pages, session.page_count),
    intent_score: session.intent_score > 0 ? Math.floor(session.intent_score * share) : session.intent_score,
    converted,
    nudge_count: Math.min(shown.length, session.nudge_count),
    events,
    nudges: converted ? shown : shown.map((nudge) => ({ ...nudge, influenced_conversion: false })),
  }
}
