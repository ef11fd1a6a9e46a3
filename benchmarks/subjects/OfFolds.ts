/** The folds of all reports over sessions in memory, in a process of its own. */
import type { SessionRead } from "@effect-elnudge/core"
import {
  AttributionReport,
  CalibrationReport,
  CohortReport,
  Ledger,
  LiftReport,
  NudgePerformanceReport,
  ReadingsReport,
  ReconcileReport,
  type Report,
} from "@effect-elnudge/report"
import * as Shop from "../server/Shop.ts"
import * as Measured from "./Measured.ts"
import * as Reads from "./Reads.ts"

const names = [
  "attribution",
  "cohorts",
  "lift",
  "reconcile",
  "readings",
  "calibration",
  "nudge-performance",
  "ledger",
] as const
export type Name = (typeof names)[number]

export interface Options extends Measured.Options {
  /** None: a loop that reads the sessions and does nothing. */
  readonly folds: ReadonlyArray<Name>
  readonly sessions: number
  readonly times: number
}

const options: Options = JSON.parse(process.argv[2] ?? "{}")
const reads = Reads.make(new Shop.Shop({ sessions: options.sessions, traffic: "even" }))

interface Running {
  readonly step: (read: SessionRead.SessionRead) => void
  /** How many sessions it took in. */
  readonly taken: () => number
}

const running = <State, Out>(fold: Report.SessionFold<State, Out>): Running => {
  let state = fold.initial()
  let taken = 0
  return {
    step: (read) => {
      state = fold.step(state, read)
      taken++
    },
    taken: () => (fold.done(state) === undefined ? 0 : taken),
  }
}

const makers: Record<Name, () => Running> = {
  attribution: () => running(AttributionReport.make()),
  cohorts: () => running(CohortReport.make()),
  lift: () => running(LiftReport.make()),
  reconcile: () => running(ReconcileReport.make()),
  readings: () => running(ReadingsReport.make()),
  calibration: () => running(CalibrationReport.make()),
  "nudge-performance": () => running(NudgePerformanceReport.make()),
  ledger: () => running(Ledger.make()),
}

let read = 0

/** What any fold at least looks at. */
const look = ({ detail, readAt, summary }: SessionRead.SessionRead): void => {
  read += readAt + summary.started_at.length + summary.intent_score + summary.nudge_count + (summary.converted ? 1 : 0)
  if (detail._tag === "Read") read += detail.session.events.length + detail.session.nudges.length
}

const pass = (folds: ReadonlyArray<Running>): void => {
  for (const each of reads) {
    look(each)
    for (const fold of folds) fold.step(each)
  }
}

const folds = options.folds.map((name) => makers[name]())
for (let time = 0; time < 3; time++) pass(options.folds.map((name) => makers[name]()))
await Measured.print(options, () => {
  for (let time = 0; time < options.times; time++) pass(folds)
  return { sum: read, taken: folds.map(({ taken }) => taken()) }
})
