/** Answers that no client wants, for chosen requests: what `fault` in the options gives. */
import * as Effect from "effect/Effect"
import { HttpServerResponse } from "effect/http"
import * as Stream from "effect/Stream"

export type Fault =
  /** 429, with the given `Retry-After` or none. */
  | { readonly _tag: "RateLimited"; readonly retryAfter?: string | undefined }
  /** A 5xx with a page of HTML. */
  | { readonly _tag: "ServerError"; readonly status: 500 | 502 | 503 | 504 }
  /** The right answer, but the connection breaks in the middle of its body. */
  | { readonly _tag: "CutOff" }
  /** The connection breaks before any answer. */
  | { readonly _tag: "Reset" }
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

export type Hook = (request: FaultRequest) => Fault | undefined

const breakConnection = Stream.die(new Error("connection broken by the emulator"))

// What was written must be on its way first: a break in the same turn of the event loop would lose it.
const nextTurn = Effect.yieldNow

const encoder = new TextEncoder()

/** Turns the right answer into the faulty one. */
export const apply = <E, R>(
  fault: Fault,
  answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R> => {
  switch (fault._tag) {
    case "RateLimited":
      return Effect.succeed(
        HttpServerResponse.jsonUnsafe(
          { error: "RateLimitExceeded", message: "Too many requests" },
          { status: 429, headers: fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter } },
        ),
      )
    case "ServerError":
      return Effect.succeed(
        HttpServerResponse.text(`<html><body><h1>${fault.status}</h1></body></html>`, {
          status: fault.status,
          contentType: "text/html",
        }),
      )
    case "CutOff":
      return Effect.map(answer, (response) => {
        const text = response.body._tag === "Uint8Array" ? new TextDecoder().decode(response.body.body) : "{"
        const half = encoder.encode(text.slice(0, Math.ceil(text.length / 2)))
        const body = Stream.concat(Stream.succeed(half), Stream.unwrap(Effect.as(nextTurn, breakConnection)))
        return HttpServerResponse.stream(body, { status: response.status, contentType: "application/json" })
      })
    case "Reset":
      return Effect.succeed(HttpServerResponse.stream(breakConnection))
    case "Answer":
      return Effect.succeed(
        HttpServerResponse.text(fault.body, {
          status: fault.status,
          contentType: "application/json",
          headers: fault.headers ?? {},
        }),
      )
  }
}
