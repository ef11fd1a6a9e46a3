/**
 * A file that is there whole or not at all: written under a temporary name beside its place, then renamed. It is
 * prepared before the work begins, so that a place that cannot be written costs no walk.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as EventLog from "./EventLog.ts"
import * as LinkedPath from "./LinkedPath.ts"
import * as Replaceable from "./Replaceable.ts"
import * as TemporaryFile from "./TemporaryFile.ts"
import { UsageError } from "./UsageError.ts"
import * as WriteFailure from "./WriteFailure.ts"

/** The place cannot be written. */
export class OutputUnwritable extends Data.TaggedError("OutputUnwritable")<{
  readonly file: string
  readonly reason: string
  readonly advice: string
}> {
  override get message(): string {
    return `Nothing can be written to ${this.file}: ${this.reason}.`
  }
}

/** A failure of the file system, with the place that it is about. */
export const unwritable = (file: string, error: PlatformError): OutputUnwritable =>
  new OutputUnwritable({ file, ...WriteFailure.make(file, error) })

/** Says which file a failure of the file system is about. */
export const explained = <A, R>(
  file: string,
  effect: Effect.Effect<A, PlatformError, R>,
): Effect.Effect<A, OutputUnwritable, R> => Effect.mapError(effect, (error) => unwritable(file, error))

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

/** A file as the command line names it: `--output`, and what stands after it. */
export interface Named {
  readonly flag: string
  readonly file: string
}

/** The file behind all links, also where it is not there yet. Of what cannot be followed, the path as it is. */
export const target = Effect.fn("OutputFile.target")(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const absolute = path.resolve(file)
  return yield* fileSystem.realPath(absolute).pipe(
    Effect.catch(() => Effect.map(LinkedPath.follow(absolute), ({ place }) => place)),
    Effect.orElseSucceed(() => absolute),
  )
})

/** Fails with `UsageError` where two outputs are one file, or an output is a file that is read; links count as what they name. */
export const checkApart = Effect.fn("OutputFile.checkApart")(function* (
  outputs: ReadonlyArray<Named>,
  inputs: ReadonlyArray<Named>,
) {
  const taken = new Map<string, Named>()
  for (const named of inputs) taken.set(yield* target(named.file), named)
  for (const named of outputs) {
    const place = yield* target(named.file)
    const other = taken.get(place)
    if (other !== undefined) {
      return yield* new UsageError({
        reason: `${named.flag} ${named.file} and ${other.flag} ${other.file} are one file`,
        advice: `Give ${named.flag} a file of its own.`,
      })
    }
    taken.set(place, named)
    if (named.flag === "--checkpoint") taken.set(`${place}.lock`, { flag: "the lock of", file: named.file })
  }
})

// Such as with chattr +a on Linux, or with rights to make alone.
const takesIn: WriteFailure.WriteFailure = {
  reason: "its folder takes files in, and lets none of them be renamed or removed",
  advice: "Give a name in another folder, or have this one's permissions changed.",
}

/**
 * Tries a temporary file beside `file`, and clears those that earlier runs left there; what is staged is removed with the scope if
 * it was not published.
 */
export const prepare = Effect.fn("OutputFile.prepare")(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  // Behind a link the file that it names is replaced, not the link.
  const place = yield* target(file)
  const path = yield* Path.Path
  const isLinked = place !== path.resolve(file)
  const explain = <A, R>(effect: Effect.Effect<A, PlatformError, R>) =>
    Effect.mapError(
      effect,
      // The folder that a link leads to is not the one that the link is in.
      (error) => new OutputUnwritable({ file, ...WriteFailure.make(isLinked ? place : file, error) }),
    )
  const type = yield* fileSystem.stat(path.resolve(file)).pipe(
    Effect.map((info) => info.type),
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed(undefined)),
    explain,
  )
  // A device or a pipe would be replaced by a file of its name.
  if (type !== "File" && type !== undefined) {
    const why =
      type === "Directory"
        ? WriteFailure.isFolder
        : { reason: "it is not a regular file", advice: "Give the name of a file, or one that is not there yet." }
    return yield* new OutputUnwritable({ file, ...why })
  }
  const why = type === undefined ? undefined : yield* explain(Replaceable.problem(place, yield* Replaceable.self))
  if (why !== undefined) return yield* new OutputUnwritable({ file, ...why })
  const temporaryFiles = yield* TemporaryFile.of(place)
  const makeTemporary = explain(temporaryFiles.make)
  // Not kept through the work: a run that is killed in it leaves nothing behind.
  const tried = Effect.tap(makeTemporary, temporaryFiles.clear)
  const taken = Effect.flatMap(tried, (temporary) =>
    // What the system says of it differs, and is not always true.
    Effect.mapError(fileSystem.remove(temporary), () => new OutputUnwritable({ file, ...takesIn })),
  )
  yield* Effect.scoped(taken)
  const scope = yield* Effect.scope
  let staged: string | undefined
  const outputFile: OutputFile = {
    stage: Effect.fnUntraced(function* (text) {
      const temporary = yield* Scope.provide(makeTemporary, scope)
      yield* text.pipe(
        Stream.encodeText,
        Stream.run(Sink.mapError(fileSystem.sink(temporary), (error) => unwritable(file, error))),
      )
      yield* explain(fileSystem.chmod(temporary, 0o600))
      staged = temporary
    }),
    publish: Effect.suspend(() =>
      staged === undefined
        ? Effect.die(new Error("nothing is staged"))
        : Effect.andThen(explain(fileSystem.rename(staged, place)), EventLog.written(file)),
    ),
  }
  return outputFile
})
