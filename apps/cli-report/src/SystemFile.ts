/** What Linux says of itself in files: bytes, each as one character, because names in them may be in any encoding. */
import { Buffer } from "node:buffer"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"

/** The text's UTF-8 as such a file has it. */
export const bytesOf = (text: string): string => Buffer.from(text).toString("latin1")

export const read = Effect.fnUntraced(function* (file: string) {
  const bytes = yield* (yield* FileSystem.FileSystem).readFile(file)
  return Buffer.from(bytes).toString("latin1")
})
