/**
 * A file that is read more than once, and must be the same each time: what another program writes meanwhile would be
 * counted twice, or not at all, in silence.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Stream from "effect/Stream"

/** Which file it is, and in what state: its place on its disk, its size, and when it was last written. */
export interface Pin {
  readonly device: bigint
  readonly inode: bigint | undefined
  readonly bytes: bigint
  readonly writtenAt: number | undefined
}

/** The file cannot be read, or is no longer the one that was pinned. */
export class PinnedFileError extends Data.TaggedError("PinnedFileError")<{
  readonly problem: "unreadable" | "changed"
  /** It completes a sentence that begins with the file. */
  readonly reason: string
}> {}

const pinOf = ({ dev, ino, mtime, size }: FileSystem.File.Info): Pin => ({
  device: dev,
  inode: Option.getOrUndefined(ino),
  bytes: size,
  writtenAt: Option.getOrUndefined(Option.map(mtime, (date) => date.getTime())),
})

const unreadable = (reason: string) => new PinnedFileError({ problem: "unreadable", reason })

const difference = (pin: Pin, now: Pin): string | undefined => {
  if (now.device !== pin.device || now.inode !== pin.inode) return "another file took its place"
  if (now.bytes !== pin.bytes) return `it has ${now.bytes} bytes, and had ${pin.bytes}`
  return now.writtenAt === pin.writtenAt ? undefined : "it was written to"
}

/** The error of a file that is not what it was. */
export const changed = (how: string) =>
  new PinnedFileError({ problem: "changed", reason: `changed while it was read: ${how}` })

const check = (pin: Pin, info: FileSystem.File.Info): Effect.Effect<void, PinnedFileError> => {
  const how = difference(pin, pinOf(info))
  return how === undefined ? Effect.void : Effect.fail(changed(how))
}

/** The error of a file that cannot be read. */
export const toUnreadable = ({ reason }: PlatformError) => unreadable(`cannot be read (${reason._tag})`)

/** Pins a file as it is now. Fails with `unreadable` for what gives its bytes only once, such as a pipe. */
export const pin = Effect.fnUntraced(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const info = yield* Effect.mapError(fileSystem.stat(file), (error) =>
    file === "-" && error.reason._tag === "NotFound"
      ? unreadable("stands for no file, and standard input gives its bytes only once; give a file")
      : toUnreadable(error),
  )
  if (info.type === "FIFO") return yield* unreadable("is a pipe; give a file")
  if (info.type === "Directory") return yield* unreadable("is a folder; give a file")
  if (info.type !== "File") return yield* unreadable("may give its bytes only once; give a regular file")
  return pinOf(info)
})

// It was there when it was pinned.
const toLost = (error: PlatformError): PinnedFileError =>
  error.reason._tag === "NotFound" ? changed("it is no longer there") : toUnreadable(error)

const chunkBytes = 64 * 1024

/** All bytes of the file. Fails with `changed` where it is not the pinned one, or does not stay so to the end. */
export const bytes = (file: string, pin: Pin): Stream.Stream<Uint8Array, PinnedFileError, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const checked = (stat: Effect.Effect<FileSystem.File.Info, PlatformError>) =>
        Effect.flatMap(Effect.mapError(stat, toLost), (info) => check(pin, info))
      const opened = yield* Effect.mapError(fileSystem.open(file), toLost)
      yield* checked(opened.stat)
      const chunk = Effect.map(Effect.mapError(opened.readAlloc(chunkBytes), toUnreadable), (read) =>
        Option.match(read, { onNone: () => undefined, onSome: (bytes) => [bytes, undefined] as const }),
      )
      return Stream.unfold(undefined, () => chunk).pipe(
        // Both what was read, and what stands in its place by now: a file that was moved there would be read next.
        Stream.onEnd(Effect.andThen(checked(opened.stat), checked(fileSystem.stat(file)))),
      )
    }),
  )
