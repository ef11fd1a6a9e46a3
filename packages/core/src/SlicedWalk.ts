/**
 * The list in several parts at the same time, handed on in its order: as {@link PageWalk.pages}, with more requests under
 * way. Each slice is a walk of its own; what they bring together goes through one more guard, so that a row that two of
 * them have is handed on once. Where it stands is said by time, not by a cursor, which would be that of one slice.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type * as ElnudgeError from "./ElnudgeError.ts"
import { PageGuard } from "./PageGuard.ts"
import * as PageWalk from "./PageWalk.ts"
import * as Session from "./Session.ts"
import { type Slice, SliceSchedule } from "./SliceSchedule.ts"
import * as TimeWindow from "./TimeWindow.ts"
import * as WalkPosition from "./WalkPosition.ts"

export interface Options extends PageWalk.Options {
  /** Pages that are asked for at the same time. */
  readonly concurrency: number
}

/** Whether a walk can go on in slices: a list that was out of order can only be followed by its cursor. */
export const canResume = ({ cursor, rest_before }: WalkPosition.WalkPosition): boolean =>
  cursor === null || rest_before !== null

type SlicePage<Row> =
  | { readonly _tag: "Taken"; readonly taken: PageWalk.Taken<Row>; readonly isFirst: boolean }
  /** The slice is past retention, where a walk of the whole window would just have ended. */
  | { readonly _tag: "Gone"; readonly error: ElnudgeError.RetentionExceeded }
  | { readonly _tag: "Failed"; readonly cause: Cause.Cause<ElnudgeError.ListError> }

/** Lets any number of fibers wait until something changed since they looked. */
const makeSignal = () => {
  let current = Deferred.makeUnsafe<void>()
  return {
    /** Take it before looking: what changes after that ends the wait. */
    next: () => Deferred.await(current),
    changed: () => {
      const old = current
      current = Deferred.makeUnsafe<void>()
      Deferred.doneUnsafe(old, Exit.void)
    },
  }
}

/** Puts what the slices bring through the guard of the whole walk. */
const makeMerger = <Row extends { readonly id: string }>(
  source: PageWalk.Source<Row, ElnudgeError.ListError>,
  position: WalkPosition.WalkPosition,
  to: string,
) => {
  const guard = new PageGuard<Row>(source, position)
  let place: WalkPosition.Place = { to, cursor: undefined, restBefore: position.rest_before }
  let isAgain = position.rows > 0
  let rowsSoFar = position.rows
  let gone: ElnudgeError.RetentionExceeded | undefined

  let isBegun = false

  const merge = Effect.fnUntraced(function* (page: SlicePage<Row>) {
    if (page._tag === "Failed") return yield* Effect.failCause(page.cause)
    if (page._tag === "Gone") {
      gone = page.error
      return undefined
    }
    const { isFirst, taken } = page
    // The slice above may have been cut when its last page was under way.
    if (isFirst && isBegun) isAgain = true
    isBegun = true
    if (!taken.isPage) return undefined
    // A part is past retention, but not what is older: so it was no matter of retention, and rows may be missing.
    if (gone !== undefined && taken.rows.length > 0) return yield* gone
    const request = { _tag: source.tag, from: position.window.from, to, rowsEmitted: rowsSoFar, part: true } as const
    const { counts, rows } = yield* Effect.fromResult(
      guard.check({ data: taken.rows, has_more: false }, request, isAgain),
    )
    if (rows.length > 0) isAgain = false
    rowsSoFar += rows.length
    const rest = guard.restBefore()
    const following: WalkPosition.Place =
      rest === undefined ? { ...place, restBefore: null } : { to: rest, cursor: undefined, restBefore: rest }
    const merged: PageWalk.Taken<Row> = {
      ...taken,
      rows,
      counts: {
        duplicates: taken.counts.duplicates + counts.duplicates,
        outside_window: taken.counts.outside_window,
        out_of_order: counts.out_of_order,
      },
      place,
      following,
    }
    place = following
    return merged
  })

  const end = Effect.map(Clock.currentTimeMillis, (readAt): PageWalk.Taken<Row> => ({
    ...PageWalk.noPage,
    readAt,
    place,
    following: undefined,
  }))
  return { merge, end, handedOn: () => rowsSoFar }
}

/** The pages of the rest of the window, in the list's order. */
export const pages = <Row extends { readonly id: string }>(
  source: PageWalk.Source<Row, ElnudgeError.ListError>,
  position: WalkPosition.WalkPosition,
  { concurrency, cursorAlone, limit }: Options,
): Stream.Stream<PageWalk.Taken<Row>, ElnudgeError.ListError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const to = position.cursor === null ? position.to : (position.rest_before ?? position.to)
      const span = TimeWindow.toSpan({ from: position.window.from, to })
      const schedule = new SliceSchedule<SlicePage<Row>>(span, concurrency, limit)
      const merger = makeMerger(source, position, to)
      const walks = new WeakMap<Slice<SlicePage<Row>>, PageWalk.PageWalk<Row, ElnudgeError.ListError>>()
      const signal = makeSignal()

      // What the API lists in a slice counts, wherever in the walk's window it says that it starts.
      const begin = (slice: Slice<SlicePage<Row>>) => {
        const { from, to } = TimeWindow.ofSpan({ from: slice.askedFrom, to: slice.to })
        const start = { ...WalkPosition.start(position.window), to, rest_before: to }
        const walk = PageWalk.make(source, start, { cursorAlone, limit, part: { from, handedOn: merger.handedOn } })
        walks.set(slice, walk)
        return walk
      }

      const seenOf = (slice: Slice<SlicePage<Row>>, rest: string | undefined, taken: PageWalk.Taken<Row>) => {
        const starts = taken.rows.map((row) => Session.millis(source.instant(row)))
        // Once its last rows all lie before its end, what is yet to come belongs to the next slice.
        const isPast = rest !== undefined && Session.millis(rest) <= slice.from
        return { starts, isLast: taken.following === undefined || isPast }
      }

      const askFor = Effect.fnUntraced(function* (slice: Slice<SlicePage<Row>>) {
        const begun = walks.get(slice)
        const walk = begun ?? begin(slice)
        const exit = yield* Effect.exit(walk.next)
        if (Exit.isSuccess(exit)) {
          const page = { _tag: "Taken", taken: exit.value, isFirst: begun === undefined } as const
          return schedule.arrived(slice, page, seenOf(slice, walk.restBefore(), exit.value))
        }
        const error = Cause.findErrorOption(exit.cause)
        // The newest part tells, as it would for the whole window.
        if (Option.isSome(error) && error.value._tag === "RetentionExceeded" && slice.to < span.to) {
          return schedule.arrived(slice, { _tag: "Gone", error: error.value }, noRows)
        }
        schedule.arrived(slice, { _tag: "Failed", cause: exit.cause }, noRows)
        schedule.endAfter(slice)
      })

      const worker = Effect.gen(function* () {
        while (true) {
          const changed = signal.next()
          const slice = schedule.next()
          if (slice === undefined) yield* changed
          else {
            yield* askFor(slice)
            signal.changed()
          }
        }
      })
      yield* Effect.forEach(Arr.range(1, concurrency), () => Effect.forkScoped(worker), { discard: true })

      const take = Effect.gen(function* () {
        while (true) {
          const changed = signal.next()
          const { isLast, pages } = schedule.take()
          if (pages.length === 0 && !isLast) {
            yield* changed
            continue
          }
          // There is room again.
          signal.changed()
          const merged = yield* Effect.forEach(pages, merger.merge)
          const taken = merged.filter(Predicate.isNotUndefined)
          if (!isLast) return [taken, Option.some(undefined)] as const
          return [[...taken, yield* merger.end], Option.none<undefined>()] as const
        }
      })
      return Stream.paginate(undefined, () => take)
    }),
  )

const noRows = { starts: [], isLast: true }
