/** What a fault script makes of an answer. */
import type * as SessionsApi from "@effect-elnudge/core/SessionsApi"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { HttpServerResponse } from "effect/http"
import * as Option from "effect/Option"
import type * as FaultPlan from "./FaultPlan.ts"
import * as Faults from "./Faults.ts"
import type * as FaultScript from "./FaultScript.ts"
import * as JsonEdit from "./JsonEdit.ts"
import * as MachineClock from "./MachineClock.ts"

const httpDate = (epochMillis: number): string => DateTime.toDateUtc(DateTime.makeUnsafe(epochMillis)).toUTCString()

type RetryAfter = Extract<FaultScript.AnswerRule, { readonly fault: "rate-limited" }>["retryAfter"]

const retryAfterText = (retryAfter: RetryAfter, now: number): string | undefined =>
  typeof retryAfter === "object" ? httpDate(now + retryAfter.date * 1000) : retryAfter?.toString()

const refusal = (status: number, error: string, message: string): Faults.Fault => ({
  _tag: "Answer",
  status,
  body: JSON.stringify({ error, message } satisfies SessionsApi.ErrorBody),
})

const edit = (
  path: string | ReadonlyArray<string>,
  change: JsonEdit.Change,
  { note }: FaultPlan.Fit<unknown>,
): Faults.Fault => ({
  _tag: "Edit",
  edit: (json) =>
    (typeof path === "string" ? [path] : path).reduce((edited, place) => {
      const { json, places } = JsonEdit.apply(edited, place, change)
      if (places > 0) note()
      return json
    }, json),
})

/** Whether it is for the edit itself to say that it made a difference. */
const isEdit = ({ _tag }: Faults.Fault): boolean => _tag === "Edit"

const faultOf = (fit: FaultPlan.Fit<FaultScript.AnswerRule>, now: number): Faults.Fault => {
  const { rule } = fit
  switch (rule.fault) {
    case "rate-limited":
      return { _tag: "RateLimited", retryAfter: retryAfterText(rule.retryAfter, now) }
    case "server-error":
      return { _tag: "ServerError", status: rule.status ?? 503, retryAfter: retryAfterText(rule.retryAfter, now) }
    case "key-revoked":
      return refusal(rule.status ?? 401, "Unauthorized", "The API key is missing or not valid")
    case "session-gone":
      return refusal(404, "NotFound", "No such session, or it is older than the plan's retention")
    case "expired-cursor":
      return refusal(rule.status ?? 410, "CursorExpired", "The cursor is no longer valid")
    case "refused-fractions":
      return refusal(400, "BadRequest", "from and to are whole seconds")
    case "answer":
      return { _tag: "Answer", status: rule.status, body: rule.body, headers: rule.headers }
    case "slow-headers":
      return { _tag: "SlowHeaders", wait: rule.millis }
    case "slow-body":
      return { _tag: "SlowBody", wait: rule.millis, pieces: rule.pieces }
    case "stall":
      return { _tag: "Stall", part: rule.part }
    case "reset":
      return { _tag: "Reset" }
    case "cut-off":
      return { _tag: "CutOff", part: rule.part }
    case "truncated-gzip":
      return { _tag: "Gzip", damage: "truncated" }
    case "corrupted-gzip":
      return { _tag: "Gzip", damage: "corrupted" }
    case "packed":
      return { _tag: "Packed", coding: rule.coding }
    case "gzip-bomb":
      return { _tag: "GzipBomb", megabytes: rule.megabytes }
    case "other-status":
      return { _tag: "OtherStatus", status: rule.status, rows: rule.rows }
    case "wrong-content-type":
      return { _tag: "ContentType", contentType: rule.contentType ?? "text/html" }
    case "wrong-type":
      return edit(rule.path, (value) => Option.some(JsonEdit.otherType(value)), fit)
    case "unknown-value":
      return edit(rule.path, () => Option.some(rule.value ?? "something_new"), fit)
    case "missing-field":
      return edit(rule.path, Option.none, fit)
    case "null":
      return edit(rule.path, () => Option.some(null), fit)
    case "set":
      return edit(rule.path, () => Option.some(rule.value), fit)
  }
}

// A date is read against the answer's own `Date`, so both are of one clock.
const saysDate = (rule: FaultScript.AnswerRule | undefined): boolean =>
  (rule?.fault === "rate-limited" || rule?.fault === "server-error") && typeof rule.retryAfter === "object"

/** Turns the right answer into what the decision says. Changes of the list itself are the list's to make. */
export const apply = Effect.fnUntraced(function* <E, R>(
  { answer: fit, skewMillis }: FaultPlan.Decision,
  answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
) {
  const now = (yield* MachineClock.wall) + skewMillis
  const fault = fit === undefined ? undefined : faultOf(fit, now)
  if (fit !== undefined && fault !== undefined && !isEdit(fault)) fit.note()
  const response = yield* fault === undefined ? answer : Faults.apply(fault, answer)
  return skewMillis === 0 && !saysDate(fit?.rule)
    ? response
    : HttpServerResponse.setHeader(response, "date", httpDate(now))
})
