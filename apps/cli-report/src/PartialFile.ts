/** A file that grows over several runs beside its place, and is put there when it is whole. */
import { createHash } from "node:crypto"
import type { Lease } from "@effect-elnudge/core"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as EventLog from "./EventLog.ts"
import * as FileLease from "./FileLease.ts"
import * as OutputFile from "./OutputFile.ts"

/** It cannot be written, or is another run's by now. */
export type NotOurs = OutputFile.OutputUnwritable | Lease.LeaseLost

/** What a checkpoint knows of the file. */
export const Kept = Schema.Struct({
  bytes: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  /** SHA-256 of those bytes, in hexadecimal digits. Checkpoints of before there was one do not have it. */
  sha256: Schema.optionalKey(Schema.String),
})
export type Kept = typeof Kept.Type

export interface PartialFile {
  /** What it has so far. */
  readonly kept: () => Kept
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

/** The hash of the first bytes of a file, to go on with. */
const hashOf = Effect.fnUntraced(function* (file: string, bytes: number) {
  const fileSystem = yield* FileSystem.FileSystem
  const hash = createHash("sha256")
  if (bytes === 0) return hash
  yield* Stream.runForEach(fileSystem.stream(file, { bytesToRead: bytes }), (chunk) =>
    Effect.sync(() => {
      hash.update(chunk)
    }),
  )
  return hash
})

const identity = ({ dev, ino }: FileSystem.File.Info): string => `${dev} ${Option.getOrElse(ino, () => 0n)}`

/**
 * Goes on after what an earlier run had, and drops what was written after that; without one it starts anew. Only its owner
 * can read it, and one run at a time has it, whatever its checkpoint. It stays where it is when the run ends before it was
 * published.
 */
export const open = Effect.fn("PartialFile.open")(function* (
  output: string,
  earlier: Kept | undefined,
  isComplete: boolean,
) {
  const kept = earlier?.bytes ?? 0
  const fileSystem = yield* FileSystem.FileSystem
  // A folder, a device or a pipe would be replaced by a file of its name.
  yield* Effect.scoped(OutputFile.prepare(output))
  const target = yield* OutputFile.target(output)
  const file = `${target}.partial`
  const explained = <A, R>(effect: Effect.Effect<A, PlatformError, R>) => OutputFile.explained(file, effect)
  const refuse = (reason: string) =>
    new OutputFile.OutputUnwritable({
      file,
      reason: `the checkpoint counts on ${kept} bytes that an earlier run wrote there, and ${reason}`,
      advice: "Put it back, or delete the checkpoint to start anew.",
    })
  // Nobody would see in the whole file that a part of it is not what the API gave.
  const keptHash = Effect.fnUntraced(function* (place: string) {
    const found = yield* explained(hashOf(place, kept))
    const isOther = earlier?.sha256 !== undefined && found.copy().digest("hex") !== earlier.sha256
    return isOther ? yield* refuse("they were changed since") : found
  })
  const lease = yield* FileLease.take(file)
  const existing = yield* explained(sizeOf(file))
  if (kept > 0 && (existing === undefined || existing < kept)) {
    // The last run may have ended between putting the file in its place and saying so.
    if (isComplete && existing === undefined && (yield* explained(sizeOf(target))) === kept) {
      yield* keptHash(target)
      const published: PartialFile = {
        kept: () => ({ bytes: kept }),
        append: () => Effect.void,
        sync: Effect.void,
        publish: Effect.void,
      }
      return published
    }
    return yield* refuse(`it has ${existing ?? "none"}`)
  }
  const hash = yield* keptHash(file)
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
    kept: () => ({ bytes: size, sha256: hash.copy().digest("hex") }),
    append: (text) => {
      const bytes = encoder.encode(text)
      return Effect.andThen(
        Effect.andThen(checkLease, explained(opened.writeAll(bytes))),
        Effect.sync(() => {
          size += bytes.length
          hash.update(bytes)
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
