/** Findings of made-up sessions, folded in memory as the command folds them from a walk. */
import { Coverage, type Session, type SessionRead } from "@effect-elnudge/core"
import { Generator } from "@effect-elnudge/emulator"
import {
  AttributionReport,
  CalibrationReport,
  CohortReport,
  Fold,
  Ledger,
  LiftReport,
  NudgePerformanceReport,
  Period,
  ReadingsReport,
  ReconcileReport,
} from "@effect-elnudge/report"
import * as DateTime from "effect/DateTime"
import type * as Findings from "../../src/html/Findings.ts"
import * as Page from "../../src/html/Page.ts"
import * as Periods from "../../src/html/Periods.ts"

const from = "2026-10-01T00:00:00Z"
const to = "2026-11-01T00:00:00Z"
const end = DateTime.makeUnsafe(to)

/** A day after the window: every session was over. */
const readAt = DateTime.toEpochMillis(end) + 86_400_000

const timeZone = DateTime.zoneMakeNamedUnsafe("UTC")

/** October of a small shop, always the same. */
export const october = Generator.make({ end, days: 31, count: 900, seed: "page" })

/** The demo's sessions, with an end that does not move. */
export const demo = Generator.make({ end, count: 3000 })

const span = { from: DateTime.toEpochMillis(DateTime.makeUnsafe(from)), to: DateTime.toEpochMillis(end) }

const read = (session: Session.Detail): SessionRead.SessionRead => ({
  summary: session,
  detail: { _tag: "Read", session },
  readAt,
  window: span,
})

/** One that could not be read. */
export const unavailable = (summary: Session.Summary): SessionRead.SessionRead => ({
  summary,
  detail: { _tag: "Unavailable", reason: "not_found" },
  readAt,
})

export const reads = (sessions: ReadonlyArray<Session.Detail>): ReadonlyArray<SessionRead.SessionRead> =>
  sessions.map(read)

const coverageOf = (all: ReadonlyArray<SessionRead.SessionRead>): Coverage.Coverage => {
  const recorder = new Coverage.Recorder()
  recorder.covers(span)
  for (const each of all) recorder.taken(each)
  return recorder.snapshot()
}

export const make = (all: ReadonlyArray<SessionRead.SessionRead>, unit: Period.Unit = "day"): Findings.Findings => {
  const by = (each: Period.Unit) =>
    Fold.run(CohortReport.make({ by: { unit: each, labeler: Period.labeler(each, timeZone) } }), all)
  const rows = by(unit)
  return {
    title: "A made-up shop",
    coverage: coverageOf(all),
    window: span,
    silences: Periods.silences(timeZone, [span], by("day")),
    ledger: Fold.run(Ledger.make(), all),
    readTimes: all.length === 0 ? { first: null, last: null } : { first: readAt, last: readAt },
    confidence: 0.95,
    timeZone,
    notes: [],
    options: { bands: ["0-19", "20-100"], by: unit, confidence: 0.95 },
    attribution: Fold.run(AttributionReport.make(), all),
    lift: Fold.run(LiftReport.make(), all),
    calibration: Fold.run(CalibrationReport.make(), all),
    cohorts: { unit, rows, periods: Periods.axis(unit, timeZone, span, rows) },
    performance: Fold.run(NudgePerformanceReport.make(), all),
    reconcile: Fold.run(ReconcileReport.make(), all),
    readings: Fold.run(ReadingsReport.make(), all),
  }
}

/** The page of them. */
export const page = (findings: Findings.Findings): string =>
  Page.make(findings, { windowMinutes: 30, areDismissalsCounted: true })
