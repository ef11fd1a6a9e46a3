/** Keeps other runs from a file, wherever they run. */
import { Lease } from "@effect-elnudge/core"
import * as Effect from "effect/Effect"
import * as OutputFile from "./OutputFile.ts"
import * as RunningProcesses from "./RunningProcesses.ts"

/** Takes the lease of the file until the scope ends; fails where another run has it. */
export const take = Effect.fn("FileLease.take")(function* (file: string) {
  return yield* Lease.take(file).pipe(
    Effect.provideServiceEffect(Lease.Processes, RunningProcesses.make),
    Effect.catchTag("PlatformError", (error) => Effect.fail(OutputFile.unwritable(`${file}.lock`, error))),
  )
})
