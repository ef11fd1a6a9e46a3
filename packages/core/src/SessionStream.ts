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
import type * as Session from "./Session.ts"
import * as SessionRead from "./SessionRead.ts"
import * as SessionsApi from "./SessionsApi.ts"
import type { TimeSpan } from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"

export interface ListOptions extends TimeWindow.Options {
  /** Rows on a page, 1–200. @default 200 */
  readonly pageSize?: number | undefined
  /**
   * Send the window and the page size along with every cursor. Harmless if the cursor holds them, and right if it
   * does not; `false` sends the cursor alone, as the API document's own follow-up request does. @default true
   */
  readonly followWindow?: boolean | undefined
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
}

/** One page of new rows, when it was read (epoch milliseconds), and the window of the walk. */
export interface Page {
  readonly sessions: ReadonlyArray<Session.Summary>
  readonly readAt: number
  readonly window: TimeSpan
}

interface Position {
  readonly cursor: string | undefined
  readonly rowsEmitted: number
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

/** The pages of a window, newest first. The window is pinned when the stream starts. */
export const pages = (options: ListOptions = {}): Stream.Stream<Page, ElnudgeError.ListError, ElnudgeClient> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const limit = options.pageSize ?? SessionsApi.maxPageSize
      yield* checkRange("the page size", limit, 1, SessionsApi.maxPageSize)
      const client = yield* ElnudgeClient
      const window = yield* TimeWindow.pin(options)
      const recorder = yield* Coverage.Current
      const span = TimeWindow.toSpan(window)
      recorder?.covers(span)
      const guard = new PageGuard(recorder, span)
      const start: Position = { cursor: undefined, rowsEmitted: 0 }
      return Stream.paginate(
        start,
        Effect.fnUntraced(function* ({ cursor, rowsEmitted }: Position) {
          const isCursorAlone = cursor !== undefined && options.followWindow === false
          const page = yield* client.listSessions(
            isCursorAlone ? { cursor, rowsEmitted } : { window, limit, cursor, rowsEmitted },
          )
          const request = { _tag: "ListSessions", ...window, cursor, rowsEmitted } as const
          const readAt = yield* Clock.currentTimeMillis
          const { next, sessions } = yield* Effect.fromResult(guard.check(page, request, readAt))
          const following: Option.Option<Position> =
            next === undefined
              ? Option.none()
              : Option.some({ cursor: next, rowsEmitted: rowsEmitted + sessions.length })
          const emitted: Page = { sessions, readAt, window: span }
          return [[emitted], following] as const
        }),
      )
    }),
  )

/** The rows of the list, newest first, each id once. */
export const summaries = (
  options: ListOptions = {},
): Stream.Stream<Session.Summary, ElnudgeError.ListError, ElnudgeClient> =>
  pages(options).pipe(Stream.flatMap((page) => Stream.fromArray(page.sessions)))

/** Every session of the window once, with its detail where `pick` asks for it. */
export const details = (
  options: DetailOptions = {},
): Stream.Stream<SessionRead.SessionRead, ElnudgeError.ListError | ElnudgeError.DetailError, ElnudgeClient> => {
  const { concurrency = 8, onUnavailable = "skip", pick = () => true, unordered = false } = options

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
        recorder?.detail(summary, session)
        return { _tag: "Read", session }
      }),
      Effect.catchTag("SessionUnavailable", (error) => {
        recorder?.detailUnavailable(error.reason)
        const state: SessionRead.DetailState = { _tag: "Unavailable", reason: error.reason }
        return onUnavailable === "fail" ? Effect.fail(error) : Effect.succeed(state)
      }),
    )
    return { summary, detail, readAt: yield* Clock.currentTimeMillis, window }
  })

  return Stream.fromEffect(checkRange("the concurrency", concurrency, 1, 1000)).pipe(
    Stream.flatMap(() => pages(options)),
    Stream.flatMap((page) => Stream.fromArray(page.sessions.map((summary) => ({ summary, page })))),
    Stream.mapEffect(({ page, summary }) => read(summary, page), { concurrency, unordered }),
    Stream.filter((sessionRead) => onUnavailable !== "skip" || sessionRead.detail._tag !== "Unavailable"),
  )
}
