/**
 * What can go wrong, one tagged class for each thing a caller can do about it. `message` says what happened and
 * why in one line, `advice` what to do next. No error holds a key, a header or a payload.
 */
import * as Schema from "effect/Schema"
import { AdvisedError } from "./AdvisedError.ts"
import * as RetryAfter from "./RetryAfter.ts"
import * as StatusText from "./StatusText.ts"

const page = {
  from: Schema.optional(Schema.String),
  to: Schema.optional(Schema.String),
  cursor: Schema.optional(Schema.String),
  rowsEmitted: Schema.Int,
  /** Of a part of the window (`listConcurrency`): to go on from its cursor would not bring the rest. */
  part: Schema.optional(Schema.Boolean),
}

/** Which request an error belongs to. For a page: the window, the cursor and how many rows the walk had handed on. */
export const RequestInfo = Schema.Union([
  Schema.TaggedStruct("ListSessions", page),
  Schema.TaggedStruct("GetSession", { id: Schema.String }),
  Schema.TaggedStruct("ListNudges", page),
])
export type RequestInfo = typeof RequestInfo.Type

const isOfNudges = (request: RequestInfo | undefined): boolean => request?._tag === "ListNudges"

const describe = (request: RequestInfo | undefined): string => {
  if (request === undefined) return ""
  if (request._tag === "GetSession") return ` (session ${request.id})`
  const [of, row] = isOfNudges(request) ? [" of nudges", "nudges"] : ["", "rows"]
  return request.cursor === undefined ? ` (first page${of})` : ` (page after ${request.rowsEmitted} ${row})`
}

const after = (attempts: number): string => `, after ${attempts} attempt${attempts === 1 ? "" : "s"}`

const request = Schema.optional(RequestInfo)

const instead = "Read the nudges from the sessions' details instead (without --nudges-from list)"

const goOn = "Allow more, or run it with a checkpoint (--checkpoint), from which the same run goes on."

const invalid = (reason: string, request: RequestInfo | undefined): string =>
  `The request is not valid: ${reason}${describe(request)}.`

/** An option is out of range, of the wrong type or not there. Nothing was sent. */
export class InvalidOption extends AdvisedError.extend<InvalidOption>("InvalidOption")({
  _tag: Schema.tag("InvalidOption"),
  /** Its name, such as `pageSize`. */
  option: Schema.String,
  reason: Schema.String,
  advice: Schema.String,
  request,
}) {
  override get message(): string {
    return invalid(this.reason, this.request)
  }
}

/** The API refused the request itself: 400, and each status that is not told by a class of its own. */
export class RequestRefused extends AdvisedError.extend<RequestRefused>("RequestRefused")({
  _tag: Schema.tag("RequestRefused"),
  status: Schema.Int,
  reason: Schema.String,
  advice: Schema.String,
  request,
}) {
  override get message(): string {
    return invalid(this.reason, this.request)
  }
}

/** The address would expose the key: http beyond this machine, or a redirect. The key did not go there. */
export class UnsafeAddress extends AdvisedError.extend<UnsafeAddress>("UnsafeAddress")({
  _tag: Schema.tag("UnsafeAddress"),
  reason: Schema.String,
  advice: Schema.String,
  request,
}) {
  override get message(): string {
    return invalid(this.reason, this.request)
  }
}

/** The key is missing, wrong, revoked or not allowed (401, 403). Retried only with another key (401). */
export class Unauthorized extends AdvisedError.extend<Unauthorized>("Unauthorized")({
  _tag: Schema.tag("Unauthorized"),
  status: Schema.Int,
  /** Why reading the key again gave no other one, where it was read again. */
  keyProblem: Schema.optional(Schema.String),
  request,
}) {
  override get message(): string {
    return `The API refused the key: ${this.status}${describe(this.request)}.`
  }
  get advice(): string {
    // Of an endpoint that is outside the contract nobody knows how a plan without it is told so.
    if (this.status === 403 && isOfNudges(this.request)) {
      return `${instead}: the key may not be allowed to list them. If the sessions are refused too, check the key.`
    }
    return this.keyProblem === undefined
      ? "Check that ELNUDGE_API_KEY holds the secret API key of this site, and that it was not rotated."
      : `The key was read again, but ${this.keyProblem}. Check that the secret API key of this site is where it is read from.`
  }
}

/** No usable answer came back: refused, reset, cut off or timed out, after every retry. */
export class TransportFailure extends AdvisedError.extend<TransportFailure>("TransportFailure")({
  _tag: Schema.tag("TransportFailure"),
  /** What the last attempt met, such as `ECONNREFUSED` or `timeout`. */
  reason: Schema.String,
  attempts: Schema.Int,
  origin: Schema.String,
  request,
}) {
  override get isRetryable(): boolean {
    return true
  }
  override get message(): string {
    return `No answer from ${this.origin}: ${this.reason}${after(this.attempts)}${describe(this.request)}.`
  }
  get advice(): string {
    return "Check the network, ELNUDGE_BASE_URL and, where one is set, HTTPS_PROXY, then run it again."
  }
}

/**
 * No secure connection: the certificate has expired, is not trusted or is for another name, or nothing there speaks TLS.
 * Tried once, because asking again would not help.
 */
export class TlsFailure extends AdvisedError.extend<TlsFailure>("TlsFailure")({
  _tag: Schema.tag("TlsFailure"),
  /** What is wrong, with its code, such as `the certificate has expired (CERT_HAS_EXPIRED)`. */
  reason: Schema.String,
  origin: Schema.String,
  request,
}) {
  static readonly advice = "Check the clock and, behind a proxy that inspects TLS, NODE_EXTRA_CA_CERTS."

  override get message(): string {
    return `No secure connection to ${this.origin}: ${this.reason}${describe(this.request)}.`
  }
  get advice(): string {
    return TlsFailure.advice
  }
}

/**
 * A proxy, or a network that wants a login first, stands between and did not let the request through; the API has not seen
 * it. What another try cannot change (407, 403) is tried once.
 */
export class ProxyFailure extends AdvisedError.extend<ProxyFailure>("ProxyFailure")({
  _tag: Schema.tag("ProxyFailure"),
  /** What the proxy answered, where it did. */
  status: Schema.optional(Schema.Int),
  /** What was met on the way to it, such as `ECONNREFUSED`. */
  reason: Schema.String,
  /** The proxy's address without credentials, where it is known. */
  proxy: Schema.optional(Schema.String),
  attempts: Schema.Int,
  /** Where the request was to go. */
  origin: Schema.String,
  request,
}) {
  override get isRetryable(): boolean {
    return this.status === undefined || StatusText.mayPass(this.status)
  }
  override get message(): string {
    const who = this.proxy === undefined ? "A proxy" : `The proxy ${this.proxy}`
    const what =
      this.status === undefined
        ? `failed on the way to ${this.origin}: ${this.reason}`
        : `did not let a request through to ${this.origin}: ${StatusText.of(this.status)}`
    return `${who} ${what}${after(this.attempts)}${describe(this.request)}.`
  }
  get advice(): string {
    if (this.status === 407)
      return "Give HTTPS_PROXY its user and password, such as http://user:password@proxy.example:8080."
    if (this.status === 511) return "Log in to the network first, then run it again."
    if (this.status === undefined) {
      return "Check that HTTPS_PROXY names a proxy that runs, or let NO_PROXY name the API's host."
    }
    return this.status >= 500
      ? "The proxy cannot reach the API: try again later; if it lasts, ask whoever runs the proxy."
      : "Ask whoever runs the proxy to let it through, or let NO_PROXY name the API's host."
  }
}

/** The API failed (5xx, 408, 425): after every retry, or at once where it says to come back later than may be waited for. */
export class ServerUnavailable extends AdvisedError.extend<ServerUnavailable>("ServerUnavailable")({
  _tag: Schema.tag("ServerUnavailable"),
  status: Schema.Int,
  attempts: Schema.Int,
  /** When to come back (ISO 8601), where that is longer than a request may wait. */
  resumeAt: Schema.optional(Schema.String),
  /** What `Retry-After` said, where that is no time to wait. */
  retryAfter: Schema.optional(Schema.String),
  request,
}) {
  override get isRetryable(): boolean {
    return StatusText.mayPass(this.status)
  }
  override get message(): string {
    const what = `${StatusText.of(this.status)}${RetryAfter.complaint(this.retryAfter)}`
    return this.resumeAt === undefined
      ? `The API is failing: ${what}${after(this.attempts)}${describe(this.request)}.`
      : `The API is failing: ${what}, until ${this.resumeAt}, longer than a request may wait${describe(this.request)}.`
  }
  get advice(): string {
    return this.resumeAt === undefined
      ? "Try again later; if it lasts, ask elNudge."
      : `Run it again after ${this.resumeAt}; if it lasts, ask elNudge.`
  }
}

/** The rate limit was hit and waiting would take longer than allowed. Every request of the key is held until then. */
export class RateLimited extends AdvisedError.extend<RateLimited>("RateLimited")({
  _tag: Schema.tag("RateLimited"),
  /** The instant (ISO 8601) from which the API accepts requests of this key again. */
  resumeAt: Schema.String,
  /** How long this request had been held already, in milliseconds. */
  waitedMillis: Schema.Finite,
  /** What `Retry-After` said, where that is no time to wait: then `resumeAt` is a guess. */
  retryAfter: Schema.optional(Schema.String),
  request,
}) {
  override get isRetryable(): boolean {
    return true
  }
  override get message(): string {
    const until = this.retryAfter === undefined ? `until ${this.resumeAt}, longer` : "for longer"
    return `The rate limit is used up ${until} than a request may wait${RetryAfter.complaint(this.retryAfter)}${describe(this.request)}.`
  }
  get advice(): string {
    return `Run it again after ${this.resumeAt}, or with a lower rate limit if other programs share the key.`
  }
}

/** Where several processes keep one key's limit, nobody answers: nothing is sent without it. */
export class LimiterUnavailable extends AdvisedError.extend<LimiterUnavailable>("LimiterUnavailable")({
  _tag: Schema.tag("LimiterUnavailable"),
  /** What it met, such as `ECONNREFUSED`. */
  reason: Schema.String,
  request,
}) {
  override get isRetryable(): boolean {
    return true
  }
  override get message(): string {
    return `The limit that is shared with other processes cannot be asked for: ${this.reason}${describe(this.request)}.`
  }
  get advice(): string {
    return "Check ELNUDGE_REDIS_URL and the Redis there, then run it again; a process that is alone needs neither."
  }
}

/** The run's deadline comes before the answer: at that instant, or at once where the API says to wait for longer. */
export class DeadlineReached extends AdvisedError.extend<DeadlineReached>("DeadlineReached")({
  _tag: Schema.tag("DeadlineReached"),
  /** The deadline (ISO 8601). */
  deadline: Schema.String,
  /** Until when the API says to wait (ISO 8601), where that is why the deadline cannot be met. */
  heldUntil: Schema.optional(Schema.String),
  request,
}) {
  override get message(): string {
    return this.heldUntil === undefined
      ? `The run's deadline is reached, ${this.deadline}${describe(this.request)}.`
      : `The API says to wait until ${this.heldUntil}, after the run's deadline, ${this.deadline}${describe(this.request)}.`
  }
  get advice(): string {
    return goOn
  }
}

/** The run has sent as many requests as it may, retries included; not one more is sent. */
export class RequestsUsedUp extends AdvisedError.extend<RequestsUsedUp>("RequestsUsedUp")({
  _tag: Schema.tag("RequestsUsedUp"),
  maxRequests: Schema.Int,
  request,
}) {
  override get message(): string {
    return `The run has used up its requests, ${this.maxRequests}${describe(this.request)}.`
  }
  get advice(): string {
    return goOn
  }
}

/** A 404 on the first page: the window begins before what the plan keeps (or the address is wrong). */
export class RetentionExceeded extends AdvisedError.extend<RetentionExceeded>("RetentionExceeded")({
  _tag: Schema.tag("RetentionExceeded"),
  from: Schema.optional(Schema.String),
  /** The oldest `from` the plan allows (ISO 8601), where the plan's retention is known. */
  oldestFrom: Schema.optional(Schema.String),
  request,
}) {
  override get message(): string {
    return `The API has no sessions for a window from ${this.from ?? "30 days ago"} (404): it is older than the plan keeps, or the base URL is wrong.`
  }
  get advice(): string {
    return this.oldestFrom === undefined
      ? "Use a later from (plans keep 30 or 90 days) and check ELNUDGE_BASE_URL."
      : `Use a from of ${this.oldestFrom} or later and check ELNUDGE_BASE_URL.`
  }
}

/**
 * The first page of nudges is not there (404, 410). The endpoint is outside the contract: a plan may be without it, and
 * sessions may have details with the same nudges all the same.
 */
export class NudgesUnavailable extends AdvisedError.extend<NudgesUnavailable>("NudgesUnavailable")({
  _tag: Schema.tag("NudgesUnavailable"),
  status: Schema.Int,
  from: Schema.optional(Schema.String),
  /** The oldest `from` the plan allows (ISO 8601), where the plan's retention is known. */
  oldestFrom: Schema.optional(Schema.String),
  request,
}) {
  override get message(): string {
    return `The API has no list of nudges for a window from ${this.from ?? "30 days ago"} (${this.status}): the plan may be without one, the window may be older than the plan keeps, or the base URL is wrong.`
  }
  get advice(): string {
    return this.oldestFrom === undefined
      ? `${instead}, or use a later from.`
      : `${instead}, or use a from of ${this.oldestFrom} or later.`
  }
}

/**
 * An answer that does not fit the contract: another status where a 200 belongs, a packing that was not asked for, or a body
 * that is not what it should be. Names the session or the nudge, and the path; never holds the payload.
 */
export class ResponseInvalid extends AdvisedError.extend<ResponseInvalid>("ResponseInvalid")({
  _tag: Schema.tag("ResponseInvalid"),
  /** What did not fit, such as `expected an integer`. */
  reason: Schema.String,
  /** Where in the body, such as `data[3].intent_score`. */
  path: Schema.optional(Schema.String),
  sessionId: Schema.optional(Schema.String),
  nudgeId: Schema.optional(Schema.String),
  /** When to come back (ISO 8601), where the answer says so, and that is longer than a request may wait. */
  resumeAt: Schema.optional(Schema.String),
  request,
}) {
  override get message(): string {
    const where = this.path === undefined ? "" : ` at ${this.path}`
    const session = this.sessionId === undefined ? "" : ` in session ${this.sessionId}`
    const nudge = this.nudgeId === undefined ? "" : ` in nudge ${this.nudgeId}`
    const until = this.resumeAt === undefined ? "" : `, until ${this.resumeAt}, longer than a request may wait`
    return `The API's answer does not fit its contract${session}${nudge}${where}: ${this.reason}${until}${describe(this.request)}.`
  }
  get advice(): string {
    if (this.resumeAt !== undefined) return `Run it again after ${this.resumeAt}; if it lasts, report it to elNudge.`
    const of = isOfNudges(this.request) ? "nudge" : "session"
    if (this.path === undefined && this.sessionId === undefined && this.nudgeId === undefined) {
      return "Nothing was guessed in its place. Where a proxy stands between, look there first; else report it to elNudge."
    }
    return `Nothing was guessed in its place. Report it to elNudge with the ${of} and the path.`
  }
}

/** The API does not accept the cursor any more (400, 404 or 410 with a cursor). */
export class CursorRejected extends AdvisedError.extend<CursorRejected>("CursorRejected")({
  _tag: Schema.tag("CursorRejected"),
  status: Schema.Int,
  /** For a walk that tried to go on by time instead: the end of the window that brought nothing new. */
  stalledAt: Schema.optional(Schema.String),
  /** For a walk that could not go on by time: its list was not newest first, or it began at a cursor alone. */
  isUnordered: Schema.optional(Schema.Boolean),
  request,
}) {
  override get message(): string {
    const stalled =
      this.isUnordered === true
        ? ", and the rest cannot be asked for by time: the list was not newest first, or began in its middle"
        : this.stalledAt === undefined
          ? ""
          : `, and asking again for what ${isOfNudges(this.request) ? "was shown" : "started"} before ${this.stalledAt} brought nothing new`
    return `The API refused to go on from its own cursor: ${this.status}${stalled}${describe(this.request)}.`
  }
  get advice(): string {
    return this.stalledAt === undefined
      ? "Run it again: a new walk starts from the first page."
      : `More ${isOfNudges(this.request) ? "nudges may be shown" : "sessions may start"} in one second than a page holds: use the largest page size, and report it to elNudge.`
  }
}

/** A session that was listed has no detail (404). Streams turn this into data unless told to fail. */
export class SessionUnavailable extends AdvisedError.extend<SessionUnavailable>("SessionUnavailable")({
  _tag: Schema.tag("SessionUnavailable"),
  sessionId: Schema.String,
  reason: Schema.Literals(["past_retention", "not_found"]),
}) {
  override get message(): string {
    return this.reason === "past_retention"
      ? `Session ${this.sessionId} is older than the plan keeps (404).`
      : `Session ${this.sessionId} has no detail: past retention, deleted, or never there (404).`
  }
  get advice(): string {
    return "Leave it out, or let the stream skip and count it."
  }
}

/** What a page of the list can fail with. */
export type ListError =
  | InvalidOption
  | RequestRefused
  | UnsafeAddress
  | Unauthorized
  | TransportFailure
  | TlsFailure
  | ProxyFailure
  | ServerUnavailable
  | RateLimited
  | LimiterUnavailable
  | DeadlineReached
  | RequestsUsedUp
  | RetentionExceeded
  | ResponseInvalid
  | CursorRejected

/** What a page of nudges can fail with. */
export type NudgesError = Exclude<ListError, RetentionExceeded> | NudgesUnavailable

/** What one session's detail can fail with. */
export type DetailError =
  | InvalidOption
  | RequestRefused
  | UnsafeAddress
  | Unauthorized
  | TransportFailure
  | TlsFailure
  | ProxyFailure
  | ServerUnavailable
  | RateLimited
  | LimiterUnavailable
  | DeadlineReached
  | RequestsUsedUp
  | ResponseInvalid
  | SessionUnavailable

/** Everything that can go wrong. */
export type ElnudgeError = ListError | NudgesError | DetailError
