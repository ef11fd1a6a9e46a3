/** The pages of a window: one walk along the list, or several at the same time. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Coverage from "./Coverage.ts"
import { ElnudgeClient } from "./ElnudgeClient.ts"
import type * as ElnudgeError from "./ElnudgeError.ts"
import * as OptionCheck from "./OptionCheck.ts"
import * as PageWalk from "./PageWalk.ts"
import type * as Session from "./Session.ts"
import * as SessionsApi from "./SessionsApi.ts"
import * as SlicedWalk from "./SlicedWalk.ts"
import type * as TimeSpan from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"
import * as WalkPosition from "./WalkPosition.ts"
import * as WholeNumber from "./WholeNumber.ts"

/** Which window is walked, and how its list is asked for. */
export interface ListOptions extends TimeWindow.Options {
  /** Rows on a page, 1–200. @default 200 */
  readonly pageSize?: number | undefined
  /**
   * Send the window and the page size along with every cursor. Harmless if the cursor holds them, and right if it
   * does not; `false` sends the cursor alone, as the API document's own follow-up request does. @default true
   */
  readonly followWindow?: boolean | undefined
  /**
   * Parts of the window whose pages are asked for at the same time, 1–64; the order of the rows stays. It pays where an
   * answer takes long and the limit allows more: at 1,000 requests a minute one page after another already reaches the limit
   * once an answer takes 60 ms. Up to 33 pages for each are held in memory, some 5 % more are asked for, and a walk that is
   * stopped has asked for all that are held. It relies on the list's order: a row more than 20 places out of it (or half a
   * page, if that is less) may be missed. @default 1
   */
  readonly listConcurrency?: number | undefined
  /** Go on from where an earlier walk stopped: its window counts, not `from` and `to`. @default from the newest row */
  readonly resume?: WalkPosition.WalkPosition | undefined
}

/** The options of a list. */
export const checks: OptionCheck.Checks<ListOptions> = {
  ...TimeWindow.checks,
  pageSize: OptionCheck.number,
  followWindow: OptionCheck.truth,
  listConcurrency: OptionCheck.number,
  resume: OptionCheck.struct,
}

/** One page of new rows, when it was read (epoch milliseconds), and the window of the walk. */
export interface Page {
  readonly sessions: ReadonlyArray<Session.Summary>
  readonly readAt: number
  readonly window: TimeSpan.TimeSpan
}

/** Brings the position to start from, and counts what is taken in. */
export type Follower = Pick<WalkPosition.Tracker, "begin" | "page" | "done">

/** The tracker; where there is none, what only counts for the run, and takes what is handed on for taken in. */
export const follower = (tracker: Follower | undefined, resume?: WalkPosition.WalkPosition): Effect.Effect<Follower> =>
  tracker === undefined
    ? Effect.map(Coverage.Current, (recorder) => ({
        begin: (window) => resume ?? WalkPosition.start(window),
        page: (_, __, counts) => recorder?.listed(counts),
        done: (read) => recorder?.taken(read),
      }))
    : Effect.succeed(tracker)

/** The pages, newest first. */
export const make = (
  options: ListOptions,
  follower: Pick<Follower, "begin" | "page">,
): Stream.Stream<Page, ElnudgeError.ListError, ElnudgeClient> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const limit = options.pageSize ?? SessionsApi.maxPageSize
      yield* WholeNumber.check("pageSize", limit, 1, SessionsApi.maxPageSize)
      const concurrency = options.listConcurrency ?? 1
      yield* WholeNumber.check("listConcurrency", concurrency, 1, 64)
      const client = yield* ElnudgeClient
      const pinned = options.resume?.window ?? (yield* TimeWindow.pin({ from: options.from, to: options.to }))
      const position = follower.begin(pinned)
      if (position.complete) return Stream.empty
      const recorder = yield* Coverage.Current
      const window = TimeWindow.toSpan(position.window)
      recorder?.covers(window)
      const source: PageWalk.Source<Session.Summary, ElnudgeError.ListError> = {
        tag: "ListSessions",
        field: "started_at",
        instant: ({ started_at }) => started_at,
        sessionId: ({ id }) => id,
        list: (request) =>
          Effect.map(client.listSessions(request), (page) => {
            recorder?.page(page.data.length)
            return page
          }),
      }
      const settings = { limit, cursorAlone: options.followWindow === false }
      const walk =
        concurrency === 1 || !SlicedWalk.canResume(position)
          ? PageWalk.pages(source, position, settings).pipe(Stream.bufferArray({ capacity: 1 }))
          : SlicedWalk.pages(source, position, { ...settings, concurrency })
      const handOn = ({ counts, following, isPage, place, readAt, rows }: PageWalk.Taken<Session.Summary>) => {
        follower.page(place, rows, counts, following)
        const page: Page = { sessions: rows, readAt, window }
        return isPage ? page : undefined
      }
      return Stream.filter(Stream.map(walk, handOn), Predicate.isNotUndefined)
    }),
  )
