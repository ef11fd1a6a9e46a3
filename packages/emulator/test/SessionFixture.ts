/** Sessions for the emulator's tests. */
import type * as Session from "@effect-elnudge/core/Session"

/** An instant a number of minutes before the tests' now. */
export const before = (minutes: number): string => new Date(now - minutes * 60_000).toISOString()

/** Noon of 2026-10-15. */
export const now = Date.UTC(2026, 9, 15, 12)

export const day = 24 * 60

/** A session that started a number of minutes before now and lasted one. */
export const session = (id: string, minutes: number): Session.Detail => ({
  id,
  started_at: before(minutes),
  ended_at: before(minutes - 1),
  page_count: 1,
  intent_score: 40,
  converted: false,
  nudge_count: 1,
  events: [{ type: "PAGE_VIEW", url: "/", occurred_at: before(minutes) }],
  nudges: [
    {
      nudge_id: `nudge_of_${id}`,
      type: "toast",
      shown_at: before(minutes),
      outcome: "shown",
      influenced_conversion: false,
    },
  ],
})

/** Sessions `sess_1`, `sess_2` …, each started that many minutes before now. */
export const sessions = (count: number): ReadonlyArray<Session.Detail> =>
  Array.from({ length: count }, (_, index) => session(`sess_${index + 1}`, index + 1))
