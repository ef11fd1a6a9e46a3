/** The lines of a file that is larger than what can be read as a whole: see {@link TextFile} for what is text. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as TextFile from "./TextFile.ts"

/** More than any line has: an answer of the API, which is one line here, is no larger. */
export const maxLineBytes = 64 * 1024 * 1024

const lineFeed = 10

const joined = (parts: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The lines of a file's bytes, without their ends, in arrays of those that came together. */
export const read = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
): Stream.Stream<Arr.NonEmptyReadonlyArray<string>, E | TextFile.NotText, R> =>
  Stream.suspend(() => {
    let line = 0
    // The beginning of a line whose end has not come.
    let parts: Array<Uint8Array> = []
    let length = 0
    const keep = (part: Uint8Array): void => {
      if (part.length > 0) parts.push(part)
      length += part.length
    }
    const take = (): Result.Result<ReadonlyArray<string>, TextFile.NotText> => {
      const whole = joined(parts, length)
      parts = []
      length = 0
      const text = TextFile.decode(whole, line)
      if (Result.isFailure(text)) return Result.fail(text.failure)
      const taken = text.success.split("\n")
      line += taken.length
      return Result.succeed(taken)
    }
    const push = (chunk: Uint8Array): Result.Result<ReadonlyArray<string>, TextFile.NotText> => {
      const end = chunk.lastIndexOf(lineFeed)
      if (end === -1) {
        keep(chunk)
        return length > maxLineBytes ? Result.fail(TextFile.tooLarge(maxLineBytes, line + 1)) : Result.succeed([])
      }
      keep(chunk.subarray(0, end))
      const taken = take()
      keep(chunk.subarray(end + 1))
      return taken
    }
    const rest = Effect.suspend(() => Effect.fromResult(length === 0 ? Result.succeed([]) : take()))
    return Stream.concat(
      Stream.mapEffect(bytes, (chunk) => Effect.fromResult(push(chunk))),
      Stream.fromEffect(rest),
    ).pipe(Stream.filter(Arr.isReadonlyArrayNonEmpty))
  })
