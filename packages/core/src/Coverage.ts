/**
 * What a run saw: requests, pages, rows, and everything that was counted rather than dropped. Provide a recorder
 * around a walk and read its snapshot afterwards; without one, nothing is recorded.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { RequestInfo } from "./ElnudgeError.ts"
import * as Session from "./Session.ts"
import * as SessionRead from "./SessionRead.ts"
import * as TimeSpan from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"

/** How often; how long in milliseconds. */
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Millis = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

// What was saved before there was such a count does not have it.
const LaterCount = Count.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))

const Window = TimeWindow.TimeWindow.check(
  Schema.makeFilter(({ from, to }) => Session.millis(from) < Session.millis(to), {
    expected: "a window that begins before it ends",
  }),
)

// What a part of something counts cannot be more than all of it, however a run went.
const impossible = (
  counts: {
    readonly [
      name in
        | "requests"
        | "list_requests"
        | "detail_requests"
        | "nudge_requests"
        | "retries"
        | "rate_limited"
        | "pages"
        | "empty_pages"
        | "sessions"
        | "details"
        | "nudges_from_list"
        | "nudges_differ"
        | "changed_since_listed"
        | "unsettled"
    ]: number
  } & { readonly details_unavailable: { readonly past_retention: number; readonly not_found: number } },
): string | undefined => {
  const { detail_requests, details, details_unavailable, list_requests, nudge_requests, requests, sessions } = counts
  if (list_requests + detail_requests + nudge_requests !== requests)
    return "Expected requests to be the sum of its kinds"
  const unavailable = details_unavailable.past_retention + details_unavailable.not_found
  const parts = [
    ["retries", counts.retries, "requests", requests],
    ["rate_limited", counts.rate_limited, "requests", requests],
    ["empty_pages", counts.empty_pages, "pages", counts.pages],
    ["unsettled", counts.unsettled, "sessions", sessions],
    ["nudges_differ", counts.nudges_differ, "sessions", sessions],
    ["nudges_from_list", counts.nudges_from_list, "sessions", sessions],
    ["details", details, "sessions", sessions],
    ["details_unavailable", unavailable, "sessions", sessions],
    ["changed_since_listed", counts.changed_since_listed, "details", details],
  ] as const
  const broken = parts.find(([, part, , whole]) => part > whole)
  return broken && `Expected ${broken[0]} not to be more than ${broken[2]}`
}

/** Field names are those of the JSON output. Times are in milliseconds; everything else counts. */
export const Coverage = Schema.Struct({
  /** From the first instant covered to the last; null before the first page. */
  window: Schema.NullOr(Window),
  /** What of the window nobody walked: between the windows of several files. */
  gaps: Schema.Array(Window),
  /** All attempts sent: of the list, of details, of nudges, retries included. */
  requests: Count,
  list_requests: Count,
  detail_requests: Count,
  nudge_requests: LaterCount,
  /** Attempts that repeated a failed one. */
  retries: Count,
  /** 429 answers. */
  rate_limited: Count,
  /** Time spent waiting, summed over requests: for a token of the limit, and held back by a 429 or before a retry. */
  paced_ms: Millis,
  held_ms: Millis,
  pages: Count,
  empty_pages: Count,
  /** How often the API refused a cursor, and the rest of the window was asked for by time. */
  cursor_reentries: Count,
  sessions: Count,
  /** Rows with an id that is counted already: in a walk the first stays, in several files the best copy. */
  duplicates: Count,
  /** Rows that start outside the window that was asked for; left out. */
  outside_window: Count,
  /** Rows of a file that do not say which window they are of: the one that was asked for is taken on trust. */
  without_window: Count,
  /** Rows that started later than the row before them. */
  out_of_order: Count,
  /**
   * At most so many sessions may be missing: where the API lists those of one second in another order with each request, and
   * that second, asked for again and again, did not bring as many as it has.
   */
  possibly_missing: LaterCount,
  details: Count,
  /** Sessions without a detail whose nudges were taken from the list of nudges. */
  nudges_from_list: LaterCount,
  /** Sessions of which the list of nudges had not as many as their nudge_count says: their details were read. */
  nudges_differ: LaterCount,
  details_unavailable: Schema.Struct({ past_retention: Count, not_found: Count }),
  /** Details that differ from the list's row: the detail counts. */
  changed_since_listed: Count,
  /** Sessions that may still have been open when they were listed. */
  unsettled: Count,
  /** Values outside the documented sets, as `kind:value`; at most 50 names of at most 80 characters, the rest as `kind:(more)`. */
  unknown_values: Schema.Record(Schema.String, Count),
}).check(
  Schema.makeFilter(
    (coverage: {
      readonly window: TimeWindow.TimeWindow | null
      readonly gaps: ReadonlyArray<TimeWindow.TimeWindow>
    }) => (coverage.window === null ? coverage.gaps.length === 0 : spans(coverage).every(({ from, to }) => from < to)),
    { expected: "gaps in order, apart from each other and inside the window" },
  ),
  Schema.makeFilter(impossible),
)
export type Coverage = typeof Coverage.Type

/** What the check of one page counted. */
export type ListCounts = Pick<Coverage, "duplicates" | "outside_window" | "out_of_order" | "possibly_missing">

/** Where a run is right now, for a display of its progress. */
export interface Live {
  /** The start of the last row listed, in epoch milliseconds; undefined before the first. */
  readonly reached: number | undefined
  /** Until when the API said to wait, by the monotonic clock in milliseconds; 0 where it did not. */
  readonly heldUntil: number
  /** Whether it said so of the rate limit, or of itself. */
  readonly heldBy: "limit" | "API"
}

const written = (spans: TimeSpan.TimeSpans): Pick<Coverage, "window" | "gaps"> => {
  const [first, last] = [spans[0], spans.at(-1)]
  return {
    window: first === undefined || last === undefined ? null : TimeWindow.ofSpan({ from: first.from, to: last.to }),
    gaps: TimeSpan.gaps(spans).map(TimeWindow.ofSpan),
  }
}

/** What was walked: the window without its gaps. */
export const spans = ({ gaps, window }: Pick<Coverage, "window" | "gaps">): TimeSpan.TimeSpans => {
  if (window === null) return []
  const { from, to } = TimeWindow.toSpan(window)
  const holes = gaps.map(TimeWindow.toSpan)
  const starts = [from, ...holes.map((hole) => hole.to)]
  return starts.map((start, index) => ({ from: start, to: holes[index]?.from ?? to }))
}

const maxUnknownNames = 50
const maxNameLength = 80

const more = (kind: string): string => `${kind}:(more)`

const kindOf = (name: string): string => name.split(":")[0] ?? ""

/**
 * Those that come first by code unit, whatever the order of the parts: a name that is not among the first of some is
 * not among the first of all.
 */
const combineUnknown = (parts: ReadonlyArray<Coverage["unknown_values"]>): Coverage["unknown_values"] => {
  const sums = new Map<string, number>()
  const add = (name: string, count: number) => sums.set(name, (sums.get(name) ?? 0) + count)
  for (const part of parts) for (const [name, count] of Object.entries(part)) add(name, count)
  const names = [...sums.keys()].filter((name) => name !== more(kindOf(name))).sort()
  for (const name of names.slice(maxUnknownNames)) {
    add(more(kindOf(name)), sums.get(name) ?? 0)
    sums.delete(name)
  }
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What two runs saw together. */
export const combine = (left: Coverage, right: Coverage): Coverage => {
  const sum = (of: (coverage: Coverage) => number) => of(left) + of(right)
  return {
    ...written(spans(right).reduce(TimeSpan.join, spans(left))),
    requests: sum(({ requests }) => requests),
    list_requests: sum(({ list_requests }) => list_requests),
    detail_requests: sum(({ detail_requests }) => detail_requests),
    nudge_requests: sum(({ nudge_requests }) => nudge_requests),
    retries: sum(({ retries }) => retries),
    rate_limited: sum(({ rate_limited }) => rate_limited),
    paced_ms: sum(({ paced_ms }) => paced_ms),
    held_ms: sum(({ held_ms }) => held_ms),
    pages: sum(({ pages }) => pages),
    empty_pages: sum(({ empty_pages }) => empty_pages),
    cursor_reentries: sum(({ cursor_reentries }) => cursor_reentries),
    sessions: sum(({ sessions }) => sessions),
    duplicates: sum(({ duplicates }) => duplicates),
    outside_window: sum(({ outside_window }) => outside_window),
    without_window: sum(({ without_window }) => without_window),
    out_of_order: sum(({ out_of_order }) => out_of_order),
    possibly_missing: sum(({ possibly_missing }) => possibly_missing),
    details: sum(({ details }) => details),
    nudges_from_list: sum(({ nudges_from_list }) => nudges_from_list),
    nudges_differ: sum(({ nudges_differ }) => nudges_differ),
    details_unavailable: {
      past_retention: sum(({ details_unavailable }) => details_unavailable.past_retention),
      not_found: sum(({ details_unavailable }) => details_unavailable.not_found),
    },
    changed_since_listed: sum(({ changed_since_listed }) => changed_since_listed),
    unsettled: sum(({ unsettled }) => unsettled),
    unknown_values: combineUnknown([left.unknown_values, right.unknown_values]),
  }
}

const requestCount = {
  ListSessions: "list_requests",
  GetSession: "detail_requests",
  ListNudges: "nudge_requests",
} as const satisfies Record<RequestInfo["_tag"], string>

/** Counts for one run. Its methods are synchronous and cheap; calls may come from any number of fibers. */
export class Recorder {
  /** Goes on from what an earlier run covered. */
  constructor(resumed?: Coverage) {
    if (resumed !== undefined) this.is(resumed)
  }

  private is(seen: Coverage): void {
    const { details_unavailable, gaps, requests: _, unknown_values, window, ...counts } = seen
    this.counts = counts
    this.spans = spans({ gaps, window })
    this.unavailable = { ...details_unavailable }
    this.unknown = new Map(Object.entries(unknown_values))
  }

  /** What another run saw is part of this one. */
  absorb(seen: Coverage): void {
    this.is(combine(this.snapshot(), seen))
  }

  private spans: TimeSpan.TimeSpans = []
  private counts = {
    list_requests: 0,
    detail_requests: 0,
    nudge_requests: 0,
    retries: 0,
    rate_limited: 0,
    paced_ms: 0,
    held_ms: 0,
    pages: 0,
    empty_pages: 0,
    cursor_reentries: 0,
    sessions: 0,
    duplicates: 0,
    outside_window: 0,
    without_window: 0,
    out_of_order: 0,
    possibly_missing: 0,
    details: 0,
    nudges_from_list: 0,
    nudges_differ: 0,
    changed_since_listed: 0,
    unsettled: 0,
  }
  private reached: string | undefined
  private heldUntil = 0
  private heldBy: Live["heldBy"] = "limit"
  private unavailable = { past_retention: 0, not_found: 0 }
  private unknown = new Map<string, number>()

  /** Sessions of this span are part of the run. */
  covers(span: TimeSpan.TimeSpan): void {
    this.spans = TimeSpan.join(this.spans, span)
  }

  request(kind: RequestInfo["_tag"], isRetry: boolean): void {
    this.counts[requestCount[kind]]++
    if (isRetry) this.counts.retries++
  }

  /** `heldUntil` by the monotonic clock in milliseconds; 0 for a hold that is too long to be waited for. */
  rateLimited(heldUntil: number): void {
    this.counts.rate_limited++
    this.held(heldUntil, "limit")
  }

  /** A wait that the API asks for, until then by the monotonic clock (milliseconds). */
  held(until: number, by: Live["heldBy"]): void {
    if (until <= this.heldUntil) return
    this.heldUntil = until
    this.heldBy = by
  }

  waited(kind: "paced_ms" | "held_ms", millis: number): void {
    this.counts[kind] += millis
  }

  page(rows: number): void {
    this.counts.pages++
    if (rows === 0) this.counts.empty_pages++
  }

  reentry(): void {
    this.counts.cursor_reentries++
  }

  listed({ duplicates, out_of_order, outside_window, possibly_missing }: ListCounts): void {
    this.counts.duplicates += duplicates
    this.counts.outside_window += outside_window
    this.counts.out_of_order += out_of_order
    this.counts.possibly_missing += possibly_missing
  }

  duplicate(): void {
    this.counts.duplicates++
  }

  withoutWindow(): void {
    this.counts.without_window++
  }

  /** A session was taken in: what it adds is counted here and nowhere else, wherever it comes from. */
  taken({ detail, nudgesDiffer, readAt, summary }: SessionRead.SessionRead): void {
    this.counts.sessions++
    this.reached = summary.started_at
    if (Session.isUnsettled(summary, readAt)) this.counts.unsettled++
    this.extraFields("session_field", summary, Session.knownFields.summary)
    if (nudgesDiffer === true) this.counts.nudges_differ++
    if (detail._tag === "Read") this.detail(summary, detail.session)
    if (detail._tag === "Unavailable") this.unavailable[detail.reason]++
    if (detail._tag === "Nudges") {
      this.counts.nudges_from_list++
      this.nudgeValues(detail.nudges)
    }
  }

  private detail(summary: Session.Summary, detail: Session.Detail): void {
    this.counts.details++
    if (SessionRead.changedSinceListed(summary, detail)) this.counts.changed_since_listed++
    this.extraFields("detail_field", detail, Session.knownFields.detail)
    for (const event of detail.events) {
      if (!Session.eventTypes.has(event.type)) this.count("event_type", event.type)
      this.extraFields("event_field", event, Session.knownFields.event)
    }
    this.nudgeValues(detail.nudges)
  }

  /** How many requests were sent so far. */
  sent(): number {
    return this.counts.list_requests + this.counts.detail_requests + this.counts.nudge_requests
  }

  live(): Live {
    const reached = this.reached === undefined ? undefined : Session.millis(this.reached)
    return { reached, heldUntil: this.heldUntil, heldBy: this.heldBy }
  }

  snapshot(): Coverage {
    const {
      list_requests,
      detail_requests,
      nudge_requests,
      retries,
      details,
      nudges_from_list,
      nudges_differ,
      changed_since_listed,
      unsettled,
      ...rest
    } = this.counts
    return {
      ...written(this.spans),
      requests: this.sent(),
      list_requests,
      detail_requests,
      nudge_requests,
      retries,
      ...rest,
      details,
      nudges_from_list,
      nudges_differ,
      details_unavailable: { ...this.unavailable },
      changed_since_listed,
      unsettled,
      unknown_values: Object.fromEntries([...this.unknown].sort(([a], [b]) => (a < b ? -1 : 1))),
    }
  }

  private nudgeValues(nudges: ReadonlyArray<Session.Nudge>): void {
    for (const nudge of nudges) {
      if (!Session.nudgeTypes.has(nudge.type)) this.count("nudge_type", nudge.type)
      if (!Session.outcomes.has(nudge.outcome)) this.count("outcome", nudge.outcome)
      this.extraFields("nudge_field", nudge, Session.knownFields.nudge)
    }
  }

  private extraFields(kind: string, value: object, known: ReadonlySet<string>): void {
    const keys = Object.keys(value)
    // All that are known are there, so no more of them is no other one.
    if (keys.length === known.size) return
    for (const key of keys) if (!known.has(key)) this.count(kind, key)
  }

  private count(kind: string, value: string): void {
    const written = value.length > maxNameLength ? `${value.slice(0, maxNameLength)}…` : value
    // One that is called like the rest is not the rest.
    const name = `${kind}:${/^“*\(more\)”*$/u.test(written) ? `“${written}”` : written}`
    const key = this.unknown.has(name) || this.unknown.size < maxUnknownNames ? name : `${kind}:(more)`
    this.unknown.set(key, (this.unknown.get(key) ?? 0) + 1)
  }
}

/** The recorder of the current run, or undefined where nobody asked for one. */
export const Current = Context.Reference<Recorder | undefined>("@effect-elnudge/core/Coverage/Current", {
  defaultValue: () => undefined,
})

/** A recorder of its own, for one run; give it as `Coverage.Current`. */
export const make: Effect.Effect<Recorder> = Effect.sync(() => new Recorder())

/** A recorder that goes on from what an earlier run covered. */
export const resume = (covered: Coverage): Effect.Effect<Recorder> => Effect.sync(() => new Recorder(covered))
