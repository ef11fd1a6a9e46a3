/** Sessions whose flags and rule agree and differ in known ways. Worked out by hand. */
import type * as Session from "@effect-elnudge/core/Session"
import * as SessionFixture from "./SessionFixture.ts"

const { buyer, detail, nudge, purchase } = SessionFixture

const clicked = (overrides: Partial<Session.Nudge> = {}) => nudge({ outcome: "clicked", ...overrides })
const flagged = { influenced_conversion: true }

/** The README's example: five sessions with six nudges; purchases are at 10:20. */
export const example: ReadonlyArray<Session.Detail> = [
  buyer({
    id: "sess_a",
    nudges: [
      clicked({ nudge_id: "a1", shown_at: "2026-10-01T10:05:00Z" }),
      clicked({ nudge_id: "a2", shown_at: "2026-10-01T10:15:00Z", ...flagged }),
    ],
  }),
  detail({ id: "sess_b", nudges: [clicked({ nudge_id: "b1", ...flagged })] }),
  buyer({ id: "sess_c", nudges: [nudge({ nudge_id: "c1", outcome: "dismissed" })] }),
  buyer({
    id: "sess_d",
    started_at: "2026-10-01T09:30:00Z",
    nudges: [clicked({ nudge_id: "d1", shown_at: "2026-10-01T09:40:00Z", ...flagged })],
  }),
  detail({ id: "sess_e", nudges: [nudge({ nudge_id: "e1" })] }),
]

const older = "2026-10-01T09:49:59.999Z"
const edge = "2026-10-01T09:50:00Z"
const after = "2026-10-01T10:20:00.001Z"

/** Sessions with what is found of their nudges, in order: reason, flag, rule. Purchases are at 10:20. */
export const cases: ReadonlyArray<{
  readonly what: string
  readonly session: Partial<Session.Detail>
  readonly found: ReadonlyArray<string>
}> = [
  {
    what: "a flag without a conversion, even with a PURCHASE",
    session: { events: [purchase()], nudges: [clicked(flagged)] },
    found: ["FLAG_CARRYOVER yes no"],
  },
  {
    what: "a flag on what was only shown, or has an unknown outcome",
    session: buyer({ nudges: [nudge(flagged), nudge({ outcome: "__proto__", ...flagged })] }),
    found: ["FLAG_SHOWN_ONLY yes no", "FLAG_SHOWN_ONLY yes no"],
  },
  {
    what: "a flag on what was only shown, without a PURCHASE or after it",
    session: { converted: true, nudges: [nudge({ shown_at: after, ...flagged })] },
    found: ["FLAG_SHOWN_ONLY yes no"],
  },
  {
    what: "a flag where the purchase has no time",
    session: { converted: true, nudges: [clicked(flagged)] },
    found: ["FLAG_NO_PURCHASE_TIME yes no"],
  },
  {
    what: "a flag on a click on what was shown after the purchase",
    session: buyer({ nudges: [clicked({ shown_at: after, ...flagged })] }),
    found: ["FLAG_AFTER_PURCHASE yes no"],
  },
  {
    what: "a flag on the last candidate, shown at the very purchase",
    session: buyer({
      nudges: [clicked({ shown_at: "2026-10-01T10:20:00Z", ...flagged }), clicked({ shown_at: older })],
    }),
    found: ["AGREE_YES yes yes", "AGREE_NO no no"],
  },
  {
    what: "a flag on the last candidate at the edge of the window",
    session: buyer({ nudges: [clicked({ shown_at: edge, ...flagged })] }),
    found: ["AGREE_YES yes yes"],
  },
  {
    what: "a flag on the last candidate, older than the window",
    session: buyer({ nudges: [clicked({ shown_at: older, ...flagged })] }),
    found: ["FLAG_WITHIN_BOUNDS yes maybe"],
  },
  {
    what: "no flag on the last candidate, older than the window",
    session: buyer({ nudges: [clicked({ shown_at: older })] }),
    found: ["AGREE_NO no no"],
  },
  {
    what: "a flag on a candidate that is not the last, and none on the last",
    session: buyer({
      nudges: [clicked({ nudge_id: "z", ...flagged }), clicked({ nudge_id: "a", shown_at: "2026-10-01T10:11:00Z" })],
    }),
    found: ["UNEXPLAINED yes no", "UNEXPLAINED no yes"],
  },
  {
    what: "no flag on the last candidate, a dismissal, nor on a dismissal before it",
    session: buyer({
      nudges: [
        nudge({ nudge_id: "nudge_2", outcome: "dismissed" }),
        nudge({ nudge_id: "nudge_10", outcome: "dismissed" }),
      ],
    }),
    found: ["MISSING_DISMISS no yes", "MISSING_NOT_LAST no no"],
  },
  {
    what: "no flag on the last candidate, a chat at the edge of the window",
    session: buyer({ nudges: [nudge({ outcome: "chat_opened", shown_at: edge })] }),
    found: ["UNEXPLAINED no yes"],
  },
  {
    what: "no flag within the window on a nudge that is not the last",
    session: buyer({ nudges: [clicked(), clicked({ shown_at: "2026-10-01T10:15:00Z", ...flagged })] }),
    found: ["MISSING_NOT_LAST no no", "AGREE_YES yes yes"],
  },
  {
    what: "no flag on what no rule gives anything",
    session: buyer({
      nudges: [
        nudge(),
        nudge({ outcome: "hovered" }),
        clicked({ shown_at: after }),
        nudge({ outcome: "dismissed", shown_at: after }),
      ],
    }),
    found: ["AGREE_NO no no", "AGREE_NO no no", "AGREE_NO no no", "AGREE_NO no no"],
  },
  {
    what: "no flag where nobody converted, or at no known time",
    session: { converted: true, nudges: [clicked()] },
    found: ["AGREE_NO no no"],
  },
  {
    what: "no flag and no conversion",
    session: { events: [purchase()], nudges: [clicked(), nudge({ outcome: "dismissed" })] },
    found: ["AGREE_NO no no", "AGREE_NO no no"],
  },
]

/** The sessions of the cases, each with an id of its own. */
export const sessions: ReadonlyArray<Session.Detail> = cases.map(({ session }, index) =>
  detail({ ...session, id: `sess_${String(index + 1).padStart(2, "0")}`, nudge_count: session.nudges?.length ?? 0 }),
)
