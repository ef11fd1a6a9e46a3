/** The same report for two windows, from two walks or from two saved states, and how its rates moved. */
import { Coverage, Session, SessionFile, TimeSpan, TimeWindow } from "@effect-elnudge/core"
import { RateChange, ReportCsv } from "@effect-elnudge/report"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as FlagValues from "./FlagValues.ts"
import type * as PrintedReport from "./PrintedReport.ts"
import * as RateChangeTable from "./RateChangeTable.ts"
import * as ReportRunner from "./ReportRunner.ts"
import * as StateFile from "./StateFile.ts"
import * as TableText from "./TableText.ts"
import { UsageError } from "./UsageError.ts"
import * as WalkPlan from "./WalkPlan.ts"

/** One of the two windows. */
export interface Side extends ReportRunner.Basis {
  readonly rates: ReadonlyArray<RateChange.RatedRow>
  /** What deserves a word. */
  readonly notes: ReadonlyArray<string>
}

export interface WindowComparison {
  readonly report: PrintedReport.PrintedReport
  readonly before: Side
  readonly after: Side
  readonly notes: ReadonlyArray<string>
}

/** Legal, as for this year against the last, but more often a slip. */
const orderNotes = (before: TimeSpan.TimeSpans, after: TimeSpan.TimeSpans): ReadonlyArray<string> =>
  (before[0]?.from ?? 0) > (after[0]?.from ?? 0) ? ["note: the window before is the later one of the two"] : []

const refuseOverlap = (name: string, before: TimeSpan.TimeSpans, after: TimeSpan.TimeSpans) => {
  const both = TimeSpan.overlap(before, after)
  if (both === undefined) return Effect.void
  const { from, to } = TimeWindow.ofSpan(both)
  return Effect.fail(
    new UsageError({
      reason: `${name} both hold ${from} to ${to}`,
      advice: "Give windows that do not overlap (the end of a window is exclusive).",
    }),
  )
}

type SharedFlags = Omit<WalkPlan.WalkFlags, "from" | "to" | "since" | "checkpoint">

const planOf = Effect.fnUntraced(function* (flag: string, flags: SharedFlags, { from, to }: FlagValues.Span) {
  const [start, end] = [from, to].map((moment) =>
    DateTime.toEpochMillis(WalkPlan.resolveMoment(moment, flags.timeZone)),
  )
  if (start !== undefined && end !== undefined && start >= end) {
    return yield* new UsageError({
      reason: `the window of ${flag} is empty: it begins at ${Session.instant(start)} and ends at ${Session.instant(end)}`,
      advice: `Give ${flag} two different moments, the earlier one first (the end is exclusive).`,
    })
  }
  return yield* WalkPlan.make({
    ...flags,
    from: Option.some(from),
    to: Option.some(to),
    since: Option.none(),
    checkpoint: Option.none(),
  })
})

const spansOf = ({ from, to }: WalkPlan.WalkPlan): TimeSpan.TimeSpans =>
  from === undefined || to === undefined ? [] : [{ from: DateTime.toEpochMillis(from), to: DateTime.toEpochMillis(to) }]

const walk = Effect.fnUntraced(function* (report: PrintedReport.PrintedReport, plan: WalkPlan.WalkPlan) {
  const running = report.start()
  const { coverage, ledger } = yield* ReportRunner.walk([running], plan)
  const notes = [...plan.notes, ...WalkPlan.fileNotes(plan, coverage)]
  const side: Side = { coverage, ledger, rates: running.rates(), notes }
  return side
})

/** Walks both windows. Fails with `UsageError` where they overlap: a session in both would hide a difference. */
export const ofWindows = Effect.fn("WindowComparison.ofWindows")(function* (
  report: PrintedReport.PrintedReport,
  flags: SharedFlags,
  windows: { readonly before: FlagValues.Span; readonly after: FlagValues.Span },
) {
  const before = yield* planOf("--before", flags, windows.before)
  const after = yield* planOf("--after", flags, windows.after)
  yield* refuseOverlap("--before and --after", spansOf(before), spansOf(after))
  const pins = yield* SessionFile.pin(flags.input)
  const comparison: WindowComparison = {
    report,
    before: yield* walk(report, { ...before, pins }),
    // One command, one budget, and the same files.
    after: yield* walk(report, { ...after, pins, budget: before.budget }),
    notes: orderNotes(spansOf(before), spansOf(after)),
  }
  return comparison
})

/** Takes both from saved states. Fails where they are not of the same report, options and sessions apart. */
export const ofStates = Effect.fn("WindowComparison.ofStates")(function* (beforeFile: string, afterFile: string) {
  const first = yield* StateFile.read(beforeFile)
  const second = yield* StateFile.read(afterFile)
  yield* StateFile.checkSame(first, second)
  if (!first.report.isComparable) {
    return yield* new UsageError({
      reason: `the rows of ${first.report.name} are no rates that could be compared`,
      advice:
        "Save the states of attribution, cohorts, reconcile, calibration or nudge-performance, and compare those.",
    })
  }
  yield* StateFile.checkApart(first, second)
  const { by } = first.report.options
  if (by === "day" || by === "week") {
    return yield* new UsageError({
      reason: `the rows of these states are by ${by}, and no ${by} is in both windows`,
      advice: "Save the states without --by, or with --by hour or weekday.",
    })
  }
  const before = yield* StateFile.merge(first)
  const after = yield* StateFile.merge(second)
  const comparison: WindowComparison = {
    report: first.report,
    before: { ...before, rates: before.running.rates(), notes: [] },
    after: { ...after, rates: after.running.rates(), notes: [] },
    notes: orderNotes(Coverage.spans(first.coverage), Coverage.spans(second.coverage)),
  }
  return comparison
})

/** The rates of both windows side by side. */
export const print = ({ after, before, report }: WindowComparison): PrintedReport.Printed<RateChange.Row> => {
  const rows = RateChange.make(before.rates, after.rates, report.options.confidence)
  return {
    name: `compare ${report.name}`,
    version: report.version,
    options: report.options,
    csv: (options) => ReportCsv.make(RateChange.columns, rows, options),
    table: () => `${RateChangeTable.render(rows)}${TableText.caption(report.options.confidence)}`,
    rows,
  }
}

/** What the JSON says that both windows rest on. */
export const basis = ({ after, before }: WindowComparison) => ({
  before: { coverage: before.coverage, ledger: before.ledger },
  after: { coverage: after.coverage, ledger: after.ledger },
})
