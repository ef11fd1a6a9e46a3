/** What keeps following sessions over restarts, with its place in a {@link Checkpoint} file. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Checkpoint from "./Checkpoint.ts"
import * as FollowPosition from "./FollowPosition.ts"
import * as Resumable from "./Resumable.ts"

export type Options<State, Encoded> = Resumable.Options<State, Encoded>

// Many open sessions take their time to be written, which the run needs too.
const savingPause = 20

type Files = FileSystem.FileSystem | Path.Path

/** Its tracker is for `SessionStream.follow`. */
export interface ResumableFollow<State> extends Omit<
  Resumable.Resumable<State, FollowPosition.Tracker>,
  "during" | "finish"
> {
  /**
   * Runs the stream, and saves beside it: every second in which something happened, also where no session comes, and once more at
   * the end, however it ends. What it asks for counts for the recorder. `state` is what the program has of the sessions
   * that are done: what it keeps of a session and the tracker's `done` belong in one step that nothing comes between. Where
   * `state` fails, or the file cannot be written, the run fails.
   */
  readonly during: <A, E, R, E2, R2>(
    state: Effect.Effect<State, E2, R2>,
    run: Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | E2 | Resumable.SaveError, R | R2 | Files>
}

/** Reads the file, if there is one. Fails where it is of another query, or its state is none. */
export const open = Effect.fn("ResumableFollow.open")(function* <State, Encoded>(options: Options<State, Encoded>) {
  const { during, earlier, recorder, saved, tracker } = yield* Resumable.open(
    Checkpoint.ofFollow,
    options,
    (_, position) => new FollowPosition.Tracker(position),
  )
  const following: ResumableFollow<State> = {
    recorder,
    tracker,
    earlier,
    saved,
    during: (state, run) =>
      during(state, (saveWhenDue) =>
        Effect.raceFirst(
          run,
          Effect.timed(saveWhenDue).pipe(
            Effect.flatMap(([took]) =>
              Effect.sleep(Duration.max(Duration.seconds(1), Duration.times(took, savingPause))),
            ),
            Effect.forever,
          ),
        ),
      ),
  }
  return following
})
