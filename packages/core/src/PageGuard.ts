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
import type { SessionPage } from "./SessionsApi.ts"
import * as TimeWindow from "./TimeWindow.ts"
import type { WalkPosition } from "./WalkPosition.ts"

// In a list that is ordered by time a row can only come again near its first place, so a long memory of the last
// rows finds every duplicate that shifting pages can make.
const rememberedIds = 100_000
const rememberedCursors = 100_000
const maxEmptyPages = 3
// Rows that slid down the list make a few pages of known rows; a list that goes round makes nothing else.
const maxStalePages = 20

export interface CheckedPage {
  /** The page's rows without those that came before. */
  readonly sessions: ReadonlyArray<Session.Summary>
  readonly counts: ListCounts
  /** The cursor of the next page, or undefined on the last one. */
  readonly next: string | undefined
}

/** The memory of one walk. */
export class PageGuard {
  private readonly ids = new RecentSet(rememberedIds)
  private cursors = new RecentSet(rememberedCursors)
  private emptyInARow = 0
  private staleInARow = 0
  private lastStart: number
  private oldestStart: number
  /** The oldest start when the ids turned last. */
  private turnedAt = Number.POSITIVE_INFINITY
  /** The earliest start of the rows that are forgotten: a row from there on that is not known may be one of them. */
  private forgottenFrom = Number.POSITIVE_INFINITY
  private readonly from: number
  private readonly to: number

  /** The position is that of a walk's start, or of one that goes on. */
  constructor({ forgotten_from, known, oldest, window }: WalkPosition) {
    const { from, to } = TimeWindow.toSpan(window)
    this.from = from
    this.to = to
    for (const { id } of known) this.ids.add(id)
    this.oldestStart = oldest === null ? Number.POSITIVE_INFINITY : Session.millis(oldest)
    this.lastStart = this.oldestStart
    if (forgotten_from !== null) this.forgottenFrom = Session.millis(forgotten_from)
  }

  /** The end (exclusive) of a window that holds all rows that are yet to come, and some that came. */
  boundary(): number {
    // A whole second, for an API that drops fractions from what it is asked.
    return Math.min(this.to, 1000 * (Math.floor(this.oldestStart / 1000) + 1))
  }

  /** The list is asked for from a new place: what repeated until now is no sign of a loop. */
  reenter(): void {
    this.cursors = new RecentSet(rememberedCursors)
    this.emptyInARow = 0
    this.staleInARow = 0
    this.lastStart = Number.POSITIVE_INFINITY
  }

  /** Rows that came before are duplicates, but not where the page `isAgain`: asked for because of the rows between. */
  check(page: SessionPage, request: RequestInfo, isAgain: boolean): Result.Result<CheckedPage, ResponseInvalid> {
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
    const sessions: Array<Session.Summary> = []
    for (const [index, session] of page.data.entries()) {
      const start = Session.millis(session.started_at)
      if (start < this.from || start >= this.to) {
        counts.outside_window++
        continue
      }
      const isLater = start > this.lastStart
      this.lastStart = start
      const turns = this.ids.turns
      if (!this.ids.add(session.id)) {
        if (!isAgain) {
          counts.duplicates++
          if (isLater) counts.out_of_order++
        }
        continue
      }
      if (start >= this.forgottenFrom) {
        const reason = "a row from so far up the list that it cannot be told whether it came before"
        return fail(reason, `data[${index}].started_at`, session.id)
      }
      if (this.ids.turns > turns) {
        this.forgottenFrom = Math.min(this.forgottenFrom, this.turnedAt)
        this.turnedAt = this.oldestStart
      }
      this.oldestStart = Math.min(this.oldestStart, start)
      if (isLater) counts.out_of_order++
      sessions.push(session)
    }
    this.staleInARow = sessions.length === 0 ? this.staleInARow + 1 : 0
    if (page.has_more && this.staleInARow >= maxStalePages) {
      return fail(`${maxStalePages} pages in a row without a new session, and still has_more`, "data")
    }
    return Result.succeed({ sessions, counts, next: next ?? undefined })
  }
}
