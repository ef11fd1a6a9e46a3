/** What the nudge-performance report holds for any sessions. */
import { AttributionReport, Fold, ReportCsv } from "@effect-elnudge/report"
import * as NudgePerformanceReport from "@effect-elnudge/report/NudgePerformanceReport"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { describe, expect, it } from "@effect/vitest"
import * as FoldLaws from "./FoldLaws.ts"
import { orNaN } from "./Reference.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"

const report = NudgePerformanceReport.make()

FoldLaws.hold("the nudge-performance report", report, (rows) => ReportCsv.make(report.columns, rows))

const sectionOf = (rows: ReadonlyArray<NudgePerformanceReport.Row>, section: string) =>
  rows.filter((row) => row.section === section)

const rowOf = (rows: ReadonlyArray<NudgePerformanceReport.Row>, section: string, level: string) =>
  rows.find((row) => row.section === section && row.level === level)

/** The sessions that the report is about, worked out anew. */
const sessionsOf = (reads: ReadonlyArray<SessionRead>) =>
  reads.flatMap(({ detail }) =>
    detail._tag === "Read" && detail.session.nudge_count > 0 && detail.session.nudges.length > 0
      ? [detail.session]
      : [],
  )

const shared = [
  "nudge_type",
  "shown",
  "clicked",
  "click_rate",
  "dismissed",
  "dismiss_rate",
  "chat_opened",
  "chat_open_rate",
  "sessions",
  "converted_sessions",
  "conversion_rate",
  "conversion_rate_low",
  "conversion_rate_high",
] as const

describe("NudgePerformanceReport", () => {
  it.prop("says of the types what the attribution report says", [SessionArbitrary.reads], ([reads]) => {
    const types = sectionOf(Fold.run(report, reads), "type")
    const expected = Fold.run(AttributionReport.make(), reads)
    expect(types).toHaveLength(expected.length)
    for (const [index, row] of types.entries()) {
      for (const column of shared) expect(row[column]).toEqual(expected[index]?.[column])
    }
  })

  it.prop("has every display in one place and every session in one count", [SessionArbitrary.reads], ([reads]) => {
    const sessions = sessionsOf(reads)
    const rows = Fold.run(report, reads)
    const sum = (section: string, column: "shown" | "dismissed" | "sessions" | "converted_sessions") =>
      sectionOf(rows, section)
        .filter(({ level }) => level !== "(all)")
        .reduce((total, row) => total + (row[column] ?? 0), 0)
    expect(sum("position", "shown")).toBe(sessions.reduce((total, { nudges }) => total + nudges.length, 0))
    expect(sum("position", "dismissed")).toBe(rowOf(rows, "position", "(all)")?.dismissed)
    expect(sum("count", "sessions")).toBe(sessions.length)
    expect(sum("count", "converted_sessions")).toBe(sessions.filter(({ converted }) => converted).length)
  })

  it.prop("has in the k-th place the sessions of k nudges and more", [SessionArbitrary.reads], ([reads]) => {
    const rows = Fold.run(report, reads)
    for (const number of [1, 2, 3, 4]) {
      const seen = sessionsOf(reads).filter(({ nudges }) => nudges.length >= number)
      expect(rowOf(rows, "position", String(number))).toMatchObject({
        shown: seen.length,
        sessions: seen.length,
        converted_sessions: seen.filter(({ converted }) => converted).length,
      })
    }
  })

  it.prop("has a funnel that narrows", [SessionArbitrary.reads], ([reads]) => {
    const rows = Fold.run(report, reads)
    const sessionsAt = (level: string) => orNaN(rowOf(rows, "funnel", level)?.sessions)
    expect(sessionsAt("shown")).toBe(sessionsOf(reads).length)
    expect(sessionsAt("engaged")).toBeLessThanOrEqual(sessionsAt("shown"))
    expect(sessionsAt("chat_opened")).toBeLessThanOrEqual(sessionsAt("engaged"))
  })

  it.prop("has no cell that is NaN or infinite", [SessionArbitrary.reads], ([reads]) => {
    const cells = Fold.run(report, reads).flatMap((row) => Object.values(row))
    expect(cells.filter((cell) => typeof cell === "number" && !Number.isFinite(cell))).toEqual([])
  })
})
