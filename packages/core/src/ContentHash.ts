/**
 * JSON files of ours that carry numbers: each has the SHA-256 of its content, byte for byte as it was written. Nobody can
 * change a digit, a name or a space of it, or add to it, and have it taken for what we counted.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as CheckedJson from "./CheckedJson.ts"

const field = "content_hash"

/** SHA-256 of a text in UTF-8, in hexadecimal digits. */
export const ofText = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  )

// An object's text up to where more fields follow.
const opened = (head: object): string => `${JSON.stringify(head).slice(0, -1)},`

/**
 * The text of a file: one line of JSON. `head` comes before the hash, and holds only what is checked for itself, such as
 * the name of the format; `content` comes after it. Neither is empty.
 */
export const write = Effect.fnUntraced(function* (head: object, content: object) {
  const text = JSON.stringify(content)
  return `${opened({ ...head, [field]: yield* ofText(text) })}${text.slice(1)}\n`
})

/** The JSON value of such a text; fails with the reason where it is not as {@link write} made it. */
export const read = Effect.fnUntraced(function* (text: string): Effect.fn.Return<unknown, string> {
  const parsed = CheckedJson.parse(text)
  if (Result.isFailure(parsed)) {
    return yield* Effect.fail(parsed.failure._tag === "NotJson" ? "it is not JSON" : parsed.failure.reason)
  }
  const json = parsed.success
  if (!Predicate.hasProperty(json, field) || !Predicate.isString(json[field])) {
    return yield* Effect.fail("it has no content_hash that would tell whether its numbers are those that were counted")
  }
  const entries = Object.entries(json)
  const start = opened(Object.fromEntries(entries.slice(0, entries.findIndex(([name]) => name === field) + 1)))
  // Bytes, and not the values that they stand for: of two fields of one name, or of a number that is no longer exact, JSON
  // keeps silent.
  const isWhole = text.startsWith(start) && text.endsWith("}\n")
  if (isWhole && json[field] === (yield* ofText(`{${text.slice(start.length, -1)}`))) return json
  return yield* Effect.fail("its content does not fit its content_hash: it was changed after it was written")
})
