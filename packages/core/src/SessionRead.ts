/**
 * One session as a walk read it: its row in the list, its detail where one was asked for, and when.
 * This is what the streams emit and what the folds step over.
 */
import type * as Session from "./Session.ts"
import type { TimeSpan } from "./TimeSpan.ts"

/** Why a session that is in the list has no detail (404): older than the plan keeps, or not there. */
export type UnavailableReason = "past_retention" | "not_found"

/** `Nudges`: they were taken from the list of nudges, and nobody needed the events. */
export type DetailState =
  | { readonly _tag: "Read"; readonly session: Session.Detail }
  | { readonly _tag: "Nudges"; readonly nudges: ReadonlyArray<Session.Nudge> }
  | { readonly _tag: "NotNeeded" }
  | { readonly _tag: "Unavailable"; readonly reason: UnavailableReason }

/** What a walk hands on of a session. */
export interface SessionRead {
  readonly summary: Session.Summary
  readonly detail: DetailState
  /** When the newest of the two was read: epoch milliseconds. */
  readonly readAt: number
  /** The window of the walk that read it, where there was one. */
  readonly window?: TimeSpan | undefined
  /** Whether its detail was read because the list of nudges had not as many as its `nudge_count` says. @default false */
  readonly nudgesDiffer?: boolean | undefined
}

/** The state of a session whose detail nobody asked for. */
export const notNeeded: DetailState = { _tag: "NotNeeded" }

/** The session itself: the detail replaces the list's row, because it was read later. */
export const session = (read: SessionRead): Session.Summary =>
  read.detail._tag === "Read" ? read.detail.session : read.summary

/** The session's nudges; undefined where nobody read them. */
export const nudges = ({ detail }: SessionRead): ReadonlyArray<Session.Nudge> | undefined => {
  switch (detail._tag) {
    case "Read":
      return detail.session.nudges
    case "Nudges":
      return detail.nudges
    case "NotNeeded":
    case "Unavailable":
      return undefined
  }
}

/** Whether the detail differs from the list's row in a field that both have. */
export const changedSinceListed = (summary: Session.Summary, detail: Session.Detail): boolean =>
  summary.started_at !== detail.started_at ||
  summary.ended_at !== detail.ended_at ||
  summary.page_count !== detail.page_count ||
  summary.intent_score !== detail.intent_score ||
  summary.converted !== detail.converted ||
  summary.nudge_count !== detail.nudge_count
