/**
 * What a run saw: requests, pages, rows, and everything that was counted rather than dropped. Provide a recorder
 * around a walk and read its snapshot afterwards; without one, nothing is recorded.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Session from "./Session.ts"
import * as SessionRead from "./SessionRead.ts"
import type { TimeWindow } from "./TimeWindow.ts"

/** Field names are those of the JSON output. Times are in milliseconds; everything else counts. */
export interface Coverage {
  /** The pinned window, or null before the first page. */
  readonly window: TimeWindow | null
  /** What of the window nobody walked: between the windows of several files. */
  readonly gaps: ReadonlyArray<TimeWindow>
  /** All attempts sent: of the list, of details, retries included. */
  readonly requests: number
  readonly list_requests: number
  readonly detail_requests: number
  /** Attempts that repeated a failed one. */
  readonly retries: number
  /** 429 answers. */
  readonly rate_limited: number
  /** Time spent waiting, summed over requests: for a token of the limit, and held back by a 429 or before a retry. */
  readonly paced_ms: number
  readonly held_ms: number
  readonly pages: number
  readonly empty_pages: number
  readonly sessions: number
  /** Rows with an id that is counted already: in a walk the first stays, in several files the best copy. */
  readonly duplicates: number
  /** Rows that start outside the window that was asked for; left out. */
  readonly outside_window: number
  /** Rows that started later than the row before them. */
  readonly out_of_order: number
  readonly details: number
  readonly details_unavailable: Readonly<Record<SessionRead.UnavailableReason, number>>
  /** Details that differ from the list's row: the detail counts. */
  readonly changed_since_listed: number
  /** Sessions that may still have been open when they were listed. */
  readonly unsettled: number
  /** Values outside the documented sets, as `kind:value`; at most 50 names of at most 80 characters, the rest as `kind:(more)`. */
  readonly unknown_values: Readonly<Record<string, number>>
}

/** Where a run is right now, for a display of its progress. */
export interface Live {
  /** The start of the last row listed, in epoch milliseconds; undefined before the first. */
  readonly reached: number | undefined
  /** Until when a 429 holds the key's requests, in epoch milliseconds; 0 where none did. */
  readonly heldUntil: number
}

type Span = NonNullable<SessionRead.SessionRead["window"]>

const windowOf = ({ from, to }: Span): TimeWindow => ({
  from: Session.instant(from),
  to: Session.instant(to),
})

const maxUnknownNames = 50
const maxNameLength = 80

/** Counts for one run. Its methods are synchronous and cheap; calls may come from any number of fibers. */
export class Recorder {
  private window: TimeWindow | null = null
  /** Apart from each other and in order. */
  private spans: ReadonlyArray<Span> = []
  private counts = {
    list_requests: 0,
    detail_requests: 0,
    retries: 0,
    rate_limited: 0,
    paced_ms: 0,
    held_ms: 0,
    pages: 0,
    empty_pages: 0,
    sessions: 0,
    duplicates: 0,
    outside_window: 0,
    out_of_order: 0,
    details: 0,
    changed_since_listed: 0,
    unsettled: 0,
  }
  private reached: number | undefined
  private heldUntil = 0
  private unavailable = { past_retention: 0, not_found: 0 }
  private unknown = new Map<string, number>()

  pinned(window: TimeWindow): void {
    this.window = window
  }

  /** Sessions of this window (epoch milliseconds) are part of the run: for what is put together from several walks. */
  widened(window: Span): void {
    if (this.spans.some(({ from, to }) => from <= window.from && to >= window.to)) return
    const apart = this.spans.filter(({ from, to }) => to < window.from || from > window.to)
    const joined = this.spans.filter((span) => !apart.includes(span))
    const hull = {
      from: Math.min(window.from, ...joined.map(({ from }) => from)),
      to: Math.max(window.to, ...joined.map(({ to }) => to)),
    }
    this.spans = [...apart, hull].sort((a, b) => a.from - b.from)
    this.window = windowOf({ from: this.spans[0]?.from ?? hull.from, to: this.spans.at(-1)?.to ?? hull.to })
  }

  request(kind: "ListSessions" | "GetSession", isRetry: boolean): void {
    if (kind === "ListSessions") this.counts.list_requests++
    else this.counts.detail_requests++
    if (isRetry) this.counts.retries++
  }

  /** `heldUntil` in epoch milliseconds. */
  rateLimited(heldUntil: number): void {
    this.counts.rate_limited++
    this.heldUntil = Math.max(this.heldUntil, heldUntil)
  }

  waited(kind: "paced_ms" | "held_ms", millis: number): void {
    this.counts[kind] += millis
  }

  page(rows: number): void {
    this.counts.pages++
    if (rows === 0) this.counts.empty_pages++
  }

  duplicate(): void {
    this.counts.duplicates++
  }

  outsideWindow(): void {
    this.counts.outside_window++
  }

  outOfOrder(): void {
    this.counts.out_of_order++
  }

  /** `readAt` in epoch milliseconds. */
  summary(summary: Session.Summary, readAt: number): void {
    this.counts.sessions++
    this.reached = Session.millis(summary.started_at)
    if (Session.isUnsettled(summary, readAt)) this.counts.unsettled++
    this.extraFields("session_field", summary, Session.knownFields.summary)
  }

  detail(summary: Session.Summary, detail: Session.Detail): void {
    this.counts.details++
    if (SessionRead.changedSinceListed(summary, detail)) this.counts.changed_since_listed++
    this.extraFields("detail_field", detail, Session.knownFields.detail)
    for (const event of detail.events) {
      if (!Session.eventTypes.has(event.type)) this.count("event_type", event.type)
      this.extraFields("event_field", event, Session.knownFields.event)
    }
    for (const nudge of detail.nudges) {
      if (!Session.nudgeTypes.has(nudge.type)) this.count("nudge_type", nudge.type)
      if (!Session.outcomes.has(nudge.outcome)) this.count("outcome", nudge.outcome)
      this.extraFields("nudge_field", nudge, Session.knownFields.nudge)
    }
  }

  detailUnavailable(reason: SessionRead.UnavailableReason): void {
    this.unavailable[reason]++
  }

  live(): Live {
    return { reached: this.reached, heldUntil: this.heldUntil }
  }

  snapshot(): Coverage {
    const { list_requests, detail_requests, retries, details, changed_since_listed, unsettled, ...rest } = this.counts
    return {
      window: this.window,
      gaps: this.spans.slice(1).map(({ from }, index) => windowOf({ from: this.spans[index]?.to ?? from, to: from })),
      requests: list_requests + detail_requests,
      list_requests,
      detail_requests,
      retries,
      ...rest,
      details,
      details_unavailable: { ...this.unavailable },
      changed_since_listed,
      unsettled,
      unknown_values: Object.fromEntries([...this.unknown].sort(([a], [b]) => (a < b ? -1 : 1))),
    }
  }

  private extraFields(kind: string, value: object, known: ReadonlySet<string>): void {
    for (const key in value) {
      if (!known.has(key)) this.count(kind, key)
    }
  }

  private count(kind: string, value: string): void {
    const name = `${kind}:${value.length > maxNameLength ? `${value.slice(0, maxNameLength)}…` : value}`
    const key = this.unknown.has(name) || this.unknown.size < maxUnknownNames ? name : `${kind}:(more)`
    this.unknown.set(key, (this.unknown.get(key) ?? 0) + 1)
  }
}

/** The recorder of the current run, or undefined where nobody asked for one. */
export const Current = Context.Reference<Recorder | undefined>("@effect-elnudge/core/Coverage/Current", {
  defaultValue: () => undefined,
})

export const make: Effect.Effect<Recorder> = Effect.sync(() => new Recorder())
