/**
 * A script of faults, as JSON: a seed and rules. A rule says which requests it is for, and what becomes of them. The
 * first rule that fits a request acts on it; `clock-skew` and `key-rotated` act as well, whatever else does.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as JsonEdit from "./JsonEdit.ts"
import * as RequestNumbers from "./RequestNumbers.ts"

const between = (low: number, high: number) => {
  const expected = `a number from ${low} to ${high}`
  return Schema.Finite.annotate({ expected }).check(
    Schema.makeFilter((value: number) => value >= low && value <= high, { expected }),
  )
}

const wholeBetween = (low: number, high: number) => {
  const expected = `a whole number from ${low} to ${high}`
  return Schema.Finite.annotate({ expected }).check(
    Schema.makeFilter((value: number) => Number.isInteger(value) && value >= low && value <= high, { expected }),
  )
}

const Strings = Schema.Union([Schema.String, Schema.Array(Schema.String)])

// A hundred years: a date beyond it is soon none.
const mostSeconds = 36_500 * 86_400

const Kind = Schema.Literals(["list", "detail", "nudges"])
/** What a request is for: a page of sessions, one session, or a page of nudges. */
export type Kind = typeof Kind.Type

const when = {
  /** Only requests for the list, for a detail, or for nudges. @default all, or those that the fault is of */
  on: Schema.optional(Kind),
  /** By number, counted from 1 over the requests that `on` names. @default all */
  at: Schema.optional(RequestNumbers.RequestNumbers),
  /** By how often this path and query has been asked for: 1 is the first time. @default all */
  attempt: Schema.optional(RequestNumbers.RequestNumbers),
  /** Pages only, of the list unless `on` says nudges: by the page of its walk; without a cursor it is 1. @default all */
  page: Schema.optional(RequestNumbers.RequestNumbers),
  /** Details only: of this session, or these. @default all */
  session: Schema.optional(Strings),
  /**
   * For this share of them, drawn with the seed: for a detail by its id and attempt, for a list by its number, so that
   * requests at the same time do not change it. @default 1
   */
  probability: Schema.optional(between(0, 1)),
  /** At most so often. @default no limit */
  times: Schema.optional(wholeBetween(1, Number.MAX_SAFE_INTEGER)),
}

const Path = Schema.String.check(
  Schema.makeFilter((path: string) => Option.isSome(JsonEdit.parsePath(path)), {
    expected: "a path such as data[3].intent_score or data[*].nudges[0].type",
  }),
)
const path = Schema.Union([Path, Schema.Array(Path)])

const RetryAfter = Schema.Union([
  Schema.Finite,
  Schema.String,
  Schema.Struct({ date: between(-mostSeconds, mostSeconds) }),
])

/** A number of seconds, any text, or `{ "date": 30 }`: the HTTP date in 30 seconds. @default no header */
const retryAfter = Schema.optional(RetryAfter)
/** How much of the body is sent before: 0 is the headers alone. @default 0.5 */
const part = Schema.optional(between(0, 1))
const millis = between(0, mostSeconds * 1000)
const rows = Schema.optional(wholeBetween(1, 200))

const ownAnswers = [
  Schema.Struct({ ...when, fault: Schema.Literal("rate-limited"), retryAfter }),
  Schema.Struct({
    ...when,
    fault: Schema.Literal("server-error"),
    /** @default 503 */
    status: Schema.optional(Schema.Literals([500, 502, 503, 504])),
    retryAfter,
  }),
  /** @default status 401 */
  Schema.Struct({
    ...when,
    fault: Schema.Literal("key-revoked"),
    status: Schema.optional(Schema.Literals([401, 403])),
  }),
  Schema.Struct({ ...when, fault: Schema.Literal("session-gone") }),
  /** Requests that carry a cursor. @default status 410 */
  Schema.Struct({
    ...when,
    fault: Schema.Literal("expired-cursor"),
    status: Schema.optional(Schema.Literals([400, 404, 410])),
  }),
  /** Requests for a list whose `from` or `to` has a fraction of a second: a 400. */
  Schema.Struct({ ...when, fault: Schema.Literal("refused-fractions") }),
  Schema.Struct({
    ...when,
    fault: Schema.Literal("answer"),
    status: wholeBetween(200, 599),
    body: Schema.String,
    headers: Schema.optional(Schema.Record(Schema.String, Schema.String)),
  }),
] as const

const wire = [
  Schema.Struct({ ...when, fault: Schema.Literal("slow-headers"), millis }),
  Schema.Struct({
    ...when,
    fault: Schema.Literal("slow-body"),
    millis,
    /** @default 10 */
    pieces: Schema.optional(wholeBetween(2, 10_000)),
  }),
  Schema.Struct({ ...when, fault: Schema.Literal("stall"), part }),
  Schema.Struct({ ...when, fault: Schema.Literal("reset") }),
  Schema.Struct({ ...when, fault: Schema.Literal("cut-off"), part }),
  Schema.Struct({ ...when, fault: Schema.Literal("truncated-gzip") }),
  Schema.Struct({ ...when, fault: Schema.Literal("corrupted-gzip") }),
  Schema.Struct({
    ...when,
    fault: Schema.Literal("packed"),
    /** What `Content-Encoding` says; gzip and deflate are packed so. @default "gzip" */
    coding: Schema.optional(Schema.String),
  }),
  Schema.Struct({
    ...when,
    fault: Schema.Literal("gzip-bomb"),
    /** How much it unpacks to. @default 100 */
    megabytes: Schema.optional(wholeBetween(1, 1000)),
  }),
  Schema.Struct({
    ...when,
    fault: Schema.Literal("other-status"),
    status: wholeBetween(200, 599),
    /** Only so many of the rows that were due. @default all */
    rows,
  }),
  Schema.Struct({
    ...when,
    fault: Schema.Literal("wrong-content-type"),
    /** @default "text/html" */
    contentType: Schema.optional(Schema.String),
  }),
] as const

const edits = [
  Schema.Struct({ ...when, fault: Schema.Literal("wrong-type"), path }),
  Schema.Struct({
    ...when,
    fault: Schema.Literal("unknown-value"),
    path,
    /** @default "something_new" */
    value: Schema.optional(Schema.String),
  }),
  Schema.Struct({ ...when, fault: Schema.Literal("missing-field"), path }),
  Schema.Struct({ ...when, fault: Schema.Literal("null"), path }),
  Schema.Struct({ ...when, fault: Schema.Literal("set"), path, value: Schema.Json }),
] as const

const lists = [
  Schema.Struct({ ...when, fault: Schema.Literal("empty-page") }),
  Schema.Struct({ ...when, fault: Schema.Literal("repeated-cursor") }),
  Schema.Struct({
    ...when,
    fault: Schema.Literal("no-cursor"),
    /** What stands there instead. @default "null" */
    cursor: Schema.optional(Schema.Literals(["null", "empty", "absent"])),
  }),
  Schema.Struct({ ...when, fault: Schema.Literal("forgotten-window") }),
  /** @default rows 1 */
  Schema.Struct({ ...when, fault: Schema.Literal("pushed-down-rows"), rows }),
  Schema.Struct({ ...when, fault: Schema.Literal("hidden-rows"), ids: Schema.Array(Schema.String) }),
  /** @default rows 1 */
  Schema.Struct({ ...when, fault: Schema.Literal("duplicated-rows"), rows }),
  Schema.Struct({ ...when, fault: Schema.Literal("reordered-rows") }),
  Schema.Struct({ ...when, fault: Schema.Literal("unstable-order") }),
] as const

const conditions = [
  Schema.Struct({ ...when, fault: Schema.Literal("clock-skew"), seconds: between(-mostSeconds, mostSeconds) }),
  Schema.Struct({ ...when, fault: Schema.Literal("key-rotated"), keys: Strings }),
] as const

const AnswerRule = Schema.Union([...ownAnswers, ...wire, ...edits])
const ListRule = Schema.Union(lists)
const ConditionRule = Schema.Union(conditions)
const members = [...ownAnswers, ...wire, ...edits, ...lists, ...conditions] as const
const AnyRule = Schema.Union(members).annotate({
  expected: `a rule whose fault is one of ${members.map(({ fields }) => fields.fault.literal).join(", ")}`,
})

/** A rule whose fault is an answer of its own, or the right answer changed on its way. */
export type AnswerRule = typeof AnswerRule.Type
/** A rule that changes which rows a page has, or where it leads. */
export type ListRule = typeof ListRule.Type
/** A rule that does not answer, but changes the emulator for the request. */
export type ConditionRule = typeof ConditionRule.Type

const listFaults: ReadonlySet<string> = new Set(lists.map(({ fields }) => fields.fault.literal))
const conditionFaults: ReadonlySet<string> = new Set(conditions.map(({ fields }) => fields.fault.literal))

/** Whether it changes what a list says. */
export const isListRule = (rule: { readonly fault: string }): rule is ListRule => listFaults.has(rule.fault)
/** Whether it acts along with whatever else does. */
export const isConditionRule = (rule: { readonly fault: string }): rule is ConditionRule =>
  conditionFaults.has(rule.fault)

/** The requests that a fault is of where the rule does not say. */
const bound = (rule: typeof AnyRule.Type): Kind | undefined => {
  if (isListRule(rule) || rule.fault === "expired-cursor") return "list"
  return rule.fault === "session-gone" ? "detail" : undefined
}

/** The requests that a rule counts: by its `on`, or by what else it says. */
export const kindOf = (rule: Rule): Kind | undefined =>
  rule.on ?? bound(rule) ?? (rule.page !== undefined ? "list" : rule.session !== undefined ? "detail" : undefined)

const plural: Record<Kind, string> = { list: "the list", detail: "details", nudges: "nudges" }

const contradiction = (rule: typeof AnyRule.Type): string | undefined => {
  const kind = kindOf(rule)
  const own = bound(rule)
  const isForCursor = rule.fault === "expired-cursor" && kind === "nudges"
  if (own !== undefined && kind !== own && !isForCursor) return `${rule.fault} is of the ${own}, and on says ${kind}`
  if (rule.page !== undefined && kind === "detail") return "page is of the list, and the rule is of details"
  if (rule.session !== undefined && kind !== undefined && kind !== "detail") {
    return `session is of details, and the rule is of ${plural[kind]}`
  }
  return undefined
}

/** When a fault is to happen, and which. */
export const Rule = AnyRule.check(Schema.makeFilter((rule) => contradiction(rule)))
export type Rule = typeof AnyRule.Type

/** A script as it is decoded. */
export const FaultScript = Schema.Struct({
  /** Of the draws for `probability`. @default "elnudge" */
  seed: Schema.optional(Schema.String),
  rules: Schema.Array(Rule),
})
export type FaultScript = typeof FaultScript.Type

/** A rule that acted on a request. */
export interface Acted {
  /** Its place in `rules`, from 0. */
  readonly rule: number
  readonly fault: Rule["fault"]
  /** The request's number among all, from 1. */
  readonly number: number
  /** Path and query. */
  readonly url: string
  /** Whether it made a difference: an edit of a path that the answer does not have makes none. */
  readonly applied: boolean
}

/** A script that cannot be used. It names the place, never the value that stands there. */
export class FaultScriptError extends Data.TaggedError("FaultScriptError")<{
  /** Such as `rules[2].retryAfter`; empty where the text is not JSON. */
  readonly path: string
  readonly reason: string
}> {
  override get message(): string {
    return this.path === "" ? this.reason : `${this.path}: ${this.reason}`
  }
}

const decodeScript = Schema.decodeUnknownResult(FaultScript, { onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "UnexpectedKey"
      ? "There is no such field here"
      : issue._tag === "MissingKey"
        ? "The field is missing"
        : SchemaIssue.defaultLeafHook(issue),
})

const explain = ({ issue }: Schema.SchemaError): FaultScriptError => {
  const first = format(issue).issues[0]
  const keys = (first?.path ?? []).map((key) => (typeof key === "object" ? key.key : key))
  const path = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("")
  return new FaultScriptError({ path: path.replace(/^\./, ""), reason: first?.message ?? "Unexpected value" })
}

/** A script from a JSON value; an array is the rules alone. */
export const decode = (value: unknown): Effect.Effect<FaultScript, FaultScriptError> =>
  Effect.fromResult(Result.mapError(decodeScript(Array.isArray(value) ? { rules: value } : value), explain))

/** A script from JSON text. */
export const parse: (text: string) => Effect.Effect<FaultScript, FaultScriptError> = Effect.fn("FaultScript.parse")(
  function* (text) {
    const value = yield* Effect.try({
      try: (): unknown => JSON.parse(text),
      catch: () => new FaultScriptError({ path: "", reason: "The script is not JSON" }),
    })
    return yield* decode(value)
  },
)
