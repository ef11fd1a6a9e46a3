/**
 * One page of the list, one session by id. Authentication, the rate limit, retries and deadlines live here and
 * nowhere else; a caller sees an answer that fits the contract or one typed error.
 */
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Hash from "effect/Hash"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as ApiKey from "./ApiKey.ts"
import * as BaseUrl from "./BaseUrl.ts"
import * as BodyText from "./BodyText.ts"
import * as Coverage from "./Coverage.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as RequestLimiter from "./RequestLimiter.ts"
import * as CheckedJson from "./CheckedJson.ts"
import * as RetryAfter from "./RetryAfter.ts"
import * as Session from "./Session.ts"
import * as SessionsApi from "./SessionsApi.ts"
import type { TimeWindow } from "./TimeWindow.ts"
import * as TransportReason from "./TransportReason.ts"
import { version } from "./Version.ts"

export interface Options {
  /** The site's secret key. It is never printed, and goes only to https or to loopback. */
  readonly apiKey: Redacted.Redacted
  /** @default "https://api.elnudge.com/v1" */
  readonly baseUrl?: string | undefined
  /** The key's limit: an integer of at least 2. @default 1000 */
  readonly requestsPerMinute?: number | undefined
  /** How long one attempt may take, body included. @default "30 seconds" */
  readonly attemptTimeout?: Duration.Input | undefined
  /** How long one request may be held by 429 answers, all its waits together. @default "2 minutes" */
  readonly maxHold?: Duration.Input | undefined
  /** The plan's retention: 30 (Starter, Growth) or 90 (Scale, Enterprise). It explains a 404 and refuses nothing. */
  readonly retentionDays?: number | undefined
}

/** One request for a page. Without a window the API's own default applies (the last 30 days). */
export interface ListRequest {
  readonly window?: TimeWindow | undefined
  readonly cursor?: string | undefined
  /** Rows on the page, 1–200. @default 50, the API's own */
  readonly limit?: number | undefined
  /** How many rows the walk has handed on so far: errors carry it. @default 0 */
  readonly rowsEmitted?: number | undefined
}

export class ElnudgeClient extends Context.Service<
  ElnudgeClient,
  {
    readonly listSessions: (request?: ListRequest) => Effect.Effect<SessionsApi.SessionPage, ElnudgeError.ListError>
    readonly getSession: (
      id: string,
      options?: { readonly startedAt?: string | undefined },
    ) => Effect.Effect<Session.Detail, ElnudgeError.DetailError>
  }
>()("@effect-elnudge/core/ElnudgeClient") {}

const retryLimit = 5
const firstBackoffMillis = 200
const lastBackoffMillis = 5_000

// Full jitter: anything between nothing and the doubled step, so that clients that failed together do not return together.
const backoff = (attempt: number) =>
  Effect.map(Random.next, (share) => share * Math.min(lastBackoffMillis, firstBackoffMillis * 2 ** attempt))

const isSessionId = Schema.is(Session.Id)
const readPage = CheckedJson.reader(SessionsApi.SessionPage)
const readSession = CheckedJson.reader(SessionsApi.SessionEnvelope)

type StatusError = HttpClientError.HttpClientError & { readonly reason: HttpClientError.StatusCodeError }

const isStatusError = (error: HttpClientError.HttpClientError): error is StatusError =>
  error.reason._tag === "StatusCodeError"

type Response = HttpClientResponse.HttpClientResponse

/** What every request can fail with, beyond its endpoint's own refusals. */
type CommonError =
  | ElnudgeError.InvalidRequest
  | ElnudgeError.Unauthorized
  | ElnudgeError.TransportFailure
  | ElnudgeError.ServerUnavailable
  | ElnudgeError.RateLimited
  | ElnudgeError.ResponseInvalid

/** How one attempt ended, where it did not end the request with an error. */
type Outcome<A> =
  | { readonly _tag: "Done"; readonly value: A }
  | { readonly _tag: "Limited"; readonly waitMillis: number | undefined }
  | { readonly _tag: "Again"; readonly failure: (attempts: number) => CommonError }

const redirectOrigin = (response: Response, baseUrl: BaseUrl.BaseUrl): string => {
  const location = response.headers["location"] ?? ""
  return URL.canParse(location, `${baseUrl.href}/`) ? new URL(location, `${baseUrl.href}/`).origin : "nowhere"
}

// Names the key's limiter, in a shared store too, without giving the key away. Two 32-bit hashes, of the key and of the
// key backwards, because one of them is met by chance too soon.
const fingerprint = (apiKey: Redacted.Redacted): string => {
  const key = Redacted.value(apiKey)
  const hashes = [key, key.split("").reverse().join("")].map((text) => (Hash.string(text) >>> 0).toString(36))
  return hashes.join("-")
}

const duration = (name: string, input: Duration.Input): Effect.Effect<Duration.Duration, ElnudgeError.InvalidRequest> =>
  Option.match(
    Option.filter(Duration.fromInput(input), (parsed) => Duration.toMillis(parsed) > 0),
    {
      onNone: () =>
        Effect.fail(
          new ElnudgeError.InvalidRequest({
            reason: `the ${name} is not a duration above zero`,
            advice: 'Give one such as "30 seconds".',
          }),
        ),
      onSome: Effect.succeed,
    },
  )

/** Fails with `InvalidRequest` where an option is out of range or the address would expose the key. */
export const make = Effect.fnUntraced(function* (options: Options) {
  const baseUrl = yield* Effect.fromResult(BaseUrl.parse(options.baseUrl ?? SessionsApi.baseUrl))
  const requestsPerMinute = options.requestsPerMinute ?? 1000
  if (!Number.isInteger(requestsPerMinute) || requestsPerMinute < 2) {
    return yield* new ElnudgeError.InvalidRequest({
      reason: `a rate limit of ${requestsPerMinute} requests a minute`,
      advice: "Give a whole number of at least 2.",
    })
  }
  const attemptTimeout = yield* duration("attempt timeout", options.attemptTimeout ?? "30 seconds")
  const maxHoldMillis = Duration.toMillis(yield* duration("longest hold", options.maxHold ?? "2 minutes"))
  const { retentionDays } = options
  if (retentionDays !== undefined && !(retentionDays > 0 && retentionDays <= 36_500)) {
    return yield* new ElnudgeError.InvalidRequest({
      reason: `a retention of ${retentionDays} days`,
      advice: "Give a number of days, such as 30 or 90.",
    })
  }
  const apiKey = yield* ApiKey.check(options.apiKey)
  const limiter = yield* (yield* RequestLimiter.RequestLimiter).forKey(
    `elnudge:${baseUrl.origin}:${fingerprint(apiKey)}`,
    requestsPerMinute,
  )
  const httpClient = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest((request) =>
      request.pipe(
        HttpClientRequest.prependUrl(baseUrl.href),
        HttpClientRequest.bearerToken(apiKey),
        HttpClientRequest.setHeader("user-agent", `effect-elnudge/${version}`),
        HttpClientRequest.acceptJson,
      ),
    ),
    // The scope ends a response whose body nobody read, so that no connection waits for it.
    HttpClient.withScope,
  )
  const api = yield* HttpApiClient.makeWith(SessionsApi.SessionsApi, { httpClient })

  const classify = Effect.fnUntraced(function* <A, E>(
    response: Response,
    request: ElnudgeError.RequestInfo,
    read: (text: string) => Result.Result<A, CheckedJson.Misfit>,
    refusal: (status: number) => E,
  ): Effect.fn.Return<Outcome<A>, E | CommonError | HttpClientError.HttpClientError> {
    const { status } = response
    if (status >= 200 && status < 300) {
      const text = yield* BodyText.read(response)
      if (text === undefined) {
        return yield* new ElnudgeError.ResponseInvalid({
          reason: `the body is larger than ${BodyText.maxBytes} bytes`,
          request,
        })
      }
      const body = read(text)
      if (Result.isSuccess(body)) return { _tag: "Done", value: body.success }
      if (body.failure._tag === "NotContract") {
        const { path, reason, sessionId } = body.failure
        return yield* new ElnudgeError.ResponseInvalid({ reason, path, sessionId, request })
      }
      return {
        _tag: "Again",
        failure: () => new ElnudgeError.ResponseInvalid({ reason: "the body is not JSON", request }),
      }
    }
    if (status >= 300 && status < 400) {
      return yield* new ElnudgeError.InvalidRequest({
        reason: `${baseUrl.origin} redirects to ${redirectOrigin(response, baseUrl)}, and a key does not follow`,
        advice: "Set ELNUDGE_BASE_URL to the address that answers itself.",
        request,
      })
    }
    if (status === 401 || status === 403) return yield* new ElnudgeError.Unauthorized({ status, request })
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

  const unreachable = (reason: string, request: ElnudgeError.RequestInfo): Outcome<never> => ({
    _tag: "Again",
    failure: (attempts) => new ElnudgeError.TransportFailure({ reason, attempts, origin: baseUrl.origin, request }),
  })

  const send = Effect.fnUntraced(function* <A, E>(
    request: ElnudgeError.RequestInfo,
    execute: Effect.Effect<Response, HttpClientError.HttpClientError, Scope.Scope>,
    read: (text: string) => Result.Result<A, CheckedJson.Misfit>,
    refusal: (status: number) => E,
  ): Effect.fn.Return<A, E | CommonError> {
    const recorder = yield* Coverage.Current
    const attempt = execute.pipe(
      // fetch follows redirects by itself unless told not to; undici and node:http do not.
      Effect.updateContext((context: Context.Context<Scope.Scope>) =>
        Context.add(context, FetchHttpClient.RequestInit, {
          ...Context.getOrUndefined(context, FetchHttpClient.RequestInit),
          redirect: "manual",
        }),
      ),
      // The vendor has no use for our trace's headers.
      Effect.provideService(HttpClient.TracerPropagationEnabled, false),
      // A client that turns statuses into errors still has the answer.
      Effect.catchIf(isStatusError, (error) => Effect.succeed(error.reason.response)),
      Effect.flatMap((response) => classify(response, request, read, refusal)),
      Effect.scoped,
      Effect.catchIf(HttpClientError.isHttpClientError, (error) =>
        Effect.succeed(unreachable(TransportReason.of(error.reason.cause), request)),
      ),
      Effect.timeoutOrElse({
        duration: attemptTimeout,
        orElse: () => Effect.succeed(unreachable(`no answer within ${Duration.format(attemptTimeout)}`, request)),
      }),
    )
    let attempts = 0
    let failures = 0
    let refusals = 0
    let heldMillis = 0
    while (true) {
      const turn = yield* limiter.take(maxHoldMillis - heldMillis).pipe(
        Effect.mapError(
          (held) =>
            new ElnudgeError.RateLimited({
              resumeAt: Session.instant(held.until),
              waitedMillis: heldMillis + held.heldMillis,
              request,
            }),
        ),
      )
      heldMillis += turn.heldMillis
      recorder?.waited("paced_ms", turn.pacedMillis)
      recorder?.waited("held_ms", turn.heldMillis)
      recorder?.request(request._tag, attempts > 0)
      attempts++
      const outcome = yield* attempt
      if (outcome._tag === "Done") return outcome.value
      if (outcome._tag === "Limited") {
        // What the API says, but never less than our own steps once it has refused again: it may say next to nothing.
        const step = yield* backoff(refusals)
        const wait = refusals++ === 0 ? (outcome.waitMillis ?? step) : Math.max(outcome.waitMillis ?? 0, step)
        const until = (yield* Clock.currentTimeMillis) + wait
        recorder?.rateLimited(until)
        yield* Effect.logDebug("held by a 429", { request, wait })
        // The next turn waits for the hold, or fails at once where it is too long: one owner for 429.
        yield* limiter.hold(until)
      } else {
        if (failures === retryLimit) return yield* outcome.failure(attempts)
        const wait = yield* backoff(failures++)
        yield* Effect.logDebug("retrying", { request, wait })
        recorder?.waited("held_ms", wait)
        yield* Effect.sleep(wait)
      }
    }
  })

  const pageRefusal =
    (request: ElnudgeError.RequestInfo, list: ListRequest, oldestFrom: string | undefined) => (status: number) => {
      if (list.cursor !== undefined && (status === 400 || status === 404 || status === 410)) {
        return new ElnudgeError.CursorRejected({ status, request })
      }
      if (status === 404) {
        return new ElnudgeError.RetentionExceeded({ from: list.window?.from, oldestFrom, request })
      }
      return refused(status, request)
    }

  const oldestKept = Effect.map(DateTime.now, (now) =>
    retentionDays === undefined ? undefined : DateTime.subtract(now, { days: retentionDays }),
  )

  const listSessions = Effect.fn("ElnudgeClient.listSessions")(function* (list: ListRequest = {}) {
    const { cursor, limit, rowsEmitted, window } = list
    const request: ElnudgeError.RequestInfo = {
      _tag: "ListSessions",
      from: window?.from,
      to: window?.to,
      cursor,
      rowsEmitted: rowsEmitted ?? 0,
    }
    const oldest = yield* oldestKept
    return yield* send(
      request,
      api.sessions.list({
        query: { from: window?.from, to: window?.to, limit: limit?.toString(), cursor },
        responseMode: "response-only",
      }),
      readPage,
      pageRefusal(request, list, oldest === undefined ? undefined : Session.instant(DateTime.toEpochMillis(oldest))),
    )
  })

  const getSession = Effect.fn("ElnudgeClient.getSession")(function* (
    id: string,
    { startedAt }: { readonly startedAt?: string | undefined } = {},
  ) {
    const request: ElnudgeError.RequestInfo = { _tag: "GetSession", id }
    // As a part of a path some strings would name another endpoint, however they are escaped, or cannot be escaped.
    if (!isSessionId(id)) {
      return yield* new ElnudgeError.InvalidRequest({
        reason: `${JSON.stringify(id)} is no session id`,
        advice: "Give the id of a session, as the list has it.",
        request,
      })
    }
    const oldest = yield* oldestKept
    const isPast =
      startedAt !== undefined && oldest !== undefined && Session.millis(startedAt) < oldest.epochMilliseconds
    const { data } = yield* send(
      request,
      api.sessions.get({ params: { id }, responseMode: "response-only" }),
      readSession,
      (status) =>
        status === 404 || status === 410
          ? new ElnudgeError.SessionUnavailable({ sessionId: id, reason: isPast ? "past_retention" : "not_found" })
          : refused(status, request),
    )
    if (data.id !== id) {
      return yield* new ElnudgeError.ResponseInvalid({
        reason: `asked for session ${id}, got another one`,
        path: "data.id",
        sessionId: data.id,
        request,
      })
    }
    return data
  })

  return ElnudgeClient.of({ listSessions, getSession })
})

const refused = (status: number, request: ElnudgeError.RequestInfo) =>
  new ElnudgeError.InvalidRequest({
    reason: `the API refused it with ${status}`,
    advice: "Check the window and the page size; if they are right, this version does not fit the API any more.",
    request,
  })

/** A client on any `HttpClient`. Clients of one key share its limiter. */
export const layer = (
  options: Options,
): Layer.Layer<ElnudgeClient, ElnudgeError.InvalidRequest, HttpClient.HttpClient> =>
  Layer.effect(ElnudgeClient, make(options)).pipe(Layer.provide(RequestLimiter.layer))

/**
 * A client from the environment: `ELNUDGE_API_KEY` or `ELNUDGE_API_KEY_FILE`, and `ELNUDGE_BASE_URL`
 * (default the vendor's address).
 */
export const layerConfig = (
  options?: Omit<Options, "apiKey" | "baseUrl">,
): Layer.Layer<
  ElnudgeClient,
  ElnudgeError.InvalidRequest | Config.ConfigError,
  HttpClient.HttpClient | FileSystem.FileSystem
> =>
  Layer.effect(
    ElnudgeClient,
    Effect.gen(function* () {
      const apiKey = yield* ApiKey.load()
      const baseUrl = yield* Config.String("ELNUDGE_BASE_URL").pipe(Config.withDefault(SessionsApi.baseUrl))
      return yield* make({ ...options, apiKey, baseUrl })
    }),
  ).pipe(Layer.provide(RequestLimiter.layer))
