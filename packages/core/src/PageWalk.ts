/**
 * One walk along a list, page after page: each is asked for with the cursor of the one before, checked by a
 * {@link PageGuard}, and asked for by time where the API refuses the cursor. Where the list has no order of its own within a
 * second, what the pages left out of it is asked for, too.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Coverage from "./Coverage.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import { secondOf } from "./IsoInstant.ts"
import * as PageBorders from "./PageBorders.ts"
import { type CheckedPage, noCounts, PageGuard } from "./PageGuard.ts"
import * as Session from "./Session.ts"
import type * as TiedRows from "./TiedRows.ts"
import * as TimeWindow from "./TimeWindow.ts"
import { bordersOf, type Place, type WalkPosition } from "./WalkPosition.ts"
import * as WallClock from "./WallClock.ts"

export type Source<Row, E> = TiedRows.Source<Row, E>

/** What a walk fails with beyond what its requests do. */
type CheckError = ElnudgeError.CursorRejected | ElnudgeError.ResponseInvalid

export interface Options {
  /** Rows on a page. */
  readonly limit: number
  /** Send a cursor without the window and the limit. */
  readonly cursorAlone: boolean
  /** Where this walk is a part of another one: how far down it asks, and how many rows the whole one handed on. */
  readonly part?: { readonly from: string; readonly handedOn: () => number } | undefined
}

/** A checked page, and where it stands. */
export interface Taken<Row> extends Pick<CheckedPage<Row>, "rows" | "counts"> {
  /** Epoch milliseconds. */
  readonly readAt: number
  /** What asked for it. */
  readonly place: Place
  /** What asks for the next one; undefined for the last. */
  readonly following: Place | undefined
  /** The second that it ended in. */
  readonly end: number | undefined
  /** Whether the list was found to have no order within a second. */
  readonly isUnstable: boolean
  /** False for what only says where to go on, such as by time, because the API refused the cursor of the page. */
  readonly isPage: boolean
}

/** Nothing was read. */
export const noPage = {
  rows: [],
  counts: noCounts,
  end: undefined,
  isUnstable: false,
  isPage: false,
}

interface Step extends Place {
  readonly rows: number
  /** Whether its rows were, or may have been, read before. */
  readonly isAgain: boolean
  /** Whether a row came since the list was entered here: else going back to the oldest row would only lead here again. */
  readonly isProgress: boolean
}

/** The next page of a walk each time. Not to be asked for while another one is under way, or after the last. */
export type Next<Row, E> = Effect.Effect<Taken<Row>, E | CheckError>

/** Goes on from the position. */
export const make = <Row extends { readonly id: string }, E>(
  source: Source<Row, E>,
  position: WalkPosition,
  { cursorAlone, limit, part }: Options,
): Next<Row, E> => {
  const guard = new PageGuard<Row>(source, position)
  const from = part?.from ?? position.window.from
  const isResumed = position.rows > 0
  let page = 0
  let step: Step = {
    to: position.to,
    cursor: position.cursor ?? undefined,
    restBefore: position.rest_before,
    borders: bordersOf(position),
    rows: position.rows,
    isAgain: isResumed,
    isProgress: isResumed,
  }

  // The API's cursors may die; what they stood for is the rest of the window, which can be asked for by time.
  const reenter = Effect.fnUntraced(function* ({ request, status }: ElnudgeError.CursorRejected) {
    const to = guard.restBefore()
    if (to === undefined) return yield* new ElnudgeError.CursorRejected({ status, request, isUnordered: true })
    if (!step.isProgress) return yield* new ElnudgeError.CursorRejected({ status, request, stalledAt: to })
    const recorder = yield* Coverage.Current
    recorder?.reentry()
    guard.reenter()
    const place = step
    step = { ...place, to, cursor: undefined, restBefore: to, isAgain: true, isProgress: false }
    const refused: Taken<Row> = { ...noPage, readAt: yield* WallClock.now, place, following: step }
    return refused
  })

  const borders = PageBorders.make(source, guard, {
    window: TimeWindow.toSpan(position.window),
    limit,
    cursorAlone,
    begun: bordersOf(position),
  })

  return Effect.suspend((): Effect.Effect<Taken<Row>, E | CheckError> => {
    const place = step
    const { cursor, isAgain, rows: ownRows, to } = place
    const rowsEmitted = part?.handedOn() ?? ownRows
    const isPart = part === undefined ? {} : { part: true }
    return source.list({ window: { from, to }, limit, cursor, cursorAlone, rowsEmitted, page: ++page, ...isPart }).pipe(
      Effect.flatMap(
        Effect.fnUntraced(function* (page) {
          const readAt = yield* WallClock.now
          const request = { _tag: source.tag, from, to, cursor, rowsEmitted, ...isPart } as const
          const checked = yield* Effect.fromResult(guard.check(page, request, isAgain))
          const { next } = checked
          const { missing, rows } = yield* borders.complete(checked, request, rowsEmitted)
          const counts = { ...checked.counts, possibly_missing: missing }
          const last = page.data.at(-1)
          const end = last === undefined ? undefined : secondOf(Session.millis(source.instant(last)))
          // Whoever puts the parts together knows the rows of all.
          if (end !== undefined && part === undefined) borders.passed(end)
          const following: Step | undefined =
            next === undefined
              ? undefined
              : {
                  to,
                  cursor: next,
                  restBefore: guard.restBefore() ?? null,
                  borders: borders.now(),
                  rows: ownRows + rows.length,
                  // Until the first row that is new.
                  isAgain: isAgain && rows.length === 0,
                  isProgress: place.isProgress || rows.length > 0,
                }
          if (following !== undefined) step = following
          const { isUnstable } = borders.now()
          const taken: Taken<Row> = { rows, counts, readAt, place, following, end, isUnstable, isPage: true }
          return taken
        }),
      ),
      Effect.catch((error): Effect.Effect<Taken<Row>, E | CheckError> =>
        error instanceof ElnudgeError.CursorRejected ? reenter(error) : Effect.fail(error),
      ),
    )
  })
}

/** The pages up to the last one. */
export const pages = <Row extends { readonly id: string }, E>(
  source: Source<Row, E>,
  position: WalkPosition,
  options: Options,
): Stream.Stream<Taken<Row>, E | CheckError> =>
  Stream.suspend(() => {
    const next = make(source, position, options)
    return Stream.paginate(undefined, () =>
      Effect.map(next, (taken): readonly [ReadonlyArray<Taken<Row>>, Option.Option<undefined>] => [
        [taken],
        taken.following === undefined ? Option.none() : Option.some(undefined),
      ]),
    )
  })
