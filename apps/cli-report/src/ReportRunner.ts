/** Stream ▸ fold ▸ output: the one place where a walk, reports and files meet. Any number of reports share a walk. */
import { Coverage, type Session, type SessionRead, version } from "@effect-elnudge/core"
import { Fold, Ledger, Report, ReportCsv } from "@effect-elnudge/report"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Progress from "./Progress.ts"
import * as WalkPlan from "./WalkPlan.ts"

export type Format = "table" | "csv" | "json"

/** What a finished report can be printed as. */
export interface Printed {
  readonly name: string
  readonly csv: () => string
  readonly table: () => string
  readonly rows: ReadonlyArray<unknown>
  /** What the report was asked for. */
  readonly options: Readonly<Record<string, unknown>>
}

/** A report that knows how it is printed; its rows and state are its own affair. */
export interface PrintedReport {
  readonly needsDetail: (session: Session.Summary) => boolean
  readonly start: () => Fold.Running<SessionRead.SessionRead, Printed>
}

export const printed = <State, Row extends { readonly [column in keyof Row]: Report.Cell }>(
  report: Report.Report<State, Row>,
  table: (rows: ReadonlyArray<Row>) => string,
  options: Printed["options"],
): PrintedReport => ({
  needsDetail: report.needsDetail,
  start: () => {
    const running = Fold.start(report)
    return {
      step: running.step,
      done: () => {
        const rows = running.done()
        return {
          name: report.name,
          csv: () => ReportCsv.make(report.columns, rows),
          table: () => table(rows),
          rows,
          options,
        }
      },
    }
  },
})

export interface Outcome {
  readonly reports: ReadonlyArray<Printed>
  readonly coverage: Coverage.Coverage
  readonly ledger: Ledger.Ledger
}

/** Walks once, reads the details that any of the reports needs, and folds them all. */
export const walk = Effect.fn("ReportRunner.walk")(function* (
  reports: ReadonlyArray<PrintedReport>,
  plan: WalkPlan.WalkPlan,
) {
  const recorder = yield* Coverage.make
  const running = reports.map((report) => report.start())
  const ledger = Fold.start(Ledger.make())
  let looked = 0
  let picked = 0
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
          ledger.step(read)
          for (const report of running) report.step(read)
        }
      }),
    ),
    Progress.during(recorder, () => ({ of: looked, picked }), plan),
    Effect.provideService(Coverage.Current, recorder),
  )
  const outcome: Outcome = {
    reports: running.map((report) => report.done()),
    coverage: recorder.snapshot(),
    ledger: ledger.done(),
  }
  return outcome
})

const byteOrderMark = "\u{feff}"

/** One report as text. */
export const format = (report: Printed, outcome: Outcome, as: Format, bom: boolean): string => {
  switch (as) {
    case "csv":
      return bom ? `${byteOrderMark}${report.csv()}` : report.csv()
    case "table":
      return report.table()
    case "json": {
      const { coverage, ledger } = outcome
      const { name, options, rows } = report
      return `${JSON.stringify({ report: name, definitions: Report.definitions, version, options, coverage, ledger, rows }, null, 2)}\n`
    }
  }
}
