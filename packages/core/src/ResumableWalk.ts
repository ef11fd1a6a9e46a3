/** A walk that keeps its place in a {@link Checkpoint} file. */
import * as Effect from "effect/Effect"
import * as Checkpoint from "./Checkpoint.ts"
import * as Resumable from "./Resumable.ts"
import * as WalkPosition from "./WalkPosition.ts"

export type Options<State, Encoded> = Resumable.Options<State, Encoded>

/** Its tracker is for `SessionStream.details`. */
export interface ResumableWalk<State> extends Resumable.Resumable<State, WalkPosition.Tracker> {
  /** Whether an earlier run took every session in. */
  readonly isComplete: boolean
}

/** Reads the file, if there is one. Fails where it is of another query, or its state is none. */
export const open = Effect.fn("ResumableWalk.open")(function* <State, Encoded>(options: Options<State, Encoded>) {
  let isComplete = false
  const resumable = yield* Resumable.open(Checkpoint.ofWalk, options, (recorder, earlier) => {
    isComplete = earlier?.complete === true
    return new WalkPosition.Tracker(recorder, earlier)
  })
  const walk: ResumableWalk<State> = { ...resumable, isComplete }
  return walk
})
