/** Answers that no client wants, for chosen requests: what `fault` in the options gives. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpBody, HttpServerResponse } from "effect/http"
import * as Stream from "effect/Stream"

/** What becomes of a request. */
export type Fault =
  /** 429, with the given `Retry-After` or none. */
  | { readonly _tag: "RateLimited"; readonly retryAfter?: string | undefined }
  /** A 5xx with a page of HTML, with the given `Retry-After` or none. */
  | {
      readonly _tag: "ServerError"
      readonly status: 500 | 502 | 503 | 504
      readonly retryAfter?: string | undefined
    }
  /**
   * The right answer, but the connection breaks after a part of its body. 0 is after the headers.
   * @default part 0.5
   */
  | { readonly _tag: "CutOff"; readonly part?: number | undefined }
  /** The connection breaks before any answer. */
  | { readonly _tag: "Reset" }
  /** The right answer, after a while. */
  | { readonly _tag: "SlowHeaders"; readonly wait: Duration.Input }
  /** The right answer in so many pieces: the first at once, the last after `wait`. @default pieces 10 */
  | { readonly _tag: "SlowBody"; readonly wait: Duration.Input; readonly pieces?: number | undefined }
  /** The right answer, but after a part of its body nothing more comes. 0 is after the headers. @default part 0.5 */
  | { readonly _tag: "Stall"; readonly part?: number | undefined }
  /** The right answer packed with gzip, and then cut or spoilt. */
  | { readonly _tag: "Gzip"; readonly damage: "truncated" | "corrupted" }
  /** The right answer with another `Content-Type`. */
  | { readonly _tag: "ContentType"; readonly contentType: string }
  /** The right answer, its JSON put through a function. What is not JSON stays as it is. */
  | { readonly _tag: "Edit"; readonly edit: (json: unknown) => unknown }
  /** Any other answer, such as a redirect or a body that does not fit. */
  | {
      readonly _tag: "Answer"
      readonly status: number
      readonly body: string
      readonly headers?: Readonly<Record<string, string>> | undefined
    }

/** What the hook sees of a request. Requests are numbered from 1 as they arrive. */
export interface FaultRequest {
  readonly number: number
  /** Path and query, such as `/v1/sessions?limit=200`. */
  readonly url: string
}

/** Chooses the fault of a request, before any script; undefined is none. */
export type Hook = (request: FaultRequest) => Fault | undefined

type Response = HttpServerResponse.HttpServerResponse

const breakConnection = Stream.die(new Error("connection broken by the emulator"))

// What was written must be on its way first: a break in the same turn of the event loop would lose it.
const nextTurn = Effect.yieldNow

const bytesOf = ({ body }: Response): Uint8Array =>
  body._tag === "Uint8Array" ? body.body : new TextEncoder().encode("{")

const withBody = <E>({ headers, status }: Response, body: Stream.Stream<Uint8Array, E>): Response => {
  const { "content-length": _, ...rest } = headers
  return HttpServerResponse.stream(body, { status, headers: rest })
}

const beginning = (bytes: Uint8Array, part = 0.5): Uint8Array => bytes.subarray(0, Math.ceil(bytes.length * part))

const afterPart = (response: Response, part: number | undefined, then: Stream.Stream<never>): Response =>
  withBody(
    response,
    Stream.concat(Stream.succeed(beginning(bytesOf(response), part)), Stream.unwrap(Effect.as(nextTurn, then))),
  )

const inPieces = (bytes: Uint8Array, wait: Duration.Duration, pieces: number): Stream.Stream<Uint8Array> => {
  const gap = Duration.millis(Duration.toMillis(wait) / (pieces - 1))
  const at = (piece: number): number => Math.floor((bytes.length * piece) / pieces)
  return Stream.range(0, pieces - 1).pipe(
    Stream.rechunk(1),
    Stream.mapEffect((piece) => {
      const chunk = Effect.succeed(bytes.subarray(at(piece), at(piece + 1)))
      return piece === 0 ? chunk : Effect.delay(chunk, gap)
    }),
  )
}

const gzip = (bytes: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.promise(async () => {
    const packed = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream("gzip"))
    return new Uint8Array(await new globalThis.Response(packed).arrayBuffer())
  })

const damaged = (packed: Uint8Array, damage: "truncated" | "corrupted"): Uint8Array => {
  if (damage === "truncated") return beginning(packed)
  const middle = Math.floor(packed.length / 2)
  return packed.map((byte, index) => (index === middle ? byte ^ 0xff : byte))
}

const editJson = (response: Response, edit: (json: unknown) => unknown): Response => {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(response))
  return response.body._tag === "Uint8Array" && response.headers["content-type"]?.includes("json") === true
    ? HttpServerResponse.setBody(response, HttpBody.jsonUnsafe(edit(JSON.parse(text))))
    : response
}

const retryHeader = (retryAfter: string | undefined): Record<string, string> =>
  retryAfter === undefined ? {} : { "retry-after": retryAfter }

/** Turns the right answer into the faulty one. */
export const apply = <E, R>(fault: Fault, answer: Effect.Effect<Response, E, R>): Effect.Effect<Response, E, R> => {
  switch (fault._tag) {
    case "RateLimited":
      return Effect.succeed(
        HttpServerResponse.jsonUnsafe(
          { error: "RateLimitExceeded", message: "Too many requests" },
          { status: 429, headers: retryHeader(fault.retryAfter) },
        ),
      )
    case "ServerError":
      return Effect.succeed(
        HttpServerResponse.text(`<html><body><h1>${fault.status}</h1></body></html>`, {
          status: fault.status,
          contentType: "text/html",
          headers: retryHeader(fault.retryAfter),
        }),
      )
    case "CutOff":
      return Effect.map(answer, (response) => afterPart(response, fault.part, breakConnection))
    case "Reset":
      return Effect.succeed(HttpServerResponse.stream(breakConnection))
    case "SlowHeaders":
      return Effect.delay(answer, fault.wait)
    case "SlowBody":
      return Effect.map(answer, (response) =>
        withBody(response, inPieces(bytesOf(response), Duration.fromInputUnsafe(fault.wait), fault.pieces ?? 10)),
      )
    case "Stall":
      return Effect.map(answer, (response) => afterPart(response, fault.part, Stream.never))
    case "Gzip":
      return Effect.gen(function* () {
        const response = yield* answer
        const body = damaged(yield* gzip(bytesOf(response)), fault.damage)
        return HttpServerResponse.setHeader(
          HttpServerResponse.setBody(response, HttpBody.uint8Array(body, "application/json")),
          "content-encoding",
          "gzip",
        )
      })
    case "ContentType":
      return Effect.map(answer, HttpServerResponse.setHeader("content-type", fault.contentType))
    case "Edit":
      return Effect.map(answer, (response) => editJson(response, fault.edit))
    case "Answer":
      return Effect.succeed(
        HttpServerResponse.setHeaders(
          HttpServerResponse.text(fault.body, { status: fault.status, contentType: "application/json" }),
          fault.headers ?? {},
        ),
      )
  }
}
