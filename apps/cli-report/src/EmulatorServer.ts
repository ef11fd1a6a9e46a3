/** The emulator on a port of this machine. */
import { createServer } from "node:http"
import { SessionFile } from "@effect-elnudge/core"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { NodeHttpServer } from "@effect/platform-node"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as Flags from "./Flags.ts"
import * as WalkPlan from "./WalkPlan.ts"

/** Listens on 127.0.0.1 only. */
export const layer = (options: Emulator.Options, port: number) =>
  Emulator.layer(options).pipe(
    Layer.provide(NodeHttpServer.layer(createServer, { port, host: "127.0.0.1", gracefulShutdownTimeout: 0 })),
  )

interface ServeFlags {
  readonly data: Option.Option<string>
  readonly seed: string
  readonly sessions: number
  readonly now: Option.Option<Flags.Moment>
  readonly retentionDays: number
  readonly rateLimit: number
  readonly key: string
  readonly port: number
}

/** Serves until it is interrupted, and says how to reach it. */
export const serve = Effect.fn("EmulatorServer.serve")(function* (flags: ServeFlags) {
  const now = Option.getOrUndefined(
    Option.map(flags.now, (moment) => WalkPlan.resolveMoment(moment, DateTime.zoneMakeNamedUnsafe("UTC"))),
  )
  const sessions = Option.isSome(flags.data)
    ? yield* Stream.runCollect(SessionFile.details(flags.data.value))
    : yield* Generator.make({ end: now ?? (yield* DateTime.now), count: flags.sessions, seed: flags.seed })
  const { key, rateLimit, retentionDays } = flags
  const server = layer({ sessions, key, now, retentionDays, requestsPerMinute: rateLimit }, flags.port)
  return yield* Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    yield* Console.error(`The emulator serves ${sessions.length} sessions until Ctrl-C. In another shell:`)
    yield* Console.error(`  export ELNUDGE_BASE_URL=${baseUrl}`)
    yield* Console.error(`  export ELNUDGE_API_KEY=${key === Emulator.defaultKey ? key : "(what --key says)"}`)
    return yield* Effect.never
  }).pipe(Effect.provide(server))
})
