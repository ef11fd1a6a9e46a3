/**
 * The list as streams: pages are the primitive, summaries and details are built on them. Lazy, in bounded memory,
 * and every page is asked for once: retries happen around the single request, never around the stream.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Coverage from "./Coverage.ts"
import { ElnudgeClient } from "./ElnudgeClient.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import { PageGuard } from "./PageGuard.ts"
import * as Session from "./Session.ts"
import * as SessionRead from "./SessionRead.ts"
import * as SessionsApi from "./SessionsApi.ts"
import type { TimeSpan } from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"
import * as WalkPosition from "./WalkPosition.ts"

export interface ListOptions extends TimeWindow.Options {
  /** Rows on a page, 1–200. @default 200 */
  readonly pageSize?: number | undefined
  /**
   * Send the window and the page size along with every cursor. Harmless if the cursor holds them, and right if it
   * does not; `false` sends the cursor alone, as the API document's own follow-up request does. @default true
   */
  readonly followWindow?: boolean | undefined
  /** Go on from where an earlier walk stopped: its window counts, not `from` and `to`. @default from the newest row */
  readonly resume?: WalkPosition.WalkPosition | undefined
}

export interface DetailOptions extends ListOptions {
  /** Which sessions need their detail. @default all */
  readonly pick?: ((session: Session.Summary) => boolean) | undefined
  /** Details asked for at once. @default 8 */
  readonly concurrency?: number | undefined
  /** Emit in the order in which details arrive instead of the list's order. @default false */
  readonly unordered?: boolean | undefined
  /**
   * What becomes of a listed session whose detail is a 404: left out and counted, emitted as `Unavailable`, or an
   * error. @default "skip"
   */
  readonly onUnavailable?: "skip" | "emit" | "fail" | undefined
  /**
   * Follows the walk, so that it can be resumed where it stops: call its `done` for every read that was taken in. It
   * brings its own position to resume from, and keeps the list's order. @default none
   */
  readonly tracker?: WalkPosition.Tracker | undefined
}

/** One page of new rows, when it was read (epoch milliseconds), and the window of the walk. */
export interface Page {
  readonly sessions: ReadonlyArray<Session.Summary>
  readonly readAt: number
  readonly window: TimeSpan
}

interface Step extends WalkPosition.Place {
  readonly rows: number
  /** Whether its rows were, or may have been, read before. */
  readonly isAgain: boolean
  /** Whether a row came since the list was entered here: else going back to the oldest row would only lead here again. */
  readonly isProgress: boolean
}

const checkRange = (name: string, value: number, low: number, high: number) =>
  Number.isInteger(value) && value >= low && value <= high
    ? Effect.void
    : Effect.fail(
        new ElnudgeError.InvalidRequest({
          reason: `${name} is ${value}`,
          advice: `Give a whole number from ${low} to ${high}.`,
        }),
      )

const pagesOf = (
  options: ListOptions,
  tracker: WalkPosition.Tracker | undefined,
): Stream.Stream<Page, ElnudgeError.ListError, ElnudgeClient> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const limit = options.pageSize ?? SessionsApi.maxPageSize
      yield* checkRange("the page size", limit, 1, SessionsApi.maxPageSize)
      const client = yield* ElnudgeClient
      const pinned = options.resume?.window ?? (yield* TimeWindow.pin(options))
      const position = tracker?.begin(pinned) ?? options.resume ?? WalkPosition.start(pinned)
      if (position.complete) return Stream.empty
      const recorder = yield* Coverage.Current
      const span = TimeWindow.toSpan(position.window)
      recorder?.covers(span)
      const guard = new PageGuard(position)
      const isResumed = position.rows > 0
      const first: Step = {
        to: position.to,
        cursor: position.cursor ?? undefined,
        restBefore: position.rest_before,
        rows: position.rows,
        isAgain: isResumed,
        isProgress: isResumed,
      }

      // The API's cursors may die; what they stood for is the rest of the window, which can be asked for by time.
      const reenter = (step: Step, rejected: ElnudgeError.CursorRejected) =>
        Effect.suspend(() => {
          const to = guard.restBefore()
          const { request, status } = rejected
          if (to === undefined)
            return Effect.fail(new ElnudgeError.CursorRejected({ status, request, isUnordered: true }))
          if (!step.isProgress) return Effect.fail(new ElnudgeError.CursorRejected({ status, request, stalledAt: to }))
          recorder?.reentry()
          guard.reenter()
          const entry: Step = {
            to,
            cursor: undefined,
            restBefore: to,
            rows: step.rows,
            isAgain: true,
            isProgress: false,
          }
          tracker?.reenter(entry)
          const emitted: ReadonlyArray<Page> = []
          return Effect.succeed([emitted, Option.some(entry)] as const)
        })

      const ask = Effect.fnUntraced(function* (step: Step) {
        const { cursor, isAgain, rows, to } = step
        const window = { from: position.window.from, to }
        const cursorAlone = options.followWindow === false
        const page = yield* client.listSessions({ window, limit, cursor, cursorAlone, rowsEmitted: rows })
        const request = { _tag: "ListSessions", ...window, cursor, rowsEmitted: rows } as const
        const readAt = yield* Clock.currentTimeMillis
        recorder?.page(page.data.length)
        const { counts, next, sessions } = yield* Effect.fromResult(guard.check(page, request, isAgain))
        const following: Step | undefined =
          next === undefined
            ? undefined
            : {
                to,
                cursor: next,
                restBefore: guard.restBefore() ?? null,
                rows: rows + sessions.length,
                // Until the first row that is new.
                isAgain: isAgain && sessions.length === 0,
                isProgress: step.isProgress || sessions.length > 0,
              }
        if (tracker === undefined) {
          recorder?.listed(counts)
          for (const session of sessions) recorder?.summary(session, readAt)
        }
        tracker?.page(step, sessions, counts, following)
        const emitted: ReadonlyArray<Page> = [{ sessions, readAt, window: span }]
        return [emitted, Option.fromUndefinedOr(following)] as const
      })

      return Stream.paginate(first, (step: Step) =>
        Effect.catchTag(ask(step), "CursorRejected", (rejected) => reenter(step, rejected)),
      )
    }),
  )

/**
 * The pages of a window, newest first. The window is pinned when the stream starts. Where the API refuses a cursor, the
 * rest of the window is asked for by time; `CursorRejected` says that this brought nothing new.
 */
export const pages = (options: ListOptions = {}): Stream.Stream<Page, ElnudgeError.ListError, ElnudgeClient> =>
  pagesOf(options, undefined)

/** The rows of the list, newest first, each id once. */
export const summaries = (
  options: ListOptions = {},
): Stream.Stream<Session.Summary, ElnudgeError.ListError, ElnudgeClient> =>
  pages(options).pipe(Stream.flatMap((page) => Stream.fromArray(page.sessions)))

/** Every session of the window once, with its detail where `pick` asks for it. */
export const details = (
  options: DetailOptions = {},
): Stream.Stream<SessionRead.SessionRead, ElnudgeError.ListError | ElnudgeError.DetailError, ElnudgeClient> => {
  const { concurrency = 8, onUnavailable = "skip", pick = () => true, tracker, unordered = false } = options

  const read = Effect.fnUntraced(function* (
    summary: Session.Summary,
    page: Page,
  ): Effect.fn.Return<SessionRead.SessionRead, ElnudgeError.DetailError, ElnudgeClient> {
    const { window } = page
    if (!pick(summary)) return { summary, detail: SessionRead.notNeeded, readAt: page.readAt, window }
    const client = yield* ElnudgeClient
    const recorder = yield* Coverage.Current
    const detail = yield* client.getSession(summary.id, { startedAt: summary.started_at }).pipe(
      Effect.map((session): SessionRead.DetailState => {
        if (tracker === undefined) recorder?.detail(summary, session)
        return { _tag: "Read", session }
      }),
      Effect.catchTag("SessionUnavailable", (error) => {
        if (tracker === undefined) recorder?.detailUnavailable(error.reason)
        const state: SessionRead.DetailState = { _tag: "Unavailable", reason: error.reason }
        return onUnavailable === "fail" ? Effect.fail(error) : Effect.succeed(state)
      }),
    )
    return { summary, detail, readAt: yield* Clock.currentTimeMillis, window }
  })

  return Stream.fromEffect(checkRange("the concurrency", concurrency, 1, 1000)).pipe(
    Stream.flatMap(() => pagesOf(options, tracker)),
    Stream.flatMap((page) => Stream.fromArray(page.sessions.map((summary) => ({ summary, page })))),
    Stream.mapEffect(({ page, summary }) => read(summary, page), {
      concurrency,
      // In order, a slow detail holds the rest back, and what a tracker must remember stays small.
      unordered: unordered && tracker === undefined,
    }),
    Stream.filter((sessionRead) => {
      const isLeftOut = onUnavailable === "skip" && sessionRead.detail._tag === "Unavailable"
      if (isLeftOut) tracker?.done(sessionRead)
      return !isLeftOut
    }),
  )
}
