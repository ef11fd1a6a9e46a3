/**
 * The elNudge API on loopback, served from the definition that the client is built on. It checks the key, keeps the
 * limit, honours window, page size, cursor and retention, and answers chosen requests with faults.
 */
import type * as Session from "@effect-elnudge/core/Session"
import * as SessionsApi from "@effect-elnudge/core/SessionsApi"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Redacted from "effect/Redacted"
import * as Faults from "./Faults.ts"
import * as SessionStore from "./SessionStore.ts"

export interface Options {
  readonly sessions: Iterable<Session.Detail>
  /** The key that is accepted. @default "sk_test_emulator" */
  readonly key?: string | undefined
  /** The instant that the emulator takes for now. @default the clock's */
  readonly now?: DateTime.DateTime | undefined
  /** Sessions that started longer ago are not listed, and their details are a 404. @default 90 */
  readonly retentionDays?: number | undefined
  /** Requests a minute for the key. @default 1000 */
  readonly requestsPerMinute?: number | undefined
  readonly fault?: Faults.Hook | undefined
}

export const defaultKey = "sk_test_emulator"

/** How many requests arrived, refused and faulty ones included. */
export interface RequestCounts {
  readonly list: number
  readonly details: number
}

export class Emulator extends Context.Service<
  Emulator,
  {
    /** What goes into `ELNUDGE_BASE_URL`. */
    readonly baseUrl: string
    readonly requests: Effect.Effect<RequestCounts>
  }
>()("@effect-elnudge/emulator/Emulator") {}

const api = HttpApi.make("elnudge-emulator").add(SessionsApi.SessionsGroup).prefix("/v1")

const refuse = (status: number, error: string, message: string, headers: Record<string, string> = {}) =>
  HttpServerResponse.jsonUnsafe({ error, message } satisfies SessionsApi.ErrorBody, { status, headers })

const day = 86_400_000

// undefined: absent; NaN: there, but not an instant.
const instant = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text))

const handlers = (options: Options) => {
  const store = new SessionStore.SessionStore(options.sessions)
  const retentionMillis = (options.retentionDays ?? 90) * day
  const currentMillis =
    options.now === undefined ? Clock.currentTimeMillis : Effect.succeed(DateTime.toEpochMillis(options.now))

  const list = Effect.fnUntraced(function* (query: SessionsApi.ListQuery) {
    const now = yield* currentMillis
    const oldest = now - retentionMillis
    let position: SessionStore.Query
    if (query.cursor === undefined) {
      const from = instant(query.from) ?? now - 30 * day
      const to = instant(query.to) ?? now
      const limit = Number(query.limit ?? SessionsApi.defaultPageSize)
      if (Number.isNaN(from) || Number.isNaN(to)) return refuse(400, "BadRequest", "from and to are ISO 8601 instants")
      if (!Number.isInteger(limit) || limit < 1 || limit > SessionsApi.maxPageSize) {
        return refuse(400, "BadRequest", "limit is 1 to 200")
      }
      if (to <= oldest) return refuse(404, "NotFound", "The window is older than the plan's retention")
      position = { from, to, limit }
    } else {
      const cursor = SessionStore.decodeCursor(query.cursor)
      if (Option.isNone(cursor)) return refuse(400, "BadRequest", "cursor is not valid")
      position = cursor.value
    }
    const { data, nextCursor } = store.list({
      ...position,
      from: Math.max(position.from, oldest),
      // A session that has not started yet is not listed.
      to: Math.min(position.to, now + 1),
    })
    return HttpServerResponse.jsonUnsafe({
      data,
      next_cursor: nextCursor ?? null,
      has_more: nextCursor !== undefined,
    })
  })

  const get = Effect.fnUntraced(function* (id: string) {
    const now = yield* currentMillis
    const session = store.get(id)
    if (session === undefined || session.startedAt < now - retentionMillis || session.startedAt > now) {
      return refuse(404, "NotFound", "No such session, or it is older than the plan's retention")
    }
    return HttpServerResponse.jsonUnsafe({ data: session.detail })
  })

  return HttpApiBuilder.group(api, "sessions", (group) =>
    group.handle("list", ({ query }) => list(query)).handle("get", ({ params }) => get(params.id)),
  )
}

const authorization = (options: Options) =>
  Layer.effect(
    SessionsApi.Authorization,
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      const expected = options.key ?? defaultKey
      const consume = limiter.consume({
        algorithm: "fixed-window",
        onExceeded: "fail",
        key: "emulator",
        limit: options.requestsPerMinute ?? 1000,
        window: "1 minute",
      })
      return SessionsApi.Authorization.of({
        bearer: (endpoint, { credential }) =>
          Redacted.value(credential) === expected
            ? consume.pipe(
                Effect.andThen(endpoint),
                Effect.catchTag("RateLimiterError", ({ reason }) => {
                  const seconds =
                    reason._tag === "RateLimitExceeded" ? Math.ceil(Duration.toSeconds(reason.retryAfter)) : 1
                  return Effect.succeed(
                    refuse(429, "RateLimitExceeded", "Too many requests", { "retry-after": `${Math.max(1, seconds)}` }),
                  )
                }),
              )
            : Effect.succeed(refuse(401, "Unauthorized", "The API key is missing or not valid")),
      })
    }),
  ).pipe(
    Layer.provide(RateLimiter.layer),
    // Each emulator keeps its own limit.
    Layer.provide(Layer.fresh(RateLimiter.layerStoreMemory)),
  )

/** Serves the sessions on the given `HttpServer`, which should listen on loopback. */
export const layer = (options: Options) => {
  let list = 0
  let details = 0
  const countAndBreak = <E, R>(answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) => {
      if (/^\/v1\/sessions\/[^/?]/.test(url)) details++
      else list++
      const fault = options.fault?.({ number: list + details, url })
      return fault === undefined ? answer : Faults.apply(fault, answer)
    })

  const routes = HttpApiBuilder.layer(api).pipe(
    Layer.provide(handlers(options)),
    Layer.provide(authorization(options)),
    Layer.provide(HttpServer.layerServices),
  )
  // On the routes, not around the server: out there the answer has already been sent.
  const faults = HttpRouter.middleware(countAndBreak, { global: true })
  const served = HttpRouter.serve(Layer.merge(routes, faults), { disableLogger: true, disableListenLog: true })
  const service = Layer.effect(
    Emulator,
    HttpServer.addressFormattedWith((address) =>
      Effect.succeed(Emulator.of({ baseUrl: `${address}/v1`, requests: Effect.sync(() => ({ list, details })) })),
    ),
  )
  return Layer.merge(served, service)
}
