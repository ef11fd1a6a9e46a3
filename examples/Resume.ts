import { ElnudgeClient, ResumableWalk, type SessionRead, SessionStream } from "@effect-elnudge/core"
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, DateTime, Effect, Layer, Schema, Stream } from "effect"

type Reads = ReadonlyArray<SessionRead.SessionRead>

const window = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }
const [from, to] = [DateTime.makeUnsafe(window.from), DateTime.makeUnsafe(window.to)]

// Hands every session of October on, over as many runs as that takes. A run that is killed may have handed on the last
// ones without having said so: `store` must know an id that it has.
export const program = Effect.fn(function* (file: string, store: (reads: Reads) => Effect.Effect<void>) {
  const walk = yield* ResumableWalk.open({ file, query: window, state: Schema.Null })
  // In one step, so that a stop does not come between.
  const take = (reads: Reads) =>
    Effect.uninterruptible(
      Effect.map(store(reads), () => {
        for (const read of reads) walk.tracker.done(read)
      }),
    )
  const sessions = SessionStream.details({ from, to, tracker: walk.tracker, onUnavailable: "emit" })
  yield* walk.during(Effect.succeed(null), (saveWhenDue) =>
    Stream.runForEachArray(sessions, (reads) => Effect.andThen(take(reads), saveWhenDue)),
  )
  yield* walk.finish
})

const live = ElnudgeClient.layerConfig().pipe(
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.provideMerge(NodeServices.layer),
)
const print = (reads: Reads) => Console.log(reads.map(({ summary }) => summary.id).join("\n"))

if (import.meta.main) program("october.checkpoint", print).pipe(Effect.provide(live), NodeRuntime.runMain)
