/**
 * A file that is there whole or not at all: written under a temporary name beside its place, then renamed. It is
 * prepared before the work begins, so that a place that cannot be written costs no walk.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"

/** The place cannot be written. */
export class OutputUnwritable extends Data.TaggedError("OutputUnwritable")<{
  readonly file: string
  readonly reason: string
}> {
  override get message(): string {
    return `Nothing can be written to ${this.file}: ${this.reason}.`
  }
}

// The system's own code (ENOSPC, EACCES) says more than a class of errors does.
const reasonOf = ({ reason }: PlatformError): string =>
  Predicate.hasProperty(reason.cause, "code") && Predicate.isString(reason.cause.code) ? reason.cause.code : reason._tag

/** Says which file a failure of the file system is about. */
export const explained = <A, R>(
  file: string,
  effect: Effect.Effect<A, PlatformError, R>,
): Effect.Effect<A, OutputUnwritable, R> =>
  Effect.mapError(effect, (error) => new OutputUnwritable({ file, reason: reasonOf(error) }))

export interface OutputFile {
  /** Writes the text beside its place. Only the owner can read it: sessions are personal data. */
  readonly stage: <E, R>(text: Stream.Stream<string, E, R>) => Effect.Effect<void, E | OutputUnwritable, R>
  /** Puts what was staged in its place. */
  readonly publish: Effect.Effect<void, OutputUnwritable>
}

/** Stages and publishes in one. */
export const write = <E, R>(
  file: OutputFile,
  text: Stream.Stream<string, E, R>,
): Effect.Effect<void, E | OutputUnwritable, R> => Effect.andThen(file.stage(text), file.publish)

/** Claims a temporary file beside `file`; it is removed with the scope if nothing was written. */
export const prepare = Effect.fn("OutputFile.prepare")(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  // Behind a link the file that it names is replaced, not the link.
  const target = yield* Effect.orElseSucceed(fileSystem.realPath(path.resolve(file)), () => path.resolve(file))
  const unwritable = (reason: string) => new OutputUnwritable({ file, reason })
  const explain = <A, R>(effect: Effect.Effect<A, PlatformError, R>) => explained(file, effect)
  const type = yield* fileSystem.stat(target).pipe(
    Effect.map((info) => info.type),
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed("File" as const)),
    explain,
  )
  // A device or a pipe would be replaced by a file of its name.
  if (type !== "File") {
    return yield* unwritable(
      type === "Directory" ? "it is a folder" : "it is not a regular file; write to stdout instead",
    )
  }
  const temporary = yield* fileSystem
    .makeTempFileScoped({ directory: path.dirname(target), prefix: `.${path.basename(target)}-` })
    .pipe(explain)
  const outputFile: OutputFile = {
    stage: (text) =>
      text.pipe(
        Stream.encodeText,
        Stream.run(Sink.mapError(fileSystem.sink(temporary), (error) => unwritable(reasonOf(error)))),
        Effect.andThen(explain(fileSystem.chmod(temporary, 0o600))),
      ),
    publish: explain(fileSystem.rename(temporary, target)),
  }
  return outputFile
})
