// The emulator and a client of it, as a program outside of this repository puts them together.
import { createServer } from "node:http"
import { ElnudgeClient } from "@effect-elnudge/core"
import { Emulator } from "@effect-elnudge/emulator"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { DateTime, Effect, Layer, Redacted } from "effect"

export const from = DateTime.makeUnsafe("2026-10-01T00:00:00Z")
export const to = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

const client = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ baseUrl }) =>
    ElnudgeClient.layer({ apiKey: Redacted.make(Emulator.defaultKey), baseUrl, requestsPerMinute: 100_000 }),
  ),
)

export const layer = (options: Emulator.Options) =>
  client.pipe(
    Layer.provideMerge(Emulator.layer(options)),
    Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
    Layer.provide(NodeHttpClient.layerUndici),
  )
