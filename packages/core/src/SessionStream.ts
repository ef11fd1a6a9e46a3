/**
 * The list as streams: pages are the primitive, summaries and details are built on them. Lazy, in bounded memory,
 * and every page is asked for once: retries happen around the single request, never around the stream.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Coverage from "./Coverage.ts"
import { ElnudgeClient } from "./ElnudgeClient.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as NudgeList from "./NudgeList.ts"
import * as PageWalk from "./PageWalk.ts"
import * as Session from "./Session.ts"
import * as SessionRead from "./SessionRead.ts"
import * as SessionsApi from "./SessionsApi.ts"
import * as SlicedWalk from "./SlicedWalk.ts"
import * as TimeSpan from "./TimeSpan.ts"
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

export interface NudgeOptions extends DetailOptions {
  /** Which of the picked sessions need their detail all the same, such as for the time of a purchase. @default none */
  readonly needsEvents?: ((session: Session.Summary) => boolean) | undefined
}

/** One page of new rows, when it was read (epoch milliseconds), and the window of the walk. */
export interface Page {
  readonly sessions: ReadonlyArray<Session.Summary>
  readonly readAt: number
  readonly window: TimeSpan.TimeSpan
}

/** Rows of a page that need no request, or one that does. */
type Run =
  | { readonly _tag: "Plain"; readonly reads: Array<SessionRead.SessionRead> }
  | { readonly _tag: "Picked"; readonly known: Known; readonly summary: Session.Summary }

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
      const concurrency = options.listConcurrency ?? 1
      yield* checkRange("the list's concurrency", concurrency, 1, 64)
      const client = yield* ElnudgeClient
      const pinned = options.resume?.window ?? (yield* TimeWindow.pin(options))
      const position = tracker?.begin(pinned) ?? options.resume ?? WalkPosition.start(pinned)
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
        if (tracker === undefined) {
          recorder?.listed(counts)
          for (const row of rows) recorder?.summary(row, readAt)
        }
        tracker?.page(place, rows, counts, following)
        const page: Page = { sessions: rows, readAt, window }
        return isPage ? page : undefined
      }
      return Stream.filter(Stream.map(walk, handOn), Predicate.isNotUndefined)
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

/** A page, and what is known of its sessions without asking for each; undefined for those that need their detail. */
interface Known {
  readonly page: Page
  readonly stateOf: (session: Session.Summary) => SessionRead.DetailState | undefined
  /** Whether the list of nudges has not what the session's `nudge_count` says. */
  readonly nudgesDiffer: (session: Session.Summary) => boolean
}

const withDetails = <E>(
  { concurrency = 8, onUnavailable = "skip", tracker, unordered = false }: DetailOptions,
  known: Stream.Stream<Known, E, ElnudgeClient>,
): Stream.Stream<SessionRead.SessionRead, E | ElnudgeError.DetailError, ElnudgeClient> => {
  const detailOf = Effect.fnUntraced(function* (
    summary: Session.Summary,
    { nudgesDiffer, page: { window } }: Known,
  ): Effect.fn.Return<SessionRead.SessionRead, ElnudgeError.DetailError, ElnudgeClient> {
    const client = yield* ElnudgeClient
    const recorder = yield* Coverage.Current
    const isDifferent = nudgesDiffer(summary)
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
    if (isDifferent && tracker === undefined) recorder?.nudgesDiffer()
    const differs = isDifferent ? { nudgesDiffer: true } : undefined
    return { summary, detail, readAt: yield* Clock.currentTimeMillis, window, ...differs }
  })

  // A request is worth a fiber, a row is not: those between two requests go together.
  const runsOf = (known: Known, recorder: Coverage.Recorder | undefined): ReadonlyArray<Run> => {
    const { page, stateOf } = known
    const { readAt, window } = page
    const runs: Array<Run> = []
    for (const summary of page.sessions) {
      const detail = stateOf(summary)
      if (detail === undefined) {
        runs.push({ _tag: "Picked", known, summary })
        continue
      }
      if (detail._tag === "Nudges" && tracker === undefined) recorder?.nudges(detail.nudges)
      const read = { summary, detail, readAt, window }
      const last = runs.at(-1)
      if (last?._tag === "Plain") last.reads.push(read)
      else runs.push({ _tag: "Plain", reads: [read] })
    }
    return runs
  }

  const readsOf = (
    run: Run,
  ): Effect.Effect<ReadonlyArray<SessionRead.SessionRead>, ElnudgeError.DetailError, ElnudgeClient> =>
    run._tag === "Plain" ? Effect.succeed(run.reads) : Effect.map(detailOf(run.summary, run.known), (read) => [read])

  return Stream.fromEffect(Effect.andThen(checkRange("the concurrency", concurrency, 1, 1000), Coverage.Current)).pipe(
    Stream.flatMap((recorder) => Stream.map(known, (each) => runsOf(each, recorder))),
    Stream.filter(Arr.isReadonlyArrayNonEmpty),
    Stream.flattenArray,
    // An error is one of the results until those before it are handed on.
    Stream.mapEffect((run) => Effect.result(readsOf(run)), {
      concurrency,
      // In order, a slow detail holds the rest back, and what a tracker must remember stays small.
      unordered: unordered && tracker === undefined,
    }),
    Stream.mapEffect(Effect.fromResult),
    Stream.filter(Arr.isReadonlyArrayNonEmpty),
    Stream.flattenArray,
    Stream.filter((sessionRead) => {
      const isLeftOut = onUnavailable === "skip" && sessionRead.detail._tag === "Unavailable"
      if (isLeftOut) tracker?.done(sessionRead)
      return !isLeftOut
    }),
  )
}

const pickAll = () => true

/** Every session of the window once, with its detail where `pick` asks for it. */
export const details = (
  options: DetailOptions = {},
): Stream.Stream<SessionRead.SessionRead, ElnudgeError.ListError | ElnudgeError.DetailError, ElnudgeClient> => {
  const { pick = pickAll, tracker } = options
  const stateOf = (session: Session.Summary) => (pick(session) ? undefined : SessionRead.notNeeded)
  return withDetails(
    options,
    Stream.map(pagesOf(options, tracker), (page) => ({ page, stateOf, nudgesDiffer: () => false })),
  )
}

/**
 * As {@link details}, for whoever needs the picked sessions' nudges rather than their events: the nudges come from the list
 * of nudges (`GET /nudges`, which is not in the contract), some two hundred with each request, from the first session on
 * that needs nothing else; where there is none, the list is not asked for. A detail is read where `needsEvents`, and where the
 * list has not as many nudges as the session's `nudge_count` says: more than 100,000 were waiting for their sessions, or one
 * was shown before its session or more than two hours after the last one's start. What is not read that way has the state
 * `Nudges`. Fails with `NudgesUnavailable` where the API has no such list.
 */
export const nudges = (
  options: NudgeOptions,
): Stream.Stream<
  SessionRead.SessionRead,
  ElnudgeError.ListError | ElnudgeError.NudgesError | ElnudgeError.DetailError,
  ElnudgeClient
> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { needsEvents = () => false, pick = pickAll, tracker } = options
      const scope = yield* Effect.scope
      let join: NudgeList.Join | undefined
      const known = pagesOf(options, tracker).pipe(
        Stream.mapEffect(
          Effect.fnUntraced(function* (page: Page) {
            const { sessions, window } = page
            const picked = new Set(sessions.filter(pick))
            const needy = new Set([...picked].filter((session) => !needsEvents(session)))
            const { earliest, latest } = TimeSpan.extent(sessions.map(({ started_at }) => Session.millis(started_at)))
            if (needy.size > 0) {
              // What a walk has behind it needs no nudges any more.
              join ??= yield* Scope.provide(
                NudgeList.join(TimeWindow.ofSpan({ from: window.from, to: latest + 1 })),
                scope,
              )
            }
            if (sessions.length > 0) yield* join?.upTo(earliest) ?? Effect.void
            const states = new Map<Session.Summary, SessionRead.DetailState | undefined>()
            for (const session of sessions) {
              const nudges = join?.take(session)
              const ofList = nudges === undefined ? undefined : ({ _tag: "Nudges", nudges } as const)
              states.set(session, needy.has(session) ? ofList : picked.has(session) ? undefined : SessionRead.notNeeded)
            }
            const each: Known = {
              page,
              stateOf: (session) => states.get(session),
              nudgesDiffer: (session) => needy.has(session),
            }
            return each
          }),
        ),
      )
      return withDetails(options, known)
    }),
  )
