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

/** The text; no more than {@link maxBytes} are ever read. */
export const read = (
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
