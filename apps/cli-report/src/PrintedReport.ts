/** A report that knows how it is run, kept and printed; its rows and its state are its own affair. */
import type { Session, SessionRead, TimeSpan } from "@effect-elnudge/core"
import { RateChange, Report, ReportCsv } from "@effect-elnudge/report"
import type * as Formula from "@effect-elnudge/report/Formula"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as TableText from "./TableText.ts"

/** What a report was asked for, as JSON. */
export interface Options extends Readonly<Record<string, unknown>> {
  /** Of its two-sided intervals. */
  readonly confidence: number
}

/** One row: the columns and nothing else. */
type PlainRow = Readonly<Record<string, Report.Cell>>

/** What a finished report can be printed as. */
export interface Printed<Row = PlainRow> {
  readonly name: string
  /** Of the definitions behind its numbers. */
  readonly version: string
  readonly options: Options
  readonly csv: (options?: Formula.Options) => string
  readonly table: () => string
  readonly rows: ReadonlyArray<Row>
}

/** A report under way. */
export interface Running<Row = unknown> {
  readonly needsDetail: (session: Session.Summary) => boolean
  /** Whether it needs more of the session than its nudges. */
  readonly needsEvents: (session: Session.Summary) => boolean
  readonly step: (read: SessionRead.SessionRead) => void
  /** The span was walked, whether it held a session or not. */
  readonly cover: (span: TimeSpan.TimeSpan) => void
  /** The state as JSON. */
  readonly save: () => unknown
  /** Why it cannot be of the sessions that the ledger of the same walk counted; undefined where it can. */
  readonly contradicts: (ledger: Report.Counted) => string | undefined
  /** Goes on from a state that `save` gave; fails where it is none of this report's. */
  readonly restore: (saved: unknown) => Result.Result<void, string>
  readonly done: () => Printed
  /** Its rows as the report has them, for what prints them in a way of its own. */
  readonly rows: () => ReadonlyArray<Row>
  /** Its rows' rates, for comparing two windows; none where the report has no rates. */
  readonly rates: () => ReadonlyArray<RateChange.RatedRow>
}

export interface PrintedReport<Row = unknown> {
  readonly name: string
  /** Of the definitions behind its numbers. */
  readonly version: string
  readonly options: Options
  /** Whether it has rates that two windows can be compared by. */
  readonly isComparable: boolean
  readonly start: () => Running<Row>
  /** Goes on from states that `save` gave, together; fails with the first that is none of this report's. */
  readonly resume: (saved: ReadonlyArray<unknown>) => Result.Result<Running<Row>, string>
}

const pick = <Row extends { readonly [column in keyof Row]: Report.Cell }>(
  columns: ReadonlyArray<keyof Row & string>,
  row: Row,
): PlainRow => Object.fromEntries(columns.map((column) => [column, row[column]]))

export const make = <
  State,
  Row extends { readonly [column in keyof Row]: Report.Cell } & { readonly warnings: string },
>(
  report: Report.Report<State, Row>,
  table: (rows: ReadonlyArray<Row>) => string,
  options: Options,
): PrintedReport<Row> => {
  const { columns, name, version } = report
  const decode = Schema.decodeUnknownResult(report.codec)
  const encode = Schema.encodeSync(report.codec)
  const from = (initial: State): Running<Row> => {
    let state = initial
    return {
      needsDetail: report.needsDetail,
      needsEvents: (session) => Report.needsEvents(report, session),
      step: (read) => {
        state = report.step(state, read)
      },
      cover: (span) => {
        state = report.cover?.(state, span) ?? state
      },
      save: () => encode(state),
      contradicts: (ledger) => report.contradicts?.(state, ledger),
      restore: (saved) =>
        Result.mapBoth(decode(saved), {
          onFailure: ({ message }) => message,
          onSuccess: (decoded) => {
            state = decoded
          },
        }),
      done: () => {
        const rows = report.done(state)
        return {
          name,
          version,
          options,
          csv: (options) => ReportCsv.make(columns, rows, options),
          table: () => `${table(rows)}${TableText.caption(options.confidence)}`,
          rows: rows.map((row) => pick(columns, row)),
        }
      },
      rows: () => report.done(state),
      rates: () => RateChange.ratesOf(report, report.done(state)),
    }
  }
  return {
    name,
    version,
    options,
    isComparable: report.compared !== undefined,
    start: () => from(report.initial()),
    resume: (saved) => {
      let sum = report.initial()
      for (const json of saved) {
        const state = decode(json)
        if (Result.isFailure(state)) return Result.fail(state.failure.message)
        sum = report.combine(sum, state.success)
      }
      return Result.succeed(from(sum))
    },
  }
}
