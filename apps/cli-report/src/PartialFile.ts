/** A file that grows over several runs beside its place, and is put there when it is whole. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as OutputFile from "./OutputFile.ts"

export interface PartialFile {
  /** How many bytes it has. */
  readonly size: () => number
  readonly append: (text: string) => Effect.Effect<void, OutputFile.OutputUnwritable>
  /** What was appended is on the disk when this ends. */
  readonly sync: Effect.Effect<void, OutputFile.OutputUnwritable>
  /** Puts the file in its place. */
  readonly publish: Effect.Effect<void, OutputFile.OutputUnwritable>
}

const encoder = new TextEncoder()

const sizeOf = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fileSystem) =>
    fileSystem.stat(file).pipe(
      Effect.map(({ size }) => Number(size)),
      Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed(undefined)),
    ),
  )

/**
 * Goes on after the first `kept` bytes, and drops what was written after them; 0 starts anew. Only its owner can read it.
 * It stays where it is when the run ends before it was published.
 */
export const open = Effect.fn("PartialFile.open")(function* (output: string, kept: number, isComplete: boolean) {
  const fileSystem = yield* FileSystem.FileSystem
  const target = yield* OutputFile.target(output)
  const file = `${target}.partial`
  const explained = <A, R>(effect: Effect.Effect<A, PlatformError, R>) => OutputFile.explained(file, effect)
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
    })
  }
  if (kept === 0) yield* explained(fileSystem.remove(file, { force: true }))
  const opened = yield* explained(fileSystem.open(file, { flag: kept === 0 ? "wx" : "r+", mode: 0o600 }))
  yield* explained(opened.truncate(kept))
  yield* explained(opened.seek(BigInt(kept), "start"))
  let size = kept
  const partial: PartialFile = {
    size: () => size,
    append: (text) => {
      const bytes = encoder.encode(text)
      return Effect.andThen(
        explained(opened.writeAll(bytes)),
        Effect.sync(() => {
          size += bytes.length
        }),
      )
    },
    sync: explained(opened.sync),
    publish: explained(Effect.andThen(opened.sync, fileSystem.rename(file, target))),
  }
  return partial
})
