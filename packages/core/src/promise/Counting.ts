/** What the calls of a client saw: each counts for itself, and all of them for the client, once it has ended. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Coverage from "../Coverage.ts"

export interface Counting {
  /** Runs for the recorder. Its counts are the client's from the start on. */
  readonly effect: <A, E, R>(run: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly stream: <A, E, R>(walk: Stream.Stream<A, E, R>, recorder: Coverage.Recorder) => Stream.Stream<A, E, R>
  readonly coverage: () => Coverage.Coverage
}

/** Where the context has a recorder, all that the client sees counts for that one, too. */
export const make = (context: Context.Context<never>): Counting => {
  const ended = new Coverage.Recorder()
  const outer = Context.get(context, Coverage.Current)
  const running = new Set<Coverage.Recorder>()

  const begin = (recorder: Coverage.Recorder) => Effect.sync(() => void running.add(recorder))

  const end = (recorder: Coverage.Recorder) =>
    Effect.sync(() => {
      if (!running.delete(recorder)) return
      const seen = recorder.snapshot()
      ended.absorb(seen)
      outer?.absorb(seen)
    })

  return {
    effect: (run) =>
      Effect.suspend(() => {
        const recorder = new Coverage.Recorder()
        const counted = Effect.provideService(run, Coverage.Current, recorder)
        return Effect.andThen(begin(recorder), Effect.ensuring(counted, end(recorder)))
      }),
    stream: (walk, recorder) =>
      Stream.fromEffectDrain(begin(recorder)).pipe(
        Stream.concat(Stream.provideService(walk, Coverage.Current, recorder)),
        Stream.ensuring(end(recorder)),
      ),
    coverage: () =>
      [...running].reduce((sum, recorder) => Coverage.combine(sum, recorder.snapshot()), ended.snapshot()),
  }
}
