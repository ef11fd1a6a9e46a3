/**
 * How far a walk has come, row by row, so that another run can go on from there: without a hole, and without a row
 * twice. The page in progress is asked for again, and of its rows those that were taken in are dropped.
 */
import * as Schema from "effect/Schema"
import type * as Coverage from "./Coverage.ts"
import type { RequestInfo } from "./ElnudgeError.ts"
import { second, secondOf } from "./IsoInstant.ts"
import * as Session from "./Session.ts"
import type { SessionRead } from "./SessionRead.ts"
import * as TimeWindow from "./TimeWindow.ts"

const Row = Schema.Struct({
  id: Session.Id,
  started_at: Session.Instant,
  /** Of a page that is not taken in whole, so that its cursor brings the row once more. */
  in_progress: Schema.optionalKey(Schema.Literal(true)),
})
type Row = typeof Row.Type

/** A position as it is kept in a file; instants are ISO 8601, UTC. */
export const WalkPosition = Schema.Struct({
  /** What the whole walk is of. */
  window: TimeWindow.TimeWindow,
  /** Up to where the list is asked for: the window's end, or an earlier instant once the API refused a cursor. */
  to: Session.Instant,
  /** Asks for the first page that is not taken in whole; null asks for the newest rows before `to`. */
  cursor: Schema.NullOr(Schema.String),
  /** How many rows were taken in. */
  rows: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  /** The earliest start of them. */
  oldest: Schema.NullOr(Session.Instant),
  /**
   * What is not taken in starts before this: from where the list is asked for by time if the cursor dies. null where the
   * list was out of order, so that no time tells.
   */
  rest_before: Schema.NullOr(Session.Instant),
  /** The last of them, all of the page in progress and of the oldest second among them: the list may show them again. */
  known: Schema.Array(Row),
  /** The earliest start of those that are not in `known`; null where all are. */
  forgotten_from: Schema.NullOr(Session.Instant),
  /** The seconds that pages ended in, where all of their rows are in `known`: rows of them may have been lost. */
  borders: Schema.optionalKey(Schema.Array(Session.Instant)),
  /** The list has no order within a second, so that the borders are to be asked for. */
  unstable: Schema.optionalKey(Schema.Literal(true)),
  /** Whether every row of the window was taken in. */
  complete: Schema.Boolean,
})
export type WalkPosition = typeof WalkPosition.Type

/** Where a walk starts. */
export const start = (window: TimeWindow.TimeWindow): WalkPosition => ({
  window,
  to: window.to,
  cursor: null,
  rows: 0,
  oldest: null,
  rest_before: window.to,
  known: [],
  forgotten_from: null,
  complete: false,
})

/**
 * Where a stream of pages or summaries failed, if everything that it had given was taken in. A stream of details has
 * more under way than it gave: that takes a {@link Tracker}.
 */
export const ofRequest = (request: RequestInfo): WalkPosition | undefined => {
  if (request._tag !== "ListSessions" || request.from === undefined || request.to === undefined) return undefined
  const { cursor, from, part, rowsEmitted, to } = request
  // What its cursor stands for is less than the rest of the window.
  if (part === true) return undefined
  // Without the rows that were taken in nobody knows how far down the list they went.
  return { ...start({ from, to }), cursor: cursor ?? null, rows: rowsEmitted, rest_before: null }
}

/** In which seconds pages ended, and whether rows were lost there. */
export interface Borders {
  /** Whether the list was found to have no order within a second. */
  readonly isUnstable: boolean
  /** Epoch milliseconds; those that were asked for by themselves are not among them. */
  readonly seconds: ReadonlyArray<number>
}

const noBorders: Borders = { isUnstable: false, seconds: [] }

/** Those that an earlier walk left to ask for. */
export const bordersOf = ({ borders = [], unstable }: WalkPosition): Borders => ({
  isUnstable: unstable === true,
  seconds: borders.map(Session.millis),
})

/** What asks for a page, and where to ask by time instead. */
export interface Place {
  readonly to: string
  readonly cursor: string | undefined
  readonly restBefore: string | null
  /** Those above it. @default none */
  readonly borders?: Borders | undefined
}

interface OpenPage extends Place {
  readonly ids: ReadonlyArray<string>
  /** Those of its rows that are not taken in yet. */
  readonly pending: Set<string>
  readonly counts: Coverage.ListCounts
}

// Two pages of the largest size and more: as many rows as a list that grows while it is read may show again.
const rememberedRows = 1_000

/**
 * Follows one walk for `SessionStream.details({ tracker })`: whoever takes its rows in says so with `done`, and may ask
 * for the `position` at any time. What a row adds to Coverage it adds when it is done, so that position and coverage fit.
 */
export class Tracker {
  private current: WalkPosition | undefined
  private open: Array<OpenPage> = []
  /** The page after the open ones; undefined when there is none. */
  private next: Place | undefined
  private known: Array<Row>
  private oldest = Number.POSITIVE_INFINITY
  private forgottenFrom = Number.POSITIVE_INFINITY
  private rows = 0
  /** Once known it stays so, wherever another walk goes on. */
  private isUnstable = false
  /** How many rows `known` may have before it is cut, so that it stays small where nobody asks for the position. */
  private mostKnown = 4 * rememberedRows
  private readonly recorder: Coverage.Recorder | undefined

  /** `resumed` is what an earlier tracker gave; the recorder has what was covered until then. */
  constructor(recorder?: Coverage.Recorder, resumed?: WalkPosition) {
    this.recorder = recorder
    this.current = resumed
    this.known = [...(resumed?.known ?? [])]
    this.rows = resumed?.rows ?? 0
    this.isUnstable = resumed?.unstable ?? false
    if (typeof resumed?.oldest === "string") this.oldest = Session.millis(resumed.oldest)
    if (typeof resumed?.forgotten_from === "string") this.forgottenFrom = Session.millis(resumed.forgotten_from)
    this.next = resumed === undefined || resumed.complete ? undefined : placeOf(resumed)
  }

  /** Where the walk is to start: at the window's newest row, or where an earlier one stopped. */
  begin(window: TimeWindow.TimeWindow): WalkPosition {
    if (this.current === undefined) {
      this.current = start(window)
      this.next = placeOf(this.current)
    }
    return this.current
  }

  /** A page was read; the streams call this. `next` is undefined for the last one. */
  page(
    place: Place,
    sessions: ReadonlyArray<Session.Summary>,
    counts: Coverage.ListCounts,
    next: Place | undefined,
  ): void {
    const ids = sessions.map(({ id }) => id)
    this.open.push({ ...place, ids, pending: new Set(ids), counts })
    this.next = next
    if (next?.borders?.isUnstable === true) this.isUnstable = true
    this.close()
  }

  /** The row was taken in: folded, written, or left out for good. */
  done(read: SessionRead): void {
    const { summary } = read
    if (!this.open.some(({ pending }) => pending.delete(summary.id))) return
    this.rows++
    this.known.push({ id: summary.id, started_at: summary.started_at })
    this.oldest = Math.min(this.oldest, Session.millis(summary.started_at))
    this.recorder?.taken(read)
    this.close()
    if (this.known.length > this.mostKnown) this.forget()
  }

  /** How many rows were taken in. */
  get taken(): number {
    return this.rows
  }

  /** Undefined before the walk began. */
  position(): WalkPosition | undefined {
    if (this.current === undefined) return undefined
    this.forget()
    const place = this.open[0] ?? this.next
    const inProgress = new Set(this.open.flatMap(({ ids, pending }) => ids.filter((id) => !pending.has(id))))
    const { seconds } = place?.borders ?? noBorders
    const borders = seconds.filter((start) => start + second <= this.forgottenFrom).map(Session.instant)
    return {
      window: this.current.window,
      to: place?.to ?? this.current.window.to,
      cursor: place?.cursor ?? null,
      rows: this.rows,
      oldest: instantOf(this.oldest),
      rest_before: place === undefined ? null : place.restBefore,
      known: this.known.map(({ id, started_at }) =>
        inProgress.has(id) ? { id, started_at, in_progress: true } : { id, started_at },
      ),
      forgotten_from: instantOf(this.forgottenFrom),
      ...(borders.length === 0 ? {} : { borders }),
      ...(this.isUnstable ? { unstable: true } : {}),
      complete: place === undefined,
    }
  }

  private close(): void {
    while (this.open[0]?.pending.size === 0) {
      const page = this.open.shift()
      if (page !== undefined) this.recorder?.listed(page.counts)
    }
  }

  private forget(): void {
    const inProgress = this.open.reduce((sum, { ids, pending }) => sum + ids.length - pending.size, 0)
    const kept = Math.max(rememberedRows, inProgress)
    const last = this.known.length - kept
    if (last <= 0) return
    this.known = this.known.filter(({ started_at }, index) => {
      const startedAt = Session.millis(started_at)
      const isKept = index >= last || secondOf(startedAt) === secondOf(this.oldest)
      if (!isKept) this.forgottenFrom = Math.min(this.forgottenFrom, startedAt)
      return isKept
    })
    // Rows of one second are all kept: cutting again for each of them would be for nothing.
    this.mostKnown = Math.max(4 * rememberedRows, 2 * this.known.length)
  }
}

const placeOf = (position: WalkPosition): Place => ({
  to: position.to,
  cursor: position.cursor ?? undefined,
  restBefore: position.rest_before,
  borders: bordersOf(position),
})

const instantOf = (epochMillis: number): string | null =>
  Number.isFinite(epochMillis) ? Session.instant(epochMillis) : null
