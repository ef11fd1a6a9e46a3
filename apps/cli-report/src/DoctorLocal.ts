/** What `doctor` sees without asking anybody: the program, the key, the address and the way there. */
import { SessionsApi } from "@effect-elnudge/core"
import * as BaseUrl from "@effect-elnudge/core/BaseUrl"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as DoctorCheck from "./DoctorCheck.ts"
import type * as SiteKey from "./SiteKey.ts"

const whereKeysGo = (place: SiteKey.Look["place"]): string => {
  if (place?._tag === "File") return `Put the secret key of the site into ${place.file}.`
  return place === undefined || place.name === "ELNUDGE_API_KEY"
    ? "Set ELNUDGE_API_KEY to the site's secret key, or ELNUDGE_API_KEY_FILE to a file that holds it."
    : `Set ${place.name} to the site's secret key, or give the site a key_file.`
}

/** The key: where it is, and who else can use it. */
export const key = ({ key, openMode, place }: SiteKey.Look): ReadonlyArray<DoctorCheck.Check> => {
  if (Result.isFailure(key)) {
    return [DoctorCheck.error("key", 2, key.failure, whereKeysGo(place))]
  }
  if (place?._tag !== "File") return [DoctorCheck.ok("key", `in the variable ${place?.name}`)]
  return [
    openMode === undefined
      ? DoctorCheck.ok("key", `in the file ${place.file}, which is yours alone`)
      : DoctorCheck.warning(
          "key",
          `in the file ${place.file}, which others can use (mode ${openMode})`,
          `chmod 600 ${place.file}`,
        ),
  ]
}

/** Where the API is, or why a key must not go there. */
export const address = Effect.map(
  Config.String("ELNUDGE_BASE_URL").pipe(Config.withDefault(SessionsApi.baseUrl)),
  (text): Result.Result<BaseUrl.BaseUrl, DoctorCheck.Check> =>
    Result.mapError(BaseUrl.parse(text), ({ advice, reason }) => DoctorCheck.error("address", 2, reason, advice)),
)

/** The address as a check of its own. */
export const addressCheck = ({ href, origin }: BaseUrl.BaseUrl): DoctorCheck.Check =>
  DoctorCheck.ok("address", `${href}${origin.startsWith("http:") ? ", this machine" : ""}`)

const variable = (name: string) => Config.String(name).pipe(Config.withDefault(""))

const variables = Config.all({
  lower: variable("https_proxy"),
  upper: variable("HTTPS_PROXY"),
  lowerAside: variable("no_proxy"),
  upperAside: variable("NO_PROXY"),
})

/** Whether `NO_PROXY` leaves the proxy out for this address. */
const isAside = (list: string, { hostname, port }: URL): boolean =>
  list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      const [, name = "", only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? []
      if (entry === "" || (only !== undefined && only !== (port === "" ? "443" : port))) return false
      return entry.startsWith("*") && name === "" ? true : hostname === name || hostname.endsWith(`.${name}`)
    })

export interface Way {
  readonly check: DoctorCheck.Check
  /** Whether a proxy stands between: what lies behind it is not seen from here. */
  readonly isProxied: boolean
}

/** The proxy; it may hold a password, of which nothing is said. */
export const way = Effect.fn("DoctorLocal.way")(function* ({ origin }: BaseUrl.BaseUrl) {
  const { lower, lowerAside, upper, upperAside } = yield* variables
  const proxy = lower === "" ? upper : lower
  const isHttps = origin.startsWith("https:")
  const direct = (why: string): Way => ({ check: DoctorCheck.ok("proxy", why), isProxied: false })
  if (proxy === "") return direct("none")
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const wrong = DoctorCheck.error(
      "proxy",
      2,
      "HTTPS_PROXY is not the address of a proxy",
      "Give one such as http://proxy.example:8080, or unset it.",
    )
    const none: Way = { check: wrong, isProxied: false }
    return none
  }
  if (!isHttps) return direct("none: plain http stays on this machine")
  if (isAside(lowerAside === "" ? upperAside : lowerAside, new URL(origin)))
    return direct("none: NO_PROXY names this address")
  const proxied: Way = {
    check: DoctorCheck.ok("proxy", `${url.protocol}//${url.host}, of HTTPS_PROXY`),
    isProxied: true,
  }
  return proxied
})

/** The Node that runs this. An older one is turned away before. */
export const node = Effect.sync(() => DoctorCheck.ok("Node", process.versions.node))
