/**
 * Which reading of the attribution rule the vendor's flag follows: over all nudges, how often the flag and each reading
 * say the same.
 */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"
import * as Session from "@effect-elnudge/core/Session"
import * as Schema from "effect/Schema"
import * as Agreement from "./Agreement.ts"
import * as Attribution from "./Attribution.ts"
import * as Counts from "./Counts.ts"
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
}

/** How well one reading of the rule agrees with the flag, in nudges; shares of 1. */
export interface Row {
  readonly reading: string
  /** Nudges, by who says that it led to the conversion: the vendor's flag, the reading of the rule, both, neither. */
  readonly both: number
  readonly flag_only: number
  readonly rule_only: number
  readonly neither: number
  /** (both + neither) ÷ nudges, with its Wilson interval. */
  readonly agreement: number | null
  readonly agreement_low: number | null
  readonly agreement_high: number | null
  /** Cohen's: see {@link Agreement.kappa}. */
  readonly kappa: number | null
  /** yes on the first of those with the highest agreement, no on the others, null without a nudge. */
  readonly best: "yes" | "no" | null
  readonly warnings: string
}

const columns: ReadonlyArray<keyof Row> = [
  "reading",
  "both",
  "flag_only",
  "rule_only",
  "neither",
  "agreement",
  "agreement_low",
  "agreement_high",
  "kappa",
  "best",
  "warnings",
]

type ShownNudges = ReadonlyArray<Attribution.ShownNudge>

/** Which of the candidates each reading gives the conversion to, in the order of the rows. */
const readings: ReadonlyArray<{
  readonly name: string
  readonly credited: (candidates: ShownNudges, isWithin: (shown: Attribution.ShownNudge) => boolean) => ShownNudges
}> = [
  { name: "last_within_window", credited: (candidates, isWithin) => candidates.slice(-1).filter(isWithin) },
  {
    name: "last_within_window_without_dismissed",
    credited: (candidates, isWithin) =>
      candidates
        .filter(({ nudge }) => nudge.outcome !== "dismissed")
        .slice(-1)
        .filter(isWithin),
  },
  { name: "any_within_window", credited: (candidates, isWithin) => candidates.filter(isWithin) },
  { name: "last_any_time", credited: (candidates) => candidates.slice(-1) },
  { name: "any_time", credited: (candidates) => candidates },
]

/** Counts by reading. */
export interface State {
  /** By the reading's name. */
  readonly readings: Tally.Tally<keyof Agreement.AgreementCounts>
  /** Sessions with a nudge that may still have been open when they were read. */
  immatureSessions: number
  /** Nudged sessions whose detail could not be had. */
  missingDetails: number
}

// Of the nudges that a reading gives a conversion to, those that another one, or neither, gives it to as well.
const narrower = [
  ["last_within_window", "any_within_window"],
  ["last_within_window", "last_any_time"],
  ["last_within_window_without_dismissed", "any_within_window"],
  ["any_within_window", "any_time"],
  ["last_any_time", "any_time"],
] as const

const fault = ({ immatureSessions, readings: tally }: State): string | undefined => {
  const of = (name: string) => tally.get(name) ?? Agreement.noCounts
  const [first = Agreement.noCounts, ...others] = readings.map(({ name }) => of(name))
  return Counts.firstReason([
    ...others.flatMap((other) => [
      Counts.unequal("the nudges of a reading", Agreement.total(other), "those of another", Agreement.total(first)),
      Counts.unequal(
        "the flagged nudges of a reading",
        Counts.total([other], "both", "flag_only"),
        "those of another",
        Counts.total([first], "both", "flag_only"),
      ),
    ]),
    ...narrower.flatMap(([narrow, wide]) =>
      (["both", "rule_only"] as const).map((count) =>
        Counts.above(`${count} of ${narrow}`, of(narrow)[count], `that of ${wide}`, of(wide)[count]),
      ),
    ),
    Counts.above("immatureSessions", immatureSessions, "the nudges", Agreement.total(first)),
  ])
}

const codec = Schema.Struct({
  readings: Tally.codec(Agreement.noCounts).check(
    Tally.keysIn(new Set(readings.map(({ name }) => name)), "the name of a reading"),
  ),
  immatureSessions: Counts.Counter,
  missingDetails: Counts.Counter,
}).check(Schema.makeFilter(fault))

const isFlagged = (nudge: Session.Nudge): boolean => nudge.influenced_conversion

const checks: OptionCheck.Checks<Options> = {
  rule: ReportOptions.rule,
  confidence: ReportOptions.confidence,
}

const of = ({ confidence = 0.95, rule = Attribution.vendorRule }: Options): Report<State, Row> => ({
  name: "readings",
  version: "1",
  columns,
  compared: {
    label: ({ reading }) => [reading],
    isTotal: () => false,
    rates: (row) => [
      { name: "agreement", events: Agreement.agreeing(row), of: Agreement.total(row), isClustered: true },
    ],
  },
  needsDetail: NudgedSession.isNudged,
  needsEvents: NudgedSession.needsPurchaseTime,
  codec,
  contradicts: ({ immatureSessions, missingDetails }, { sessions }) =>
    Counts.above("immatureSessions + missingDetails", immatureSessions + missingDetails, "sessions", sessions),
  initial: () => ({ readings: new Map(), immatureSessions: 0, missingDetails: 0 }),
  step: (state, read) => {
    const session = NudgedSession.of(read)
    if (session === "missing") state.missingDetails++
    if (session === undefined || session === "missing") return state
    if (Session.isUnsettled(session, read.readAt)) state.immatureSessions++
    const { candidates, purchasedAt } = Attribution.attribute(session, rule)
    const isWithin = ({ shownAt }: Attribution.ShownNudge) =>
      purchasedAt !== undefined && purchasedAt - shownAt <= rule.windowMillis
    const flagged = session.nudges.filter(isFlagged).length
    for (const { credited, name } of readings) {
      const yes = credited(candidates, isWithin)
      const both = yes.filter(({ nudge }) => isFlagged(nudge)).length
      const counts = Tally.at(state.readings, name, Agreement.noCounts)
      counts.both += both
      counts.flag_only += flagged - both
      counts.rule_only += yes.length - both
      counts.neither += session.nudges.length - flagged - (yes.length - both)
    }
    return state
  },
  combine: (left, right) => ({
    readings: Tally.combine(left.readings, right.readings),
    immatureSessions: left.immatureSessions + right.immatureSessions,
    missingDetails: left.missingDetails + right.missingDetails,
  }),
  done: ({ immatureSessions, missingDetails, readings: tally }) => {
    const z = Proportion.zOf(confidence)
    const tables = readings.map(({ name }) => tally.get(name) ?? Agreement.noCounts)
    // All readings are of the same nudges, so that the rates are in the order of their numerators.
    const best = tables.map(Agreement.agreeing).indexOf(Math.max(...tables.map(Agreement.agreeing)))
    return readings.map(({ name }, index): Row => {
      const counts = tables[index] ?? Agreement.noCounts
      const nudges = Agreement.total(counts)
      const { estimate, high, low } = Agreement.rate(counts, z)
      const warnings = new Set<Warning.Warning>(Warning.ofCounts(Agreement.agreeing(counts), nudges))
      warnings.add("CLUSTERED")
      if (immatureSessions > 0) warnings.add("IMMATURE")
      if (missingDetails > 0) warnings.add("INCOMPLETE")
      return {
        reading: name,
        ...counts,
        agreement: estimate,
        agreement_low: low,
        agreement_high: high,
        kappa: Agreement.kappa(counts),
        best: nudges === 0 ? null : index === best ? "yes" : "no",
        warnings: Warning.format(warnings),
      }
    })
  },
})

/** One row for each reading. Needs the details of the nudged sessions. */
export const make = (options: Options = {}): Report<State, Row> => of(OptionCheck.orThrow(checks, options))
