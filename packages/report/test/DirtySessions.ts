/**
 * Twenty sessions that break one rule each, and what the definitions say of every one: where its nudges stand, which
 * credit it gives, and what the ledger counts. Worked out by hand.
 */
import type * as Session from "@effect-elnudge/core/Session"
import type { Arm, Attribution, Ledger } from "@effect-elnudge/report"
import { buyer, detail, nudge, purchase } from "./SessionFixture.ts"

export interface DirtySession {
  readonly rule: string
  readonly session: Session.Detail
  readonly arm: Arm.Arm
  readonly status: Attribution.Status
  /** What the ledger counts beyond the session and its detail. */
  readonly ledger: ReadonlyArray<Exclude<keyof Ledger.Ledger, "sessions" | "details">>
}

const clicked = (overrides: Partial<Session.Nudge> = {}) => nudge({ outcome: "clicked", ...overrides })

const cases: ReadonlyArray<Omit<DirtySession, "session"> & { readonly session: Partial<Session.Detail> }> = [
  {
    rule: "an unknown outcome counts as shown",
    session: buyer({ nudges: [nudge({ outcome: "waved_at" })] }),
    arm: "shown_only",
    status: "no",
    ledger: [],
  },
  {
    rule: "an unknown nudge type has a row of its own",
    session: buyer({ nudges: [clicked({ type: "hologram" })] }),
    arm: "interacted",
    status: "yes",
    ledger: [],
  },
  {
    rule: "nudge_count without nudges is shown_only, in no type row",
    session: buyer({ nudge_count: 2, nudges: [] }),
    arm: "shown_only",
    status: "no",
    ledger: ["nudge_count_differs", "nudged_without_nudges"],
  },
  {
    rule: "nudges with a nudge_count of 0 are unnudged",
    session: buyer({ nudge_count: 0, nudges: [clicked()] }),
    arm: "unnudged",
    status: "yes",
    ledger: ["nudge_count_differs", "nudges_without_count"],
  },
  {
    rule: "nudge_count differs from the nudges",
    session: buyer({ nudge_count: 3, nudges: [clicked()] }),
    arm: "interacted",
    status: "yes",
    ledger: ["nudge_count_differs"],
  },
  {
    rule: "converted and interacted without a PURCHASE has an unknown time",
    session: detail({ converted: true, nudges: [clicked()] }),
    arm: "interacted",
    status: "unknown_time",
    ledger: ["converted_without_purchase"],
  },
  {
    rule: "converted without a PURCHASE or an interaction is credited to nothing",
    session: detail({ converted: true, nudges: [nudge()] }),
    arm: "shown_only",
    status: "no",
    ledger: ["converted_without_purchase"],
  },
  {
    rule: "a PURCHASE without converted is no conversion",
    session: detail({ events: [purchase()], nudges: [clicked()] }),
    arm: "interacted",
    status: "not_converted",
    ledger: ["purchase_without_converted"],
  },
  {
    rule: "of several purchases the earliest counts, wherever it stands",
    session: buyer({
      events: [purchase("2026-10-01T11:00:00Z"), purchase("2026-10-01T10:05:00Z")],
      nudges: [clicked()],
    }),
    arm: "interacted",
    status: "no",
    ledger: ["several_purchases", "unordered_events"],
  },
  {
    rule: "a nudge shown after the purchase gets no credit",
    session: buyer({ nudges: [clicked({ shown_at: "2026-10-01T10:20:00.001Z" })] }),
    arm: "interacted",
    status: "no",
    ledger: [],
  },
  {
    rule: "a nudge shown at the very purchase is a candidate",
    session: buyer({ nudges: [clicked({ shown_at: "2026-10-01T10:20:00Z" })] }),
    arm: "interacted",
    status: "yes",
    ledger: [],
  },
  {
    rule: "a candidate of exactly 30 minutes is within the window",
    session: buyer({ started_at: "2026-10-01T09:00:00Z", nudges: [clicked({ shown_at: "2026-10-01T09:50:00Z" })] }),
    arm: "interacted",
    status: "yes",
    ledger: [],
  },
  {
    rule: "an older candidate gives only the upper bound",
    session: buyer({ started_at: "2026-10-01T09:00:00Z", nudges: [clicked({ shown_at: "2026-10-01T09:49:59.999Z" })] }),
    arm: "interacted",
    status: "maybe",
    ledger: [],
  },
  {
    rule: "a nudge before the session's start",
    session: buyer({ nudges: [clicked({ shown_at: "2026-10-01T09:59:59Z" })] }),
    arm: "interacted",
    status: "yes",
    ledger: ["nudge_outside_session"],
  },
  {
    rule: "a nudge after the session's end",
    session: detail({ nudges: [clicked({ shown_at: "2026-10-01T12:00:01Z" })] }),
    arm: "interacted",
    status: "not_converted",
    ledger: ["nudge_outside_session"],
  },
  {
    rule: "events out of order, by instant and not by text",
    session: detail({
      events: [
        { type: "PAGE_VIEW", url: "/", occurred_at: "2026-10-01T10:00:45.500Z" },
        { type: "PAGE_VIEW", url: "/", occurred_at: "2026-10-01T10:00:45Z" },
      ],
    }),
    arm: "unnudged",
    status: "not_converted",
    ledger: ["unordered_events"],
  },
  {
    rule: "ended before it started",
    session: detail({ ended_at: "2026-10-01T09:59:59Z" }),
    arm: "unnudged",
    status: "not_converted",
    ledger: ["ended_before_started"],
  },
  {
    rule: "a score above 100 is in the band (other)",
    session: detail({ intent_score: 101 }),
    arm: "unnudged",
    status: "not_converted",
    ledger: ["score_out_of_range"],
  },
  {
    rule: "a score below 0 is in the band (other)",
    session: buyer({ intent_score: -1 }),
    arm: "unnudged",
    status: "no",
    ledger: ["score_out_of_range"],
  },
  {
    rule: "an open session without an end is immature",
    session: detail({ ended_at: null, nudges: [nudge({ outcome: "dismissed" })] }),
    arm: "interacted",
    status: "not_converted",
    ledger: [],
  },
]

export const dirtySessions: ReadonlyArray<DirtySession> = cases.map((entry, index) => ({
  ...entry,
  session: detail({ ...entry.session, id: `sess_${String(index + 1).padStart(2, "0")}` }),
}))
