/** A file that grows over several runs beside its place, and is put there when it is whole. */
import type { Lease } from "@effect-elnudge/core"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as EventLog from "./EventLog.ts"
import * as FileLease from "./FileLease.ts"
import * as OutputFile from "./OutputFile.ts"

/** It cannot be written, or is another run's by now. */
export type NotOurs = OutputFile.OutputUnwritable | Lease.LeaseLost

export interface PartialFile {
  /** How many bytes it has. */
  readonly size: () => number
  readonly append: (text: string) => Effect.Effect<void, NotOurs>
  /** What was appended is on the disk when this ends. */
  readonly sync: Effect.Effect<void, NotOurs>
  /** Puts the file in its place. */
  readonly publish: Effect.Effect<void, NotOurs>
}

const encoder = new TextEncoder()

const sizeOf = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fileSystem) =>
    fileSystem.stat(file).pipe(
      Effect.map(({ size }) => Number(size)),
      Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed(undefined)),
    ),
  )

const identity = ({ dev, ino }: FileSystem.File.Info): string => `${dev} ${Option.getOrElse(ino, () => 0n)}`

/**
 * Goes on after the first `kept` bytes, and drops what was written after them; 0 starts anew. Only its owner can read it,
 * and one run at a time has it, whatever its checkpoint. It stays where it is when the run ends before it was published.
 */
export const open = Effect.fn("PartialFile.open")(function* (output: string, kept: number, isComplete: boolean) {
  const fileSystem = yield* FileSystem.FileSystem
  // A folder, a device or a pipe would be replaced by a file of its name.
  yield* Effect.scoped(OutputFile.prepare(output))
  const target = yield* OutputFile.target(output)
  const file = `${target}.partial`
  const explained = <A, R>(effect: Effect.Effect<A, PlatformError, R>) => OutputFile.explained(file, effect)
  const lease = yield* FileLease.take(file)
  const existing = yield* explained(sizeOf(file))
  if (kept > 0 && (existing === undefined || existing < kept)) {
    // The last run may have ended between putting the file in its place and saying so.
    if (isComplete && existing === undefined && (yield* explained(sizeOf(target))) === kept) {
      const published: PartialFile = {
        size: () => kept,
        append: () => Effect.void,
        sync: Effect.void,
        publish: Effect.void,
      }
      return published
    }
    return yield* new OutputFile.OutputUnwritable({
      file,
      reason: `the checkpoint counts on ${kept} bytes that an earlier run wrote there, and it has ${existing ?? "none"}`,
      advice: "Put it back, or delete the checkpoint to start anew.",
    })
  }
  if (kept === 0) yield* explained(fileSystem.remove(file, { force: true }))
  const opened = yield* explained(fileSystem.open(file, { flag: kept === 0 ? "wx" : "r+", mode: 0o600 }))
  yield* explained(opened.truncate(kept))
  yield* explained(opened.seek(BigInt(kept), "start"))
  const checkLease = Effect.catchTag(lease.check, "PlatformError", (error) =>
    Effect.fail(OutputFile.unwritable(file, error)),
  )
  const own = identity(yield* explained(opened.stat))
  // What another run put here under the same name must not be taken for ours, nor be counted on.
  const checkOwn = Effect.gen(function* () {
    yield* checkLease
    const inPlace = yield* explained(
      fileSystem.stat(file).pipe(
        Effect.map(identity),
        Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed(undefined)),
      ),
    )
    if (inPlace === own) return
    return yield* new OutputFile.OutputUnwritable({
      file,
      reason: `it was ${inPlace === undefined ? "removed" : "replaced"} while this run wrote to it`,
      advice: "Run it again, with nobody else at the file.",
    })
  })
  let size = kept
  const partial: PartialFile = {
    size: () => size,
    append: (text) => {
      const bytes = encoder.encode(text)
      return Effect.andThen(
        Effect.andThen(checkLease, explained(opened.writeAll(bytes))),
        Effect.sync(() => {
          size += bytes.length
        }),
      )
    },
    sync: Effect.andThen(checkOwn, explained(opened.sync)),
    publish: checkOwn.pipe(
      Effect.andThen(explained(Effect.andThen(opened.sync, fileSystem.rename(file, target)))),
      Effect.andThen(EventLog.written(output)),
    ),
  }
  return partial
})
