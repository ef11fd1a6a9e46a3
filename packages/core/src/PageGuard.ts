/**
 * What a walk checks on every page, in bounded memory. Errors: a cursor that repeats, `has_more` without a cursor,
 * three empty pages in a row, pages without end that hold nothing new, a row of which nobody remembers whether it came
 * before. Counted: duplicate ids (the first stays), rows outside the window (left out), rows out of order, single
 * empty pages.
 */
import * as Result from "effect/Result"
import type { ListCounts } from "./Coverage.ts"
import { type RequestInfo, ResponseInvalid } from "./ElnudgeError.ts"
import { RecentSet } from "./RecentSet.ts"
import * as Session from "./Session.ts"
import type { TimeSpan } from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"
import type { WalkPosition } from "./WalkPosition.ts"

// In a list that is ordered by time a row can only come again near its first place, so a long memory of the last
// rows finds every duplicate that shifting pages can make.
const rememberedIds = 100_000
const rememberedCursors = 10_000
const maxEmptyPages = 3
// Rows that slid down the list make a few pages of known rows; a list that goes round makes nothing else.
const maxStalePages = 20
// A row or two out of place at the end of a page must not hide what lies between.
export const tailRows = 20

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
  private readonly asked: TimeSpan
  private readonly from: number
  private readonly to: number
  private readonly rows: Rows<Row>

  private readonly trustsOrder: boolean
  /** When the last rows start. */
  private last: ReadonlyArray<number> = []

  /**
   * The position is that of a walk's start, or of one that goes on. With `trustsOrder` a list that was out of order has a
   * rest all the same: by the last rows of each page, so that one that is far out of place may be missed.
   */
  constructor(
    rows: Rows<Row>,
    { forgotten_from, known, oldest, rest_before, window }: WalkPosition,
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
    this.again = new RecentSet(rememberedIds)
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
    const counts = { duplicates: 0, outside_window: 0, out_of_order: 0 }
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
      this.lastStart = start
      starts.push(start)
      if (this.again?.add(row.id) === true) isFresh = true
      const turns = this.ids.turns
      if (!this.ids.add(row.id)) {
        if (!isAgain) {
          counts.duplicates++
          if (isLater) counts.out_of_order++
        }
        continue
      }
      if (start >= this.forgottenFrom) {
        const reason =
          "a row from so far up the list that it cannot be told whether it came before (a walk that begins anew, without a checkpoint, remembers more)"
        return fail(reason, `data[${index}].${this.rows.field}`, this.rows.sessionId(row))
      }
      if (this.ids.turns > turns) {
        this.forgottenFrom = Math.min(this.forgottenFrom, this.turnedAt)
        this.turnedAt = this.oldestStart
      }
      this.oldestStart = Math.min(this.oldestStart, start)
      if (isLater) {
        counts.out_of_order++
        if (!this.trustsOrder) this.rest = undefined
      }
      rows.push(row)
    }
    this.lower(starts)
    this.staleInARow = rows.length === 0 && !isFresh ? this.staleInARow + 1 : 0
    if (page.has_more && this.staleInARow >= maxStalePages) {
      return fail(`${maxStalePages} pages in a row without a new row, and still has_more`, "data")
    }
    return Result.succeed({ rows, counts, next: next ?? undefined })
  }

  private latestOfLast(starts: ReadonlyArray<number>): number {
    // Over several pages: one of few rows has no others to tell that its last one is out of place.
    if (this.trustsOrder) this.last = [...this.last, ...starts.slice(-tailRows)].slice(-tailRows)
    // Not all of the page: with cursors that all die, the next one must have rows that are new.
    else this.last = starts.slice(-Math.max(1, Math.min(tailRows, Math.floor(starts.length / 2))))
    return Math.max(...this.last)
  }

  /** Lowers the bound to the end of a page, given the starts of its rows. */
  private lower(starts: ReadonlyArray<number>): void {
    if (this.rest === undefined || starts.length === 0) return
    // A whole second, for an API that drops fractions from what it is asked.
    this.rest = Math.min(this.rest, 1000 * (Math.floor(this.latestOfLast(starts) / 1000) + 1))
  }
}
