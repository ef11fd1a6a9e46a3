/**
 * A response's body as text, up to a size and a depth that no answer of this API comes near: an endless one must not
 * fill the memory, and what is nested without end cannot be written again. Bytes that are no text are refused rather
 * than replaced: two ids must not become one.
 */
import * as Effect from "effect/Effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"

export const maxBytes = 64 * 1024 * 1024

/** Levels of arrays and objects. */
export const maxDepth = 500

/** Why a body is not taken: broken on its way, or more than is ever taken. */
export type Unfit =
  | { readonly _tag: "Broken"; readonly reason: string }
  | { readonly _tag: "TooMuch"; readonly reason: string }

const broken: Unfit = { _tag: "Broken", reason: "the body is not UTF-8" }
const tooLarge: Unfit = { _tag: "TooMuch", reason: `the body is larger than ${maxBytes} bytes` }
const tooDeep: Unfit = { _tag: "TooMuch", reason: `the body is nested deeper than ${maxDepth} levels` }

const quote = 0x22
const backslash = 0x5c
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b])
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d])

const hasMore = (text: string, mark: string, most: number): boolean => {
  let count = 0
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) if (++count > most) return true
  return false
}

const isTooDeep = (text: string): boolean => {
  // Nearly every body has too few brackets to be nested so deep, which is soon seen.
  if (!hasMore(text, "{", maxDepth / 2) && !hasMore(text, "[", maxDepth / 2)) return false
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === backslash) at++
    else if (code === quote) isInString = !isInString
    else if (isInString) continue
    else if (opening.has(code) && ++depth > maxDepth) return true
    else if (closing.has(code)) depth--
  }
  return false
}

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
        if (problem === undefined && isTooDeep(text)) problem = tooDeep
        return problem === undefined ? Result.succeed(text) : Result.fail(problem)
      }),
    )
  })
