import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Cli from "./Cli.ts"
import * as DebugLog from "./DebugLog.ts"
import * as Failure from "./Failure.ts"

// A terminal that is closed ends the run like Ctrl-C does, so that its temporary files go too.
process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))

Cli.main.pipe(
  Effect.onExit(Failure.print),
  Effect.mapError(Failure.withExitCode),
  Effect.provide([DebugLog.layer, NodeServices.layer]),
  NodeRuntime.runMain({ disableErrorReporting: true }),
)
