/**
 * The model: a visitor session as the API writes it. Field names are the API's own, and a value that
 * fits is passed on as it came, so that fields we do not know survive; nothing is renamed or converted.
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as IsoInstant from "./IsoInstant.ts"

/**
 * An ISO 8601 instant with a time zone (`2026-10-01T10:14:32Z`, with or without a fraction of a second).
 * It stays a string; compare instants with {@link millis}, never as text: `…45Z` sorts after `…45.500Z`.
 */
export const Instant = Schema.String.check(
  Schema.makeFilter(IsoInstant.isInstant, {
    expected: "an ISO 8601 instant with a time zone, such as 2026-10-01T10:14:32Z",
  }),
)

/** An instant in milliseconds since 1970-01-01T00:00:00Z; finer digits are dropped. */
export const millis: (instant: string) => number = IsoInstant.millis

// Midnight may also be the 24th hour of the day before.
const isPlain = (text: string): boolean => text.endsWith("Z") && !text.startsWith("24", 11)

// Of one length and in UTC they have the same digits at the same places; up to milliseconds, finer digits count for nothing.
const areAlike = (a: string, b: string): boolean => a.length === b.length && a.length <= 24 && isPlain(a) && isPlain(b)

/** Whether the first instant lies before the other: {@link millis} of both, compared. */
export const isBefore = (a: string, b: string): boolean => (areAlike(a, b) ? a < b : millis(a) < millis(b))

/** The instant of epoch milliseconds as we write it: UTC, with a fraction only where there is one. */
export const instant = (epochMillis: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(epochMillis)).replace(".000Z", "Z")

/** An opaque string that can stand in a path: not empty, no `.` or `..`, and whole Unicode characters. */
export const Id = Schema.String.check(
  Schema.makeFilter((text: string) => !/^\.{0,2}$/.test(text) && text.isWellFormed(), {
    expected: "a session id",
  }),
)

const summaryFields = {
  id: Id,
  started_at: Instant,
  /** The end, or the last event's time. `null` is accepted for a session that is still open. */
  ended_at: Schema.NullOr(Instant),
  page_count: Schema.Int,
  /** The final intent score. 0–100 by contract; a value outside passes and is counted by the reports. */
  intent_score: Schema.Int,
  converted: Schema.Boolean,
  nudge_count: Schema.Int,
}

/** A session as the list endpoint gives it. */
export const Summary = Schema.Struct(summaryFields)
export type Summary = typeof Summary.Type

/** Something the visitor did. `type` is an open set: see {@link eventTypes}. */
export const Event = Schema.Struct({
  type: Schema.String,
  url: Schema.String,
  occurred_at: Instant,
})
export type Event = typeof Event.Type

/**
 * A nudge that was displayed. `type` and `outcome` are open sets: see {@link nudgeTypes} and {@link outcomes}.
 * There is one outcome for each nudge and no time of the interaction, only `shown_at`.
 */
export const Nudge = Schema.Struct({
  nudge_id: Schema.String,
  type: Schema.String,
  shown_at: Instant,
  outcome: Schema.String,
  influenced_conversion: Schema.Boolean,
})
export type Nudge = typeof Nudge.Type

/** A session with its events and nudges, as the detail endpoint gives it. Neither array is ordered by time. */
export const Detail = Schema.Struct({
  ...summaryFields,
  events: Schema.Array(Event),
  nudges: Schema.Array(Nudge),
})
export type Detail = typeof Detail.Type

/** Event types seen in the vendor's documentation. */
export const eventTypes: ReadonlySet<string> = new Set([
  "PAGE_VIEW",
  "ADD_TO_CART",
  "PURCHASE",
  "SCROLL_DEPTH",
  "ELEMENT_HOVER",
  "CLICK",
  "CART_ADD",
  "EXIT_INTENT",
  "PRODUCT_VIEW",
  "CUSTOM",
])

/** Nudge types seen in the vendor's documentation. */
export const nudgeTypes: ReadonlySet<string> = new Set(["chat_bubble", "toast", "exit_modal", "sticky_bar"])

/** Nudge outcomes seen in the vendor's documentation. */
export const outcomes: ReadonlySet<string> = new Set(["shown", "clicked", "dismissed", "chat_opened"])

/** The fields that the API document names, by shape; anything else is an extra field. */
export const knownFields = {
  summary: new Set(Object.keys(Summary.fields)),
  detail: new Set(Object.keys(Detail.fields)),
  event: new Set(Object.keys(Event.fields)),
  nudge: new Set(Object.keys(Nudge.fields)),
} satisfies Record<string, ReadonlySet<string>>

/** A session ends 30 minutes after its last activity (vendor's definition); until then its fields still change. */
export const settlesAfterMillis = 30 * 60_000

/** Whether a session read at `readAt` (epoch milliseconds) may still have been open, so that its fields can change. */
export const isUnsettled = (session: Summary, readAt: number): boolean => {
  if (session.ended_at !== asked.endedAt || readAt !== asked.readAt) {
    const { ended_at: endedAt } = session
    const answer = endedAt === null || readAt - millis(endedAt) < settlesAfterMillis
    asked = { endedAt, readAt, answer }
  }
  return asked.answer
}

// Several folds ask about one session, each after the other.
let asked: { readonly endedAt: string | null; readonly readAt: number; readonly answer: boolean } = {
  endedAt: null,
  readAt: Number.NaN,
  answer: true,
}
