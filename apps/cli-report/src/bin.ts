import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Cli from "./Cli.ts"
import * as ConsoleOutput from "./ConsoleOutput.ts"
import * as DebugLog from "./DebugLog.ts"
import * as EventLog from "./EventLog.ts"
import * as Failure from "./Failure.ts"
import * as LazyPlatform from "./LazyPlatform.ts"

// A terminal that is closed ends the run like Ctrl-C does, so that its temporary files go too.
process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))

ConsoleOutput.toStdout(Cli.main).pipe(
  Effect.onExit(Failure.print),
  Effect.mapError(Failure.withExitCode),
  Effect.provide(Layer.provideMerge(Layer.merge(DebugLog.layer, EventLog.layer), LazyPlatform.layer)),
  NodeRuntime.runMain({ disableErrorReporting: true }),
)
