/**
 * The list in several parts at the same time, handed on in its order: as {@link PageWalk.pages}, with more requests under
 * way. Each slice is a walk of its own; what they bring together goes through one more guard, so that a row that two of
 * them have is handed on once. Where it stands is said by time, not by a cursor, which would be that of one slice.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as PageBorders from "./PageBorders.ts"
import { PageGuard, tailRows } from "./PageGuard.ts"
import * as PageWalk from "./PageWalk.ts"
import * as Session from "./Session.ts"
import { type Slice, SliceSchedule } from "./SliceSchedule.ts"
import * as TimeSpan from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"
import * as WalkPosition from "./WalkPosition.ts"
import * as WallClock from "./WallClock.ts"

export interface Options extends PageWalk.Options {
  /** Pages that are asked for at the same time. */
  readonly concurrency: number
}

/** Whether a walk can go on in slices: a list that was out of order can only be followed by its cursor. */
export const canResume = ({ cursor, rest_before }: WalkPosition.WalkPosition): boolean =>
  cursor === null || rest_before !== null

/** A page of a slice, or how the slice ended. */
type SlicePage<Row> =
  | { readonly _tag: "Taken"; readonly taken: PageWalk.Taken<Row>; readonly isFirst: boolean }
  /** The API has no such window (404). A walk that comes from above would just find no more rows: so that is asked for. */
  | { readonly _tag: "Gone" }
  | { readonly _tag: "Failed"; readonly cause: Cause.Cause<ElnudgeError.ListError> }

/** One slice's walk, and when its last rows start. */
interface SliceWalk<Row> {
  readonly next: PageWalk.Next<Row, ElnudgeError.ListError>
  readonly tail: ReadonlyArray<number>
}

const noRows = { starts: [], isLast: true }

const overlapMillis = 10 * 60_000

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
  { cursorAlone, limit }: Pick<Options, "cursorAlone" | "limit">,
) => {
  const guard = new PageGuard<Row>(source, position, true)
  const begun = WalkPosition.bordersOf(position)
  const window = TimeWindow.toSpan(position.window)
  const borders = PageBorders.make(source, guard, { window, limit, cursorAlone, begun })
  let place: WalkPosition.Place = { to, cursor: undefined, restBefore: position.rest_before, borders: begun }
  let isAgain = position.rows > 0
  let rowsSoFar = position.rows
  let isBegun = false

  const merge = Effect.fnUntraced(function* (taken: PageWalk.Taken<Row>, isFirst: boolean) {
    // The slice above may have been cut when its last page was under way.
    if (isFirst && isBegun) isAgain = true
    isBegun = true
    if (!taken.isPage) return undefined
    const request = { _tag: source.tag, from: position.window.from, to, rowsEmitted: rowsSoFar, part: true } as const
    const checked = yield* Effect.fromResult(guard.check({ data: taken.rows, has_more: false }, request, isAgain))
    const { counts } = checked
    if (taken.isUnstable) borders.doubt()
    // What comes twice here is what two slices have.
    const { missing, rows } = yield* borders.complete({ rows: checked.rows, ties: [] }, request, rowsSoFar)
    if (taken.end !== undefined) borders.passed(taken.end)
    if (rows.length > 0) isAgain = false
    rowsSoFar += rows.length
    const rest = guard.restBefore()
    const following: WalkPosition.Place =
      rest === undefined
        ? { ...place, restBefore: null, borders: borders.now() }
        : { to: rest, cursor: undefined, restBefore: rest, borders: borders.now() }
    const merged: PageWalk.Taken<Row> = {
      ...taken,
      rows,
      counts: {
        duplicates: taken.counts.duplicates + counts.duplicates,
        outside_window: taken.counts.outside_window,
        out_of_order: counts.out_of_order,
        possibly_missing: taken.counts.possibly_missing + missing,
      },
      place,
      following,
    }
    place = following
    return merged
  })

  const end = Effect.map(WallClock.now, (readAt): PageWalk.Taken<Row> => ({
    ...PageWalk.noPage,
    readAt,
    place,
    following: undefined,
  }))
  return { merge, end, handedOn: () => rowsSoFar, place: () => place }
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
      const merger = makeMerger(source, position, to, { cursorAlone, limit })
      const walks = new WeakMap<Slice, SliceWalk<Row>>()
      const tailSize = Math.min(tailRows, limit)
      const signal = makeSignal()

      const partFrom = (from: string) => ({ from, handedOn: merger.handedOn })

      // What the API lists in a slice counts, wherever in the walk's window it says that it starts.
      const begin = (slice: Slice): SliceWalk<Row> => {
        const { from, to } = TimeWindow.ofSpan({ from: slice.askedFrom, to: slice.to })
        const start = { ...WalkPosition.start(position.window), to, rest_before: to }
        return { next: PageWalk.make(source, start, { cursorAlone, limit, part: partFrom(from) }), tail: [] }
      }

      const seenOf = (slice: Slice, { next, tail: before }: SliceWalk<Row>, taken: PageWalk.Taken<Row>) => {
        const starts = taken.rows.map((row) => Session.millis(source.instant(row)))
        const tail = [...before, ...starts.slice(-tailSize)].slice(-tailSize)
        walks.set(slice, { next, tail })
        // Once its last rows all lie before its end, what is yet to come belongs to the next slice.
        const isPast = tail.length > 0 && TimeSpan.extent(tail).latest < slice.from
        return { starts, isLast: taken.following === undefined || isPast }
      }

      /** The API lists nothing of the slice, but what starts after it: it does not know `to`. */
      const isElsewhere = (slice: Slice, starts: ReadonlyArray<number>) =>
        starts.length > 0 && TimeSpan.extent(starts).earliest >= slice.to + 1_000

      const elsewhere = (slice: Slice) =>
        new ElnudgeError.ResponseInvalid({
          reason:
            "the list begins after the window that was asked for, so it cannot be walked in parts (listConcurrency)",
          path: "data",
          request: { _tag: source.tag, ...TimeWindow.ofSpan(slice), rowsEmitted: merger.handedOn(), part: true },
        })

      const endWith = (slice: Slice, end: SlicePage<Row>) => {
        schedule.arrived(slice, end, noRows)
        schedule.endAfter(slice)
      }

      const askFor = Effect.fnUntraced(function* (slice: Slice) {
        const begun = walks.get(slice)
        const walk = begun ?? begin(slice)
        const exit = yield* Effect.exit(walk.next)
        if (Exit.isSuccess(exit)) {
          const seen = seenOf(slice, walk, exit.value)
          if (begun === undefined && isElsewhere(slice, seen.starts)) return yield* elsewhere(slice)
          return schedule.arrived(slice, { _tag: "Taken", taken: exit.value, isFirst: begun === undefined }, seen)
        }
        const error = Cause.findErrorOption(exit.cause)
        // The newest part tells, as it would for the whole window.
        if (Option.isSome(error) && error.value._tag === "RetentionExceeded" && slice.to < span.to) {
          return endWith(slice, { _tag: "Gone" })
        }
        return yield* Effect.failCause(exit.cause)
      })

      const worker = Effect.gen(function* () {
        while (true) {
          const changed = signal.next()
          const slice = schedule.next()
          if (slice === undefined) yield* changed
          else {
            // Also a defect: nobody else would hear of it.
            yield* Effect.catchCause(askFor(slice), (cause) =>
              Effect.sync(() => endWith(slice, { _tag: "Failed", cause })),
            )
            signal.changed()
          }
        }
      })
      yield* Effect.forEach(Arr.range(1, concurrency), () => Effect.forkScoped(worker), { discard: true })

      let ended: Exclude<SlicePage<Row>, { readonly _tag: "Taken" }> | undefined

      const hasFailed = () => ended?._tag === "Failed"

      // In the list's order, up to the page that a slice ended with.
      const mergeAll = Effect.fnUntraced(function* (pages: ReadonlyArray<SlicePage<Row>>) {
        const merged: Array<PageWalk.Taken<Row>> = []
        for (const page of pages) {
          if (page._tag !== "Taken") {
            ended = page
            break
          }
          const taken = yield* merger.merge(page.taken, page.isFirst)
          if (taken !== undefined) merged.push(taken)
        }
        return merged
      })

      const take = Effect.gen(function* () {
        while (true) {
          if (ended?._tag === "Failed") return yield* Effect.failCause(ended.cause)
          const changed = signal.next()
          const { isLast, pages } = schedule.take(concurrency)
          if (pages.length === 0 && !isLast) {
            yield* changed
            continue
          }
          // There is room again.
          signal.changed()
          const merged = yield* mergeAll(pages)
          // A failure comes after the rows before it, with the next turn.
          return [merged, isLast && !hasFailed() ? Option.none<undefined>() : Option.some(undefined)] as const
        }
      })

      // One after the other, from the last rows on: what a walk in one part would have come to.
      const remainder = Stream.suspend(() => {
        if (ended?._tag !== "Gone") return Stream.empty
        const place = TimeWindow.toSpan({ ...position.window, to: merger.place().to })
        // Back to rows that the API must still have, should the last ones go past retention meanwhile.
        const end = Session.instant(Math.min(span.to, place.to + overlapMillis))
        const start = { ...WalkPosition.start(position.window), to: end, rest_before: end }
        let isFirst = true
        return PageWalk.pages(source, start, { cursorAlone, limit, part: partFrom(position.window.from) }).pipe(
          Stream.mapEffect((taken) => {
            const isEntry = isFirst
            isFirst = false
            return merger.merge(taken, isEntry)
          }),
          Stream.filter(Predicate.isNotUndefined),
        )
      })

      return Stream.paginate(undefined, () => take).pipe(
        Stream.concat(remainder),
        Stream.concat(Stream.fromEffect(merger.end)),
      )
    }),
  )
