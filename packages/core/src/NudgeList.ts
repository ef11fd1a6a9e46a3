/**
 * The list of nudges as a stream of pages, checked as the list of sessions is, and joined to sessions. The endpoint is not in
 * the contract: whoever uses it asks for it.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ElnudgeClient } from "./ElnudgeClient.ts"
import type * as ElnudgeError from "./ElnudgeError.ts"
import type * as NudgesApi from "./NudgesApi.ts"
import * as PageWalk from "./PageWalk.ts"
import * as Session from "./Session.ts"
import * as SessionsApi from "./SessionsApi.ts"
import * as TimeWindow from "./TimeWindow.ts"
import * as WalkPosition from "./WalkPosition.ts"
import * as WallClock from "./WallClock.ts"

/** The nudges that were shown in a window (of `shown_at`), page by page, newest first, each id once. */
export const pages = (
  window: TimeWindow.TimeWindow,
): Stream.Stream<ReadonlyArray<NudgesApi.NudgeItem>, ElnudgeError.NudgesError, ElnudgeClient> =>
  Stream.unwrap(
    Effect.map(ElnudgeClient, (client) => {
      const source: PageWalk.Source<NudgesApi.NudgeItem, ElnudgeError.NudgesError> = {
        tag: "ListNudges",
        field: "shown_at",
        instant: ({ shown_at }) => shown_at,
        sessionId: ({ session_id }) => session_id,
        list: client.listNudges,
      }
      const settings = { limit: SessionsApi.maxPageSize, cursorAlone: false }
      return Stream.map(PageWalk.pages(source, WalkPosition.start(window), settings), ({ rows }) => rows)
    }),
  )

/** Sessions and their nudges, both newest first. */
export interface Join {
  /** Reads on until all nudges of sessions that start at `start` (epoch milliseconds) or later were read. */
  readonly upTo: (start: number) => Effect.Effect<void, ElnudgeError.NudgesError>
  /**
   * Takes the session's nudges out; undefined where they are not as many as its `nudge_count` says, so that only its
   * detail tells. To be called for every session.
   */
  readonly take: (session: Session.Summary) => ReadonlyArray<Session.Nudge> | undefined
}

// A nudge is shown after its session's start. How long after: most sessions are over by then, and of the others the
// nudges do not add up, so that their details are read.
export const afterEndMillis = 2 * 3_600_000

// Nudges of sessions that never come (before the window, deleted) must not pile up; a session that misses them has its detail read.
const mostHeld = 100_000

const nudgeOf = (item: NudgesApi.NudgeItem): Session.Nudge => {
  const { id, session_id: _, ...display } = item
  // Its own field of that name, if it has one, is not known to be an id.
  return { ...display, nudge_id: id }
}

/** Joins the sessions of a window, or of what is left of it, to their nudges. */
export const join = Effect.fnUntraced(function* ({
  from,
  to,
}: TimeWindow.TimeWindow): Effect.fn.Return<Join, never, ElnudgeClient | Scope.Scope> {
  const end = Session.millis(to)
  // What is not over yet has no nudges after now.
  const last = Math.max(end, Math.min(end + afterEndMillis, DateTime.toEpochMillis(yield* WallClock.second)))
  const pull = yield* Stream.toPull(
    pages({ from, to: Session.instant(last) }).pipe(Stream.bufferArray({ capacity: 1 })),
  )
  const held = new Map<string, Array<Session.Nudge>>()
  let count = 0
  let reached = Number.POSITIVE_INFINITY
  let isEnded = false

  const remove = (id: string): ReadonlyArray<Session.Nudge> => {
    const nudges = held.get(id)
    if (nudges === undefined) return []
    held.delete(id)
    count -= nudges.length
    return nudges
  }

  const hold = (item: NudgesApi.NudgeItem): void => {
    reached = Math.min(reached, Session.millis(item.shown_at))
    const known = held.get(item.session_id)
    if (known === undefined) held.set(item.session_id, [nudgeOf(item)])
    else known.push(nudgeOf(item))
    count++
    // Those that came first wait longest.
    for (const id of held.keys()) {
      if (count <= mostHeld) break
      remove(id)
    }
  }

  const readOn = Effect.gen(function* () {
    const arrays = yield* Pull.catchDone(Effect.map(pull, Option.some), () => Effect.succeedNone)
    if (Option.isNone(arrays)) isEnded = true
    else for (const items of arrays.value) for (const item of items) hold(item)
  })

  return {
    upTo: Effect.fnUntraced(function* (start) {
      while (true) {
        if (isEnded || reached < start) return
        yield* readOn
      }
    }),
    take: (session) => {
      const nudges = remove(session.id)
      return nudges.length === session.nudge_count ? nudges : undefined
    },
  }
})
