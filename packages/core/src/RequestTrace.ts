/** The spans of one request: its own, with what it came to, and one below it for each attempt, as OpenTelemetry names them. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Tracer from "effect/Tracer"
import type { BaseUrl } from "./BaseUrl.ts"
import type { RequestInfo } from "./ElnudgeError.ts"
import type { Outcome } from "./Outcome.ts"
import * as Trace from "./Trace.ts"

/** What is asked, as far as a span tells. */
export interface Subject {
  readonly request: RequestInfo
  /** Which page of its walk it is, from 1. @default not known */
  readonly page?: number | undefined
}

export interface Settings {
  readonly baseUrl: BaseUrl
  /** Whether spans name sessions. */
  readonly traceSessionIds: boolean
}

const known = {
  ListSessions: { name: "ElnudgeClient.listSessions", path: "/sessions" },
  GetSession: { name: "ElnudgeClient.getSession", path: "/sessions/{id}" },
  ListNudges: { name: "ElnudgeClient.listNudges", path: "/nudges" },
} as const satisfies Record<RequestInfo["_tag"], unknown>

const rowsOf = (value: unknown): number | undefined =>
  Predicate.hasProperty(value, "data") && Array.isArray(value.data) ? value.data.length : undefined

/** A request that is traced. */
export class RequestTrace {
  private readonly span: Tracer.Span
  private readonly path: string
  private readonly server: Readonly<Record<string, unknown>>
  private attempts = 0
  private waitedMillis = 0
  private attempt: Tracer.Span | undefined
  private status: number | undefined

  constructor(span: Tracer.Span, { request }: Subject, { baseUrl }: Settings) {
    this.span = span
    this.path = known[request._tag].path
    const { hostname, port, protocol } = new URL(baseUrl.origin)
    this.server = {
      "server.address": hostname,
      "server.port": Number(port === "" ? (protocol === "https:" ? 443 : 80) : port),
    }
  }

  /** It waited: for its turn, for a hold, or before another attempt. */
  waited(millis: number): void {
    this.waitedMillis += millis
    this.span.attribute("elnudge.waited_ms", Math.round(this.waitedMillis))
  }

  /** An answer came. */
  answered(status: number): void {
    this.status = status
    this.attempt?.attribute("http.response.status_code", status)
    this.span.attribute("http.response.status_code", status)
  }

  /** Sends it in a span of its own. */
  send<A, E, R>(effect: Effect.Effect<Outcome<A>, E, R>): Effect.Effect<Outcome<A>, E, R> {
    const resends = this.attempts++
    this.status = undefined
    this.span.attribute("elnudge.attempts", this.attempts)
    const errorOf = (outcome: Outcome<A> | undefined): string | undefined => {
      if (outcome?._tag === "Done") return undefined
      if (this.status !== undefined && this.status >= 300) return `${this.status}`
      return outcome?._tag === "Again" ? outcome.failure(this.attempts)._tag : outcome?._tag
    }
    const attributes = {
      "http.request.method": "GET",
      "url.template": this.path,
      ...this.server,
      ...(resends === 0 ? {} : { "http.request.resend_count": resends }),
    }
    return Trace.around(`GET ${this.path}`, { attributes, errorOf }, (span) => {
      this.attempt = span
      return effect
    })
  }
}

/** The request in a span; `undefined` where nobody traces. */
export const around = <A, E, R>(
  subject: Subject,
  settings: Settings,
  effect: (trace: RequestTrace | undefined) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> => {
  const { page, request } = subject
  const attributes = {
    ...(page === undefined ? {} : { "elnudge.page": page }),
    ...(settings.traceSessionIds && request._tag === "GetSession" ? { "elnudge.session_id": request.id } : {}),
  }
  return Trace.around(known[request._tag].name, { attributes }, (span) => {
    if (span === undefined) return effect(undefined)
    return Effect.tap(effect(new RequestTrace(span, subject, settings)), (value) =>
      Effect.sync(() => {
        const rows = rowsOf(value)
        if (rows !== undefined) span.attribute("elnudge.rows", rows)
      }),
    )
  })
}
