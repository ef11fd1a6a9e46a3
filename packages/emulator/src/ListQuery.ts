/** What a request for a list asks: the window, the page size and where to go on, or why that cannot be answered. */
import type * as NudgesApi from "@effect-elnudge/core/NudgesApi"
import * as Session from "@effect-elnudge/core/Session"
import * as SessionsApi from "@effect-elnudge/core/SessionsApi"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as NudgeStore from "./NudgeStore.ts"
import * as SessionStore from "./SessionStore.ts"

const day = 86_400_000
const defaultDays = 30

const isInstant = Schema.is(Session.Instant)

/** An instant or a date (midnight UTC) in epoch milliseconds; NaN where it is neither. */
const parseInstant = (text: string): number =>
  /^\d{4}-\d\d-\d\d$/.test(text) || isInstant(text) ? Date.parse(text) : Number.NaN

const parseLimit = (text: string): number => (/^\d{1,3}$/.test(text) ? Number(text) : Number.NaN)

interface Place {
  readonly from: number
  readonly to: number
  readonly limit: number
}

/** Whatever is sent along with a cursor is read as well, and only its page size counts. */
const place = <Held extends Place>(
  query: SessionsApi.ListQuery,
  now: number,
  decodeCursor: (cursor: string) => Option.Option<Held>,
): Result.Result<Place | Held, string> => {
  const from = query.from === undefined ? now - defaultDays * day : parseInstant(query.from)
  const to = query.to === undefined ? now : parseInstant(query.to)
  if (Number.isNaN(from) || Number.isNaN(to)) return Result.fail("from and to are ISO 8601 instants")
  const limit = query.limit === undefined ? undefined : parseLimit(query.limit)
  if (limit !== undefined && !(limit >= 1 && limit <= SessionsApi.maxPageSize)) {
    return Result.fail(`limit is 1 to ${SessionsApi.maxPageSize}`)
  }
  if (query.cursor === undefined) return Result.succeed({ from, to, limit: limit ?? SessionsApi.defaultPageSize })
  const held = decodeCursor(query.cursor)
  return Option.isNone(held)
    ? Result.fail("cursor is not valid")
    : Result.succeed({ ...held.value, limit: limit ?? held.value.limit })
}

/** Reads the query of the sessions at an instant. A cursor keeps its window, whatever is sent along with it. */
export const read = (query: SessionsApi.ListQuery, now: number): Result.Result<SessionStore.Query, string> =>
  place(query, now, SessionStore.decodeCursor)

/** Reads the query of the nudges at an instant. A cursor keeps its window and filters, whatever is sent along with it. */
export const readNudges = (query: NudgesApi.NudgeQuery, now: number): Result.Result<NudgeStore.Query, string> =>
  Result.map(place(query, now, NudgeStore.decodeCursor), (read) =>
    "after" in read ? read : { ...read, session_id: query.session_id, type: query.type },
  )
