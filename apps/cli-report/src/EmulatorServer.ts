/** The emulator on a port of this machine. */
import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Emulator } from "@effect-elnudge/emulator"
import * as Layer from "effect/Layer"

/** Listens on 127.0.0.1 only. */
export const layer = (options: Emulator.Options, port: number) =>
  Emulator.layer(options).pipe(
    Layer.provide(NodeHttpServer.layer(createServer, { port, host: "127.0.0.1", gracefulShutdownTimeout: 0 })),
  )
