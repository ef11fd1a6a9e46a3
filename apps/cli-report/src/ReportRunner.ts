/** Stream ▸ fold ▸ output: the one place where a walk, reports and files meet. Any number of reports share a walk. */
import { Checkpoint, Coverage, type Session, type SessionRead, version } from "@effect-elnudge/core"
import * as WallClock from "@effect-elnudge/core/WallClock"
import { Ledger } from "@effect-elnudge/report"
import type * as Formula from "@effect-elnudge/report/Formula"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as CheckpointedWalk from "./CheckpointedWalk.ts"
import type * as PrintedReport from "./PrintedReport.ts"
import * as Progress from "./Progress.ts"
import * as WalkPlan from "./WalkPlan.ts"

export type Format = "table" | "csv" | "json"

/** What a report rests on. */
export interface Basis {
  readonly coverage: Coverage.Coverage
  readonly ledger: Ledger.Ledger
}

/**
 * Why a walk cannot be saved: a session says no window, or was read before its window ended, so that later ones of the
 * window may be missing. Times are epoch milliseconds.
 */
const Unsavable = Schema.Union([
  Schema.TaggedStruct("NoWindow", { id: Schema.String }),
  Schema.TaggedStruct("ReadEarly", { readAt: Schema.Finite, to: Schema.Finite }),
])
export type Unsavable = typeof Unsavable.Type

export interface Walked extends Basis {
  /** By the first session that says so. */
  readonly unsavable: Unsavable | undefined
  /** Takes the checkpoint away, once everything is where it belongs. */
  readonly finish: CheckpointedWalk.CheckpointedWalk<unknown>["finish"]
}

const ledgerFold = Ledger.make()

/** What a checkpoint keeps of a walk. */
const Kept = Schema.Struct({
  /** The states of the reports, in their order. */
  reports: Schema.Array(Schema.Unknown),
  ledger: ledgerFold.codec,
  unsavable: Schema.NullOr(Unsavable),
  last_read_at: Schema.NullOr(Schema.Finite),
  looked: Schema.Int,
  picked: Schema.Int,
})

const unfit = (asked: CheckpointedWalk.Asked, reason: string) =>
  new Checkpoint.CheckpointUnusable({ problem: "invalid", file: asked.file, reason })

/** Puts the reports where an earlier run left them. */
const restore = Effect.fnUntraced(function* (
  reports: ReadonlyArray<PrintedReport.Running>,
  saved: ReadonlyArray<unknown>,
  asked: CheckpointedWalk.Asked,
) {
  if (saved.length !== reports.length) return yield* unfit(asked, `it holds ${saved.length} reports`)
  for (const [index, report] of reports.entries()) {
    yield* Effect.mapError(Effect.fromResult(report.restore(saved[index])), (reason) => unfit(asked, reason))
  }
})

const unsavableBy = ({ readAt, summary, window }: SessionRead.SessionRead): Unsavable | undefined => {
  if (window === undefined) return { _tag: "NoWindow", id: summary.id }
  return readAt < window.to ? { _tag: "ReadEarly", readAt, to: window.to } : undefined
}

/**
 * Walks once, reads the details that any of the reports needs, and takes every session into all of them. With `asked` it
 * goes on from the checkpoint, if there is one, and keeps it.
 */
export const walk = Effect.fn("ReportRunner.walk")(function* (
  reports: ReadonlyArray<PrintedReport.Running>,
  plan: WalkPlan.WalkPlan,
  asked?: CheckpointedWalk.Asked,
) {
  const checkpointed = yield* CheckpointedWalk.open(asked, Kept, WalkPlan.hasSession(plan))
  const { earlier: kept, recorder, tracker } = checkpointed
  if (kept !== undefined && asked !== undefined) yield* restore(reports, kept.reports, asked)
  let ledger: ReturnType<typeof ledgerFold.initial> = kept?.ledger ?? ledgerFold.initial()
  let looked = kept?.looked ?? 0
  let picked = kept?.picked ?? 0
  let unsavable = kept?.unsavable ?? undefined
  let lastReadAt = kept?.last_read_at ?? -Infinity
  const needsEvents = (session: Session.Summary): boolean => reports.some((report) => report.needsEvents(session))
  const pick = (session: Session.Summary): boolean => {
    const isNeeded = reports.some((report) => report.needsDetail(session))
    looked++
    if (isNeeded && (!plan.hasNudgeList || needsEvents(session))) picked++
    return isNeeded
  }
  const take = (read: SessionRead.SessionRead): void => {
    unsavable ??= unsavableBy(read)
    lastReadAt = Math.max(lastReadAt, read.readAt)
    ledger = ledgerFold.step(ledger, read)
    for (const report of reports) report.step(read)
    tracker?.done(read)
  }
  const state = Effect.sync((): typeof Kept.Type => ({
    reports: reports.map((report) => report.save()),
    ledger,
    unsavable: unsavable ?? null,
    last_read_at: Number.isFinite(lastReadAt) ? lastReadAt : null,
    looked,
    picked,
  }))
  yield* checkpointed
    .during(state, (saveWhenDue) =>
      WalkPlan.reads(plan, { pick, needsEvents, ordered: false, tracker }).pipe(
        Stream.runForEachArray((reads) =>
          Effect.andThen(
            Effect.sync(() => reads.forEach(take)),
            saveWhenDue,
          ),
        ),
        Progress.during(recorder, () => ({ of: looked, picked }), plan),
      ),
    )
    .pipe(Effect.provideService(Coverage.Current, recorder))
  const coverage = recorder.snapshot()
  const isEarly = unsavable?._tag === "ReadEarly"
  const walkedUntil = isEarly ? lastReadAt : yield* WallClock.now
  for (const { from, to } of Coverage.spans(coverage)) {
    // What lies in the future of the walk was not walked.
    const span = { from, to: Math.min(to, walkedUntil) }
    if (span.from < span.to) for (const report of reports) report.cover(span)
  }
  const walked: Walked = { coverage, ledger: ledgerFold.done(ledger), unsavable, finish: checkpointed.finish }
  return walked
})

const byteOrderMark = "\u{feff}"

export interface CsvOptions extends Formula.Options {
  readonly bom: boolean
}

/** One report as text; the JSON also says what it rests on. */
export const format = <Row>(
  report: PrintedReport.Printed<Row>,
  basis: Readonly<Record<string, unknown>>,
  as: Format,
  csv: CsvOptions,
): string => {
  switch (as) {
    case "csv":
      return `${csv.bom ? byteOrderMark : ""}${report.csv({ escapeFormulas: csv.escapeFormulas })}`
    case "table":
      return report.table()
    case "json": {
      const { name, options, rows, version: definitions } = report
      const head = { report: name, definitions, version, options }
      return `${JSON.stringify({ ...head, ...basis, rows }, null, 2)}\n`
    }
  }
}
