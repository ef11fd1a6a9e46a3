/**
 * The elNudge API on loopback, served from the definition that the client is built on. It checks the key, keeps the
 * limit, honours window, page size, cursor and retention, shows sessions as they are at its now, and answers chosen
 * requests with faults.
 */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"
import * as NudgesApi from "@effect-elnudge/core/NudgesApi"
import type * as Session from "@effect-elnudge/core/Session"
import * as SessionsApi from "@effect-elnudge/core/SessionsApi"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as EmulatorClock from "./EmulatorClock.ts"
import * as FaultPlan from "./FaultPlan.ts"
import * as Faults from "./Faults.ts"
import * as FaultScript from "./FaultScript.ts"
import * as ListFaults from "./ListFaults.ts"
import * as ListQuery from "./ListQuery.ts"
import * as NudgeStore from "./NudgeStore.ts"
import * as RequestLimit from "./RequestLimit.ts"
import * as ScriptedFaults from "./ScriptedFaults.ts"
import * as SessionStore from "./SessionStore.ts"

export interface Options extends EmulatorClock.Options, RequestLimit.Options {
  readonly sessions: Iterable<Session.Detail>
  /** The key that is accepted. @default "sk_test_emulator" */
  readonly key?: string | undefined
  /** Sessions that started longer ago are not listed, nor are their nudges, and their details are a 404. @default 90 */
  readonly retentionDays?: number | undefined
  /** How long each answer takes, refusals and faults included. @default 0 */
  readonly latency?: Duration.Input | undefined
  /** What `next_cursor` is on the last page: the API does not say. A `string` leads to an empty page. @default "null" */
  readonly lastCursor?: "null" | "empty" | "absent" | "string" | undefined
  /** A fault for each request, chosen in code; where it gives one, the script is not asked. @default none */
  readonly fault?: Faults.Hook | undefined
  /** Faults by a script. One that is not valid is a defect: `FaultScript.decode` tells beforehand. @default none */
  readonly faults?: FaultScript.FaultScript | undefined
}

const checks: OptionCheck.Checks<Options> = {
  sessions: OptionCheck.required(OptionCheck.is("an iterable of sessions", Predicate.isIterable)),
  key: OptionCheck.text,
  retentionDays: OptionCheck.number,
  latency: OptionCheck.duration,
  lastCursor: OptionCheck.oneOf("null", "empty", "absent", "string"),
  fault: OptionCheck.callable,
  faults: OptionCheck.struct,
  now: OptionCheck.dateTime,
  speed: OptionCheck.number,
  requestsPerMinute: OptionCheck.number,
  rateLimitAlgorithm: OptionCheck.oneOf("fixed-window", "token-bucket"),
  burst: OptionCheck.number,
}

/** The key that is accepted where none is given: a made-up one. */
export const defaultKey = "sk_test_emulator"

/** How many requests arrived, refused and faulty ones included. */
export interface RequestCounts {
  readonly list: number
  readonly details: number
  readonly nudges: number
}

/** What is served, and what has happened to it so far. */
export class Emulator extends Context.Service<
  Emulator,
  {
    /** What goes into `ELNUDGE_BASE_URL`. */
    readonly baseUrl: string
    readonly requests: Effect.Effect<RequestCounts>
    /** Which rules of the script acted on which requests so far, in the order of the requests. */
    readonly faults: Effect.Effect<ReadonlyArray<FaultScript.Acted>>
  }
>()("@effect-elnudge/emulator/Emulator") {}

const api = HttpApi.make("elnudge-emulator").add(SessionsApi.SessionsGroup, NudgesApi.NudgesGroup).prefix("/v1")

const refuse = (status: number, error: string, message: string, headers: Record<string, string> = {}) =>
  HttpServerResponse.jsonUnsafe({ error, message } satisfies SessionsApi.ErrorBody, { status, headers })

const day = 86_400_000

const pastRetention = refuse(404, "NotFound", "The window is older than the plan's retention")

const handlers = (options: Options, currentMillis: Effect.Effect<number>) => {
  const sessions = Array.from(options.sessions)
  const store = new SessionStore.SessionStore(sessions)
  const nudgeStore = new NudgeStore.NudgeStore(sessions)
  const retentionMillis = (options.retentionDays ?? 90) * day
  const lastCursor = (exhausted: () => string): string | null | undefined => {
    switch (options.lastCursor) {
      case "absent":
        return undefined
      case "empty":
        return ""
      case "string":
        return exhausted()
      case "null":
      case undefined:
        return null
    }
  }

  const list = Effect.fnUntraced(function* (parameters: SessionsApi.ListQuery) {
    const { leadsTo, list: fit, skewMillis } = yield* FaultPlan.Current
    const now = (yield* currentMillis) + skewMillis
    const oldest = now - retentionMillis
    const read = ListQuery.read(parameters, now)
    if (Result.isFailure(read)) return refuse(400, "BadRequest", read.failure)
    if (read.success.to <= oldest) return pastRetention
    const query = { ...read.success, from: Math.max(read.success.from, oldest) }
    const pageOf = (query: SessionStore.Query): ListFaults.Page => {
      const { data, nextCursor } = store.list(query, now)
      const next_cursor = nextCursor ?? lastCursor(() => SessionStore.exhaustedCursor(query))
      return { data, next_cursor, has_more: nextCursor !== undefined }
    }
    const right = pageOf(query)
    const { cursor } = parameters
    const page =
      fit === undefined ? right : yield* ListFaults.apply(fit, right, { store, now, oldest, query, cursor, pageOf })
    if (page !== right) fit?.note()
    if (page.next_cursor) leadsTo(page.next_cursor)
    return HttpServerResponse.jsonUnsafe(page)
  })

  const get = Effect.fnUntraced(function* (id: string) {
    const now = (yield* currentMillis) + (yield* FaultPlan.Current).skewMillis
    const session = store.get(id, now)
    if (session === undefined || session.startedAt < now - retentionMillis) {
      return refuse(404, "NotFound", "No such session, or it is older than the plan's retention")
    }
    return HttpServerResponse.jsonUnsafe({ data: session.detail })
  })

  const listNudges = Effect.fnUntraced(function* (parameters: NudgesApi.NudgeQuery) {
    const { leadsTo, skewMillis } = yield* FaultPlan.Current
    const now = (yield* currentMillis) + skewMillis
    const oldest = now - retentionMillis
    const read = ListQuery.readNudges(parameters, now)
    if (Result.isFailure(read)) return refuse(400, "BadRequest", read.failure)
    const query = read.success
    if (query.to <= oldest) return pastRetention
    const { data, nextCursor } = nudgeStore.list(query, now, oldest)
    const next_cursor = nextCursor ?? lastCursor(() => NudgeStore.exhaustedCursor(query))
    if (next_cursor) leadsTo(next_cursor)
    return HttpServerResponse.jsonUnsafe({ data, next_cursor, has_more: nextCursor !== undefined })
  })

  return Layer.merge(
    HttpApiBuilder.group(api, "sessions", (group) =>
      group.handle("list", ({ query }) => list(query)).handle("get", ({ params }) => get(params.id)),
    ),
    HttpApiBuilder.group(api, "nudges", (group) => group.handle("list", ({ query }) => listNudges(query))),
  )
}

const authorization = (options: Options, take: RequestLimit.Take) => {
  const expected = options.key ?? defaultKey
  return Layer.succeed(
    SessionsApi.Authorization,
    SessionsApi.Authorization.of({
      bearer: Effect.fnUntraced(function* (endpoint, { credential }) {
        const { keys } = yield* FaultPlan.Current
        const key = Redacted.value(credential)
        if (!(keys?.rule ?? [expected]).includes(key)) {
          keys?.note()
          return refuse(401, "Unauthorized", "The API key is missing or not valid")
        }
        const waitMillis = yield* take
        return waitMillis === 0
          ? yield* endpoint
          : refuse(429, "RateLimitExceeded", "Too many requests", {
              "retry-after": `${Math.max(1, Math.ceil(waitMillis / 1000))}`,
            })
      }),
    }),
  )
}

const kindOf = (url: string): FaultScript.Kind =>
  /^\/v1\/sessions\/[^/?]/.test(url) ? "detail" : /^\/v1\/nudges(?:[/?]|$)/.test(url) ? "nudges" : "list"

const countOf = { list: "list", detail: "details", nudges: "nudges" } as const

const make = Effect.fnUntraced(function* (options: Options) {
  yield* Effect.orDie(OptionCheck.check(checks, options))
  const currentMillis = yield* EmulatorClock.start(options)
  const take = yield* RequestLimit.make(options)
  const latency = Duration.fromInputUnsafe(options.latency ?? 0)
  const counts = { list: 0, details: 0, nudges: 0 }
  let number = 0
  const plan =
    options.faults === undefined
      ? FaultPlan.none
      : FaultPlan.make(yield* Effect.orDie(FaultScript.decode(options.faults)))
  const countAndBreak = <E, R>(answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) => {
      const kind = kindOf(url)
      const request = { url, kind, number: ++number, numberOfKind: ++counts[countOf[kind]] }
      const fault = options.fault?.({ number: request.number, url })
      const given =
        fault === undefined
          ? Effect.flatMap(plan.decide(request), (decision) =>
              Effect.provideService(ScriptedFaults.apply(decision, answer), FaultPlan.Current, decision),
            )
          : Faults.apply(fault, answer)
      return Duration.isZero(latency) ? given : Effect.delay(given, latency)
    })

  const routes = HttpApiBuilder.layer(api).pipe(
    Layer.provide(handlers(options, currentMillis)),
    Layer.provide(authorization(options, take)),
    Layer.provide(HttpServer.layerServices),
  )
  // On the routes, not around the server: out there the answer has already been sent.
  const faults = HttpRouter.middleware(countAndBreak, { global: true })
  const served = HttpRouter.serve(Layer.merge(routes, faults), {
    disableLogger: true,
    disableListenLog: true,
    // An id that the list gives has a detail, however long it is: left to itself the router answers 404 beyond 100.
    routerConfig: { maxParamLength: Number.MAX_SAFE_INTEGER },
  })
  const service = Layer.effect(
    Emulator,
    HttpServer.addressFormattedWith((address) =>
      Effect.succeed(
        Emulator.of({
          baseUrl: `${address}/v1`,
          requests: Effect.sync(() => ({ ...counts })),
          faults: plan.acted,
        }),
      ),
    ),
  )
  // The router stays inside: with it, a server that is built on this layer would serve our routes as its own.
  return Layer.provide(service, served)
})

/** Serves the sessions on the given `HttpServer`, which should listen on loopback. What is no option is a defect. */
export const layer = (options: Options) => Layer.unwrap(make(options))
