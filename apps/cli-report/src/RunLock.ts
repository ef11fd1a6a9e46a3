/** One run at a time: a file beside another says which process uses it, for as long as the scope lasts. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as OutputFile from "./OutputFile.ts"
import { UsageError } from "./UsageError.ts"

// A signal of 0 is none: it only asks. One that may not be sent to it still tells that the process is there.
const isRunning = (pid: number): boolean => {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** Fails where another process that is still there has it; what a process that was killed left behind is taken over. */
export const take = Effect.fn("RunLock.take")(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const lock = `${file}.lock`
  const claim = fileSystem.writeFileString(lock, `${process.pid}\n`, { flag: "wx", mode: 0o600 })
  const takeOver = Effect.gen(function* () {
    const pid = Number(yield* Effect.orElseSucceed(fileSystem.readFileString(lock), () => ""))
    if (isRunning(pid)) {
      return yield* new UsageError({
        reason: `another run, process ${pid}, goes on from ${file}`,
        advice: `Wait for it, or give another file; if there is no such run, delete ${lock}.`,
      })
    }
    yield* OutputFile.explained(lock, Effect.andThen(fileSystem.remove(lock, { force: true }), claim))
  })
  yield* Effect.acquireRelease(
    Effect.catchReason(claim, "PlatformError", "AlreadyExists", () => takeOver).pipe(
      Effect.catchTag("PlatformError", (error) => Effect.fail(OutputFile.unwritable(lock, error))),
    ),
    () => Effect.ignore(fileSystem.remove(lock, { force: true })),
  )
})
