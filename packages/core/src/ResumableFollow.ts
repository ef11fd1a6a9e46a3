/** What keeps following sessions over restarts, with its place in a {@link Checkpoint} file. */
import * as Effect from "effect/Effect"
import * as Checkpoint from "./Checkpoint.ts"
import * as FollowPosition from "./FollowPosition.ts"
import * as Resumable from "./Resumable.ts"

export type Options<State, Encoded> = Resumable.Options<State, Encoded>

/** Its tracker is for `SessionStream.follow`. */
export type ResumableFollow<State> = Resumable.Resumable<State, FollowPosition.Tracker>

/** Reads the file, if there is one. Fails where it is of another query, or its state is none. */
export const open = Effect.fn("ResumableFollow.open")(function* <State, Encoded>(options: Options<State, Encoded>) {
  return yield* Resumable.open(
    Checkpoint.ofFollow,
    options,
    (recorder, earlier) => new FollowPosition.Tracker(recorder, earlier),
  )
})
