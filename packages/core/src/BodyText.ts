/** A response's body as text, up to a size that no answer of this API comes near: an endless one must not fill the memory. */
import * as Effect from "effect/Effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import * as Stream from "effect/Stream"

export const maxBytes = 64 * 1024 * 1024

/** The text, or undefined where the body is larger than {@link maxBytes}; no more than that is ever read. */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
): Effect.Effect<string | undefined, HttpClientError.HttpClientError> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let bytes = 0
    let text = ""
    return response.stream.pipe(
      Stream.takeWhile((chunk) => {
        bytes += chunk.length
        if (bytes > maxBytes) return false
        text += decoder.decode(chunk, { stream: true })
        return true
      }),
      Stream.runDrain,
      Effect.map(() => (bytes > maxBytes ? undefined : text + decoder.decode())),
    )
  })
