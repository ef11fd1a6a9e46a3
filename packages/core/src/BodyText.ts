/**
 * A response's body as text, up to a size that no answer of this API comes near: an endless one must not fill the
 * memory. Bytes that are no text are refused rather than replaced: two ids must not become one.
 */
import * as Effect from "effect/Effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"

export const maxBytes = 64 * 1024 * 1024

/** Why a body is not taken: broken on its way, or more than is ever taken. */
export type Unfit =
  | { readonly _tag: "Broken"; readonly reason: string }
  | { readonly _tag: "TooMuch"; readonly reason: string }

const broken: Unfit = { _tag: "Broken", reason: "the body is not UTF-8" }
const tooLarge: Unfit = { _tag: "TooMuch", reason: `the body is larger than ${maxBytes} bytes` }

// Whole bodies need no state between them.
const utf8 = new TextDecoder("utf-8", { fatal: true })

const decode = (bytes: ArrayBuffer): Result.Result<string, Unfit> =>
  Result.try({ try: () => utf8.decode(bytes), catch: () => broken })

/** How long the body says that it is; NaN where it does not, or where it is packed. */
const declaredBytes = ({ headers }: HttpClientResponse.HttpClientResponse): number => {
  const { "content-encoding": encoding, "content-length": length } = headers
  return length !== undefined && encoding === undefined && /^\d+$/.test(length) ? Number(length) : Number.NaN
}

/** The text; no more than {@link maxBytes} are ever read. */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
): Effect.Effect<Result.Result<string, Unfit>, HttpClientError.HttpClientError> =>
  // HTTP ends such a body where it says, so it can be read whole, at a fraction of the cost of a stream.
  declaredBytes(response) <= maxBytes ? Effect.map(response.arrayBuffer, decode) : readStream(response)

const readStream = (
  response: HttpClientResponse.HttpClientResponse,
): Effect.Effect<Result.Result<string, Unfit>, HttpClientError.HttpClientError> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder("utf-8", { fatal: true })
    let bytes = 0
    let text = ""
    let problem: Unfit | undefined
    const take = (chunk?: Uint8Array): void => {
      const decoded = Result.try(() => decoder.decode(chunk, { stream: chunk !== undefined }))
      if (Result.isSuccess(decoded)) text += decoded.success
      else problem = broken
    }
    return response.stream.pipe(
      Stream.takeWhile((chunk) => {
        bytes += chunk.length
        if (bytes > maxBytes) problem = tooLarge
        else take(chunk)
        return problem === undefined
      }),
      Stream.runDrain,
      Effect.map(() => {
        if (problem === undefined) take()
        return problem === undefined ? Result.succeed(text) : Result.fail(problem)
      }),
    )
  })

/** Lets go of a body that nobody reads, so that no connection waits for it. */
export const drop = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  // The client ends what it sends as soon as its stream is closed.
  Effect.scoped(Effect.asVoid(Stream.toPull(response.stream)))
