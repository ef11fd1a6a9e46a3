/** Sessions for tests: settled, not nudged and not converted, until a test says otherwise. */
import type * as Session from "@effect-elnudge/core/Session"
import type { SessionRead, UnavailableReason } from "@effect-elnudge/core/SessionRead"

/** Half a day after the sessions end, so that they are settled. */
export const readAt = Date.parse("2026-10-02T00:00:00Z")

/** `nudge_count` follows the nudges. */
export const detail = (overrides: Partial<Session.Detail> = {}): Session.Detail => ({
  id: "sess_1",
  started_at: "2026-10-01T10:00:00Z",
  ended_at: "2026-10-01T12:00:00Z",
  page_count: 3,
  intent_score: 50,
  converted: false,
  nudge_count: overrides.nudges?.length ?? 0,
  events: [],
  nudges: [],
  ...overrides,
})

export const nudge = (overrides: Partial<Session.Nudge> = {}): Session.Nudge => ({
  nudge_id: "nudge_1",
  type: "toast",
  shown_at: "2026-10-01T10:10:00Z",
  outcome: "shown",
  influenced_conversion: false,
  ...overrides,
})

export const purchase = (occurred_at = "2026-10-01T10:20:00Z"): Session.Event => ({
  type: "PURCHASE",
  url: "/done",
  occurred_at,
})

/** A converted session with one purchase at 10:20. */
export const buyer = (overrides: Partial<Session.Detail> = {}): Session.Detail =>
  detail({ converted: true, events: [purchase()], ...overrides })

const summaryOf = (session: Session.Detail): Session.Summary => {
  const { events: _, nudges: __, ...summary } = session
  return summary
}

/** The session as a walk reads it with its detail. */
export const read = (session: Session.Detail, at: number = readAt): SessionRead => ({
  summary: summaryOf(session),
  detail: { _tag: "Read", session },
  readAt: at,
})

/** The session as a walk reads it from the list alone. */
export const listed = (session: Session.Detail, at: number = readAt): SessionRead => ({
  summary: summaryOf(session),
  detail: { _tag: "NotNeeded" },
  readAt: at,
})

export const unavailable = (session: Session.Detail, reason: UnavailableReason = "not_found"): SessionRead => ({
  summary: summaryOf(session),
  detail: { _tag: "Unavailable", reason },
  readAt,
})

/** The API document's own example. */
export const example: Session.Detail = {
  id: "sess_example",
  started_at: "2026-10-01T10:14:32Z",
  ended_at: "2026-10-01T10:28:10Z",
  page_count: 6,
  intent_score: 82,
  converted: true,
  nudge_count: 2,
  events: [
    { type: "PAGE_VIEW", url: "/", occurred_at: "2026-10-01T10:14:32Z" },
    { type: "ADD_TO_CART", url: "/cart", occurred_at: "2026-10-01T10:20:00Z" },
    { type: "PURCHASE", url: "/done", occurred_at: "2026-10-01T10:27:44Z" },
  ],
  nudges: [
    {
      nudge_id: "nudge_1",
      type: "toast",
      shown_at: "2026-10-01T10:16:30Z",
      outcome: "clicked",
      influenced_conversion: true,
    },
    {
      nudge_id: "nudge_2",
      type: "chat_bubble",
      shown_at: "2026-10-01T10:14:45Z",
      outcome: "shown",
      influenced_conversion: false,
    },
  ],
}
