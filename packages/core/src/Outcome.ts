/** How one attempt ended: with an answer, with an error that ends the request, or so that it is worth another attempt. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import * as Result from "effect/Result"
import type { BaseUrl } from "./BaseUrl.ts"
import * as BodyText from "./BodyText.ts"
import type * as CheckedJson from "./CheckedJson.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as RetryAfter from "./RetryAfter.ts"

export type Response = HttpClientResponse.HttpClientResponse

/** What every request can fail with, beyond its endpoint's own refusals. */
export type RequestError =
  | ElnudgeError.UnsafeAddress
  | ElnudgeError.Unauthorized
  | ElnudgeError.TransportFailure
  | ElnudgeError.ServerUnavailable
  | ElnudgeError.RateLimited
  | ElnudgeError.LimiterUnavailable
  | ElnudgeError.DeadlineReached
  | ElnudgeError.RequestsUsedUp
  | ElnudgeError.ResponseInvalid

/** How one attempt ended, where it did not end the request with an error. */
export type Outcome<A> =
  | { readonly _tag: "Done"; readonly value: A }
  | { readonly _tag: "KeyRefused" }
  | { readonly _tag: "Limited"; readonly waitMillis: number | undefined }
  | { readonly _tag: "Again"; readonly failure: (attempts: number) => RequestError }

/** A request, how its body is read, and what its endpoint's other statuses mean. */
export interface Question<A, E> {
  readonly request: ElnudgeError.RequestInfo
  readonly read: (text: string) => Result.Result<A, CheckedJson.Misfit>
  readonly refusal: (status: number) => E
}

const redirectOrigin = (response: Response, baseUrl: BaseUrl): string => {
  const location = response.headers["location"] ?? ""
  return URL.canParse(location, `${baseUrl.href}/`) ? new URL(location, `${baseUrl.href}/`).origin : "nowhere"
}

/** No usable answer came back. */
export const unreachable = (
  reason: string,
  request: ElnudgeError.RequestInfo,
  { origin }: BaseUrl,
  cause: Error | undefined,
): Outcome<never> => ({
  _tag: "Again",
  failure: (attempts) => new ElnudgeError.TransportFailure({ reason, attempts, origin, request, cause }),
})

/** What a response means. Its body is read only where it counts. */
export const ofResponse = Effect.fnUntraced(function* <A, E>(
  response: Response,
  { read, refusal, request }: Question<A, E>,
  baseUrl: BaseUrl,
): Effect.fn.Return<Outcome<A>, E | RequestError | HttpClientError.HttpClientError> {
  const { status } = response
  if (status >= 200 && status < 300) {
    const text = yield* BodyText.read(response)
    if (Result.isFailure(text)) {
      const { _tag, reason } = text.failure
      const failure = new ElnudgeError.ResponseInvalid({ reason, request })
      return _tag === "Broken" ? { _tag: "Again", failure: () => failure } : yield* failure
    }
    const body = read(text.success)
    if (Result.isSuccess(body)) return { _tag: "Done", value: body.success }
    if (body.failure._tag === "NotContract") {
      const { reason, sessionId } = body.failure
      const path = body.failure.path === "" ? undefined : body.failure.path
      return yield* new ElnudgeError.ResponseInvalid({ reason, path, sessionId, request })
    }
    return {
      _tag: "Again",
      failure: () => new ElnudgeError.ResponseInvalid({ reason: "the body is not JSON", request }),
    }
  }
  yield* BodyText.drop(response)
  if (status >= 300 && status < 400) {
    return yield* new ElnudgeError.UnsafeAddress({
      reason: `${baseUrl.origin} redirects to ${redirectOrigin(response, baseUrl)}, and a key does not follow`,
      advice: "Set ELNUDGE_BASE_URL to the address that answers itself.",
      request,
    })
  }
  if (status === 401) return { _tag: "KeyRefused" }
  if (status === 403) return yield* new ElnudgeError.Unauthorized({ status, request })
  if (status === 429) {
    const now = yield* Clock.currentTimeMillis
    return {
      _tag: "Limited",
      waitMillis: RetryAfter.parse(response.headers["retry-after"], response.headers["date"], now),
    }
  }
  if (status >= 500 || status === 408 || status === 425) {
    return {
      _tag: "Again",
      failure: (attempts) => new ElnudgeError.ServerUnavailable({ status, attempts, request }),
    }
  }
  return yield* Effect.fail(refusal(status))
})
