/** Stream ▸ fold ▸ output: the one place where a walk, reports and files meet. Any number of reports share a walk. */
import { Coverage, type Session, version } from "@effect-elnudge/core"
import { Fold, Ledger, Report } from "@effect-elnudge/report"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as PrintedReport from "./PrintedReport.ts"
import * as Progress from "./Progress.ts"
import * as WalkPlan from "./WalkPlan.ts"

export type Format = "table" | "csv" | "json"

/** What a report rests on. */
export interface Basis {
  readonly coverage: Coverage.Coverage
  readonly ledger: Ledger.Ledger
}

export interface Walked extends Basis {
  /** When the first session was read, in epoch milliseconds; Infinity without one. */
  readonly firstReadAt: number
}

/** Walks once, reads the details that any of the reports needs, and takes every session into all of them. */
export const walk = Effect.fn("ReportRunner.walk")(function* (
  reports: ReadonlyArray<PrintedReport.Running>,
  plan: WalkPlan.WalkPlan,
) {
  const recorder = yield* Coverage.make
  const ledger = Fold.start(Ledger.make())
  let looked = 0
  let picked = 0
  let firstReadAt = Infinity
  let lastReadAt = -Infinity
  const pick = (session: Session.Summary): boolean => {
    const isNeeded = reports.some((report) => report.needsDetail(session))
    looked++
    if (isNeeded) picked++
    return isNeeded
  }
  yield* WalkPlan.reads(plan, { pick, ordered: false }).pipe(
    Stream.runForEachArray((reads) =>
      Effect.sync(() => {
        for (const read of reads) {
          firstReadAt = Math.min(firstReadAt, read.readAt)
          lastReadAt = Math.max(lastReadAt, read.readAt)
          ledger.step(read)
          for (const report of reports) report.step(read)
        }
      }),
    ),
    Progress.during(recorder, () => ({ of: looked, picked }), plan),
    Effect.provideService(Coverage.Current, recorder),
  )
  const coverage = recorder.snapshot()
  for (const { from, to } of Coverage.spans(coverage)) {
    // What lies in the future of the walk was not walked.
    const span = { from, to: Math.min(to, lastReadAt) }
    if (span.from < span.to) for (const report of reports) report.cover(span)
  }
  const walked: Walked = { coverage, ledger: ledger.done(), firstReadAt }
  return walked
})

const byteOrderMark = "\u{feff}"

/** One report as text; the JSON also says what it rests on. */
export const format = <Row>(
  report: PrintedReport.Printed<Row>,
  basis: Readonly<Record<string, unknown>>,
  as: Format,
  bom: boolean,
): string => {
  switch (as) {
    case "csv":
      return bom ? `${byteOrderMark}${report.csv()}` : report.csv()
    case "table":
      return report.table()
    case "json": {
      const { name, options, rows } = report
      const head = { report: name, definitions: Report.definitions, version, options }
      return `${JSON.stringify({ ...head, ...basis, rows }, null, 2)}\n`
    }
  }
}
