/** The client of this project as its command line has it: undici, compiled schemas, the limiter. */
import "effect/schema/SchemaJITCompiler/enable"
import { ElnudgeClient, RequestLimiter } from "@effect-elnudge/core"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as HttpTransport from "../../apps/cli-report/src/HttpTransport.ts"
import * as Peer from "./Peer.ts"

/** So many requests a minute that the limiter, which is there, never has anyone wait. */
export const unlimited = 100_000_000

export const layer = (baseUrl: string, requestsPerMinute: RequestLimiter.Limit = unlimited) =>
  Layer.effect(
    ElnudgeClient.ElnudgeClient,
    ElnudgeClient.make({ apiKey: Redacted.make(Peer.key), baseUrl, requestsPerMinute }),
  ).pipe(Layer.provide(RequestLimiter.layerFresh), Layer.provide(HttpTransport.layer))
