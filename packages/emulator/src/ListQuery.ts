/** What a request for the list asks: the window, the page size and where to go on, or why that cannot be answered. */
import * as Session from "@effect-elnudge/core/Session"
import * as SessionsApi from "@effect-elnudge/core/SessionsApi"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SessionStore from "./SessionStore.ts"

const day = 86_400_000
const defaultDays = 30

const isInstant = Schema.is(Session.Instant)

/** An instant or a date (midnight UTC) in epoch milliseconds; NaN where it is neither. */
const parseInstant = (text: string): number =>
  /^\d{4}-\d\d-\d\d$/.test(text) || isInstant(text) ? Date.parse(text) : Number.NaN

const parseLimit = (text: string): number => (/^\d{1,3}$/.test(text) ? Number(text) : Number.NaN)

/** Reads the query at an instant. A cursor keeps its window, whatever is sent along with it. */
export const read = (query: SessionsApi.ListQuery, now: number): Result.Result<SessionStore.Query, string> => {
  const from = query.from === undefined ? now - defaultDays * day : parseInstant(query.from)
  const to = query.to === undefined ? now : parseInstant(query.to)
  if (Number.isNaN(from) || Number.isNaN(to)) return Result.fail("from and to are ISO 8601 instants")
  const limit = query.limit === undefined ? undefined : parseLimit(query.limit)
  if (limit !== undefined && !(limit >= 1 && limit <= SessionsApi.maxPageSize)) {
    return Result.fail(`limit is 1 to ${SessionsApi.maxPageSize}`)
  }
  if (query.cursor === undefined) return Result.succeed({ from, to, limit: limit ?? SessionsApi.defaultPageSize })
  const position = SessionStore.decodeCursor(query.cursor)
  return Option.isNone(position)
    ? Result.fail("cursor is not valid")
    : Result.succeed({ ...position.value, limit: limit ?? position.value.limit })
}
