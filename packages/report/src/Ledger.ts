/**
 * The data-quality ledger: what is odd in the sessions that a report counted, as a fold of its own over the same walk.
 * Nothing is dropped for it, and it never asks for a detail: counts that need one speak of the details that were read.
 */
import * as Session from "@effect-elnudge/core/Session"
import * as SessionRead from "@effect-elnudge/core/SessionRead"
import * as Cohort from "./Cohort.ts"
import * as Counts from "./Counts.ts"
import * as NudgedSession from "./NudgedSession.ts"
import type { SessionFold } from "./Report.ts"

const noCounts = {
  /** All sessions, and those whose detail was read: what the counts below are out of. */
  sessions: 0,
  details: 0,
  /**
   * Of the sessions. `ended_before_started` compares instants; a score is out of range that is no whole number from 0 to 100,
   * and a nudge_count that is none from 0 on.
   */
  ended_before_started: 0,
  score_out_of_range: 0,
  /** Of the details, in sessions. */
  converted_without_purchase: 0,
  purchase_without_converted: 0,
  several_purchases: 0,
  nudge_count_differs: 0,
  nudged_without_nudges: 0,
  nudges_without_count: 0,
  nudge_outside_session: 0,
  unordered_events: 0,
  /** Of the sessions: came later than the others. */
  nudge_count_out_of_range: 0,
}

const bounds: Counts.Bounds<keyof typeof noCounts> = {
  sessions: [["details"], ["ended_before_started"], ["score_out_of_range"]],
  details: [
    ["converted_without_purchase", "purchase_without_converted"],
    ["several_purchases"],
    ["nudge_count_differs"],
    ["nudge_outside_session"],
    ["unordered_events"],
  ],
  nudge_count_differs: [["nudged_without_nudges", "nudges_without_count"]],
}

/** How many sessions each oddity was seen in; `sessions` and `details` are all that were looked at. */
export type Ledger = { readonly [name in keyof typeof noCounts]: number }

type LedgerCounts = Counts.Counts<keyof Ledger>

const countSession = (counts: LedgerCounts, session: Session.Summary): void => {
  counts.sessions++
  const { ended_at, intent_score, nudge_count, started_at } = session
  if (ended_at !== null && Session.isBefore(ended_at, started_at)) counts.ended_before_started++
  if (!Cohort.isScore(intent_score)) counts.score_out_of_range++
  if (!Number.isInteger(nudge_count) || nudge_count < 0) counts.nudge_count_out_of_range++
}

const isOutside = (at: string, { ended_at, started_at }: Session.Summary): boolean =>
  Session.isBefore(at, started_at) || (ended_at !== null && Session.isBefore(ended_at, at))

const isBeforeThe = (previous: Session.Event | undefined, at: string): boolean =>
  previous !== undefined && Session.isBefore(at, previous.occurred_at)

const countDetail = (counts: LedgerCounts, session: Session.Detail): void => {
  counts.details++
  const { converted, events, nudge_count, nudges } = session
  const purchases = events.filter(({ type }) => type === "PURCHASE").length
  if (converted && purchases === 0) counts.converted_without_purchase++
  if (!converted && purchases > 0) counts.purchase_without_converted++
  if (purchases > 1) counts.several_purchases++
  if (nudge_count !== nudges.length) counts.nudge_count_differs++
  const isNudged = NudgedSession.isNudged(session)
  if (isNudged && nudges.length === 0) counts.nudged_without_nudges++
  if (!isNudged && nudges.length > 0) counts.nudges_without_count++
  if (nudges.some(({ shown_at }) => isOutside(shown_at, session))) counts.nudge_outside_session++
  if (events.some(({ occurred_at }, index) => isBeforeThe(events[index - 1], occurred_at))) counts.unordered_events++
}

/** Counts the oddities of sessions; it needs no detail, and looks at those that are there. */
export const make = (): SessionFold<LedgerCounts, Ledger> => ({
  needsDetail: () => false,
  codec: Counts.codec(noCounts, { bounds }),
  initial: () => ({ ...noCounts }),
  step: (counts, read) => {
    countSession(counts, SessionRead.session(read))
    if (read.detail._tag === "Read") countDetail(counts, read.detail.session)
    return counts
  },
  combine: Counts.add,
  done: (counts) => ({ ...counts }),
})
