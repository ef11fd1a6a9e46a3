/**
 * One request until it is answered: waits for its turn, sends, and decides what its outcome is worth. Every wait and
 * every retry of a request is here.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { FetchHttpClient, HttpClient, HttpClientError } from "effect/http"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import type { BaseUrl } from "./BaseUrl.ts"
import * as Coverage from "./Coverage.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as KeyInUse from "./KeyInUse.ts"
import * as Outcome from "./Outcome.ts"
import * as RequestBudget from "./RequestBudget.ts"
import type * as RequestLimiter from "./RequestLimiter.ts"
import * as RequestMetrics from "./RequestMetrics.ts"
import * as Session from "./Session.ts"
import * as TransportCause from "./TransportCause.ts"
import * as TransportReason from "./TransportReason.ts"

export interface Settings {
  readonly baseUrl: BaseUrl
  readonly keys: KeyInUse.KeyInUse
  readonly limiter: RequestLimiter.KeyLimiter
  readonly attemptTimeout: Duration.Duration
  readonly maxHoldMillis: number
}

/** What is asked, and the effect that sends it once. */
export interface Call<A, E> extends Outcome.Question<A, E> {
  readonly execute: Effect.Effect<Outcome.Response, HttpClientError.HttpClientError>
}

const retryLimit = 5
const firstBackoffMillis = 200
const lastBackoffMillis = 5_000

// Full jitter: anything between nothing and the doubled step, so that clients that failed together do not return together.
const backoff = (attempt: number) =>
  Effect.map(Random.next, (share) => share * Math.min(lastBackoffMillis, firstBackoffMillis * 2 ** attempt))

const always = () => true

type StatusError = HttpClientError.HttpClientError & { readonly reason: HttpClientError.StatusCodeError }

const isStatusError = (error: HttpClientError.HttpClientError): error is StatusError =>
  error.reason._tag === "StatusCodeError"

const attempt = <A, E>(call: Call<A, E>, { attemptTimeout, baseUrl }: Settings) =>
  call.execute.pipe(
    // fetch follows redirects by itself unless told not to; undici and node:http do not.
    Effect.updateContext((context: Context.Context<never>) =>
      context.pipe(
        Context.add(FetchHttpClient.RequestInit, {
          ...Context.getOrUndefined(context, FetchHttpClient.RequestInit),
          redirect: "manual",
        }),
        // Our own span says as much, the vendor has no use for our trace's headers, and half of a request's cost was this.
        Context.add(HttpClient.TracerDisabledWhen, always),
      ),
    ),
    // A client that turns statuses into errors still has the answer.
    Effect.catchIf(isStatusError, (error) => Effect.succeed(error.reason.response)),
    Effect.flatMap((response) => Outcome.ofResponse(response, call, baseUrl)),
    Effect.catchIf(HttpClientError.isHttpClientError, (error) =>
      Effect.map(KeyInUse.OfAttempt, (key) => {
        const { cause } = error.reason
        const reason = TransportReason.of(cause)
        return Outcome.unreachable(reason, call.request, baseUrl, TransportCause.of(cause, key))
      }),
    ),
    Effect.timeoutOrElse({
      duration: attemptTimeout,
      orElse: () =>
        Effect.succeed(
          Outcome.unreachable(`no answer within ${Duration.format(attemptTimeout)}`, call.request, baseUrl, undefined),
        ),
    }),
  )

/** Waits for a turn, as long as one request may be held altogether, and no hold longer than the deadline allows. */
const takeTurn = Effect.fnUntraced(function* (
  request: ElnudgeError.RequestInfo,
  heldMillis: number,
  { limiter, maxHoldMillis }: Settings,
  budget: RequestBudget.RequestBudget | undefined,
) {
  const left = budget === undefined ? Infinity : budget.deadline - (yield* Clock.currentTimeMillis)
  return yield* limiter.take(Math.min(maxHoldMillis - heldMillis, left)).pipe(
    Effect.catchTags({
      HeldTooLong: Effect.fnUntraced(function* (held) {
        const waitedMillis = heldMillis + held.heldMillis
        const remaining = held.until - (yield* Clock.currentTimeMillis)
        if (budget !== undefined && waitedMillis + remaining <= maxHoldMillis) {
          return yield* budget.late(request, held.until)
        }
        return yield* new ElnudgeError.RateLimited({ resumeAt: Session.instant(held.until), waitedMillis, request })
      }),
      LimiterUnavailable: ({ reason }) => new ElnudgeError.LimiterUnavailable({ reason, request }),
    }),
  )
})

const waited = (recorder: Coverage.Recorder | undefined, reason: "paced" | "held", millis: number) => {
  if (!(millis > 0)) return Effect.void
  recorder?.waited(`${reason}_ms`, millis)
  return RequestMetrics.waited(reason, millis)
}

const untilAnswered = Effect.fnUntraced(function* <A, E>(
  call: Call<A, E>,
  settings: Settings,
  budget: RequestBudget.RequestBudget | undefined,
): Effect.fn.Return<A, E | Outcome.RequestError> {
  const { request } = call
  const { keys, limiter } = settings
  const recorder = yield* Coverage.Current
  const sendOnce = attempt(call, settings)
  let attempts = 0
  let failures = 0
  let refusals = 0
  let heldMillis = 0
  while (true) {
    if (budget !== undefined) yield* budget.check(request)
    const turn = yield* takeTurn(request, heldMillis, settings, budget)
    heldMillis += turn.heldMillis
    yield* waited(recorder, "paced", turn.pacedMillis)
    yield* waited(recorder, "held", turn.heldMillis)
    if (budget !== undefined) yield* budget.spend(request)
    recorder?.request(request._tag, attempts > 0)
    attempts++
    const taken = keys.take()
    const sentAt = yield* Clock.currentTimeMillis
    const result = yield* Effect.result(Effect.provideService(sendOnce, KeyInUse.OfAttempt, taken.key))
    const took = (yield* Clock.currentTimeMillis) - sentAt
    if (Result.isFailure(result)) {
      yield* RequestMetrics.attempted(request._tag, "Error", took)
      return yield* Effect.fail(result.failure)
    }
    const outcome = result.success
    yield* RequestMetrics.attempted(request._tag, outcome._tag, took)
    switch (outcome._tag) {
      case "Done":
        return outcome.value
      case "KeyRefused": {
        const renewal = yield* keys.renew(taken)
        if (renewal._tag === "NoOther") {
          return yield* new ElnudgeError.Unauthorized({ status: 401, keyProblem: renewal.keyProblem, request })
        }
        yield* Effect.logDebug("the key was refused; going on with the one that was read again", { request })
        break
      }
      case "Limited": {
        // What the API says, but never less than our own steps once it has refused again: it may say next to nothing.
        const step = yield* backoff(refusals)
        const wait = refusals++ === 0 ? (outcome.waitMillis ?? step) : Math.max(outcome.waitMillis ?? 0, step)
        const until = (yield* Clock.currentTimeMillis) + wait
        const isWaitedFor = heldMillis + wait <= settings.maxHoldMillis && until <= (budget?.deadline ?? Infinity)
        recorder?.rateLimited(isWaitedFor ? until : 0)
        yield* Effect.logDebug("held by a 429", { request, wait })
        // The next turn waits for the hold, or fails at once where it is too long: one owner for 429.
        yield* limiter.hold(until, turn)
        break
      }
      case "Again": {
        if (failures === retryLimit) return yield* outcome.failure(attempts)
        const wait = yield* backoff(failures++)
        yield* Effect.logDebug("retrying", { request, wait })
        yield* waited(recorder, "held", wait)
        yield* Effect.sleep(wait)
      }
    }
  }
})

/** Sends requests as the settings say, within the budget of the run. */
export const make =
  (settings: Settings) =>
  <A, E>(call: Call<A, E>): Effect.Effect<A, E | Outcome.RequestError> =>
    Effect.flatMap(RequestBudget.Current, (budget) => {
      const answered = untilAnswered(call, settings, budget)
      return budget === undefined ? answered : budget.within(call.request, answered)
    })
