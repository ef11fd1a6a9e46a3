import { ElnudgeClient, ResumableFollow, type SessionRead, SessionStream } from "@effect-elnudge/core"
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Schema, Stream } from "effect"

type Reads = ReadonlyArray<SessionRead.SessionRead>

// Hands each session on when it has settled, for as long as the worker runs, and goes on from the file when it runs again.
// One that is killed may have handed on the last sessions without having said so: `store` must know an id that it has.
export const program = Effect.fn(function* (
  file: string,
  store: (reads: Reads) => Effect.Effect<void>,
  options?: SessionStream.FollowOptions,
) {
  const following = yield* ResumableFollow.open({ file, query: { shop: "shop.example" }, state: Schema.Null })
  const { tracker } = following
  // In one step, so that a stop does not come between.
  const take = (reads: Reads) =>
    Effect.uninterruptible(
      Effect.map(store(reads), () => {
        for (const read of reads) tracker.done(read)
      }),
    )
  const sessions = SessionStream.follow({ ...options, tracker })
  yield* following.during(Effect.succeed(null), Stream.runForEachArray(sessions, take))
})

const live = ElnudgeClient.layerConfig().pipe(
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.provideMerge(NodeServices.layer),
)
const print = (reads: Reads) => Console.log(reads.map(({ summary }) => summary.id).join("\n"))

if (import.meta.main) program("worker.checkpoint", print).pipe(Effect.provide(live), NodeRuntime.runMain)
