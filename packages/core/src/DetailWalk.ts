/** Sessions with their details: which of a page's rows take a request, how many at once, and in which order. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ElnudgeClient } from "./ElnudgeClient.ts"
import type * as ElnudgeError from "./ElnudgeError.ts"
import * as OptionCheck from "./OptionCheck.ts"
import type * as Session from "./Session.ts"
import * as SessionPages from "./SessionPages.ts"
import type { Follower, ListOptions, Page } from "./SessionPages.ts"
import type * as SessionRead from "./SessionRead.ts"
import type * as WalkPosition from "./WalkPosition.ts"
import * as WholeNumber from "./WholeNumber.ts"
import * as WallClock from "./WallClock.ts"

/** Those of the list, and which details are read, and how. */
export interface DetailOptions extends ListOptions {
  /** Which sessions need their detail. @default all */
  readonly pick?: ((session: Session.Summary) => boolean) | undefined
  /** Details asked for at once. @default 8 */
  readonly concurrency?: number | undefined
  /** Emit in the order in which details arrive instead of the list's order. @default false */
  readonly unordered?: boolean | undefined
  /**
   * What becomes of a listed session whose detail is a 404: emitted as `Unavailable`, so that whoever counts sees it; left out,
   * and counted in the coverage alone; or an error. @default "emit"
   */
  readonly onUnavailable?: "emit" | "skip" | "fail" | undefined
  /**
   * Follows the walk, so that it can be resumed where it stops: call its `done` for every read that was taken in. It
   * brings its own position to resume from, and keeps the list's order. @default none
   */
  readonly tracker?: WalkPosition.Tracker | undefined
}

/** The options of a walk with details. */
export const checks: OptionCheck.Checks<DetailOptions> = {
  ...SessionPages.checks,
  pick: OptionCheck.callable,
  concurrency: OptionCheck.number,
  unordered: OptionCheck.truth,
  onUnavailable: OptionCheck.oneOf("skip", "emit", "fail"),
  tracker: OptionCheck.struct,
}

/** A page, and what is known of its sessions without asking for each; undefined for those that need their detail. */
export interface Known {
  readonly page: Page
  readonly stateOf: (session: Session.Summary) => SessionRead.DetailState | undefined
  /** Whether the list of nudges has not what the session's `nudge_count` says. */
  readonly nudgesDiffer: (session: Session.Summary) => boolean
}

/** Rows of a page that need no request, or one that does. */
type Run =
  | { readonly _tag: "Plain"; readonly reads: Array<SessionRead.SessionRead> }
  | { readonly _tag: "Picked"; readonly known: Known; readonly summary: Session.Summary }

/** The sessions of the pages, each once. */
export const ofPages = <E>(
  { concurrency = 8, onUnavailable = "emit", tracker, unordered = false }: DetailOptions,
  follower: Follower,
  known: Stream.Stream<Known, E, ElnudgeClient>,
): Stream.Stream<SessionRead.SessionRead, E | ElnudgeError.DetailError, ElnudgeClient> => {
  const detailOf = Effect.fnUntraced(function* (
    summary: Session.Summary,
    { nudgesDiffer, page: { window } }: Known,
  ): Effect.fn.Return<SessionRead.SessionRead, ElnudgeError.DetailError, ElnudgeClient> {
    const client = yield* ElnudgeClient
    const detail = yield* client.getSession(summary.id, { startedAt: summary.started_at }).pipe(
      Effect.map((session): SessionRead.DetailState => ({ _tag: "Read", session })),
      Effect.catchTag("SessionUnavailable", (error) => {
        const state: SessionRead.DetailState = { _tag: "Unavailable", reason: error.reason }
        return onUnavailable === "fail" ? Effect.fail(error) : Effect.succeed(state)
      }),
    )
    const differs = nudgesDiffer(summary) ? { nudgesDiffer: true } : undefined
    return { summary, detail, readAt: yield* WallClock.now, window, ...differs }
  })

  // A request is worth a fiber, a row is not: those between two requests go together.
  const runsOf = (known: Known): ReadonlyArray<Run> => {
    const { page, stateOf } = known
    const { readAt, window } = page
    const runs: Array<Run> = []
    for (const summary of page.sessions) {
      const detail = stateOf(summary)
      if (detail === undefined) {
        runs.push({ _tag: "Picked", known, summary })
        continue
      }
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

  return Stream.fromEffectDrain(WholeNumber.check("concurrency", concurrency, 1, 1000)).pipe(
    Stream.concat(Stream.mapEffect(known, (each) => OptionCheck.evaluate(() => runsOf(each)))),
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
      if (isLeftOut || tracker === undefined) follower.done(sessionRead)
      return !isLeftOut
    }),
  )
}
