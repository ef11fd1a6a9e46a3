/**
 * What becomes of displays and of the sessions that saw them: by nudge type, by how far a session went with its
 * nudges, by their number, and by their place in the session. Longer sessions see more nudges, so number and place do
 * not show what one more nudge does.
 */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"
import * as Session from "@effect-elnudge/core/Session"
import * as Schema from "effect/Schema"
import * as Comparison from "./Comparison.ts"
import * as Attribution from "./Attribution.ts"
import * as Counts from "./Counts.ts"
import * as NudgedSession from "./NudgedSession.ts"
import * as Proportion from "./Proportion.ts"
import type { Report } from "./Report.ts"
import * as ReportOptions from "./ReportOptions.ts"
import * as Tally from "./Tally.ts"
import * as Trend from "./Trend.ts"
import * as Warning from "./Warning.ts"

export interface Options {
  /** Of the two-sided intervals. @default 0.95 */
  readonly confidence?: number | undefined
}

/** A row of one of the four sections. Rates are shares of 1; what a section does not have is null. */
export interface Row {
  /** `type`, `funnel`, `count` or `position`. */
  readonly section: string
  readonly nudge_type: string
  /** Null in `type`; how far the session went in `funnel`; a number of nudges or a place, `5+` from five on. */
  readonly level: string | null
  /** Displays, and those with each outcome, with Wilson intervals; null in `funnel` and `count`. */
  readonly shown: number | null
  readonly clicked: number | null
  readonly click_rate: number | null
  readonly click_rate_low: number | null
  readonly click_rate_high: number | null
  readonly dismissed: number | null
  readonly dismiss_rate: number | null
  readonly dismiss_rate_low: number | null
  readonly dismiss_rate_high: number | null
  readonly chat_opened: number | null
  readonly chat_open_rate: number | null
  readonly chat_open_rate_low: number | null
  readonly chat_open_rate_high: number | null
  /** Distinct sessions, and those of them with a purchase, at whatever time. */
  readonly sessions: number
  readonly converted_sessions: number
  /** converted_sessions ÷ sessions, with its Wilson interval. */
  readonly conversion_rate: number | null
  readonly conversion_rate_low: number | null
  readonly conversion_rate_high: number | null
  /** Cochran–Armitage: of conversion over the number on `count (all)`, of dismissal over the place on `position (all)`. */
  readonly trend_z: number | null
  readonly trend_p: number | null
  readonly warnings: string
  /** Whether the row holds all that the others of its section are parts of: `(all)`, and the first step of `funnel`. */
  readonly total: boolean
}

const columns: ReadonlyArray<keyof Row> = [
  "section",
  "nudge_type",
  "level",
  "shown",
  "clicked",
  "click_rate",
  "click_rate_low",
  "click_rate_high",
  "dismissed",
  "dismiss_rate",
  "dismiss_rate_low",
  "dismiss_rate_high",
  "chat_opened",
  "chat_open_rate",
  "chat_open_rate_low",
  "chat_open_rate_high",
  "sessions",
  "converted_sessions",
  "conversion_rate",
  "conversion_rate_low",
  "conversion_rate_high",
  "trend_z",
  "trend_p",
  "warnings",
  "total",
]

const noSessions = { sessions: 0, converted_sessions: 0, immature_sessions: 0 }
const noDisplays = { shown: 0, clicked: 0, dismissed: 0, chat_opened: 0 }
const noCounts = { ...noSessions, ...noDisplays }

type SessionCounts = Counts.Counts<keyof typeof noSessions>
type DisplayCounts = Counts.Counts<keyof typeof noDisplays>

/** Numbers of nudges in a session, and places in it. */
const levels = ["1", "2", "3", "4", "5+"] as const

const levelOf = (number: number): string => (number < 5 ? String(number) : "5+")

const steps = ["engaged", "chat_opened"] as const

/** The sessions of a place, and all sessions, are sums of `counts`; all displays are the sum of `positions`. */
export interface State {
  readonly types: Tally.Tally<keyof typeof noCounts>
  /** Sessions by how far they went beyond a display. */
  readonly funnel: Tally.Tally<keyof SessionCounts>
  /** Sessions by their number of nudges. */
  readonly counts: Tally.Tally<keyof SessionCounts>
  /** Displays by their place in the session. */
  readonly positions: Tally.Tally<keyof DisplayCounts>
  /** Nudged sessions whose detail could not be had. */
  missingDetails: number
}

const sumOf = <Name extends string>(
  counts: ReadonlyArray<Counts.Counts<Name>>,
  zeros: Counts.Counts<Name>,
): Counts.Counts<Name> => counts.reduce((sum, one) => Counts.add(sum, one), zeros)

const ofSessions = { sessions: [["converted_sessions"], ["immature_sessions"]] } as const
const ofDisplays = { shown: [["clicked", "dismissed", "chat_opened"]] } as const
const sessionNames = ["sessions", "converted_sessions", "immature_sessions"] as const
const displayNames = ["shown", "clicked", "dismissed", "chat_opened"] as const

const fault = ({ counts, funnel, positions, types }: State): string | undefined => {
  const numbers = levels.map((level) => counts.get(level) ?? noSessions)
  const sessions = sumOf(numbers, noSessions)
  const [engaged, chatted] = steps.map((step) => funnel.get(step) ?? noSessions)
  return Counts.firstReason([
    ...displayNames.map((name) =>
      Counts.unequal(
        `${name} of all places`,
        Counts.total(positions.values(), name),
        `${name} of all types`,
        Counts.total(types.values(), name),
      ),
    ),
    // A session with k nudges has one in each of the first k places; beyond the last but one they share a place.
    ...levels.map((level, index) => {
      const [displays, having] = [positions.get(level)?.shown ?? 0, Counts.total(numbers.slice(index), "sessions")]
      return index < levels.length - 1
        ? Counts.unequal(`displays at place ${level}`, displays, "sessions that came so far", having)
        : Counts.above("sessions that came so far", having, `displays at place ${level}`, displays)
    }),
    Counts.notUnion(sessions, [...types.values()], sessionNames),
    ...sessionNames.flatMap((name) => [
      Counts.above(`${name} of the engaged`, engaged?.[name] ?? 0, `${name} of all`, sessions[name]),
      Counts.above(`${name} with a chat`, chatted?.[name] ?? 0, `${name} of the engaged`, engaged?.[name] ?? 0),
    ]),
  ])
}

const codec = Schema.Struct({
  types: Tally.codec(noCounts, { bounds: { ...ofSessions, shown: [...ofDisplays.shown, ["sessions"]] } }),
  funnel: Tally.codec(noSessions, { bounds: ofSessions }).check(Tally.keysIn(new Set(steps), "a step of the funnel")),
  counts: Tally.codec(noSessions, { bounds: ofSessions }).check(Tally.keysIn(new Set(levels), "a number of nudges")),
  positions: Tally.codec(noDisplays, { bounds: ofDisplays }).check(Tally.keysIn(new Set(levels), "a place")),
  missingDetails: Counts.Counter,
}).check(Schema.makeFilter(fault))

const countDisplay = (counts: DisplayCounts, outcome: string): void => {
  counts.shown++
  if (outcome === "clicked" || outcome === "dismissed" || outcome === "chat_opened") counts[outcome]++
}

const countSession = (counts: SessionCounts, isConverted: boolean, isImmature: boolean): void => {
  counts.sessions++
  if (isConverted) counts.converted_sessions++
  if (isImmature) counts.immature_sessions++
}

interface Key {
  readonly section: "type" | "funnel" | "count" | "position"
  readonly nudge_type: string
  readonly level: string | null
  readonly total: boolean
}

interface Found {
  readonly sessions: SessionCounts
  readonly displays?: DisplayCounts | undefined
  readonly trend?: Trend.Trend | undefined
}

const rateOf = (events: number, of: number, z: number): Comparison.Estimate => ({
  estimate: Proportion.rate(events, of),
  ...Proportion.wilson(events, of, z),
})

const toRow = ({ total, ...key }: Key, { displays, sessions, trend }: Found, isIncomplete: boolean, z: number): Row => {
  const { chat_opened, clicked, dismissed, shown } = displays ?? noDisplays
  const click = rateOf(clicked, shown, z)
  const dismiss = rateOf(dismissed, shown, z)
  const chatOpen = rateOf(chat_opened, shown, z)
  const conversion = rateOf(sessions.converted_sessions, sessions.sessions, z)
  const warnings = new Set(Warning.ofCounts(sessions.converted_sessions, sessions.sessions))
  if (shown > 0) warnings.add("CLUSTERED")
  if (trend?.p === Comparison.pFloor) warnings.add("P_FLOOR")
  if (sessions.immature_sessions > 0) warnings.add("IMMATURE")
  if (isIncomplete) warnings.add("INCOMPLETE")
  return {
    ...key,
    shown: displays?.shown ?? null,
    clicked: displays?.clicked ?? null,
    click_rate: click.estimate,
    click_rate_low: click.low,
    click_rate_high: click.high,
    dismissed: displays?.dismissed ?? null,
    dismiss_rate: dismiss.estimate,
    dismiss_rate_low: dismiss.low,
    dismiss_rate_high: dismiss.high,
    chat_opened: displays?.chat_opened ?? null,
    chat_open_rate: chatOpen.estimate,
    chat_open_rate_low: chatOpen.low,
    chat_open_rate_high: chatOpen.high,
    sessions: sessions.sessions,
    converted_sessions: sessions.converted_sessions,
    conversion_rate: conversion.estimate,
    conversion_rate_low: conversion.low,
    conversion_rate_high: conversion.high,
    trend_z: trend?.z ?? null,
    trend_p: trend?.p ?? null,
    warnings: Warning.format(warnings),
    total,
  }
}

const checks: OptionCheck.Checks<Options> = {
  confidence: ReportOptions.confidence,
}

const of = ({ confidence = 0.95 }: Options): Report<State, Row> => ({
  name: "nudge-performance",
  version: "1",
  columns,
  compared: {
    label: ({ level, nudge_type, section }) => [section, level ?? nudge_type],
    isTotal: ({ total }) => total,
    rates: ({ chat_opened, clicked, converted_sessions, dismissed, sessions, shown }) => [
      { name: "conversion_rate", events: converted_sessions, of: sessions },
      ...(shown === null || clicked === null || dismissed === null || chat_opened === null
        ? []
        : [
            { name: "click_rate", events: clicked, of: shown, isClustered: true },
            { name: "dismiss_rate", events: dismissed, of: shown, isClustered: true },
            { name: "chat_open_rate", events: chat_opened, of: shown, isClustered: true },
          ]),
    ],
  },
  needsDetail: NudgedSession.isNudged,
  needsEvents: () => false,
  codec,
  contradicts: ({ counts, missingDetails }, { sessions }) =>
    Counts.above("nudged sessions", Counts.total(counts.values(), "sessions") + missingDetails, "sessions", sessions),
  initial: () => ({
    types: new Map(),
    funnel: new Map(),
    counts: new Map(),
    positions: new Map(),
    missingDetails: 0,
  }),
  step: (state, read) => {
    const shown = NudgedSession.displays(read)
    if (shown === "missing") state.missingDetails++
    if (shown === undefined || shown === "missing") return state
    const { nudges, session } = shown
    const { converted } = session
    const isImmature = Session.isUnsettled(session, read.readAt)
    for (const { outcome, type } of nudges) countDisplay(Tally.at(state.types, type, noCounts), outcome)
    for (const [type] of Attribution.byType(nudges)) {
      countSession(Tally.at(state.types, type, noCounts), converted, isImmature)
    }
    const hasChat = nudges.some(({ outcome }) => outcome === "chat_opened")
    if (hasChat || nudges.some(({ outcome }) => outcome === "clicked")) {
      countSession(Tally.at(state.funnel, "engaged", noSessions), converted, isImmature)
    }
    if (hasChat) countSession(Tally.at(state.funnel, "chat_opened", noSessions), converted, isImmature)
    countSession(Tally.at(state.counts, levelOf(nudges.length), noSessions), converted, isImmature)
    Attribution.byDisplay(nudges).forEach(({ nudge: { outcome } }, index) => {
      countDisplay(Tally.at(state.positions, levelOf(index + 1), noDisplays), outcome)
    })
    return state
  },
  combine: (left, right) => ({
    types: Tally.combine(left.types, right.types),
    funnel: Tally.combine(left.funnel, right.funnel),
    counts: Tally.combine(left.counts, right.counts),
    positions: Tally.combine(left.positions, right.positions),
    missingDetails: left.missingDetails + right.missingDetails,
  }),
  done: (state) => {
    const z = Proportion.zOf(confidence)
    const rowOf = (key: Key, found: Found): Row => toRow(key, found, state.missingDetails > 0, z)
    const ofAll = (section: Key["section"], level: string | null, found: Found, total = false): Row =>
      rowOf({ section, nudge_type: "(all)", level, total }, found)
    const counts = levels.map((level) => state.counts.get(level) ?? noSessions)
    const positions = levels.map((level) => state.positions.get(level) ?? noDisplays)
    const sessions = sumOf(counts, noSessions)
    const displays = sumOf(positions, noDisplays)
    const conversion = Trend.cochranArmitage(
      counts.map(({ converted_sessions, sessions }) => ({ conversions: converted_sessions, sessions })),
    )
    const dismissal = Trend.cochranArmitage(
      positions.map(({ dismissed, shown }) => ({ conversions: dismissed, sessions: shown })),
    )
    return [
      ...Tally.sorted(state.types).map(([nudge_type, both]) =>
        rowOf({ section: "type", nudge_type, level: null, total: false }, { sessions: both, displays: both }),
      ),
      ofAll("type", null, { sessions, displays }, true),
      ofAll("funnel", "shown", { sessions }, true),
      ...steps.map((step) => ofAll("funnel", step, { sessions: state.funnel.get(step) ?? noSessions })),
      ...counts.map((of, index) => ofAll("count", levels[index] ?? null, { sessions: of })),
      ofAll("count", "(all)", { sessions, trend: conversion }, true),
      // A session with k nudges has one in each of the first k places.
      ...positions.map((of, index) =>
        ofAll("position", levels[index] ?? null, { sessions: sumOf(counts.slice(index), noSessions), displays: of }),
      ),
      ofAll("position", "(all)", { sessions, displays, trend: dismissal }, true),
    ]
  },
})

/**
 * `type`: one row for each nudge type by code unit, then `(all)`; `funnel`: sessions with a display, with a click or an
 * opened chat, with an opened chat; `count` and `position`: 1 to 5+, each with a row, then `(all)` with the trend.
 * Needs the details of the nudged sessions.
 */
export const make = (options: Options = {}): Report<State, Row> => of(OptionCheck.orThrow(checks, options))
