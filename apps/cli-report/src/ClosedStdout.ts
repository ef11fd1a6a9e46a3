/** A stdout that nobody gave to this process (`>&-`): what is written there is lost, and no write fails. */
import { fstatSync, readSync, statSync } from "node:fs"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const stdout = 1

// Node opens /dev/null in its place, for reading too: who throws a result away on purpose (`> /dev/null`) opens it to write.
const isClosed = (): boolean => {
  try {
    const [given, none] = [fstatSync(stdout), statSync("/dev/null")]
    if (!given.isCharacterDevice() || given.rdev !== none.rdev) return false
    readSync(stdout, new Uint8Array(1))
    return true
  } catch {
    // Not to be read, or no such system.
    return false
  }
}

/** Whether it is so; of a process it is known where the platform says it. */
export const IsClosed = Context.Reference<Effect.Effect<boolean>>("@effect-elnudge/cli-report/ClosedStdout/IsClosed", {
  defaultValue: () => Effect.succeed(false),
})

/** Of this process. */
export const layer = Layer.succeed(IsClosed, Effect.sync(isClosed))
