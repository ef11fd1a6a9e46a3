/**
 * How `doctor` asks: with a report's own client, so that it meets what a report would, but each request is sent once and
 * waited for so long and no longer. What came back is kept, for what it tells beside its body.
 */
import { ElnudgeClient } from "@effect-elnudge/core"
import type * as BaseUrl from "@effect-elnudge/core/BaseUrl"
import * as MonotonicClock from "@effect-elnudge/core/MonotonicClock"
import * as WallClock from "@effect-elnudge/core/WallClock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpClient } from "effect/http"
import type * as Redacted from "effect/Redacted"

/** The head of an answer, and when it came. Times are epoch milliseconds. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly sentAt: number
  readonly receivedAt: number
  readonly millis: number
}

export interface Requests {
  readonly client: ElnudgeClient.ElnudgeClient["Service"]
  /** How many were sent so far. */
  readonly sent: () => number
  /** What the last of them was answered with; undefined where no answer came. */
  readonly last: () => Answer | undefined
}

/** Asks at the address with the key. */
export const make = Effect.fnUntraced(function* (
  baseUrl: BaseUrl.BaseUrl,
  apiKey: Redacted.Redacted,
  timeout: Duration.Duration,
) {
  let sent = 0
  let last: Answer | undefined
  const watched = HttpClient.transform(
    yield* HttpClient.HttpClient,
    Effect.fnUntraced(function* (answer) {
      sent++
      last = undefined
      const [sentAt, begin] = yield* Effect.all([WallClock.now, MonotonicClock.now])
      const response = yield* answer
      const { headers, status } = response
      const [receivedAt, end] = yield* Effect.all([WallClock.now, MonotonicClock.now])
      last = { status, headers, sentAt, receivedAt, millis: end - begin }
      return response
    }),
  )
  const client = yield* ElnudgeClient.make({
    apiKey,
    baseUrl: baseUrl.href,
    attemptTimeout: timeout,
    retries: 0,
    // Whoever runs it wants to know, not to wait.
    maxHold: "1 milli",
  }).pipe(Effect.provideService(HttpClient.HttpClient, watched))
  const requests: Requests = { client, sent: () => sent, last: () => last }
  return requests
})
