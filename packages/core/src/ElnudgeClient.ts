/**
 * One page of the list, one session by id: a caller sees an answer that fits the contract or one typed error.
 * Authentication is here; the rate limit, retries and deadlines are in the loop behind each request.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as ApiKey from "./ApiKey.ts"
import * as ApiRequest from "./ApiRequest.ts"
import * as BaseUrl from "./BaseUrl.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as KeyInUse from "./KeyInUse.ts"
import * as NudgesApi from "./NudgesApi.ts"
import { documentedPerMinute } from "./Pace.ts"
import * as OptionCheck from "./OptionCheck.ts"
import * as PositiveDuration from "./PositiveDuration.ts"
import * as RequestLimiter from "./RequestLimiter.ts"
import * as RequestLoop from "./RequestLoop.ts"
import * as CheckedJson from "./CheckedJson.ts"
import * as Session from "./Session.ts"
import * as SessionsApi from "./SessionsApi.ts"
import { inWholeSeconds, type TimeWindow } from "./TimeWindow.ts"
import * as WallClock from "./WallClock.ts"
import * as WholeNumber from "./WholeNumber.ts"

export interface Options {
  /** The site's secret key. It is never printed, and goes only to https or to loopback. */
  readonly apiKey: Redacted.Redacted
  /**
   * How the key is read again once the API refuses it with a 401, such as from a file: another key goes on with the
   * request, and with all that follow; the same one, or a failure, ends it with `Unauthorized`. Run once for all
   * requests that are refused together. @default the key stays
   */
  readonly reloadKey?: Effect.Effect<Redacted.Redacted, ElnudgeError.InvalidOption> | undefined
  /** @default "https://api.elnudge.com/v1" */
  readonly baseUrl?: string | undefined
  /**
   * The key's limit: an integer of at least 2. `"auto"` learns it, from the documented one on, at the price of a few
   * refusals. Clients of one key share one limiter for as long as the process runs, and one with another limit than the first is refused. @default 1000
   */
  readonly requestsPerMinute?: RequestLimiter.Limit | undefined
  /**
   * The part of the limit that this process may use, above 0: at least 2 requests a minute of a limit that is known.
   * @default 1
   */
  readonly share?: number | undefined
  /** How long one attempt may take, body included. @default "30 seconds" */
  readonly attemptTimeout?: Duration.Input | undefined
  /** How often a request is sent again that failed, 429 answers aside: 0 to 20. @default 5 */
  readonly retries?: number | undefined
  /** How long one request may wait because answers say so (429, `Retry-After`), all its waits together. @default "2 minutes" */
  readonly maxHold?: Duration.Input | undefined
  /**
   * Whether spans name the sessions that are asked for: ids are personal data, and spans go where traces are kept.
   * @default false
   */
  readonly traceSessionIds?: boolean | undefined
  /** The plan's retention: 30 (Starter, Growth) or 90 (Scale, Enterprise). It explains a 404 and refuses nothing. */
  readonly retentionDays?: number | undefined
}

/** One request for a page. Without a window the API's own default applies (the last 30 days). */
export interface ListRequest {
  /** Sent in whole seconds around it: what a page holds of the seconds that it cuts is for the caller to leave out. */
  readonly window?: TimeWindow | undefined
  readonly cursor?: string | undefined
  /** Rows on the page, 1–200. @default 50, the API's own */
  readonly limit?: number | undefined
  /** Send the cursor without the window and the limit; errors carry the window all the same. @default false */
  readonly cursorAlone?: boolean | undefined
  /** How many rows the walk has handed on so far: errors carry it. @default 0 */
  readonly rowsEmitted?: number | undefined
  /** The window is a part of what the walk is of: errors say so. @default false */
  readonly part?: boolean | undefined
  /** Which page of its walk it is, from 1: spans carry it. @default not known */
  readonly page?: number | undefined
}

/** What is known of a session that is asked for. */
export interface GetOptions {
  /** When it started, if the list told: a 404 can then say whether the plan keeps it. @default unknown */
  readonly startedAt?: string | undefined
}

/** One request each: with its turn under the limit, its retries and its checked answer. */
export class ElnudgeClient extends Context.Service<
  ElnudgeClient,
  {
    readonly listSessions: (request?: ListRequest) => Effect.Effect<SessionsApi.SessionPage, ElnudgeError.ListError>
    readonly getSession: (id: string, options?: GetOptions) => Effect.Effect<Session.Detail, ElnudgeError.DetailError>
    /**
     * A page of `GET /nudges`, newest first; the window is of `shown_at`. The endpoint is not in the contract: where the
     * API does not have it, the first page fails with `NudgesUnavailable`, and the details have the same nudges.
     */
    readonly listNudges: (request?: ListRequest) => Effect.Effect<NudgesApi.NudgePage, ElnudgeError.NudgesError>
  }
>()("@effect-elnudge/core/ElnudgeClient") {}

const isSessionId = Schema.is(Session.Id)
const readPage = CheckedJson.reader(SessionsApi.SessionPage)
const readSession = CheckedJson.reader(SessionsApi.SessionEnvelope)
const readNudges = CheckedJson.reader(NudgesApi.NudgePage)

const queryOf = ({ cursor, cursorAlone = false, limit, window }: ListRequest) =>
  cursorAlone && cursor !== undefined
    ? { cursor }
    : { ...(window === undefined ? {} : inWholeSeconds(window)), limit: limit?.toString(), cursor }

const pageOf = ({ cursor, part, rowsEmitted = 0, window }: ListRequest) => ({
  from: window?.from,
  to: window?.to,
  cursor,
  rowsEmitted,
  ...(part === true ? { part } : {}),
})

const apiKeyCheck = OptionCheck.is("a Redacted: Redacted.make(key)", Redacted.isRedacted)

/** The options that the environment does not say. */
export const checks: OptionCheck.Checks<ConfigOptions> = {
  requestsPerMinute: OptionCheck.is(
    'a number, or "auto"',
    (value) => value === "auto" || OptionCheck.number.fits(value),
  ),
  share: OptionCheck.number,
  attemptTimeout: OptionCheck.duration,
  maxHold: OptionCheck.duration,
  retentionDays: OptionCheck.number,
  retries: OptionCheck.number,
  traceSessionIds: OptionCheck.truth,
}

const allChecks: OptionCheck.Checks<Options> = {
  apiKey: OptionCheck.required(apiKeyCheck),
  reloadKey: OptionCheck.is("an Effect", Effect.isEffect),
  baseUrl: OptionCheck.text,
  ...checks,
}

const listChecks: OptionCheck.Checks<ListRequest> = {
  window: OptionCheck.struct,
  cursor: OptionCheck.text,
  limit: OptionCheck.number,
  cursorAlone: OptionCheck.truth,
  rowsEmitted: OptionCheck.number,
  part: OptionCheck.truth,
  page: OptionCheck.number,
}

const checkList = (list: ListRequest) =>
  Effect.andThen(
    OptionCheck.check(listChecks, list),
    Effect.suspend(() => WholeNumber.check("limit", list.limit ?? 1, 1, SessionsApi.maxPageSize)),
  )

const getChecks: OptionCheck.Checks<GetOptions> = {
  startedAt: OptionCheck.is("an instant, such as 2026-10-01T00:00:00Z", Schema.is(Session.Instant)),
}

/** Fails with `InvalidOption` where an option is out of range, and with `UnsafeAddress`. */
export const make = Effect.fnUntraced(function* (options: Options) {
  yield* OptionCheck.check(allChecks, options)
  const baseUrl = yield* Effect.fromResult(BaseUrl.parse(options.baseUrl ?? SessionsApi.baseUrl))
  const limit = yield* RequestLimiter.parse(options.requestsPerMinute ?? documentedPerMinute, options.share ?? 1)
  const attemptTimeout = yield* PositiveDuration.parse("attemptTimeout", options.attemptTimeout ?? "30 seconds")
  const maxHoldMillis = Duration.toMillis(yield* PositiveDuration.parse("maxHold", options.maxHold ?? "2 minutes"))
  const { retentionDays, retries = 5 } = options
  yield* WholeNumber.check("retries", retries, 0, 20)
  if (retentionDays !== undefined && !(retentionDays > 0 && retentionDays <= 36_500)) {
    return yield* new ElnudgeError.InvalidOption({
      option: "retentionDays",
      reason: `a retention of ${retentionDays} days`,
      advice: "Give a number of days, such as 30 or 90.",
    })
  }
  const apiKey = yield* ApiKey.check(options.apiKey)
  const limiter = yield* (yield* RequestLimiter.RequestLimiter).forKey(
    `elnudge:${baseUrl.origin}:${ApiKey.fingerprint(apiKey)}`,
    limit,
  )
  const httpClient = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequestEffect((request) =>
      Effect.map(KeyInUse.OfAttempt, (key) =>
        request.pipe(HttpClientRequest.prependUrl(baseUrl.href), ApiRequest.prepare(key)),
      ),
    ),
  )
  const api = yield* HttpApiClient.makeWith(SessionsApi.SessionsApi, { httpClient })
  const nudgesApi = yield* HttpApiClient.makeWith(NudgesApi.NudgesApi, { httpClient })

  const send = RequestLoop.make({
    baseUrl,
    keys: KeyInUse.make(apiKey, options.reloadKey),
    limiter,
    attemptTimeout,
    retries,
    maxHoldMillis,
    traceSessionIds: options.traceSessionIds ?? false,
  })

  const oldestKept = Effect.map(WallClock.now, (now) =>
    retentionDays === undefined ? undefined : now - retentionDays * 86_400_000,
  )
  // Told as something to ask for: a whole second that is still kept.
  const oldestFrom = Effect.map(oldestKept, (oldest) =>
    oldest === undefined ? undefined : Session.instant(1_000 * Math.ceil(oldest / 1_000)),
  )

  const listSessions = Effect.fnUntraced(function* (list: ListRequest = {}) {
    yield* checkList(list)
    const page = pageOf(list)
    const request: ElnudgeError.RequestInfo = { _tag: "ListSessions", ...page }
    const oldest = yield* oldestFrom
    return yield* send({
      request,
      page: list.page,
      execute: api.sessions.list({ query: queryOf(list), responseMode: "response-only" }),
      read: readPage,
      refusal: (status) => {
        if (isOfCursor(status, list)) return new ElnudgeError.CursorRejected({ status, request })
        return status === 404
          ? new ElnudgeError.RetentionExceeded({ from: page.from, oldestFrom: oldest, request })
          : undefined
      },
    })
  })

  const listNudges = Effect.fnUntraced(function* (list: ListRequest = {}) {
    yield* checkList(list)
    const page = pageOf(list)
    const request: ElnudgeError.RequestInfo = { _tag: "ListNudges", ...page }
    const oldest = yield* oldestFrom
    return yield* send({
      request,
      page: list.page,
      execute: nudgesApi.nudges.list({ query: queryOf(list), responseMode: "response-only" }),
      read: readNudges,
      refusal: (status) => {
        if (isOfCursor(status, list)) return new ElnudgeError.CursorRejected({ status, request })
        return status === 404 || status === 410
          ? new ElnudgeError.NudgesUnavailable({ status, from: page.from, oldestFrom: oldest, request })
          : undefined
      },
    }).pipe(
      // What has an id in this list is a nudge.
      Effect.catchTag("ResponseInvalid", ({ path, reason, sessionId: nudgeId }) =>
        Effect.fail(new ElnudgeError.ResponseInvalid({ reason, path, nudgeId, request })),
      ),
    )
  })

  const getSession = Effect.fnUntraced(function* (id: string, options: GetOptions = {}) {
    yield* OptionCheck.check(getChecks, options)
    const { startedAt } = options
    // As a part of a path some strings would name another endpoint, however they are escaped, or cannot be escaped.
    if (!isSessionId(id)) {
      return yield* new ElnudgeError.InvalidOption({
        option: "id",
        reason: `${typeof id === "string" ? JSON.stringify(id) : OptionCheck.shown(id)} is no session id`,
        advice: "Give the id of a session, as the list has it.",
        // Without types it may be anything.
        ...(typeof id === "string" ? { request: { _tag: "GetSession", id } } : {}),
      })
    }
    const request: ElnudgeError.RequestInfo = { _tag: "GetSession", id }
    const oldest = yield* oldestKept
    const isPast = startedAt !== undefined && oldest !== undefined && Session.millis(startedAt) < oldest
    const { data } = yield* send({
      request,
      execute: api.sessions.get({ params: { id }, responseMode: "response-only" }),
      read: readSession,
      refusal: (status) =>
        status === 404 || status === 410
          ? new ElnudgeError.SessionUnavailable({ sessionId: id, reason: isPast ? "past_retention" : "not_found" })
          : undefined,
    })
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

  return ElnudgeClient.of({ listSessions, getSession, listNudges })
})

const isOfCursor = (status: number, { cursor }: ListRequest): boolean =>
  cursor !== undefined && (status === 400 || status === 404 || status === 410)

/** A client on any `HttpClient`. Clients of one key share its limiter. */
export const layer = (
  options: Options,
): Layer.Layer<ElnudgeClient, ElnudgeError.InvalidOption | ElnudgeError.UnsafeAddress, HttpClient.HttpClient> =>
  Layer.effect(ElnudgeClient, make(options)).pipe(Layer.provide(RequestLimiter.layer))

/** What the environment does not say. */
export type ConfigOptions = Omit<Options, "apiKey" | "reloadKey" | "baseUrl">

/** {@link layerConfig} on a limiter that is given, such as one that several processes share (`RequestLimiter.layerShared`). */
export const layerConfigLimited = (
  options?: ConfigOptions,
): Layer.Layer<
  ElnudgeClient,
  ElnudgeError.InvalidOption | ElnudgeError.UnsafeAddress | Config.ConfigError,
  HttpClient.HttpClient | FileSystem.FileSystem | RequestLimiter.RequestLimiter
> =>
  Layer.effect(
    ElnudgeClient,
    Effect.gen(function* () {
      yield* OptionCheck.check(checks, options ?? {})
      const { key: apiKey, reload: reloadKey } = yield* ApiKey.source()
      const baseUrl = yield* Config.String("ELNUDGE_BASE_URL").pipe(Config.withDefault(SessionsApi.baseUrl))
      return yield* make({ ...options, apiKey, reloadKey, baseUrl })
    }),
  )

/**
 * A client from the environment: `ELNUDGE_API_KEY` or `ELNUDGE_API_KEY_FILE`, and `ELNUDGE_BASE_URL`
 * (default the vendor's address). A key file is read again where the API refuses its key, and used if it holds another.
 */
export const layerConfig = (
  options?: ConfigOptions,
): Layer.Layer<
  ElnudgeClient,
  ElnudgeError.InvalidOption | ElnudgeError.UnsafeAddress | Config.ConfigError,
  HttpClient.HttpClient | FileSystem.FileSystem
> => layerConfigLimited(options).pipe(Layer.provide(RequestLimiter.layer))
