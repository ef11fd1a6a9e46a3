/** `doctor`: whether a report would work here, and what to do where it would not. */
import { type ElnudgeClient, Retention, type Session, SessionsApi, TimeWindow, version } from "@effect-elnudge/core"
import type * as BaseUrl from "@effect-elnudge/core/BaseUrl"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as DebugLog from "./DebugLog.ts"
import * as Destination from "./Destination.ts"
import * as DoctorAnswer from "./DoctorAnswer.ts"
import * as DoctorCheck from "./DoctorCheck.ts"
import * as DoctorLocal from "./DoctorLocal.ts"
import * as DoctorReach from "./DoctorReach.ts"
import * as DoctorRequest from "./DoctorRequest.ts"
import * as DoctorRetention from "./DoctorRetention.ts"
import * as HttpTransport from "./HttpTransport.ts"
import * as PrintableText from "./PrintableText.ts"
import * as SharedLimiter from "./SharedLimiter.ts"
import * as SiteInUse from "./SiteInUse.ts"
import * as SiteKey from "./SiteKey.ts"
import * as SitesFile from "./SitesFile.ts"

export interface Flags {
  readonly site: Option.Option<string>
  readonly plan: Option.Option<Retention.Plan>
  readonly retentionDays: Option.Option<number>
  /** Of each step and each request. */
  readonly timeout: Duration.Duration
  readonly format: "table" | "json"
}

/** A report would not work: `exitCode` is what it would exit with. */
export class NoReport extends Data.TaggedError("NoReport")<{
  readonly exitCode: number
  readonly message: string
  readonly advice: string
}> {}

const isError = ({ status }: DoctorCheck.Check): boolean => status === "error"

const keyAdvice = (place: SitesFile.KeyPlace | undefined): string => {
  const where = place === undefined ? "it" : SiteInUse.keyPlace({ key: place })
  return `Check that ${where} holds the secret API key of this site, and that it was not rotated.`
}

/** The detail of one session, which most reports read. */
const detail = Effect.fnUntraced(function* (
  { client, last }: DoctorRequest.Requests,
  session: Session.Summary | undefined,
  advice: string,
) {
  if (session === undefined) return DoctorCheck.skipped("detail", "no session to ask for")
  return yield* client.getSession(session.id, { startedAt: session.started_at }).pipe(
    Effect.match({
      onSuccess: () => DoctorCheck.ok("detail", "can be read"),
      onFailure: (error) =>
        error._tag === "SessionUnavailable"
          ? DoctorCheck.warning(
              "detail",
              `a listed session has none (${last()?.status ?? 404})`,
              "Reports count such sessions; run it again to ask for another one.",
            )
          : DoctorAnswer.failure("detail", error, last(), advice),
    }),
  )
})

/** The list of nudges, which the contract does not promise. */
const nudges = ({ client, last }: DoctorRequest.Requests, request: ElnudgeClient.ListRequest) =>
  client.listNudges(request).pipe(
    Effect.match({
      onSuccess: () => DoctorCheck.ok("nudges", "can be listed: --nudges-from list works"),
      onFailure: (error) =>
        DoctorCheck.warning(
          "nudges",
          `no list of nudges: ${DoctorAnswer.failure("nudges", error, last(), "").message}`,
          "It is optional: leave --nudges-from list out.",
        ),
    }),
  )

/** All that takes a request: at most six. */
const ask = Effect.fnUntraced(function* (requests: DoctorRequest.Requests, advice: string, days: number | undefined) {
  const { client, last } = requests
  // A report's own first page.
  const request = { window: yield* Effect.orDie(TimeWindow.pin()), limit: SessionsApi.maxPageSize }
  const page = yield* Effect.result(client.listSessions(request))
  const answer = last()
  const told = answer === undefined ? [] : [DoctorAnswer.time(answer), DoctorAnswer.clock(answer)]
  if (Result.isFailure(page)) {
    const isSilence = answer === undefined || DoctorAnswer.isSilence(page.failure)
    return isSilence
      ? [DoctorAnswer.failure("answer", page.failure, answer, advice)]
      : [...told, DoctorAnswer.failure("list", page.failure, answer, advice)]
  }
  const [session] = page.success.data
  return [
    ...told,
    DoctorCheck.ok("list", session === undefined ? "can be read; no session in the last 30 days" : "can be read"),
    yield* detail(requests, session, advice),
    yield* nudges(requests, request),
    yield* DoctorRetention.seen(client, days),
    ...(answer === undefined ? [] : [DoctorAnswer.limit(answer)]),
  ]
})

const redis = Config.String("ELNUDGE_REDIS_URL").pipe(Config.withDefault(""))

/** The limit that several programs share, where there is one. */
const sharedLimit = Effect.gen(function* () {
  if ((yield* redis) === "") return []
  const built = yield* Effect.result(Effect.scoped(Layer.build(SharedLimiter.layer)))
  if (Result.isSuccess(built)) return [DoctorCheck.ok("shared limit", "the Redis of ELNUDGE_REDIS_URL answers")]
  const error = built.failure
  return [
    error._tag === "ConfigError"
      ? DoctorCheck.error("shared limit", 2, "ELNUDGE_REDIS_URL cannot be read", "Mend or unset it.")
      : DoctorCheck.error("shared limit", error._tag === "UsageError" ? 2 : 5, error.reason, error.advice),
  ]
})

interface Found {
  readonly checks: ReadonlyArray<DoctorCheck.Check>
  readonly requests: number
}

const lookAround = Effect.fnUntraced(function* (
  baseUrl: BaseUrl.BaseUrl,
  looked: SiteKey.Look,
  { days, timeout }: { readonly days: number | undefined; readonly timeout: Duration.Duration },
) {
  const { check: proxy, isProxied } = yield* DoctorLocal.way(baseUrl)
  const reached = isError(proxy)
    ? []
    : [
        isProxied
          ? DoctorCheck.skipped("connection", "through the proxy")
          : yield* DoctorReach.check(baseUrl.origin, timeout),
      ]
  const before = [
    ...DoctorLocal.key(looked),
    DoctorLocal.addressCheck(baseUrl),
    proxy,
    ...reached,
    ...(yield* sharedLimit),
  ]
  const nothing: Found = { checks: before, requests: 0 }
  if (before.some(isError) || Result.isFailure(looked.key)) return nothing
  const apiKey = looked.key.success
  return yield* Effect.gen(function* () {
    const requests = yield* Effect.orDie(DoctorRequest.make(baseUrl, apiKey, timeout))
    const asked = yield* ask(requests, keyAdvice(looked.place), days)
    const found: Found = { checks: [...before, ...asked], requests: requests.sent() }
    return found
  }).pipe(Effect.provide(Layer.merge(HttpTransport.layer, Layer.orDie(SharedLimiter.layer))))
})

const plural = (count: number): string => `${count} request${count === 1 ? "" : "s"} sent`

const text = ({ checks, requests }: Found): string => {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const wrong = checks.filter(isError).length
  const verdict = wrong === 0 ? "a report would work" : "a report would not work"
  return [...checks.map((check) => DoctorCheck.line(check, width)), `${plural(requests)}: ${verdict}.`]
    .map((line) => `${PrintableText.line(line)}\n`)
    .join("")
}

const json = ({ checks, requests }: Found, site: SitesFile.Site | undefined): string => {
  const exit_code = checks.find(isError)?.exitCode ?? 0
  const told = checks.map(({ advice = null, message, name, status }) => ({ name, status, message, advice }))
  return `${JSON.stringify({ version, site: site?.name ?? null, exit_code, requests, checks: told }, null, 2)}\n`
}

const daysOf = ({ plan, retentionDays }: Flags, site: SitesFile.Site | undefined): number | undefined =>
  Option.getOrUndefined(Option.orElse(retentionDays, () => Option.map(plan, (name) => Retention.plans[name]))) ??
  (site === undefined ? undefined : SitesFile.retentionDays(site))

/** Looks at everything, and fails with `NoReport` where something is wrong. Warnings are no failure. */
export const run = Effect.fn("Doctor.run")(
  function* (flags: Flags) {
    const { write } = yield* Destination.prepare(Option.none())
    const site = yield* SiteInUse.find(flags.site)
    const looked = yield* SiteKey.look(site)
    const ofSite = site === undefined ? [] : [DoctorCheck.ok("site", site.name)]
    const around = Effect.gen(function* () {
      const address = yield* DoctorLocal.address
      if (Result.isSuccess(address)) {
        return yield* lookAround(address.success, looked, { days: daysOf(flags, site), timeout: flags.timeout })
      }
      const found: Found = { checks: [...DoctorLocal.key(looked), address.failure], requests: 0 }
      return found
    })
    const { checks, requests } = yield* site === undefined ? around : SiteInUse.asking(site)(around)
    const found: Found = { checks: [yield* DoctorLocal.node, ...ofSite, ...checks], requests }
    yield* write(Stream.succeed(flags.format === "json" ? json(found, site) : text(found)))
    const wrong = found.checks.find(isError)
    if (wrong === undefined) return
    return yield* new NoReport({
      exitCode: wrong.exitCode,
      message: `a report would not work (${wrong.name}): ${wrong.message}.`,
      advice: wrong.advice ?? "",
    })
  },
  Effect.scoped,
  DebugLog.debuggable,
)
