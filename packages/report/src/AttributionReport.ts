/**
 * Attribution by nudge type: how often each type was shown and what became of it, how many sessions that saw it
 * converted, and how many conversions the vendor's flag, the attribution rule (lower and upper bound) and other models of
 * credit give it.
 */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"
import * as Session from "@effect-elnudge/core/Session"
import * as Schema from "effect/Schema"
import * as Attribution from "./Attribution.ts"
import * as Counts from "./Counts.ts"
import * as Credit from "./Credit.ts"
import * as CreditModel from "./CreditModel.ts"
import * as NudgedSession from "./NudgedSession.ts"
import * as Proportion from "./Proportion.ts"
import type { Report } from "./Report.ts"
import * as ReportOptions from "./ReportOptions.ts"
import * as Tally from "./Tally.ts"
import * as Warning from "./Warning.ts"

export interface Options {
  /** @default Attribution.vendorRule */
  readonly rule?: Attribution.Rule | undefined
  /** Of the two-sided intervals. @default 0.95 */
  readonly confidence?: number | undefined
  /** Each adds a column `credit_<name>`, in the order of `CreditModel.names`. @default none */
  readonly models?: ReadonlyArray<CreditModel.Name> | undefined
  /** Which conversions the models share: those of attributed_lower or of attributed_upper. @default "lower" */
  readonly credit?: Credit.Basis | undefined
}

/** With what each credit model gives the type, of the conversions that all rows share. */
export interface Row extends CreditModel.Columns {
  readonly nudge_type: string
  /** Displays. The three counts after it, and `other_outcomes`, are displays by outcome. */
  readonly shown: number
  readonly clicked: number
  readonly dismissed: number
  readonly chat_opened: number
  /** Shares of the displays. */
  readonly click_rate: number | null
  readonly dismiss_rate: number | null
  readonly chat_open_rate: number | null
  /** Sessions in which the type was shown, and those of them with a purchase, at whatever time. */
  readonly sessions: number
  readonly converted_sessions: number
  /** converted_sessions ÷ sessions, with its Wilson 95 % interval. */
  readonly conversion_rate: number | null
  readonly conversion_rate_low: number | null
  readonly conversion_rate_high: number | null
  /** Sessions in which the vendor flagged a nudge of the type as having influenced the conversion. */
  readonly influenced_conversions: number
  /** Conversions whose last candidate is of the type: shown within the window (lower), or at any time before (upper). */
  readonly attributed_lower: number
  readonly attributed_upper: number
  readonly warnings: string
  readonly other_outcomes: number
  /** Those of influenced_conversions whose session did not convert. */
  readonly influenced_not_converted: number
  /** Those of converted_sessions that bought before the type was first shown. */
  readonly converted_before_shown: number
  /**
   * Those of converted_sessions without a PURCHASE event in which a nudge of the type was interacted with: they may be
   * due to it, and are in neither bound.
   */
  readonly unknown_time: number
  /** Whether the row is `(all)`: a nudge type may be called so too. */
  readonly total: boolean
}

const columns: ReadonlyArray<keyof Row> = [
  "nudge_type",
  "shown",
  "clicked",
  "dismissed",
  "chat_opened",
  "click_rate",
  "dismiss_rate",
  "chat_open_rate",
  "sessions",
  "converted_sessions",
  "conversion_rate",
  "conversion_rate_low",
  "conversion_rate_high",
  "influenced_conversions",
  "attributed_lower",
  "attributed_upper",
  "warnings",
  "other_outcomes",
  "influenced_not_converted",
  "converted_before_shown",
  "unknown_time",
]

// Distinct sessions: those that saw the row's type, or any nudge.
const noSessions = {
  sessions: 0,
  converted_sessions: 0,
  influenced: 0,
  influenced_not_converted: 0,
  converted_before_shown: 0,
  immature_sessions: 0,
  unknown_time: 0,
}

// Displays and credits, each of exactly one type, so that `(all)` is their sum.
const noDisplays = {
  shown: 0,
  clicked: 0,
  dismissed: 0,
  chat_opened: 0,
  other_outcomes: 0,
  attributed_lower: 0,
  attributed_upper: 0,
}

const noCounts = { ...noSessions, ...noDisplays }

type SessionCounts = Counts.Counts<keyof typeof noSessions>
type RowCounts = Counts.Counts<keyof typeof noCounts>

/** Counts by nudge type, and of distinct sessions. */
export interface State {
  readonly types: Tally.Tally<keyof RowCounts>
  /** Distinct sessions with any nudge. */
  readonly any: SessionCounts
  /** Nudged sessions whose detail could not be had. */
  missingDetails: number
  readonly credit: Credit.State
}

const outcomeCount = (outcome: string): "clicked" | "dismissed" | "chat_opened" | "other_outcomes" | undefined => {
  switch (outcome) {
    case "shown":
      return undefined
    case "clicked":
    case "dismissed":
    case "chat_opened":
      return outcome
    default:
      return "other_outcomes"
  }
}

// One session as seen by one row: by a nudge type, or by `(all)`.
const countSession = (
  counts: SessionCounts,
  nudges: ReadonlyArray<Session.Nudge>,
  isConverted: boolean,
  purchasedAt: number | undefined,
  isImmature: boolean,
  isUnknownTime: boolean,
): void => {
  counts.sessions++
  if (isUnknownTime) counts.unknown_time++
  if (isConverted) counts.converted_sessions++
  if (isImmature) counts.immature_sessions++
  if (nudges.some((nudge) => nudge.influenced_conversion)) {
    counts.influenced++
    if (!isConverted) counts.influenced_not_converted++
  }
  const firstShown = nudges.reduce((first, nudge) => Math.min(first, Session.millis(nudge.shown_at)), Infinity)
  if (purchasedAt !== undefined && purchasedAt < firstShown) counts.converted_before_shown++
}

const toRow = (
  { nudge_type, total }: Pick<Row, "nudge_type" | "total">,
  counts: RowCounts,
  credits: CreditModel.Columns,
  isIncomplete: boolean,
  z: number,
): Row => {
  const { converted_sessions, influenced, sessions, shown } = counts
  const interval = Proportion.wilson(converted_sessions, sessions, z)
  const warnings = new Set(Warning.ofCounts(converted_sessions, sessions))
  if (counts.immature_sessions > 0) warnings.add("IMMATURE")
  if (isIncomplete) warnings.add("INCOMPLETE")
  return {
    nudge_type,
    shown,
    clicked: counts.clicked,
    dismissed: counts.dismissed,
    chat_opened: counts.chat_opened,
    click_rate: Proportion.rate(counts.clicked, shown),
    dismiss_rate: Proportion.rate(counts.dismissed, shown),
    chat_open_rate: Proportion.rate(counts.chat_opened, shown),
    sessions,
    converted_sessions,
    conversion_rate: Proportion.rate(converted_sessions, sessions),
    conversion_rate_low: interval.low,
    conversion_rate_high: interval.high,
    influenced_conversions: influenced,
    attributed_lower: counts.attributed_lower,
    attributed_upper: counts.attributed_upper,
    warnings: Warning.format(warnings),
    other_outcomes: counts.other_outcomes,
    influenced_not_converted: counts.influenced_not_converted,
    converted_before_shown: counts.converted_before_shown,
    unknown_time: counts.unknown_time,
    ...credits,
    total,
  }
}

const ofSessions = {
  sessions: [["converted_sessions", "influenced_not_converted"], ["influenced"], ["immature_sessions"]],
  converted_sessions: [["converted_before_shown", "unknown_time"]],
  influenced: [["influenced_not_converted"]],
} as const

const ofTypes = {
  ...ofSessions,
  shown: [["sessions"], ["clicked", "dismissed", "chat_opened", "other_outcomes"]],
  converted_sessions: [["converted_before_shown", "unknown_time", "attributed_upper"]],
  attributed_upper: [["attributed_lower"]],
} as const

// What a session has in the row of all types where it has it in that of one.
const unions = [
  "sessions",
  "converted_sessions",
  "influenced",
  "influenced_not_converted",
  "immature_sessions",
  "unknown_time",
] as const

const fault = ({ any, types: tally }: State): string | undefined => {
  const types = [...tally.values()]
  const credited = Counts.total(types, "attributed_upper") + any.converted_before_shown + any.unknown_time
  return Counts.firstReason([
    Counts.notUnion(any, types, unions),
    Counts.above(
      "converted_before_shown of all",
      any.converted_before_shown,
      "the sum of converted_before_shown",
      Counts.total(types, "converted_before_shown"),
    ),
    Counts.above("what conversions are credited to", credited, "converted_sessions", any.converted_sessions),
  ])
}

const codecOf = (models: ReadonlyArray<CreditModel.Name>, basis: Credit.Basis) =>
  Schema.Struct({
    types: Tally.codec(noCounts, { bounds: ofTypes }),
    any: Counts.codec(noSessions, { bounds: ofSessions }),
    missingDetails: Counts.Counter,
    credit: Credit.codec,
  }).check(
    Schema.makeFilter(fault),
    Schema.makeFilter(({ any, credit, types }: State) =>
      Credit.fault(credit, models, {
        conversions: Counts.total(types.values(), `attributed_${basis}`),
        flagged: any.influenced - any.influenced_not_converted,
        types: new Set(types.keys()),
      }),
    ),
  )

const checks: OptionCheck.Checks<Options> = {
  rule: ReportOptions.rule,
  confidence: ReportOptions.confidence,
  models: OptionCheck.is(
    `models of ${CreditModel.names.join(", ")}`,
    (value) => Array.isArray(value) && value.every((each) => CreditModel.names.some((name) => name === each)),
  ),
  credit: OptionCheck.oneOf("lower", "upper"),
}

/** One row for each nudge type, by code unit, then `(all)`. Needs the details of the nudged sessions. */
export const make = (options: Options = {}): Report<State, Row> => {
  const {
    confidence = 0.95,
    credit: basis = "lower",
    rule = Attribution.vendorRule,
  } = OptionCheck.orThrow(checks, options)
  const models = CreditModel.names.filter((name) => options.models?.includes(name))
  return {
    name: "attribution",
    version: "1",
    columns: [...columns, ...models.map((name) => `credit_${name}` as const), "total"],
    compared: {
      label: ({ nudge_type }) => [nudge_type],
      isTotal: ({ total }) => total,
      rates: ({ chat_opened, clicked, converted_sessions, dismissed, sessions, shown }) => [
        { name: "conversion_rate", events: converted_sessions, of: sessions },
        { name: "click_rate", events: clicked, of: shown, isClustered: true },
        { name: "dismiss_rate", events: dismissed, of: shown, isClustered: true },
        { name: "chat_open_rate", events: chat_opened, of: shown, isClustered: true },
      ],
    },
    needsDetail: NudgedSession.isNudged,
    needsEvents: NudgedSession.needsPurchaseTime,
    codec: codecOf(models, basis),
    contradicts: ({ any, missingDetails }, { sessions }) =>
      Counts.above("nudged sessions", any.sessions + missingDetails, "sessions", sessions),
    initial: () => ({ types: new Map(), any: { ...noSessions }, missingDetails: 0, credit: Credit.initial() }),
    step: (state, read) => {
      const session = NudgedSession.of(read)
      if (session === "missing") state.missingDetails++
      if (session === undefined || session === "missing") return state
      const attribution = Attribution.attribute(session, rule)
      const { candidates, purchasedAt, status } = attribution
      const isImmature = Session.isUnsettled(session, read.readAt)
      const isUnknown = (nudges: ReadonlyArray<Session.Nudge>): boolean =>
        status === "unknown_time" && Attribution.interactions(nudges, rule).length > 0
      for (const [type, nudges] of Attribution.byType(session.nudges)) {
        const counts = Tally.at(state.types, type, noCounts)
        countSession(counts, nudges, session.converted, purchasedAt, isImmature, isUnknown(nudges))
        for (const nudge of nudges) {
          counts.shown++
          const name = outcomeCount(nudge.outcome)
          if (name !== undefined) counts[name]++
        }
      }
      countSession(state.any, session.nudges, session.converted, purchasedAt, isImmature, isUnknown(session.nudges))
      const credited = candidates.at(-1)
      if (credited !== undefined) {
        const counts = Tally.at(state.types, credited.nudge.type, noCounts)
        counts.attributed_upper++
        if (status === "yes") counts.attributed_lower++
      }
      Credit.count(state.credit, session, attribution, { basis, models, rule })
      return state
    },
    combine: (left, right) => ({
      types: Tally.combine(left.types, right.types),
      any: Counts.add(left.any, right.any),
      missingDetails: left.missingDetails + right.missingDetails,
      credit: Credit.combine(left.credit, right.credit),
    }),
    done: ({ any, credit, missingDetails, types }) => {
      const isIncomplete = missingDetails > 0
      const z = Proportion.zOf(confidence)
      const sorted = Tally.sorted(types)
      const summed = sorted.reduce((sum, [, counts]) => Counts.add(sum, counts), noCounts)
      const all = { ...summed, ...any }
      const credits = Credit.done(credit, models)
      return [
        ...sorted.map(([nudge_type, counts]) =>
          toRow({ nudge_type, total: false }, counts, credits.ofType(nudge_type), isIncomplete, z),
        ),
        toRow({ nudge_type: "(all)", total: true }, all, credits.all, isIncomplete, z),
      ]
    },
  }
}
