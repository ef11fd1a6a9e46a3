/**
 * What a walk checks on every page, in bounded memory. Errors: a cursor that repeats, `has_more` without a cursor,
 * three empty pages in a row, pages without end that hold nothing new, a row of which nobody remembers whether it came
 * before. Counted: duplicate ids (the first stays), rows outside the window (left out), rows out of order, single
 * empty pages. Told: in which second the list has no order of its own, so that a row may have slipped through.
 */
import * as Result from "effect/Result"
import type { ListCounts } from "./Coverage.ts"
import { type RequestInfo, ResponseInvalid } from "./ElnudgeError.ts"
import { RecentSet } from "./RecentSet.ts"
import { second, secondOf } from "./IsoInstant.ts"
import * as Session from "./Session.ts"
import * as TimeSpan from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"
import type { WalkPosition } from "./WalkPosition.ts"

// In a list that is ordered by time a row can only come again near its first place, so a long memory of the last
// rows finds every duplicate that shifting pages can make.
export const rememberedIds = 100_000
const rememberedCursors = 10_000
const maxEmptyPages = 3
// Rows that slid down the list make a few pages of known rows; a list that goes round makes nothing else.
const maxStalePages = 20
// A row or two out of place at the end of a page must not hide what lies between.
export const tailRows = 20

/** Nothing was counted. */
export const noCounts: ListCounts = { duplicates: 0, outside_window: 0, out_of_order: 0, possibly_missing: 0 }

/** Whether the page has the id of that row for the first time there. */
const isFirstOf = <Row extends { readonly id: string }>({ data }: RawPage<Row>, index: number): boolean =>
  data.findIndex(({ id }) => id === data[index]?.id) === index

const note = (ties: Map<number, Set<string>>, at: number, id: string): void => {
  const ids = ties.get(at)
  if (ids === undefined) ties.set(at, new Set([id]))
  else ids.add(id)
}

/** One page as the API gives it. */
export interface RawPage<Row> {
  readonly data: ReadonlyArray<Row>
  readonly next_cursor?: string | null | undefined
  readonly has_more: boolean
}

/** A list whose rows have an id, and are ordered by one of their instants, the latest first. */
export interface Rows<Row> {
  /** The field of that instant. */
  readonly field: string
  readonly instant: (row: Row) => string
  readonly sessionId: (row: Row) => string
}

export interface CheckedPage<Row> {
  /** The page's rows without those that came before. */
  readonly rows: ReadonlyArray<Row>
  readonly counts: ListCounts
  /** The cursor of the next page, or undefined on the last one. */
  readonly next: string | undefined
  /** Where rows may have slipped through; of most pages nowhere. */
  readonly ties: ReadonlyArray<Tie>
}

/**
 * A second that a page ended in, and of which the next page had rows again. Where what starts at the same time comes in another
 * order with each request, and a cursor counts rows, each of them stands where one should be that came on neither page.
 */
export interface Tie {
  /** Its begin in epoch milliseconds. A whole one, because an API may drop fractions, and then orders by what is left. */
  readonly second: number
  /** The ids that came again. */
  readonly ids: ReadonlySet<string>
  /**
   * Whether the last row of the page before is among them, as where rows slid down a list. Without it, and nothing slid that far,
   * the list has another order by now.
   */
  readonly isSlide: boolean
}

/** The memory of one walk. */
export class PageGuard<Row extends { readonly id: string }> {
  private readonly ids = new RecentSet(rememberedIds)
  private cursors = new RecentSet(rememberedCursors)
  private emptyInARow = 0
  private staleInARow = 0
  private lastStart = Number.POSITIVE_INFINITY
  private oldestStart: number
  /** What is yet to come starts before this; undefined once the list was out of order. */
  private rest: number | undefined
  /** The rows of a list that is asked for once more: known ones are no sign that it goes round. */
  private again: RecentSet | undefined
  /** The oldest start when the ids turned last. */
  private turnedAt = Number.POSITIVE_INFINITY
  /** The earliest start of the rows that are forgotten: a row from there on that is not known may be one of them. */
  private forgottenFrom = Number.POSITIVE_INFINITY
  private readonly asked: TimeSpan.TimeSpan
  private readonly from: number
  private readonly to: number
  private readonly rows: Rows<Row>

  private readonly trustsOrder: boolean
  /** When the last rows start. */
  private last: ReadonlyArray<number> = []
  /** The seconds that the page before may have ended in: that of its last row, and of the earliest, where it was out of order. */
  private ends: ReadonlyArray<number> = []
  /** The last row of the page before; undefined where nobody knows. */
  private lastId: string | undefined
  /** What was asked for by its second, and has not come with a page yet; and from when on these start. */
  private readonly brought = new Set<string>()
  private broughtFrom = Number.POSITIVE_INFINITY

  /**
   * The position is that of a walk's start, or of one that goes on. With `trustsOrder` a list that was out of order has a
   * rest all the same: by the last rows of each page, so that one that is far out of place may be missed.
   */
  constructor(
    rows: Rows<Row>,
    { cursor, forgotten_from, known, oldest, rest_before, window }: WalkPosition,
    trustsOrder = false,
  ) {
    this.rows = rows
    this.trustsOrder = trustsOrder
    this.asked = TimeWindow.toSpan(TimeWindow.inWholeSeconds(window))
    const { from, to } = TimeWindow.toSpan(window)
    this.from = from
    this.to = to
    for (const { id } of known) this.ids.add(id)
    if (known.length > 0) this.again = new RecentSet(rememberedIds)
    // A cursor goes on with the list that the pages before are of; those of the page that it asks for once more may come.
    if (cursor !== null) for (const { id, in_progress } of known) if (in_progress !== true) this.again?.add(id)
    if (cursor !== null && oldest !== null) this.ends = [secondOf(Session.millis(oldest))]
    this.oldestStart = oldest === null ? Number.POSITIVE_INFINITY : Session.millis(oldest)
    this.rest = rest_before === null ? undefined : Session.millis(rest_before)
    if (forgotten_from !== null) this.forgottenFrom = Session.millis(forgotten_from)
  }

  /**
   * The end (exclusive) of a window that holds all rows that are yet to come, and some that came. Undefined where the
   * list was out of order, so that no time tells what came.
   */
  restBefore(): string | undefined {
    return this.rest === undefined ? undefined : Session.instant(this.rest)
  }

  /** The list is asked for from a new place: what repeated until now is no sign of a loop. */
  reenter(): void {
    this.cursors = new RecentSet(rememberedCursors)
    this.emptyInARow = 0
    this.staleInARow = 0
    this.lastStart = Number.POSITIVE_INFINITY
    this.ends = []
    this.lastId = undefined
    this.again = new RecentSet(rememberedIds)
  }

  /** Those of the window that did not come before: of a second that was asked for once more. They may still come with a page. */
  bring(rows: Iterable<Row>, request: RequestInfo): Result.Result<ReadonlyArray<Row>, ResponseInvalid> {
    const fresh: Array<Row> = []
    for (const row of rows) {
      const start = Session.millis(this.rows.instant(row))
      const { forgottenFrom } = this
      if (start < this.from || start >= this.to || !this.isNew(row.id)) continue
      if (start >= forgottenFrom) return Result.fail(this.forgotten(row, "data", request))
      this.oldestStart = Math.min(this.oldestStart, start)
      this.brought.add(row.id)
      this.broughtFrom = Math.min(this.broughtFrom, start)
      fresh.push(row)
    }
    return Result.succeed(fresh)
  }

  /** Rows that came before are duplicates, but not where the page `isAgain`: asked for because of the rows between. */
  check(page: RawPage<Row>, request: RequestInfo, isAgain: boolean): Result.Result<CheckedPage<Row>, ResponseInvalid> {
    const fail = (reason: string, path: string, sessionId?: string) =>
      Result.fail(new ResponseInvalid({ reason, path, sessionId, request }))
    this.emptyInARow = page.data.length === 0 ? this.emptyInARow + 1 : 0
    const next = page.has_more ? page.next_cursor : undefined
    if (page.has_more) {
      if (next === undefined || next === null || next === "") {
        return fail("has_more is true, but there is no cursor to go on with", "next_cursor")
      }
      if (!this.cursors.add(next)) return fail("the cursor repeats, so the list would never end", "next_cursor")
      if (this.emptyInARow >= maxEmptyPages) {
        return fail(`${maxEmptyPages} empty pages in a row, and still has_more`, "data")
      }
    }
    const counts = { ...noCounts }
    const ties = new Map<number, Set<string>>()
    const ends = new Set(this.ends)
    const rows: Array<Row> = []
    const starts: Array<number> = []
    let isFresh = false
    let index = -1
    for (const row of page.data) {
      index++
      const start = Session.millis(this.rows.instant(row))
      if (start < this.from || start >= this.to) {
        // Of the seconds that the window cuts all is asked for.
        if (start < this.asked.from || start >= this.asked.to) counts.outside_window++
        continue
      }
      const isLater = start > this.lastStart
      // Of a second that is going on, all is yet to come.
      const isLaterSecond = isLater && secondOf(start) > secondOf(this.lastStart)
      this.lastStart = start
      starts.push(start)
      if (starts.length === 1) ends.add(secondOf(start))
      const isFirstHere = this.again?.add(row.id) ?? false
      if (isFirstHere) isFresh = true
      const { forgottenFrom } = this
      if (!this.isNew(row.id)) {
        if (this.brought.delete(row.id)) {
          isFresh = true
          continue
        }
        if (!isAgain) {
          counts.duplicates++
          if (isLater) counts.out_of_order++
        }
        const isAcross = !isFirstHere && ends.has(secondOf(start)) && isFirstOf(page, index)
        if (isAcross) note(ties, secondOf(start), row.id)
        continue
      }
      if (start >= forgottenFrom) return Result.fail(this.forgotten(row, `data[${index}]`, request))
      this.oldestStart = Math.min(this.oldestStart, start)
      if (isLater) {
        counts.out_of_order++
        if (isLaterSecond && !this.trustsOrder) this.rest = undefined
      }
      rows.push(row)
    }
    this.lower(starts)
    this.staleInARow = rows.length === 0 && !isFresh ? this.staleInARow + 1 : 0
    if (page.has_more && this.staleInARow >= maxStalePages) {
      return fail(`${maxStalePages} pages in a row without a new row, and still has_more`, "data")
    }
    const { lastId } = this
    this.lastId = page.data.at(-1)?.id ?? lastId
    return Result.succeed({
      rows,
      counts,
      next: next ?? undefined,
      ties: Array.from(ties, ([second, ids]) => {
        const isSlide = lastId === undefined || ids.has(lastId)
        return { second, ids, isSlide }
      }),
    })
  }

  /** Adds the id; false where it is remembered. */
  private isNew(id: string): boolean {
    const turns = this.ids.turns
    if (!this.ids.add(id)) return false
    if (this.ids.turns > turns) {
      this.forgottenFrom = Math.min(this.forgottenFrom, this.turnedAt)
      this.turnedAt = this.oldestStart
    }
    return true
  }

  private forgotten(row: Row, path: string, request: RequestInfo): ResponseInvalid {
    const reason =
      "a row from so far up the list that it cannot be told whether it came before (a walk that begins anew, without a checkpoint, remembers more)"
    return new ResponseInvalid({
      reason,
      path: `${path}.${this.rows.field}`,
      sessionId: this.rows.sessionId(row),
      request,
    })
  }

  private latestOfLast(starts: ReadonlyArray<number>): number {
    // Over several pages: one of few rows has no others to tell that its last one is out of place.
    if (this.trustsOrder) this.last = [...this.last, ...starts.slice(-tailRows)].slice(-tailRows)
    // Not all of the page: with cursors that all die, the next one must have rows that are new.
    else this.last = starts.slice(-Math.max(1, Math.min(tailRows, Math.floor(starts.length / 2))))
    return Math.max(...this.last)
  }

  /** Lowers the bound to the end of a page, given the starts of its rows; and keeps where it ended. */
  private lower(starts: ReadonlyArray<number>): void {
    const last = starts.at(-1)
    if (last === undefined) return
    const { earliest, latest } = TimeSpan.extent(starts)
    this.ends = [secondOf(last), secondOf(earliest)]
    // The pages are past them, so that they do not come any more.
    if (latest < this.broughtFrom) this.brought.clear()
    if (this.rest === undefined) return
    // A whole second, for an API that drops fractions from what it is asked.
    this.rest = Math.min(this.rest, secondOf(this.latestOfLast(starts)) + second)
  }
}
