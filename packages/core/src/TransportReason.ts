/**
 * What a connection met, and whose fault it is. Only codes, names and statuses are taken over: a message could hold an
 * address or a payload.
 */
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as StatusText from "./StatusText.ts"

/** What a transport fails with where it knows that it was a proxy. The address is without credentials. */
export class ProxyCause extends Error {
  readonly proxy: string
  /** What the proxy answered, where it did. */
  readonly status: number | undefined

  constructor(proxy: string, status: number | undefined, cause: unknown) {
    super("the proxy failed", { cause })
    this.proxy = proxy
    this.status = status
  }
}

/** Why no answer came. */
export type TransportReason = {
  readonly reason: string
  /** Whether asking again would not help. */
  readonly isLasting: boolean
} & (
  | { readonly _tag: "Network" }
  /** No secure connection: an untrusted, expired or foreign certificate, or no TLS. */
  | { readonly _tag: "Tls" }
  /** The proxy's address, where it is known, and what it answered, where it did. */
  | { readonly _tag: "Proxy"; readonly proxy: string | undefined; readonly status: number | undefined }
)

const chain = function* (cause: unknown): Generator<object> {
  let current: unknown = cause
  for (let depth = 0; depth < 8 && Predicate.isObject(current); depth++) {
    yield current
    if (Predicate.hasProperty(current, "errors") && Array.isArray(current.errors)) current = current.errors[0]
    else current = Predicate.hasProperty(current, "cause") ? current.cause : undefined
  }
}

const codeOf = (cause: object): string | undefined =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined

/** The first error code down the chain of causes, such as `ECONNREFUSED`, else the error's name. */
export const of = (cause: unknown): string => {
  let name: string | undefined
  for (const current of chain(cause)) {
    const code = codeOf(current)
    if (code !== undefined) return code
    if (current instanceof Error) name = current.name
  }
  return name === undefined || name === "Error" || name === "TypeError" ? "the connection failed" : name
}

const untrusted = "the certificate is of an authority that is not trusted here"
const noTls = "what answers there speaks no TLS"
const disagreement = "the two sides do not agree on the encryption"

// By the codes that Node has for what OpenSSL says; the first that fits counts.
const tlsProblems: ReadonlyArray<readonly [RegExp, string]> = [
  [/^CERT_HAS_EXPIRED$/, "the certificate has expired"],
  [/^CERT_NOT_YET_VALID$/, "the certificate is not valid yet"],
  [/^CERT_REVOKED$/, "the certificate is revoked"],
  [/^DEPTH_ZERO_SELF_SIGNED_CERT$/, "the certificate is self-signed"],
  [/^SELF_SIGNED_CERT_IN_CHAIN$|^UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)/, untrusted],
  [/^HOSTNAME_MISMATCH$|^ERR_TLS_CERT_ALTNAME_INVALID$/, "the certificate is for another name"],
  [/^CERT_|^INVALID_(?:CA|PURPOSE)$|^UNABLE_TO_DE|^PATH_LENGTH_EXCEEDED$/, "the certificate is not accepted"],
  [/^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)$/, noTls],
  [/^ERR_SSL_.*(?:ALERT_(?!INTERNAL_ERROR|CLOSE|DECRYPT)|UNRECOGNIZED_NAME|UNSUPPORTED_PROTOCOL)/, disagreement],
  [/^EPROTO$/, disagreement],
]

/** A code in words where it says that no secure connection can be had. */
const tlsProblem = (code: string): string | undefined => {
  const [, words] = tlsProblems.find(([pattern]) => pattern.test(code)) ?? []
  return words === undefined ? undefined : `${words} (${code})`
}

// How undici and Node's own http tell what a proxy answered to CONNECT.
const tunnelStatus = (cause: object): number | undefined => {
  if (cause instanceof ProxyCause) return cause.status
  const code = codeOf(cause)
  if (code === "ERR_PROXY_TUNNEL" && Predicate.hasProperty(cause, "statusCode")) {
    return Predicate.isNumber(cause.statusCode) ? cause.statusCode : undefined
  }
  const [, status] = /^Proxy response \((\d{3})\)/.exec(cause instanceof Error ? cause.message : "") ?? []
  return status === undefined ? undefined : Number(status)
}

const isOfProxy = (cause: object): boolean =>
  cause instanceof ProxyCause || /^(?:UND_ERR_PRX_|UND_ERR_SOCKS5|ERR_PROXY_)/.test(codeOf(cause) ?? "")

// A proxy that cannot reach the API, or has too much to do, may do so the next time.
const isLasting = (status: number | undefined, tlsProblem: string | undefined): boolean =>
  status === undefined ? tlsProblem !== undefined : !StatusText.mayPass(status)

/** What a failure of the transport means. */
export const classify = (cause: unknown): TransportReason => {
  const causes = [...chain(cause)]
  const status = causes.map(tunnelStatus).find((found) => found !== undefined)
  const [code = of(cause)] = causes.flatMap((each) => {
    const told = codeOf(each)
    return told === undefined || tlsProblem(told) === undefined ? [] : [told]
  })
  const problem = tlsProblem(code)
  if (status !== undefined || causes.some(isOfProxy)) {
    const named = causes.find((each) => each instanceof ProxyCause)
    return {
      _tag: "Proxy",
      reason: problem ?? code,
      proxy: named?.proxy,
      status,
      isLasting: isLasting(status, problem),
    }
  }
  return problem === undefined
    ? { _tag: "Network", reason: code, isLasting: false }
    : { _tag: "Tls", reason: problem, isLasting: true }
}

/** Nothing came in the time that there was. */
export const late = (timeout: Duration.Duration): TransportReason => ({
  _tag: "Network",
  reason: `no answer within ${Duration.format(timeout)}`,
  isLasting: false,
})
