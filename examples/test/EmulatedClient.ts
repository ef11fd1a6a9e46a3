/** A client of an emulator on a free port of this machine, with a limit that no test meets. */
import { createServer } from "node:http"
import { ElnudgeClient } from "@effect-elnudge/core"
import { Emulator } from "@effect-elnudge/emulator"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"

const requestsPerMinute = 1_000_000

/** A server on a free port. */
export const server = () =>
  NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0, gracefulShutdownTimeout: 0 })

export const layer = (options: Emulator.Options) =>
  Layer.unwrap(
    Effect.map(Emulator.Emulator, ({ baseUrl }) =>
      ElnudgeClient.layer({ apiKey: Redacted.make(Emulator.defaultKey), baseUrl, requestsPerMinute }),
    ),
  ).pipe(
    Layer.provideMerge(Emulator.layer({ ...options, requestsPerMinute })),
    Layer.provide(server()),
    Layer.provide(NodeHttpClient.layerUndici),
  )
