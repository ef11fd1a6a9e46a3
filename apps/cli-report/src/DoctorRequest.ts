/** One request of `doctor`: sent once, waited for so long and no longer, and never repeated. */
import * as ApiRequest from "@effect-elnudge/core/ApiRequest"
import type * as BaseUrl from "@effect-elnudge/core/BaseUrl"
import * as BodyText from "@effect-elnudge/core/BodyText"
import * as Outcome from "@effect-elnudge/core/Outcome"
import * as TransportReason from "@effect-elnudge/core/TransportReason"
import * as WallClock from "@effect-elnudge/core/WallClock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpClient, HttpClientError, HttpClientRequest } from "effect/http"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/** What came back, and when. Times are epoch milliseconds. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly url: string
  readonly baseUrl: BaseUrl.BaseUrl
  /** Read only where it counts. */
  readonly body: Result.Result<string, string>
  readonly sentAt: number
  readonly receivedAt: number
  readonly millis: number
}

/** Why there was none. */
export interface NoAnswer {
  readonly message: string
  readonly advice: string
}

export interface Requests {
  /** How many were sent so far. */
  readonly sent: () => number
  /** The answer, or why there was none. */
  readonly ask: (
    path: string,
    query?: Readonly<Record<string, string>>,
  ) => Effect.Effect<Result.Result<Answer, NoAnswer>>
}

const noAnswer = (why: TransportReason.TransportReason, baseUrl: BaseUrl.BaseUrl): NoAnswer => {
  const error = Outcome.noAnswer(why, 1, baseUrl)
  return error._tag === "TransportFailure"
    ? { message: error.reason, advice: `${error.advice} --timeout waits longer.` }
    : { message: error.message.replace(/\.$/, ""), advice: error.advice }
}

/** Asks at the address with the key. */
export const make = Effect.fnUntraced(function* (
  baseUrl: BaseUrl.BaseUrl,
  key: Redacted.Redacted,
  timeout: Duration.Duration,
) {
  const client = yield* HttpClient.HttpClient
  let sent = 0
  const send = Effect.fnUntraced(function* (path: string, query: Readonly<Record<string, string>>) {
    const sentAt = yield* WallClock.now
    const [duration, response] = yield* HttpClientRequest.get(`${baseUrl.href}${path}`).pipe(
      HttpClientRequest.setUrlParams(query),
      ApiRequest.prepare(key, " doctor"),
      client.execute,
      Effect.timed,
    )
    const receivedAt = yield* WallClock.now
    const body = yield* response.status === 200
      ? BodyText.read(response)
      : Effect.as(BodyText.drop(response), Result.succeed(""))
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      url: response.url,
      baseUrl,
      body: Result.mapError(body, ({ reason }) => reason),
      sentAt,
      receivedAt,
      millis: Duration.toMillis(duration),
    }
    return answer
  })
  const requests: Requests = {
    sent: () => sent,
    ask: (path, query = {}) =>
      Effect.suspend(() => {
        sent++
        return send(path, query)
      }).pipe(
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
        Effect.mapError((error) =>
          TransportReason.classify(HttpClientError.isHttpClientError(error) ? error.reason.cause : error),
        ),
        Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(TransportReason.late(timeout)) }),
        Effect.mapError((why) => noAnswer(why, baseUrl)),
        Effect.result,
      ),
  }
  return requests
})
