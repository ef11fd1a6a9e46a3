/** What a status means that ends a request, or that is no answer: each in its own words, and with a next step of its own. */
import type { BaseUrl } from "./BaseUrl.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as StatusText from "./StatusText.ts"

/** What of an answer says why it is none. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Where it came from. */
  readonly url: string
}

export type Refusal =
  | ElnudgeError.RequestRefused
  | ElnudgeError.UnsafeAddress
  | ElnudgeError.ProxyFailure
  | ElnudgeError.ResponseInvalid

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

const ofRedirect = (
  { headers, status, url }: Answer,
  { href, origin }: BaseUrl,
  request: ElnudgeError.RequestInfo | undefined,
): Refusal => {
  const invalid = (where: string) =>
    new ElnudgeError.ResponseInvalid({ reason: `${StatusText.of(status)}, a redirect ${where}`, request })
  const { location = "" } = headers
  const base = URL.canParse(url) ? url : `${href}/`
  if (location.trim() === "") return invalid("that does not say where to")
  if (!URL.canParse(location, base)) return invalid("to what is no address")
  const target = new URL(location, base)
  if (target.href === base) return invalid("to itself")
  // What is not of the web has no origin, and no address that could be set instead.
  if (target.protocol !== "https:" && target.protocol !== "http:") return invalid(`to an address of ${target.protocol}`)
  const where = target.origin === origin ? "another path of its own" : target.origin
  return new ElnudgeError.UnsafeAddress({
    reason: `${origin} redirects to ${where} (${StatusText.of(status)}), and a key does not follow`,
    advice: "Set ELNUDGE_BASE_URL to the address that answers itself.",
    request,
  })
}

const ofOther3xx: Readonly<Record<number, string>> = {
  300: ", several addresses to choose from",
  304: ", which only a request with a condition can get; a cache may stand between",
  305: ", a demand for another proxy, which no client follows any more",
}

const checkAddress = "Check ELNUDGE_BASE_URL; if it is right, this version does not fit the API any more."

const advice4xx: Readonly<Record<number, string>> = {
  400: "Check the window and the page size; if they are right, this version does not fit the API any more.",
  402: "Ask elNudge whether the plan is paid, and has the API.",
  404: checkAddress,
  405: checkAddress,
  410: checkAddress,
  422: "Check the window and the page size; if they are right, this version does not fit the API any more.",
  451: "The API, or a network on the way, may not give it here for legal reasons: ask elNudge.",
}

/** Why a status below 400 is no answer. */
export const reason = (status: number): string =>
  `${StatusText.of(status)}${ofOther3xx[status] ?? ", where only a 200 is a whole answer"}`

/** A proxy's refusal that came as an answer: whose it is, is not known. */
const proxyStatuses: ReadonlySet<number> = new Set([407, 511])

/** The error of a status that no other try can change: neither a 2xx, nor one of those that are retried. */
export const of = (answer: Answer, baseUrl: BaseUrl, request?: ElnudgeError.RequestInfo): Refusal => {
  const { status } = answer
  if (redirects.has(status)) return ofRedirect(answer, baseUrl, request)
  if (proxyStatuses.has(status)) {
    const { origin } = baseUrl
    return new ElnudgeError.ProxyFailure({ status, reason: "refused", attempts: 1, origin, request })
  }
  if (status < 400) return new ElnudgeError.ResponseInvalid({ reason: reason(status), request })
  return new ElnudgeError.RequestRefused({
    status,
    reason: `the API refused it with ${StatusText.of(status)}`,
    advice: advice4xx[status] ?? "Report the status to elNudge or, where a proxy stands between, to whoever runs that.",
    request,
  })
}
