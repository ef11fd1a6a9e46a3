/** What the client counts for whoever exports Effect's metrics, to OpenTelemetry or Prometheus. */
import type * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { RequestInfo } from "./ElnudgeError.ts"
import type { Outcome } from "./Outcome.ts"

const boundaries = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000]

const attempt = (request: RequestInfo["_tag"]) => {
  const ended = (outcome: string) =>
    Metric.histogram("elnudge.client.attempt.duration", {
      description: "How long each attempt took, from sending it to a checked answer",
      attributes: { "elnudge.request": request, "elnudge.outcome": outcome, unit: "ms" },
      boundaries,
    })
  return {
    Done: ended("answered"),
    Limited: ended("rate_limited"),
    Again: ended("failed"),
    KeyRefused: ended("key_refused"),
    Error: ended("refused"),
  }
}

const attempts = {
  ListSessions: attempt("ListSessions"),
  GetSession: attempt("GetSession"),
  ListNudges: attempt("ListNudges"),
} as const satisfies Record<RequestInfo["_tag"], unknown>

const waiting = (reason: "paced" | "held") =>
  Metric.counter("elnudge.client.wait", {
    description: "Time that requests waited: paced for a turn under the limit, held by a 429 or before a retry",
    attributes: { "elnudge.reason": reason, unit: "ms" },
    incremental: true,
  })

const waits = { paced: waiting("paced"), held: waiting("held") }

/** An attempt came to its end; `Error` where nothing can come of asking again. */
export const attempted = (
  request: RequestInfo["_tag"],
  outcome: Outcome<unknown>["_tag"] | "Error",
  millis: number,
): Effect.Effect<void> => Metric.update(attempts[request][outcome], millis)

/** A request waited. */
export const waited = (reason: "paced" | "held", millis: number): Effect.Effect<void> =>
  Metric.update(waits[reason], millis)
