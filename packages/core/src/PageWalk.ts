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
import { type CheckedPage, noCounts, PageGuard, rememberedIds, type Tie } from "./PageGuard.ts"
import * as Session from "./Session.ts"
import * as TiedRows from "./TiedRows.ts"
import * as TimeWindow from "./TimeWindow.ts"
import type { Place, WalkPosition } from "./WalkPosition.ts"
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
  /** False for what only says where to go on, such as by time, because the API refused the cursor of the page. */
  readonly isPage: boolean
}

/** Nothing was read. */
export const noPage = {
  rows: [],
  counts: noCounts,
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
    step = { to, cursor: undefined, restBefore: to, rows: step.rows, isAgain: true, isProgress: false }
    const refused: Taken<Row> = { ...noPage, readAt: yield* WallClock.now, place, following: step }
    return refused
  })

  const window = TimeWindow.toSpan(position.window)
  const secondOfRow = (row: Row): number => secondOf(Session.millis(source.instant(row)))
  /** The seconds that were asked for by themselves, and whether all of them came. */
  const asked = new Map<number, boolean>()
  /** The seconds that pages ended in, as far up as the guard remembers rows. */
  let ends: ReadonlyArray<number> = []
  const mostEnds = Math.min(1_000, Math.floor(rememberedIds / limit))
  /**
   * Whether a second brought what no page had; and whether that was ever not as many as came twice. Both together: no row
   * has to come twice for one that is lost, so that every second counts that a page ended in.
   */
  let [isUnstable, isUneven] = [false, false]

  /** The page's rows, and in their places those that it or a page before left out. */
  const complete = Effect.fnUntraced(function* (
    { counts, next, rows, ties }: CheckedPage<Row>,
    request: ElnudgeError.RequestInfo,
    rowsEmitted: number,
  ) {
    const all = [...rows]
    let missing = 0
    const askFor = Effect.fnUntraced(function* (tie: Tie) {
      const found = yield* TiedRows.find(source, tie, { window, cursorAlone, rowsEmitted })
      asked.set(tie.second, found.missing === 0)
      missing += found.missing
      const fresh = yield* Effect.fromResult(guard.bring(found.rows, request))
      all.splice(all.findLastIndex((row) => secondOfRow(row) >= tie.second) + 1, 0, ...fresh)
      return fresh.length
    })
    for (const tie of ties) {
      const isWhole = asked.get(tie.second)
      if (isWhole === false) missing += tie.ids.size
      if (isWhole !== undefined) continue
      const isOver = next === undefined || rows.some((row) => secondOfRow(row) < tie.second)
      const lost = yield* askFor(tie)
      if (lost > 0) isUnstable = true
      if (isOver && lost !== tie.ids.size) isUneven = true
    }
    if (isUnstable && isUneven) {
      const others = ends.filter((second) => !asked.has(second))
      ends = []
      for (const second of others) yield* askFor({ second, ids: new Set() })
    }
    return { rows: all, counts: { ...counts, possibly_missing: missing } }
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
          const isDoubtful = checked.ties.length > 0 || (isUnstable && isUneven)
          const { counts, rows } = isDoubtful ? yield* complete(checked, request, rowsEmitted) : checked
          const last = page.data.at(-1)
          if (last !== undefined) ends = [...ends.slice(1 - mostEnds), secondOfRow(last)]
          const following: Step | undefined =
            next === undefined
              ? undefined
              : {
                  to,
                  cursor: next,
                  restBefore: guard.restBefore() ?? null,
                  rows: ownRows + rows.length,
                  // Until the first row that is new.
                  isAgain: isAgain && rows.length === 0,
                  isProgress: place.isProgress || rows.length > 0,
                }
          if (following !== undefined) step = following
          const taken: Taken<Row> = { rows, counts, readAt, place, following, isPage: true }
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
