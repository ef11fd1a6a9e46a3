/** A fault script at work: which of its rules act on a request, and which have. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as FaultScript from "./FaultScript.ts"
import * as RequestNumbers from "./RequestNumbers.ts"

/** A rule that acts on a request; `note` keeps that it made a difference. */
export interface Fit<Rule> {
  readonly rule: Rule
  readonly note: () => void
}

/** One that draws for the request: by a seed that is the same whenever the script is. */
export interface DrawingFit<Rule> extends Fit<Rule> {
  readonly seed: string
}

/** What a request meets. */
export interface Decision {
  /** By how much the clock is off, in milliseconds. */
  readonly skewMillis: number
  /** The only keys that are accepted, where that is not the emulator's own. */
  readonly keys: Fit<ReadonlyArray<string>> | undefined
  readonly answer: Fit<FaultScript.AnswerRule> | undefined
  readonly list: DrawingFit<FaultScript.ListRule> | undefined
  /** Keeps which page of the walk a cursor leads to. */
  readonly leadsTo: (cursor: string) => void
}

const nothing: Decision = {
  skewMillis: 0,
  keys: undefined,
  answer: undefined,
  list: undefined,
  leadsTo: () => undefined,
}

/** The decision for the request that is being answered. */
export const Current = Context.Reference<Decision>("@effect-elnudge/emulator/FaultPlan/Current", {
  defaultValue: () => nothing,
})

/** A request as it arrives, with its numbers from 1. */
export interface Request {
  readonly url: string
  readonly kind: FaultScript.Kind
  /** Among all. */
  readonly number: number
  /** Among those of its kind. */
  readonly numberOfKind: number
}

interface Place extends Request {
  readonly attempt: number
  readonly session: string | undefined
  readonly cursor: string | undefined
  readonly page: number | undefined
}

const sessionIn = (url: string): string | undefined => {
  const segment = /^\/v1\/sessions\/([^/?]+)/.exec(url)?.[1]
  return segment === undefined
    ? undefined
    : Result.getOrElse(
        Result.try(() => decodeURIComponent(segment)),
        () => segment,
      )
}

const cursorIn = (url: string): string | undefined =>
  new URLSearchParams(url.split("?")[1] ?? "").get("cursor") ?? undefined

const includesText = (texts: string | ReadonlyArray<string>, text: string | undefined): boolean =>
  text !== undefined && (typeof texts === "string" ? texts === text : texts.includes(text))

const needsCursor: ReadonlySet<string> = new Set(["expired-cursor", "forgotten-window", "pushed-down-rows"])

const hasFraction = (url: string): boolean => {
  const query = new URLSearchParams(url.split("?")[1] ?? "")
  return [query.get("from"), query.get("to")].some((instant) => instant?.includes(".") === true)
}

const fits = (rule: FaultScript.Rule, place: Place): boolean => {
  const { at, attempt, page, session } = rule
  const kind = FaultScript.kindOf(rule)
  const number = kind === undefined ? place.number : place.numberOfKind
  return (
    (kind === undefined || kind === place.kind) &&
    (at === undefined || RequestNumbers.includes(at, number)) &&
    (attempt === undefined || RequestNumbers.includes(attempt, place.attempt)) &&
    (page === undefined || (place.page !== undefined && RequestNumbers.includes(page, place.page))) &&
    (session === undefined || includesText(session, place.session)) &&
    (!needsCursor.has(rule.fault) || place.cursor !== undefined) &&
    (rule.fault !== "refused-fractions" || hasFraction(place.url))
  )
}

export interface FaultPlan {
  readonly decide: (request: Request) => Effect.Effect<Decision>
  readonly acted: Effect.Effect<ReadonlyArray<FaultScript.Acted>>
}

/** Starts a script. */
export const make = ({ rules, seed = "elnudge" }: FaultScript.FaultScript): FaultPlan => {
  const acted: Array<FaultScript.Acted> = []
  const used = rules.map(() => 0)
  const attempts = new Map<string, number>()
  const pages = new Map<string, number>()

  const place = (request: Request): Place => {
    const attempt = (attempts.get(request.url) ?? 0) + 1
    attempts.set(request.url, attempt)
    const cursor = request.kind === "detail" ? undefined : cursorIn(request.url)
    const page = request.kind === "detail" ? undefined : cursor === undefined ? 1 : pages.get(cursor)
    return { ...request, attempt, session: sessionIn(request.url), cursor, page }
  }

  const seedOf = (index: number, { attempt, kind, numberOfKind, session }: Place) =>
    `${seed} ${index} ${kind === "detail" ? `${session} ${attempt}` : `${kind} ${numberOfKind}`}`

  const draw = (index: number, at: Place) => Random.next.pipe(Random.withSeed(seedOf(index, at)))

  const isDrawn = Effect.fnUntraced(function* (index: number, { probability = 1 }: FaultScript.Rule, at: Place) {
    return probability === 1 || (yield* draw(index, at)) < probability
  })

  // Between the check of `times` and its use nothing else may run.
  const act = (drawn: ReadonlyArray<boolean>, at: Place): Decision => {
    let { answer, keys, list, skewMillis } = nothing
    for (const [index, rule] of rules.entries()) {
      const isCondition = FaultScript.isConditionRule(rule)
      const isSettled = isCondition
        ? rule.fault === "key-rotated" && keys !== undefined
        : answer !== undefined || list !== undefined
      const count = used[index] ?? 0
      if (isSettled || !drawn[index] || count >= (rule.times ?? Number.POSITIVE_INFINITY)) continue
      used[index] = count + 1
      const place = acted.length
      const entry = { rule: index, fault: rule.fault, number: at.number, url: at.url, applied: false }
      acted.push(entry)
      const note = () => void (acted[place] = { ...entry, applied: true })
      if (!isCondition) {
        if (FaultScript.isListRule(rule)) list = { rule, note, seed: `${seedOf(index, at)} rows` }
        else answer = { rule, note }
      } else if (rule.fault === "clock-skew") {
        skewMillis += rule.seconds * 1000
        note()
      } else keys = { rule: typeof rule.keys === "string" ? [rule.keys] : rule.keys, note }
    }
    const leadsTo = (cursor: string) => {
      if (at.page !== undefined && !pages.has(cursor)) pages.set(cursor, at.page + 1)
    }
    return { skewMillis, keys, answer, list, leadsTo }
  }

  return {
    decide: (request) =>
      Effect.suspend(() => {
        const at = place(request)
        return Effect.map(
          Effect.forEach(rules, (rule, index) => (fits(rule, at) ? isDrawn(index, rule, at) : Effect.succeed(false))),
          (drawn) => act(drawn, at),
        )
      }),
    acted: Effect.sync(() => [...acted]),
  }
}

/** The plan without a script. */
export const none: FaultPlan = { decide: () => Effect.succeed(nothing), acted: Effect.succeed([]) }
