/** The whole program on whatever platform it is given: says on stderr what went wrong, and fails with its exit code. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Cli from "./Cli.ts"
import * as ConsoleOutput from "./ConsoleOutput.ts"
import * as DebugLog from "./DebugLog.ts"
import * as EventLog from "./EventLog.ts"
import * as Failure from "./Failure.ts"

export const main: Effect.Effect<void, Failure.RunFailed, Effect.Services<typeof Cli.main>> = ConsoleOutput.toStdout(
  Cli.main,
).pipe(
  Effect.onExit(Failure.print),
  Effect.mapError(Failure.withExitCode),
  Effect.provide(Layer.merge(DebugLog.layer, EventLog.layer)),
)
