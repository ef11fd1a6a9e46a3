/** Where a result goes: stdout, or a file that is claimed before the work begins. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as OutputFile from "./OutputFile.ts"

interface Destination {
  readonly write: <E, R>(
    text: Stream.Stream<string, E, R>,
  ) => Effect.Effect<void, E | OutputFile.OutputUnwritable | PlatformError, R>
}

// The reader has what it wanted (`… | head`): that ends the work, and is no failure.
const isClosedPipe = (error: unknown): boolean =>
  Predicate.isTagged(error, "PlatformError") &&
  Predicate.hasProperty(error, "cause") &&
  Predicate.hasProperty(error.cause, "code") &&
  error.cause.code === "EPIPE"

const writeToStdout =
  (stdio: Stdio.Stdio) =>
  <E, R>(text: Stream.Stream<string, E, R>): Effect.Effect<void, E | PlatformError, R> =>
    Stream.run(text, stdio.stdout()).pipe(Effect.catchIf(isClosedPipe, () => Effect.void))

/** Fails before any work where the file's place cannot be written. Lives as long as its scope. */
export const prepare = Effect.fn("Destination.prepare")(function* (output: Option.Option<string>) {
  if (Option.isNone(output)) {
    const stdout: Destination = { write: writeToStdout(yield* Stdio.Stdio) }
    return stdout
  }
  const file = yield* OutputFile.prepare(output.value)
  const destination: Destination = { write: (text) => OutputFile.write(file, text) }
  return destination
})
