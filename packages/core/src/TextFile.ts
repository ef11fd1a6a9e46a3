/**
 * Text out of files: UTF-8, or an error that says where it is none. Bytes that are no text are never replaced, because
 * two ids would become one. A byte order mark at the beginning of a file is no part of its text.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"

/** A file that can be read, and whose bytes are not taken for text. It shows none of them. */
export class NotText extends Data.TaggedError("NotText")<{
  /** The line, counted from 1, where one is at fault. */
  readonly line: number | undefined
  /** Such as `is not UTF-8`: it completes a sentence that begins with the file. */
  readonly reason: string
  /** Whether it was not looked at, because it is too large. */
  readonly isTooLarge: boolean
}> {
  /** With the line, where there is one. */
  override get message(): string {
    return this.line === undefined ? this.reason : `${this.reason} (line ${this.line})`
  }
}

/** More than any file has that is read as a whole. */
export const maxBytes = 256 * 1024 * 1024

// Whole lines need no state between them, and a decoder that keeps the half of a character takes ten times as long.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const lineFeed = 10
const byteOrderMark = "\u{feff}"

const decoded = (bytes: Uint8Array): Result.Result<string, unknown> => Result.try(() => decoder.decode(bytes))

/** The first line that is not UTF-8, counted from 1: no character of several bytes has the byte of a line's end. */
const badLine = (bytes: Uint8Array): number => {
  let line = 1
  for (let from = 0; ; line++) {
    const end = bytes.indexOf(lineFeed, from)
    if (end === -1 || Result.isFailure(decoded(bytes.subarray(from, end)))) return line
    from = end + 1
  }
}

/** The error of a file, or of one line, that is larger than anything that is read. */
export const tooLarge = (most: number, line?: number) =>
  new NotText({ line, reason: `is larger than ${most} bytes`, isTooLarge: true })

/** The bytes of a whole file as its text; or those that follow some lines of it. */
export const decode = (bytes: Uint8Array, linesBefore = 0): Result.Result<string, NotText> =>
  Result.mapBoth(decoded(bytes), {
    onSuccess: (text) => (linesBefore === 0 && text.startsWith(byteOrderMark) ? text.slice(1) : text),
    onFailure: () => new NotText({ line: linesBefore + badLine(bytes), reason: "is not UTF-8", isTooLarge: false }),
  })

/** The text of a file as a whole, of at most `most` bytes. A device is not read. */
export const read = Effect.fnUntraced(function* (file: string, most: number = maxBytes) {
  const fileSystem = yield* FileSystem.FileSystem
  // What cannot be looked at may still be read; if not, the reading says why.
  const info = Option.getOrUndefined(yield* Effect.option(fileSystem.stat(file)))
  // It may give bytes without end, or none until somebody types.
  if (info?.type === "CharacterDevice" || info?.type === "BlockDevice") {
    return yield* new NotText({ line: undefined, reason: "is a device, not a file", isTooLarge: false })
  }
  if (info !== undefined && info.size > BigInt(most)) return yield* tooLarge(most)
  const bytes = yield* fileSystem.readFile(file)
  // A pipe does not say beforehand how much it has.
  if (bytes.length > most) return yield* tooLarge(most)
  return yield* Effect.fromResult(decode(bytes))
})

/** What {@link read} fails with. */
export type ReadError = PlatformError | NotText
