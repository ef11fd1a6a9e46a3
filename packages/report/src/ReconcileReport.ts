/**
 * The vendor's flag on each nudge against the attribution rule: how many nudges the two agree on, and for the others
 * the reason why not, with sessions to look at.
 */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"
import * as Session from "@effect-elnudge/core/Session"
import * as Schema from "effect/Schema"
import * as Attribution from "./Attribution.ts"
import * as Counts from "./Counts.ts"
import * as NudgedSession from "./NudgedSession.ts"
import * as Proportion from "./Proportion.ts"
import * as Reconcile from "./Reconcile.ts"
import type { Report } from "./Report.ts"
import * as ReportOptions from "./ReportOptions.ts"
import * as Tally from "./Tally.ts"
import * as TextKey from "./TextKey.ts"
import * as Warning from "./Warning.ts"

export interface Options {
  /** @default Attribution.vendorRule */
  readonly rule?: Attribution.Rule | undefined
  /** Of the two-sided intervals. @default 0.95 */
  readonly confidence?: number | undefined
}

/** The nudges with one reason; `share` and its limits are shares of 1. */
export interface Row {
  /** A {@link Reconcile.Reason}, or `(all)`. */
  readonly reason: string
  /** yes or no: what the vendor says of the row's nudges. */
  readonly vendor_flag: string
  /** What the rule gives each of them: yes, maybe (the last candidate, but older than the window) or no. */
  readonly recomputed: string
  readonly nudges: number
  /** nudges ÷ all nudges, with its Wilson interval; `(all)`, which is 1 by definition, has none. */
  readonly share: number | null
  readonly share_low: number | null
  readonly share_high: number | null
  /** Distinct sessions with such a nudge. */
  readonly sessions: number
  /** The ids of up to three of them, the least by code unit, with a space between: see {@link examplesOf}. */
  readonly examples: string
  readonly warnings: string
  /** Whether the row is that of all nudges. */
  readonly total: boolean
  /** All nudges, which the share is of; it has no column. */
  readonly all_nudges: number
}

const columns: ReadonlyArray<keyof Row> = [
  "reason",
  "vendor_flag",
  "recomputed",
  "nudges",
  "share",
  "share_low",
  "share_high",
  "sessions",
  "examples",
  "warnings",
  "total",
]

const noCounts = { nudges: 0, sessions: 0, immature_sessions: 0 }

type RowCounts = Counts.Counts<keyof typeof noCounts>

/** By the row's id; a row without a nudge is not there. */
export interface State {
  readonly rows: Tally.Tally<keyof RowCounts>
  readonly examples: Map<string, ReadonlyArray<string>>
  /** Nudged sessions whose detail could not be had. */
  missingDetails: number
}

const all = "(all)"

const textKey = TextKey.make(" ")

const idOf = ({ reason, recomputed, vendor_flag }: Reconcile.Finding): string =>
  textKey.join(reason, vendor_flag, recomputed)

const layout = [
  ...Reconcile.findings.map((finding) => ({ ...finding, id: idOf(finding) })),
  { reason: all, vendor_flag: all, recomputed: all, id: all },
]

const maxExamples = 3

const Id = Schema.fromJsonString(Schema.String)

/** The least ids of both, each once. */
const least = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set([...left, ...right])].sort().slice(0, maxExamples)

// An id may hold spaces: it then stands as a JSON string, as does one that begins like such a string.
const written = (id: string): string => (/^"|\s/.test(id) ? JSON.stringify(id) : id)

const quoted = /"(?:[^"\\]|\\.)*"|\S+/g

/** The ids that the cell `examples` names. */
export const examplesOf = ({ examples }: Pick<Row, "examples">): ReadonlyArray<string> =>
  Array.from(examples.matchAll(quoted), ([id]) => (id.startsWith('"') ? Schema.decodeSync(Id)(id) : id))

const addExample = (examples: State["examples"], row: string, id: string): void => {
  const before = examples.get(row) ?? []
  const greatest = before[maxExamples - 1]
  if (greatest === undefined || id < greatest) examples.set(row, least(before, [id]))
}

const countSession = (state: State, row: string, nudges: number, session: Session.Detail, isImmature: boolean) => {
  const counts = Tally.at(state.rows, row, noCounts)
  counts.nudges += nudges
  counts.sessions++
  if (isImmature) counts.immature_sessions++
  addExample(state.examples, row, session.id)
}

const ids = new Set(layout.map(({ id }) => id))

const fault = ({ examples, rows }: State): string | undefined => {
  const found = [...rows].filter(([id]) => id !== all).map(([, counts]) => counts)
  const sum = rows.get(all) ?? noCounts
  const named = [...examples].flatMap(([id, names]) => (id === all ? [] : names))
  return Counts.firstReason([
    Counts.unequal("the nudges of all reasons", Counts.total(found, "nudges"), "all nudges", sum.nudges),
    Counts.notUnion(sum, found, ["sessions", "immature_sessions"]),
    ...[...ids].map((id) => {
      const [names, { sessions }] = [examples.get(id) ?? [], rows.get(id) ?? noCounts]
      const isOf = String(least(names, [])) === String(names) && names.length > 0 === sessions > 0
      return isOf
        ? Counts.above("examples", names.length, "sessions", sessions)
        : "Expected examples in order, each once"
    }),
    String(least(named, [])) === String(examples.get(all) ?? [])
      ? undefined
      : "Expected the examples of all to be of a reason",
  ])
}

const codec = Schema.Struct({
  rows: Tally.codec(noCounts, { bounds: { nudges: [["sessions"]], sessions: [["immature_sessions"]] } }).check(
    Tally.keysIn(ids, "a reason, a flag and what the rule gives"),
  ),
  examples: Tally.mapCodec(Schema.Array(Schema.String)).check(
    Tally.keysIn(ids, "a reason, a flag and what the rule gives"),
  ),
  missingDetails: Counts.Counter,
}).check(Schema.makeFilter(fault))

const noInterval: Proportion.Interval = { low: null, high: null }

const checks: OptionCheck.Checks<Options> = {
  rule: ReportOptions.rule,
  confidence: ReportOptions.confidence,
}

const of = ({ confidence = 0.95, rule = Attribution.vendorRule }: Options): Report<State, Row> => ({
  name: "reconcile",
  version: "1",
  columns,
  compared: {
    label: ({ reason, recomputed, vendor_flag }) => [`${reason} (flag ${vendor_flag}, rule ${recomputed})`],
    isTotal: ({ total }) => total,
    rates: ({ all_nudges, nudges, total }) =>
      total ? [] : [{ name: "share", events: nudges, of: all_nudges, isClustered: true }],
  },
  needsDetail: NudgedSession.isNudged,
  needsEvents: NudgedSession.needsPurchaseTime,
  codec,
  contradicts: ({ missingDetails, rows }, { sessions }) =>
    Counts.above("nudged sessions", (rows.get(all)?.sessions ?? 0) + missingDetails, "sessions", sessions),
  initial: () => ({ rows: new Map(), examples: new Map(), missingDetails: 0 }),
  step: (state, read) => {
    const session = NudgedSession.of(read)
    if (session === "missing") state.missingDetails++
    if (session === undefined || session === "missing") return state
    const isImmature = Session.isUnsettled(session, read.readAt)
    for (const [id, nudges] of Map.groupBy(Reconcile.ofSession(session, rule), idOf)) {
      countSession(state, id, nudges.length, session, isImmature)
    }
    countSession(state, all, session.nudges.length, session, isImmature)
    return state
  },
  combine: (left, right) => {
    const examples = new Map(left.examples)
    for (const [row, ids] of right.examples) examples.set(row, least(examples.get(row) ?? [], ids))
    return {
      rows: Tally.combine(left.rows, right.rows),
      examples,
      missingDetails: left.missingDetails + right.missingDetails,
    }
  },
  done: ({ examples, missingDetails, rows }) => {
    const z = Proportion.zOf(confidence)
    const all_nudges = rows.get(all)?.nudges ?? 0
    return layout.map(({ id, reason, recomputed, vendor_flag }): Row => {
      const { immature_sessions, nudges, sessions } = rows.get(id) ?? noCounts
      const interval = id === all ? noInterval : Proportion.wilson(nudges, all_nudges, z)
      const warnings = new Set<Warning.Warning>(Warning.ofCounts(nudges, all_nudges))
      // That nothing is outside of `(all)` is no lack of data.
      if (id === all) warnings.delete("SMALL_COUNT")
      warnings.add("CLUSTERED")
      if (immature_sessions > 0) warnings.add("IMMATURE")
      if (missingDetails > 0) warnings.add("INCOMPLETE")
      return {
        reason,
        vendor_flag,
        recomputed,
        nudges,
        share: Proportion.rate(nudges, all_nudges),
        share_low: interval.low,
        share_high: interval.high,
        sessions,
        examples: (examples.get(id) ?? []).map(written).join(" "),
        warnings: Warning.format(warnings),
        total: id === all,
        all_nudges,
      }
    })
  },
})

/**
 * One row for each of {@link Reconcile.findings}, with 0 where there is none, then `(all)`: every nudge is in one row.
 * Needs the details of the nudged sessions.
 */
export const make = (options: Options = {}): Report<State, Row> => of(OptionCheck.orThrow(checks, options))
