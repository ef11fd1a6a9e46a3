/** Answers that no client wants, for chosen requests: what `fault` in the options gives. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpBody, HttpServerResponse } from "effect/http"
import * as Predicate from "effect/Predicate"
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
  /**
   * The right answer packed, as its `Content-Encoding` says: really so with gzip and deflate, one or several of them; any other
   * coding is the header alone. @default coding "gzip"
   */
  | { readonly _tag: "Packed"; readonly coding?: string | undefined }
  /** A body of gzip that unpacks to so many megabytes of spaces. @default megabytes 100 */
  | { readonly _tag: "GzipBomb"; readonly megabytes?: number | undefined }
  /** The right answer under another status; with `rows`, only so many of its rows, and their `Content-Range`. */
  | { readonly _tag: "OtherStatus"; readonly status: number; readonly rows?: number | undefined }
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

const pack = (parts: ReadonlyArray<Uint8Array>, format: "gzip" | "deflate" = "gzip"): Effect.Effect<Uint8Array> =>
  Effect.promise(async () => {
    const whole = new Blob(parts.map((part) => new Uint8Array(part)))
    const packed = whole.stream().pipeThrough(new CompressionStream(format))
    return new Uint8Array(await new globalThis.Response(packed).arrayBuffer())
  })

const packAs = (bytes: Uint8Array, coding: string): Effect.Effect<Uint8Array> =>
  Effect.reduce(
    coding.split(/\s*,\s*/),
    () => bytes,
    (packed, each) => (each === "gzip" || each === "deflate" ? pack([packed], each) : Effect.succeed(packed)),
  )

const encoded = (response: Response, bytes: Uint8Array, coding: string): Response =>
  HttpServerResponse.setHeader(
    HttpServerResponse.setBody(response, HttpBody.uint8Array(bytes, "application/json")),
    "content-encoding",
    coding,
  )

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

const hasRows = (json: unknown): json is { readonly data: ReadonlyArray<unknown> } =>
  Predicate.hasProperty(json, "data") && Array.isArray(json.data)

const underStatus = (response: Response, status: number, rows: number | undefined): Response => {
  const other = HttpServerResponse.setStatus(response, status)
  if (rows === undefined) return other
  let range = ""
  const part = editJson(other, (json) => {
    if (!hasRows(json)) return json
    const data = json.data.slice(0, rows)
    range = `items 0-${data.length - 1}/${json.data.length}`
    return { ...json, data }
  })
  return range === "" ? part : HttpServerResponse.setHeader(part, "content-range", range)
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
      return Effect.flatMap(answer, (response) =>
        Effect.map(pack([bytesOf(response)]), (packed) => encoded(response, damaged(packed, fault.damage), "gzip")),
      )
    case "Packed": {
      const { coding = "gzip" } = fault
      return Effect.flatMap(answer, (response) =>
        Effect.map(packAs(bytesOf(response), coding), (packed) => encoded(response, packed, coding)),
      )
    }
    case "GzipBomb": {
      const megabyte = new Uint8Array(1024 * 1024).fill(32)
      const parts = Array.from({ length: fault.megabytes ?? 100 }, () => megabyte)
      return Effect.map(pack(parts), (packed) => encoded(HttpServerResponse.empty({ status: 200 }), packed, "gzip"))
    }
    case "OtherStatus":
      return Effect.map(answer, (response) => underStatus(response, fault.status, fault.rows))
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
