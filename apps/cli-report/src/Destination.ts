/** Where a result goes: stdout, or a file that is claimed before the work begins. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as ClosedStdout from "./ClosedStdout.ts"
import * as OutputFile from "./OutputFile.ts"

interface Destination {
  /** Gives whether the text was taken: false where the reader went away. */
  readonly write: <E, R>(
    text: Stream.Stream<string, E, R>,
  ) => Effect.Effect<boolean, E | OutputFile.OutputUnwritable, R>
}

// The reader has what it wanted (`… | head`): that ends the work, and is no failure.
const isClosedPipe = (error: unknown): boolean =>
  error instanceof OutputFile.OutputUnwritable && error.reason === "EPIPE"

/** What it means that stdout did not take something: nothing where its reader went away. */
export const lost = (error: PlatformError): Effect.Effect<false, OutputFile.OutputUnwritable> => {
  const unwritable = OutputFile.unwritable("stdout", error)
  return isClosedPipe(unwritable) ? Effect.succeed(false) : Effect.fail(unwritable)
}

const writeToStdout =
  (stdio: Stdio.Stdio): Destination["write"] =>
  (text) => {
    const stdout = Sink.mapError(stdio.stdout(), (error) => OutputFile.unwritable("stdout", error))
    return Stream.run(text, stdout).pipe(
      Effect.as(true),
      Effect.catchIf(isClosedPipe, () => Effect.succeed(false)),
    )
  }

const closed = new OutputFile.OutputUnwritable({
  file: "stdout",
  reason: "it was closed before this began",
  advice: "Send it to a file or a pipe; or, opened for writing alone, to /dev/null to throw the result away.",
})

/** Fails before any work where the file's place cannot be written, or stdout was closed from the start. Lives as long as its scope. */
export const prepare = Effect.fn("Destination.prepare")(function* (output: Option.Option<string>) {
  if (Option.isNone(output)) {
    if (yield* yield* ClosedStdout.IsClosed) return yield* closed
    const stdout: Destination = { write: writeToStdout(yield* Stdio.Stdio) }
    return stdout
  }
  const file = yield* OutputFile.prepare(output.value)
  const destination: Destination = { write: (text) => Effect.as(OutputFile.write(file, text), true) }
  return destination
})
