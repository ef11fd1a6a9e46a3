/**
 * Rows of one second that a list has no order for: they come in another one with each request, and what a cursor that counts
 * rows passed over is lost without a sign but rows that come twice. The second is asked for by itself, until it brought as
 * many rows as it has places.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { ListRequest } from "./ElnudgeClient.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as IsoInstant from "./IsoInstant.ts"
import { PageGuard, type RawPage, type Rows, type Tie } from "./PageGuard.ts"
import * as Session from "./Session.ts"
import * as SessionsApi from "./SessionsApi.ts"
import type * as TimeSpan from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"
import * as WalkPosition from "./WalkPosition.ts"

/** A second of more rows than fit on a page has borders too, and each time something else falls into them. */
const mostTimes = 10

/** Which list, and how a page of it is asked for. */
export interface Source<Row, E> extends Rows<Row> {
  /** What its requests are called in errors. */
  readonly tag: "ListSessions" | "ListNudges"
  readonly list: (request: ListRequest) => Effect.Effect<RawPage<Row>, E>
}

/** How it is asked for. */
export interface Asking {
  /** The walk's: what lies outside is none of its rows. */
  readonly window: TimeSpan.TimeSpan
  readonly cursorAlone: boolean
  /** Of the walk; errors carry it. */
  readonly rowsEmitted: number
}

/** What came of a second. */
export interface Found<Row> {
  /** All of its rows that came, each once. */
  readonly rows: ReadonlyArray<Row>
  /** How many more there may be. */
  readonly missing: number
}

/** The API does not answer for that second alone: it is too old by now, too short for it, or its cursors die. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ElnudgeError.CursorRejected ||
  error instanceof ElnudgeError.RetentionExceeded ||
  error instanceof ElnudgeError.RequestRefused

export const find = Effect.fnUntraced(function* <Row extends { readonly id: string }, E>(
  source: Source<Row, E>,
  { ids, second }: Tie,
  { cursorAlone, rowsEmitted, window }: Asking,
): Effect.fn.Return<Found<Row>, E> {
  const own = { from: Math.max(window.from, second), to: Math.min(window.to, second + IsoInstant.second) }
  // Not up to the walk's own end, which an API that drops fractions would take for the begin of the second.
  const asked = TimeWindow.ofSpan({ ...own, to: second + IsoInstant.second })
  const found = new Map<string, Row>()
  const isHere = (row: Row) => IsoInstant.secondOf(Session.millis(source.instant(row))) === second

  /** Once from its begin to its end: how many places its pages had for rows, and for how many different ones. */
  const pass = Effect.gen(function* () {
    const guard = new PageGuard<Row>(source, WalkPosition.start(TimeWindow.ofSpan(own)))
    let [places, different] = [0, 0]
    let cursor: string | undefined
    do {
      const part = { cursor, rowsEmitted, part: true }
      const page = yield* source.list({ ...part, window: asked, limit: SessionsApi.maxPageSize, cursorAlone })
      // A list that has other rows as well does not know the window, and would go on to its end.
      if (page.data.length > 0 && !page.data.some(isHere)) break
      const checked = guard.check(page, { _tag: source.tag, ...asked, ...part }, false)
      // What never ends is no answer for the second, and no fault of the walk's own list.
      if (Result.isFailure(checked)) return undefined
      const { counts, next, rows } = checked.success
      for (const row of rows) found.set(row.id, row)
      places += rows.length + counts.duplicates
      different += rows.length
      cursor = next
    } while (cursor !== undefined)
    return { places, different }
  }).pipe(Effect.catchIf(isRefusal, () => Effect.undefined))

  let most = 0
  for (let times = 0; times < mostTimes; times++) {
    const seen = yield* pass
    if (seen === undefined) break
    most = Math.max(most, seen.places)
    if (found.size >= most || seen.different === seen.places) break
  }
  // Each that came again stood where another one should be.
  const isAnswered = most > 0 && [...ids].every((id) => found.has(id))
  return { rows: [...found.values()], missing: Math.max(isAnswered ? 0 : ids.size, most - found.size) }
})
