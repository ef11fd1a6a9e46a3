/**
 * What a walk checks on every page, in bounded memory. Errors: a cursor that repeats, `has_more` without a cursor,
 * three empty pages in a row, pages without end that hold nothing new. Counted: duplicate ids (the first stays), rows
 * outside the window (left out), rows out of order, single empty pages.
 */
import * as Result from "effect/Result"
import type * as Coverage from "./Coverage.ts"
import { type RequestInfo, ResponseInvalid } from "./ElnudgeError.ts"
import { RecentSet } from "./RecentSet.ts"
import * as Session from "./Session.ts"
import type { SessionRead } from "./SessionRead.ts"
import type { SessionPage } from "./SessionsApi.ts"

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
  /** The cursor of the next page, or undefined on the last one. */
  readonly next: string | undefined
}

/** The memory of one walk. */
export class PageGuard {
  private readonly ids = new RecentSet(rememberedIds)
  private readonly cursors = new RecentSet(rememberedCursors)
  private emptyInARow = 0
  private staleInARow = 0
  private lastStart = Number.POSITIVE_INFINITY
  private readonly recorder: Coverage.Recorder | undefined

  private readonly window: NonNullable<SessionRead["window"]>

  constructor(recorder: Coverage.Recorder | undefined, window: NonNullable<SessionRead["window"]>) {
    this.recorder = recorder
    this.window = window
  }

  /** `readAt` in epoch milliseconds. */
  check(page: SessionPage, request: RequestInfo, readAt: number): Result.Result<CheckedPage, ResponseInvalid> {
    const fail = (reason: string, path: string) => Result.fail(new ResponseInvalid({ reason, path, request }))
    this.recorder?.page(page.data.length)
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
    const sessions = page.data.filter((session) => this.isNew(session, readAt))
    this.staleInARow = sessions.length === 0 ? this.staleInARow + 1 : 0
    if (page.has_more && this.staleInARow >= maxStalePages) {
      return fail(`${maxStalePages} pages in a row without a new session, and still has_more`, "data")
    }
    return Result.succeed({ sessions, next: next ?? undefined })
  }

  private isNew(session: Session.Summary, readAt: number): boolean {
    const start = Session.millis(session.started_at)
    if (start < this.window.from || start >= this.window.to) {
      this.recorder?.outsideWindow()
      return false
    }
    if (start > this.lastStart) this.recorder?.outOfOrder()
    this.lastStart = start
    if (this.ids.add(session.id)) {
      this.recorder?.summary(session, readAt)
      return true
    }
    this.recorder?.duplicate()
    return false
  }
}
