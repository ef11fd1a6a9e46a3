/**
 * One request until it is answered: waits for its turn, sends, and decides what its outcome is worth. Every wait and
 * every retry of a request is here.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { FetchHttpClient, HttpClient, HttpClientError } from "effect/http"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Coverage from "./Coverage.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as KeyInUse from "./KeyInUse.ts"
import * as MonotonicClock from "./MonotonicClock.ts"
import * as Outcome from "./Outcome.ts"
import * as RequestBudget from "./RequestBudget.ts"
import type * as RequestLimiter from "./RequestLimiter.ts"
import * as RequestMetrics from "./RequestMetrics.ts"
import * as RetryAfter from "./RetryAfter.ts"
import * as RequestTrace from "./RequestTrace.ts"
import * as Session from "./Session.ts"
import * as Trace from "./Trace.ts"
import * as TransportCause from "./TransportCause.ts"
import * as TransportReason from "./TransportReason.ts"
import * as WallClock from "./WallClock.ts"

export interface Settings extends RequestTrace.Settings {
  readonly keys: KeyInUse.KeyInUse
  readonly limiter: RequestLimiter.KeyLimiter
  readonly attemptTimeout: Duration.Duration
  /** How often a request is sent again that failed. */
  readonly retries: number
  readonly maxHoldMillis: number
}

/** What is asked, and the effect that sends it once. */
export interface Call<A, E> extends Outcome.Question<A, E>, RequestTrace.Subject {
  readonly execute: Effect.Effect<Outcome.Response, HttpClientError.HttpClientError>
}

const firstBackoffMillis = 200
const lastBackoffMillis = 5_000

// Full jitter: anything between nothing and the doubled step, so that clients that failed together do not return together.
const backoff = (attempt: number) =>
  Effect.map(Random.next, (share) => share * Math.min(lastBackoffMillis, firstBackoffMillis * 2 ** attempt))

const always = () => true

type StatusError = HttpClientError.HttpClientError & { readonly reason: HttpClientError.StatusCodeError }

const isStatusError = (error: HttpClientError.HttpClientError): error is StatusError =>
  error.reason._tag === "StatusCodeError"

const attempt = <A, E>(
  call: Call<A, E>,
  { attemptTimeout, baseUrl }: Settings,
  trace: RequestTrace.RequestTrace | undefined,
) =>
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
    Effect.flatMap((response) => {
      trace?.answered(response.status)
      return Outcome.ofResponse(response, call, baseUrl)
    }),
    Effect.catchIf(HttpClientError.isHttpClientError, (error) =>
      Effect.flatMap(KeyInUse.OfAttempt, (key) => {
        const { cause } = error.reason
        const why = TransportReason.classify(cause)
        // A code or a name is whatever the transport makes it.
        const reason = TransportCause.withoutSecrets(why.reason, key)
        return Outcome.unreachable({ ...why, reason }, call.request, baseUrl, TransportCause.of(cause, key))
      }),
    ),
    Effect.timeoutOrElse({
      duration: attemptTimeout,
      orElse: () => Outcome.unreachable(TransportReason.late(attemptTimeout), call.request, baseUrl, undefined),
    }),
  )

/** Waits for a turn, as long as one request may be held altogether, and no hold longer than the deadline allows. */
const takeTurn = Effect.fnUntraced(function* (
  request: ElnudgeError.RequestInfo,
  heldMillis: number,
  { limiter, maxHoldMillis }: Settings,
  budget: RequestBudget.RequestBudget | undefined,
  retryAfter: string | undefined,
) {
  const left = budget === undefined ? Infinity : budget.deadline - (yield* MonotonicClock.now)
  return yield* limiter.take(Math.min(maxHoldMillis - heldMillis, left)).pipe(
    Effect.catchTags({
      HeldTooLong: Effect.fnUntraced(function* (held) {
        const waitedMillis = heldMillis + held.heldMillis
        const { remainingMillis } = held
        if (budget !== undefined && waitedMillis + remainingMillis <= maxHoldMillis) {
          return yield* budget.late(request, remainingMillis)
        }
        const resumeAt = Session.instant(Math.ceil((yield* WallClock.now) + remainingMillis))
        return yield* new ElnudgeError.RateLimited({ resumeAt, waitedMillis, retryAfter, request })
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

// It names the request: the session, or the cursor.
const log = (...entry: ReadonlyArray<unknown>) => Trace.besides(Effect.logDebug(...entry))

const untilAnswered = Effect.fnUntraced(function* <A, E>(
  call: Call<A, E>,
  settings: Settings,
  budget: RequestBudget.RequestBudget | undefined,
  trace: RequestTrace.RequestTrace | undefined,
): Effect.fn.Return<A, E | Outcome.RequestError> {
  const { request } = call
  const { keys, limiter } = settings
  const recorder = yield* Coverage.Current
  const sendOnce = attempt(call, settings, trace)
  let attempts = 0
  let failures = 0
  let refusals = 0
  let heldMillis = 0
  let nonsense: string | undefined
  while (true) {
    if (budget !== undefined) yield* budget.check(request)
    const turn = yield* takeTurn(request, heldMillis, settings, budget, nonsense)
    heldMillis += turn.heldMillis
    yield* waited(recorder, "paced", turn.pacedMillis)
    yield* waited(recorder, "held", turn.heldMillis)
    trace?.waited(turn.pacedMillis + turn.heldMillis)
    if (budget !== undefined) yield* budget.spend(request)
    recorder?.request(request._tag, attempts > 0)
    attempts++
    const taken = keys.take()
    const sentAt = yield* MonotonicClock.now
    const sending = trace === undefined ? sendOnce : trace.send(sendOnce)
    const result = yield* Effect.result(Effect.provideService(sending, KeyInUse.OfAttempt, taken.key))
    const took = (yield* MonotonicClock.now) - sentAt
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
        yield* log("the key was refused; going on with the one that was read again", { request })
        break
      }
      case "Limited": {
        const { retryAfter } = outcome
        nonsense = retryAfter.nonsense
        // What the API says, but never less than our own steps once it has refused again: it may say next to nothing.
        const step = yield* backoff(refusals)
        const wait = refusals++ === 0 ? (retryAfter.waitMillis ?? step) : Math.max(retryAfter.waitMillis ?? 0, step)
        const until = (yield* MonotonicClock.now) + wait
        const isWaitedFor = heldMillis + wait <= settings.maxHoldMillis && until <= (budget?.deadline ?? Infinity)
        recorder?.rateLimited(isWaitedFor ? until : 0)
        yield* log(`held by a 429${RetryAfter.complaint(nonsense)}`, { request, wait })
        // The next turn waits for the hold, or fails at once where it is too long: one owner for 429.
        yield* limiter.hold(wait, turn)
        break
      }
      case "Again": {
        const { failure, retryAfter } = outcome
        if (failures === settings.retries) return yield* failure(attempts)
        const said = retryAfter?.waitMillis ?? 0
        const wait = Math.max(said, yield* backoff(failures++))
        if (said > 0) {
          // It says so of what was asked for, not of the key: other requests go on.
          const until = (yield* MonotonicClock.now) + wait
          if (heldMillis + wait > settings.maxHoldMillis) {
            return yield* failure(attempts, Session.instant((yield* WallClock.now) + wait))
          }
          if (budget !== undefined && until > budget.deadline) return yield* budget.late(request, wait)
          heldMillis += wait
          recorder?.held(until, "API")
        }
        yield* log(`retrying${RetryAfter.complaint(retryAfter?.nonsense)}`, { request, wait })
        yield* waited(recorder, "held", wait)
        trace?.waited(wait)
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
      const answered = (trace: RequestTrace.RequestTrace | undefined) => {
        const answer = untilAnswered(call, settings, budget, trace)
        return budget === undefined ? answer : budget.within(call.request, answer)
      }
      return RequestTrace.around(call, settings, answered)
    })
