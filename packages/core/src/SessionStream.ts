/**
 * The list as streams: pages are the primitive, summaries and details are built on them. Lazy, in bounded memory,
 * and every page is asked for once: retries happen around the single request, never around the stream.
 */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ElnudgeClient } from "./ElnudgeClient.ts"
import type * as ElnudgeError from "./ElnudgeError.ts"
import * as NudgeList from "./NudgeList.ts"
import * as OptionCheck from "./OptionCheck.ts"
import * as Session from "./Session.ts"
import * as SessionPages from "./SessionPages.ts"
import type { ListOptions, Page } from "./SessionPages.ts"
import * as SessionRead from "./SessionRead.ts"
import * as DetailWalk from "./DetailWalk.ts"
import type { DetailOptions } from "./DetailWalk.ts"
import * as TimeSpan from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"

export { type FollowOptions, make as follow } from "./SessionFollow.ts"
export type { DetailOptions, ListOptions, Page }

/** Those of `details`, and which sessions need more than their nudges. */
export interface NudgeOptions extends DetailOptions {
  /** Which of the picked sessions need their detail all the same, such as for the time of a purchase. @default none */
  readonly needsEvents?: ((session: Session.Summary) => boolean) | undefined
}

/** What the compiler checks in TypeScript, and nobody in JavaScript. */
const checked = <Options, A, E, R>(
  checks: OptionCheck.Checks<Options>,
  options: Options,
  stream: (options: Options) => Stream.Stream<A, E, R>,
): Stream.Stream<A, E | ElnudgeError.InvalidOption, R> =>
  Stream.unwrap(Effect.map(OptionCheck.check(checks, options), () => stream(options)))

/**
 * The pages of a window, newest first. The window is pinned when the stream starts. Where the API refuses a cursor, the
 * rest of the window is asked for by time; `CursorRejected` says that this brought nothing new.
 */
export const pages = (options: ListOptions = {}): Stream.Stream<Page, ElnudgeError.ListError, ElnudgeClient> =>
  checked(SessionPages.checks, options, () =>
    Stream.unwrap(
      Effect.map(SessionPages.follower(undefined, options.resume), (follower) =>
        Stream.map(SessionPages.make(options, follower), (page) => {
          const { readAt, sessions, window } = page
          for (const summary of sessions) follower.done({ summary, detail: SessionRead.notNeeded, readAt, window })
          return page
        }),
      ),
    ),
  )

/** The rows of the list, newest first, each id once. */
export const summaries = (
  options: ListOptions = {},
): Stream.Stream<Session.Summary, ElnudgeError.ListError, ElnudgeClient> =>
  pages(options).pipe(Stream.flatMap((page) => Stream.fromArray(page.sessions)))

const pickAll = () => true

const nudgeChecks: OptionCheck.Checks<NudgeOptions> = { ...DetailWalk.checks, needsEvents: OptionCheck.callable }

/**
 * Every session of the window once, with its detail where `pick` asks for it: `Unavailable` where there is none (404), unless
 * `onUnavailable` says otherwise.
 */
export const details = (
  options: DetailOptions = {},
): Stream.Stream<SessionRead.SessionRead, ElnudgeError.ListError | ElnudgeError.DetailError, ElnudgeClient> =>
  // The options of `nudges` do for both: a detail has its events anyhow.
  checked<DetailOptions, SessionRead.SessionRead, ElnudgeError.ListError | ElnudgeError.DetailError, ElnudgeClient>(
    nudgeChecks,
    options,
    ({ pick = pickAll, tracker }) => {
      const isPicked = OptionCheck.answering("pick", pick)
      const stateOf = (session: Session.Summary) => (isPicked(session) ? undefined : SessionRead.notNeeded)
      return Stream.unwrap(
        Effect.map(SessionPages.follower(tracker, options.resume), (follower) => {
          const pages = SessionPages.make(options, follower)
          return DetailWalk.ofPages(
            options,
            follower,
            Stream.map(pages, (page) => ({ page, stateOf, nudgesDiffer: () => false })),
          )
        }),
      )
    },
  )

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
      yield* OptionCheck.check(nudgeChecks, options)
      const { tracker } = options
      const isPicked = OptionCheck.answering("pick", options.pick ?? pickAll)
      const isNeedy = OptionCheck.answering("needsEvents", options.needsEvents ?? (() => false))
      const scope = yield* Effect.scope
      const follower = yield* SessionPages.follower(tracker, options.resume)
      let join: NudgeList.Join | undefined
      const known = SessionPages.make(options, follower).pipe(
        Stream.mapEffect(
          Effect.fnUntraced(function* (page: Page) {
            const { sessions, window } = page
            const { needy, picked } = yield* OptionCheck.evaluate(() => {
              const picked = new Set(sessions.filter(isPicked))
              return { picked, needy: new Set([...picked].filter((session) => !isNeedy(session))) }
            })
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
            const each: DetailWalk.Known = {
              page,
              stateOf: (session) => states.get(session),
              nudgesDiffer: (session) => needy.has(session),
            }
            return each
          }),
        ),
      )
      return DetailWalk.ofPages(options, follower, known)
    }),
  )
