import { NodeRuntime, NodeServices } from "@effect/platform-node"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Cli from "./Cli.ts"
import * as Failure from "./Failure.ts"

Cli.main.pipe(
  Effect.onExit(Failure.print),
  Effect.mapError(Failure.withExitCode),
  Effect.provideService(Logger.LogToStderr, true),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true }),
)
