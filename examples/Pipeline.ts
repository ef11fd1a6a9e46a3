import { ElnudgeClient, SessionStream } from "@effect-elnudge/core"
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

/** The ten keenest sessions of the last 30 days that did not buy, with the pages they looked at. */
export const program = SessionStream.details({
  pick: (session) => session.intent_score >= 80 && !session.converted,
}).pipe(
  Stream.filterMapEffect(({ detail }) => (detail._tag === "Read" ? Effect.succeed(detail.session) : Effect.fail(0))),
)

export { Console, ElnudgeClient, Layer, NodeHttpClient, NodeServices }
