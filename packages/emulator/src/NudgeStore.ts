/** The nudges that an emulator serves: newest first, by window, filter and cursor, as `GET /nudges` lists them. */
import type * as NudgesApi from "@effect-elnudge/core/NudgesApi"
import type * as Session from "@effect-elnudge/core/Session"
import { millis } from "@effect-elnudge/core/Session"
import * as Schema from "effect/Schema"
import * as AsOf from "./AsOf.ts"
import { firstIndex } from "./SortedRows.ts"

interface Nudged {
  readonly session: Session.Detail
  readonly startedAt: number
  readonly settledAt: number
}

interface Stored extends Nudged {
  readonly item: NudgesApi.NudgeItem
  readonly shownAt: number
  readonly visibleFrom: number
}

interface Row extends Stored {
  /** Its place in the whole list, which never changes: what is yet to be shown has one too. */
  readonly rank: number
  /** The least `visibleFrom` of this row and those before it. */
  readonly firstVisibleFrom: number
  /** The latest `startedAt` of this row and those after it. */
  readonly lastStartedAt: number
}

/** Instants in epoch milliseconds; `from` is inclusive, `to` exclusive, and both are about `shown_at`. */
export interface Query {
  readonly from: number
  readonly to: number
  readonly limit: number
  readonly session_id?: string | undefined
  readonly type?: string | undefined
  /** Go on after the row of this rank. */
  readonly after?: number | undefined
}

export interface Slice {
  readonly data: ReadonlyArray<NudgesApi.NudgeItem>
  /** The cursor of the rest, or undefined when there is none. */
  readonly nextCursor: string | undefined
}

// What a cursor holds: the whole query, so that a follow-up with the cursor alone keeps its window and its filters.
const Cursor = Schema.StringFromBase64Url.pipe(
  Schema.decodeTo(
    Schema.fromJsonString(
      Schema.Struct({
        from: Schema.Finite,
        to: Schema.Finite,
        limit: Schema.Int,
        session_id: Schema.optional(Schema.String),
        type: Schema.optional(Schema.String),
        after: Schema.Int,
      }),
    ),
  ),
)

/** Reads a cursor, or none where it is not one of ours. */
export const decodeCursor = Schema.decodeUnknownOption(Cursor)
const encodeCursor = Schema.encodeSync(Cursor)

/** A cursor with nothing after it. */
export const exhaustedCursor = (query: Query): string => encodeCursor({ ...query, after: Number.MAX_SAFE_INTEGER })

const itemOf = (session: Session.Detail, { nudge_id, ...nudge }: Session.Nudge): NudgesApi.NudgeItem => {
  const ids = { id: nudge_id, session_id: session.id }
  // A field that nobody knows may have the name of one of these.
  return { ...ids, ...nudge, ...ids }
}

const storedOf = (session: Session.Detail): ReadonlyArray<Stored> => {
  if (session.nudges.length === 0) return []
  const nudged = { session, startedAt: millis(session.started_at), settledAt: AsOf.settledAt(session) }
  return session.nudges.map((nudge) => ({
    ...nudged,
    item: itemOf(session, nudge),
    shownAt: millis(nudge.shown_at),
    visibleFrom: AsOf.nudgedAt(session, nudge),
  }))
}

const ranked = (sorted: ReadonlyArray<Stored>): ReadonlyArray<Row> => {
  let lastStartedAt = Number.NEGATIVE_INFINITY
  const latest = sorted.map(() => lastStartedAt)
  for (let rank = sorted.length - 1; rank >= 0; rank--) {
    lastStartedAt = Math.max(lastStartedAt, sorted[rank]?.startedAt ?? lastStartedAt)
    latest[rank] = lastStartedAt
  }
  let firstVisibleFrom = Number.POSITIVE_INFINITY
  return sorted.map((stored, rank) => {
    firstVisibleFrom = Math.min(firstVisibleFrom, stored.visibleFrom)
    return { ...stored, rank, firstVisibleFrom, lastStartedAt: latest[rank] ?? Number.NEGATIVE_INFINITY }
  })
}

const itemAt = ({ item, session, settledAt }: Row, now: number): NudgesApi.NudgeItem =>
  settledAt <= now || !item.influenced_conversion || AsOf.hasConverted(session, now)
    ? item
    : { ...item, influenced_conversion: false }

export class NudgeStore {
  private readonly rows: ReadonlyArray<Row>
  private readonly bySession: ReadonlyMap<string, ReadonlyArray<Row>>
  private readonly byType: ReadonlyMap<string, ReadonlyArray<Row>>

  constructor(sessions: ReadonlyArray<Session.Detail>) {
    this.rows = ranked(
      sessions
        .flatMap(storedOf)
        .sort((a, b) => b.shownAt - a.shownAt || (a.item.id < b.item.id ? -1 : a.item.id > b.item.id ? 1 : 0)),
    )
    this.bySession = Map.groupBy(this.rows, ({ item }) => item.session_id)
    this.byType = Map.groupBy(this.rows, ({ item }) => item.type)
  }

  /**
   * The nudges that are shown by `now`, as of then, of sessions that started at `oldest` or later (epoch milliseconds).
   * @default when all sessions have ended, and however old they are
   */
  list(query: Query, now = Number.POSITIVE_INFINITY, oldest = Number.NEGATIVE_INFINITY): Slice {
    const { after = -1, from, limit, to, type } = query
    const rows = this.rowsOf(query)
    const start = firstIndex(rows, (row) => row.rank > after && row.shownAt < to && row.firstVisibleFrom <= now)
    const end = firstIndex(rows, (row) => row.shownAt < from || row.lastStartedAt < oldest)
    const data: Array<NudgesApi.NudgeItem> = []
    let last = after
    for (let index = start; index < end; index++) {
      const row = rows[index]
      // Only at the edges: of a session that is old enough to be gone, or that is yet to show it.
      if (row === undefined || row.visibleFrom > now || row.startedAt < oldest) continue
      if (type !== undefined && row.item.type !== type) continue
      if (data.length === limit) return { data, nextCursor: encodeCursor({ ...query, after: last }) }
      data.push(itemAt(row, now))
      last = row.rank
    }
    return { data, nextCursor: undefined }
  }

  private rowsOf({ session_id, type }: Query): ReadonlyArray<Row> {
    if (session_id !== undefined) return this.bySession.get(session_id) ?? []
    return type === undefined ? this.rows : (this.byType.get(type) ?? [])
  }
}
