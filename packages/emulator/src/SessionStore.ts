/** The sessions that an emulator serves: newest first, by window and cursor, as `GET /sessions` lists them. */
import type * as Session from "@effect-elnudge/core/Session"
import { millis } from "@effect-elnudge/core/Session"
import * as Schema from "effect/Schema"
import * as AsOf from "./AsOf.ts"
import { firstIndex } from "./SortedRows.ts"

interface Stored {
  readonly startedAt: number
  readonly settledAt: number
  readonly detail: Session.Detail
  /** What the list shows: the session without its events and nudges, unknown fields included. */
  readonly summary: Omit<Session.Detail, "events" | "nudges">
}

/** Instants in epoch milliseconds; `from` is inclusive, `to` exclusive. */
export interface Query {
  readonly from: number
  readonly to: number
  readonly limit: number
  /** Go on after this row. */
  readonly after?: Position | undefined
  /** Tells apart cursors that lead to the same place. */
  readonly turn?: number | undefined
}

/** The place of a row in the list. */
export interface Position {
  readonly startedAt: number
  readonly id: string
}

export interface Slice {
  readonly data: ReadonlyArray<Stored["summary"]>
  /** The cursor of the rest, or undefined when there is none. */
  readonly nextCursor: string | undefined
}

// What a cursor holds: the whole query, so that a follow-up with the cursor alone stays in its window.
const Cursor = Schema.StringFromBase64Url.pipe(
  Schema.decodeTo(
    Schema.fromJsonString(
      Schema.Struct({
        from: Schema.Finite,
        to: Schema.Finite,
        limit: Schema.Int,
        after: Schema.Struct({ startedAt: Schema.Finite, id: Schema.String }),
        turn: Schema.optional(Schema.Int),
      }),
    ),
  ),
)

/** Reads a cursor, or none where it is not one of ours. */
export const decodeCursor = Schema.decodeUnknownOption(Cursor)
const encodeCursor = Schema.encodeSync(Cursor)

/** A cursor with nothing after it. */
export const exhaustedCursor = ({ from, limit, to }: Query): string =>
  encodeCursor({ from, to, limit, after: { startedAt: from, id: "\uffff" } })

/** A cursor that leads to where the query stands, and is not the one that it came with. */
export const samePlaceCursor = ({ after, from, limit, to, turn = 0 }: Query): string =>
  encodeCursor({ from, to, limit, after: after ?? startOf(to), turn: turn + 1 })

const startOf = (to: number): Position => ({ startedAt: to, id: "" })

const isAfter = (row: Stored, after: Position): boolean =>
  row.startedAt < after.startedAt || (row.startedAt === after.startedAt && row.detail.id > after.id)

const summaryOf = (session: Session.Detail): Stored["summary"] => {
  const { events: _, nudges: __, ...summary } = session
  return summary
}

const detailAt = ({ detail, settledAt }: Stored, now: number): Session.Detail =>
  settledAt <= now ? detail : (AsOf.asOf(detail, now) ?? detail)

const listed = (row: Stored, now: number): Stored["summary"] =>
  row.settledAt <= now ? row.summary : summaryOf(detailAt(row, now))

/** The sessions of one second, and which of them, in their order, a page has. */
export interface Second {
  readonly rows: Slice["data"]
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

const secondOf = ({ startedAt }: Stored): number => Math.floor(startedAt / 1000)

export class SessionStore {
  private readonly rows: ReadonlyArray<Stored>
  private readonly byId: ReadonlyMap<string, Stored>

  constructor(sessions: Iterable<Session.Detail>) {
    this.rows = Array.from(sessions, (detail): Stored => {
      const summary = summaryOf(detail)
      return { startedAt: millis(detail.started_at), settledAt: AsOf.settledAt(detail), detail, summary }
    }).sort((a, b) => b.startedAt - a.startedAt || (a.detail.id < b.detail.id ? -1 : 1))
    this.byId = new Map(this.rows.map((row) => [row.detail.id, row]))
  }

  /** The session as of `now` (epoch milliseconds), if it has started. @default when all have ended */
  get(
    id: string,
    now = Number.POSITIVE_INFINITY,
  ): { readonly startedAt: number; readonly detail: Session.Detail } | undefined {
    const row = this.byId.get(id)
    return row === undefined || row.startedAt > now
      ? undefined
      : { startedAt: row.startedAt, detail: detailAt(row, now) }
  }

  /** Those of the sessions that have started by `now`, as of then. @default when all have ended */
  list(query: Query, now = Number.POSITIVE_INFINITY): Slice {
    const { from, limit, to } = query
    const { end, start } = this.span(query, now)
    const page = this.rows.slice(start, Math.min(end, start + limit))
    const last = page.at(-1)
    const hasMore = last !== undefined && start + page.length < end
    return {
      data: page.map((row) => listed(row, now)),
      nextCursor: hasMore
        ? encodeCursor({ from, to, limit, after: { startedAt: last.startedAt, id: last.detail.id } })
        : undefined,
    }
  }

  /** The seconds of the page that {@link list} gives, each with all of its sessions in the window. */
  seconds(query: Query, now: number): ReadonlyArray<Second> {
    const { end, first, start } = this.span(query, now)
    const to = Math.min(end, start + query.limit)
    const seconds: Array<Second> = []
    for (let at = start; at < to;) {
      const row = this.rows[at]
      if (row === undefined) break
      const second = secondOf(row)
      const begins = Math.max(
        first,
        firstIndex(this.rows, (each) => secondOf(each) <= second),
      )
      const ends = Math.min(
        end,
        firstIndex(this.rows, (each) => secondOf(each) < second),
      )
      const rows = this.rows.slice(begins, ends).map((each) => listed(each, now))
      seconds.push({ rows, from: at - begins, to: Math.min(to, ends) - begins })
      at = ends
    }
    return seconds
  }

  /** Where the window's first row stands that is due, that of the page, and what comes after the window's last. */
  private span({ after, from, to }: Query, now: number) {
    const isDue = (row: Stored) => row.startedAt < to && row.startedAt <= now
    return {
      first: firstIndex(this.rows, isDue),
      start: firstIndex(this.rows, (row) => isDue(row) && (after === undefined || isAfter(row, after))),
      end: firstIndex(this.rows, (row) => row.startedAt < from),
    }
  }

  /** The position that many rows before the query's, or at the window's start; undefined where that is no other. */
  before(query: Query, rows: number, now: number): Position | undefined {
    const { first, start } = this.span(query, now)
    const last = this.rows[start - rows - 1]
    if (start === first) return undefined
    return last === undefined ? startOf(query.to) : { startedAt: last.startedAt, id: last.detail.id }
  }
}
