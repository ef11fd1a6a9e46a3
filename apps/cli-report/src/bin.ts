import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as LazyPlatform from "./LazyPlatform.ts"
import * as Program from "./Program.ts"
import * as StderrEvents from "./StderrEvents.ts"

StderrEvents.install(process.argv.slice(2))

// A terminal that is closed ends the run like Ctrl-C does, so that its temporary files go too.
process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))

Program.main.pipe(Effect.provide(LazyPlatform.layer), NodeRuntime.runMain({ disableErrorReporting: true }))
