/** How one attempt ended: with an answer, with an error that ends the request, or so that it is worth another attempt. */
import * as Effect from "effect/Effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import * as Record from "effect/Record"
import * as Result from "effect/Result"
import type { BaseUrl } from "./BaseUrl.ts"
import * as BodyText from "./BodyText.ts"
import type * as CheckedJson from "./CheckedJson.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as KeyInUse from "./KeyInUse.ts"
import * as RetryAfter from "./RetryAfter.ts"
import * as StatusRefusal from "./StatusRefusal.ts"
import * as StatusText from "./StatusText.ts"
import * as TransportCause from "./TransportCause.ts"
import type { TransportReason } from "./TransportReason.ts"
import * as WallClock from "./WallClock.ts"

export type Response = HttpClientResponse.HttpClientResponse

/** What every request can fail with, beyond its endpoint's own refusals. */
export type RequestError =
  | ElnudgeError.RequestRefused
  | ElnudgeError.UnsafeAddress
  | ElnudgeError.Unauthorized
  | ElnudgeError.TransportFailure
  | ElnudgeError.TlsFailure
  | ElnudgeError.ProxyFailure
  | ElnudgeError.ServerUnavailable
  | ElnudgeError.RateLimited
  | ElnudgeError.LimiterUnavailable
  | ElnudgeError.DeadlineReached
  | ElnudgeError.RequestsUsedUp
  | ElnudgeError.ResponseInvalid

/** The error of an attempt that no other follows: `resumeAt` (ISO 8601) where one could, but not so soon. */
export type Failure = (attempts: number, resumeAt?: string) => RequestError

/** How one attempt ended, where it did not end the request with an error. */
export type Outcome<A> =
  | { readonly _tag: "Done"; readonly value: A }
  | { readonly _tag: "KeyRefused" }
  | { readonly _tag: "Limited"; readonly retryAfter: RetryAfter.RetryAfter }
  | { readonly _tag: "Again"; readonly retryAfter?: RetryAfter.RetryAfter | undefined; readonly failure: Failure }

/** A request, how its body is read, and what its endpoint's other statuses mean; the rest have one meaning for all. */
export interface Question<A, E> {
  readonly request: ElnudgeError.RequestInfo
  readonly read: (text: string) => Result.Result<A, CheckedJson.Misfit>
  readonly refusal: (status: number) => E | undefined
}

/** The error of a transport that gave no usable answer. */
const noAnswer = (
  why: TransportReason,
  attempts: number,
  { origin }: BaseUrl,
  cause: Error | undefined,
  request?: ElnudgeError.RequestInfo,
): ElnudgeError.TransportFailure | ElnudgeError.TlsFailure | ElnudgeError.ProxyFailure => {
  const { reason } = why
  switch (why._tag) {
    case "Network":
      return new ElnudgeError.TransportFailure({ reason, attempts, origin, request, cause })
    case "Tls":
      return new ElnudgeError.TlsFailure({ reason, origin, request, cause })
    case "Proxy": {
      const { proxy, status } = why
      return new ElnudgeError.ProxyFailure({ status, reason, proxy, attempts, origin, request, cause })
    }
  }
}

/** No usable answer came back. Fails where no other try can change that. */
export const unreachable = (
  why: TransportReason,
  request: ElnudgeError.RequestInfo,
  baseUrl: BaseUrl,
  cause: Error | undefined,
): Effect.Effect<Outcome<never>, RequestError> => {
  const failure = (attempts: number) => noAnswer(why, attempts, baseUrl, cause, request)
  return why.isLasting ? Effect.fail(failure(1)) : Effect.succeed({ _tag: "Again", failure })
}

// A login that a network wants is none of the API.
const isOfServer = (status: number): boolean => (status >= 500 && status !== 511) || StatusText.mayPass(status)

const ofBody = Effect.fnUntraced(function* <A, E>(
  response: Response,
  { read, request }: Question<A, E>,
): Effect.fn.Return<Outcome<A>, RequestError | HttpClientError.HttpClientError> {
  const again = (reason: string): Outcome<never> => ({
    _tag: "Again",
    failure: () => new ElnudgeError.ResponseInvalid({ reason, request }),
  })
  const text = yield* BodyText.read(response)
  if (Result.isFailure(text)) {
    const { _tag } = text.failure
    const reason = TransportCause.withoutSecrets(text.failure.reason, yield* KeyInUse.OfAttempt)
    return _tag === "Broken" ? again(reason) : yield* new ElnudgeError.ResponseInvalid({ reason, request })
  }
  const body = read(text.success)
  if (Result.isSuccess(body)) return { _tag: "Done", value: body.success }
  if (body.failure._tag === "NotJson") return again("the body is not JSON")
  const { reason, sessionId } = body.failure
  const path = body.failure.path === "" ? undefined : body.failure.path
  return yield* new ElnudgeError.ResponseInvalid({ reason, path, sessionId, request })
})

/** What a response means. Its body is read only where it counts. */
export const ofResponse = Effect.fnUntraced(function* <A, E>(
  response: Response,
  question: Question<A, E>,
  baseUrl: BaseUrl,
): Effect.fn.Return<Outcome<A>, E | RequestError | HttpClientError.HttpClientError> {
  const { status } = response
  if (status === 200) return yield* ofBody(response, question)
  const { refusal, request } = question
  yield* BodyText.drop(response)
  if (status === 401) return { _tag: "KeyRefused" }
  if (status === 403) return yield* new ElnudgeError.Unauthorized({ status, request })
  // What an error tells of a header is what the other side wrote, which may be what it was sent.
  const key = yield* KeyInUse.OfAttempt
  const headers = Record.map(response.headers, (value) => TransportCause.withoutSecrets(value, key))
  const retryAfter = RetryAfter.ofHeaders(headers, yield* WallClock.now)
  if (status === 429) return { _tag: "Limited", retryAfter }
  // A part of a page, or a promise of one, must not pass for a page.
  if (status < 300) {
    const reason = StatusRefusal.reason(status)
    return {
      _tag: "Again",
      retryAfter,
      failure: (_, resumeAt) => new ElnudgeError.ResponseInvalid({ reason, resumeAt, request }),
    }
  }
  if (isOfServer(status)) {
    const failure: Failure = (attempts, resumeAt) =>
      new ElnudgeError.ServerUnavailable({ status, attempts, resumeAt, retryAfter: retryAfter.nonsense, request })
    return StatusText.mayPass(status) ? { _tag: "Again", retryAfter, failure } : yield* Effect.fail(failure(1))
  }
  return yield* Effect.fail(
    refusal(status) ?? StatusRefusal.of({ status, headers, url: response.url }, baseUrl, request),
  )
})
