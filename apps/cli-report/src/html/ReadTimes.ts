/** When the sessions were read: the first and the last instant, as a report of one row that walks with the others. */
import type { Report } from "@effect-elnudge/report/Report"
import * as Schema from "effect/Schema"
import * as PrintedReport from "../PrintedReport.ts"

/** In epoch milliseconds; null where no session says it. */
export interface Row {
  readonly first: number | null
  readonly last: number | null
  readonly warnings: string
}

type State = Omit<Row, "warnings">

const codec = Schema.Struct({ first: Schema.NullOr(Schema.Finite), last: Schema.NullOr(Schema.Finite) })

const nearest = (left: number | null, right: number | null, pick: (a: number, b: number) => number): number | null =>
  left === null || right === null ? (left ?? right) : pick(left, right)

const combine = (left: State, right: State): State => ({
  first: nearest(left.first, right.first, Math.min),
  last: nearest(left.last, right.last, Math.max),
})

const report: Report<State, Row> = {
  name: "read times",
  version: "1",
  columns: ["first", "last", "warnings"],
  needsDetail: () => false,
  codec,
  initial: () => ({ first: null, last: null }),
  // A row of a file need not say when it was read: that is infinitely late.
  step: (state, { readAt }) => (Number.isFinite(readAt) ? combine(state, { first: readAt, last: readAt }) : state),
  combine,
  done: (state) => [{ ...state, warnings: "" }],
}

/** Needs no details. */
export const make = (): PrintedReport.PrintedReport<Row> => PrintedReport.make(report, () => "", { confidence: 0.95 })
