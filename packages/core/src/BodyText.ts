/**
 * A response's body as text, up to a size that no answer of this API comes near: an endless one, or one that unpacks to
 * more, must not fill the memory. Bytes that are no text are refused rather than replaced: two ids must not become one.
 */
import * as Effect from "effect/Effect"
import { HttpClientError, type HttpClientResponse } from "effect/http"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as TransportReason from "./TransportReason.ts"

export const maxBytes = 64 * 1024 * 1024

/** Why a body is not taken: broken on its way, or nothing that another try would change. */
export type Unfit =
  | { readonly _tag: "Broken"; readonly reason: string }
  | { readonly _tag: "Refused"; readonly reason: string }

const notText: Unfit = { _tag: "Broken", reason: "the body is not UTF-8" }
const damaged: Unfit = { _tag: "Broken", reason: "the packed body is damaged, or ends too early" }

const refuse = (reason: string): Unfit => ({ _tag: "Refused", reason })

const tooLarge = refuse(`the body is larger than ${maxBytes} bytes`)

// Whole bodies need no state between them.
const utf8 = new TextDecoder("utf-8", { fatal: true })

// How gzip begins, and no text of JSON does; a piece may be a single byte.
const isPacked = ([first, second = 0x8b]: Uint8Array): boolean => first === 0x1f && second === 0x8b

const undeclared = refuse("the body is packed with gzip once more than its content-encoding says")

const decode = (buffer: ArrayBuffer): Result.Result<string, Unfit> =>
  isPacked(new Uint8Array(buffer))
    ? Result.fail(undeclared)
    : Result.try({ try: () => utf8.decode(buffer), catch: () => notText })

/** How a body is packed, by what its answer says: each coding in its turn. */
const codingsOf = ({ headers }: HttpClientResponse.HttpClientResponse): ReadonlyArray<string> =>
  (headers["content-encoding"] ?? "")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity")

const isGzip = (coding: string | undefined): boolean => coding === "gzip" || coding === "x-gzip"

const longestShown = 60

/** The text; no more than {@link maxBytes} are ever taken in, unpacked or not. */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
): Effect.Effect<Result.Result<string, Unfit>, HttpClientError.HttpClientError> => {
  const [coding, ...more] = codingsOf(response)
  if (coding === undefined) {
    const { "content-length": length = "" } = response.headers
    // HTTP ends such a body where it says, so it can be read whole, at a fraction of the cost of a stream.
    return /^\d+$/.test(length) && Number(length) <= maxBytes
      ? Effect.map(response.arrayBuffer, decode)
      : readStream(response.stream)
  }
  if (isGzip(coding) && more.length === 0) {
    return Effect.catchIf(readStream(unpacked(response.stream)), isOfUnpacking, () =>
      Effect.succeed(Result.fail(damaged)),
    )
  }
  const said = JSON.stringify([coding, ...more].join(", ").slice(0, longestShown))
  return Effect.as(
    drop(response),
    Result.fail(refuse(`the body is packed as ${said}, and only gzip, once, was asked for`)),
  )
}

// A client that unpacks by itself fails with zlib's codes, such as Z_DATA_ERROR.
const isOfUnpacking = ({ reason }: HttpClientError.HttpClientError): boolean =>
  TransportReason.of(reason.cause).startsWith("Z_")

type Bytes = Stream.Stream<Uint8Array, HttpClientError.HttpClientError>

/** Some clients have unpacked a body before, and leave the header as it was: what came tells. */
const unpacked = (bytes: Bytes): Stream.Stream<Uint8Array, HttpClientError.HttpClientError | Unfit> =>
  Stream.unwrap(
    Effect.map(
      Stream.peel(
        Stream.filter(bytes, ({ length }) => length > 0),
        Sink.head<Uint8Array>(),
      ),
      ([first, rest]) => {
        if (Option.isNone(first)) return Stream.empty
        const whole = Stream.concat(Stream.succeed(first.value), rest)
        return isPacked(first.value) ? gunzip(whole) : whole
      },
    ),
  )

const gunzip = (bytes: Bytes) =>
  Stream.unwrap(
    Effect.map(Stream.toReadableStreamEffect(Stream.map(bytes, (chunk) => new Uint8Array(chunk))), (readable) =>
      Stream.fromReadableStream({
        evaluate: () => readable.pipeThrough(new DecompressionStream("gzip")),
        onError: (cause) => (HttpClientError.isHttpClientError(cause) ? cause : damaged),
      }),
    ),
  )

const isUnfit = (error: HttpClientError.HttpClientError | Unfit): error is Unfit =>
  error._tag === "Broken" || error._tag === "Refused"

const readStream = (
  bytes: Stream.Stream<Uint8Array, HttpClientError.HttpClientError | Unfit>,
): Effect.Effect<Result.Result<string, Unfit>, HttpClientError.HttpClientError> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder("utf-8", { fatal: true })
    let taken = 0
    let text = ""
    let problem: Unfit | undefined
    const take = (chunk?: Uint8Array): void => {
      const decoded = Result.try(() => decoder.decode(chunk, { stream: chunk !== undefined }))
      if (Result.isSuccess(decoded)) text += decoded.success
      else problem = notText
    }
    return bytes.pipe(
      Stream.takeWhile((chunk) => {
        if (taken === 0 && isPacked(chunk)) problem = undeclared
        taken += chunk.length
        if (taken > maxBytes) problem = tooLarge
        else if (problem === undefined) take(chunk)
        return problem === undefined
      }),
      Stream.runDrain,
      Effect.map(() => {
        if (problem === undefined) take()
        return problem === undefined ? Result.succeed(text) : Result.fail(problem)
      }),
      Effect.catchIf(isUnfit, (unfit) => Effect.succeed(Result.fail(unfit))),
    )
  })

/** Lets go of a body that nobody reads, so that no connection waits for it. */
export const drop = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  // The client ends what it sends as soon as its stream is closed.
  Effect.scoped(Effect.asVoid(Stream.toPull(response.stream)))
