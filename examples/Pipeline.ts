import { ElnudgeClient, SessionStream } from "@effect-elnudge/core"
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Stream } from "effect"

// The ten newest carts of the last 30 days that a keen visitor filled and did not buy.
export const program = SessionStream.details({
  pick: (session) => session.intent_score >= 60 && !session.converted,
}).pipe(
  Stream.filter(({ detail }) => detail._tag === "Read" && detail.session.events.some((e) => e.type === "ADD_TO_CART")),
  Stream.take(10),
  Stream.runForEach(({ summary }) => Console.log(`${summary.started_at} ${summary.id} score ${summary.intent_score}`)),
  // Said to a person; the program still fails.
  Effect.tapError((error) => Console.error(error.advice)),
)

// The key comes from ELNUDGE_API_KEY; any HttpClient will do underneath.
const live = ElnudgeClient.layerConfig().pipe(
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.provide(NodeServices.layer),
)

if (import.meta.main) program.pipe(Effect.provide(live), NodeRuntime.runMain)
