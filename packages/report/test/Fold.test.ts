import { AttributionReport, CohortReport, Fold, Report, ReportCsv } from "@effect-elnudge/report"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as FoldLaws from "./FoldLaws.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"

// State that is changed in place, as the reports' own is allowed to be.
const sum: Fold.Fold<number, { total: number }, number> = {
  initial: () => ({ total: 0 }),
  step: (state, element) => {
    state.total += element
    return state
  },
  combine: (left, right) => ({ total: left.total + right.total }),
  done: ({ total }) => total,
}

const count: Fold.Fold<number, number, string> = {
  initial: () => 0,
  step: (state) => state + 1,
  combine: (left, right) => left + right,
  done: (state) => `${state} elements`,
}

describe("Fold.run", () => {
  it("folds what is in memory, from a fresh state each time", () => {
    expect(Fold.run(sum, [1, 2, 3])).toBe(6)
    expect(Fold.run(sum, new Set([4, 5]))).toBe(9)
    expect(Fold.run(sum, [])).toBe(0)
  })
})

describe("Fold.toSink", () => {
  it.effect("gives what run gives, every time that the sink is run", () =>
    Effect.gen(function* () {
      const sink = Fold.toSink(sum)
      const stream = Stream.fromIterable([1, 2, 3, 4, 5]).pipe(Stream.rechunk(2))
      expect(yield* Stream.run(stream, sink)).toBe(15)
      expect(yield* Stream.run(stream, sink)).toBe(15)
      expect(yield* Stream.run(Stream.empty, sink)).toBe(0)
    }),
  )
})

describe("Fold.zip", () => {
  it("runs two folds over one pass of the input", () => {
    let passes = 0
    const input = {
      *[Symbol.iterator]() {
        passes++
        yield* [10, 20, 30]
      },
    }
    expect(Fold.run(Fold.zip(sum, count), input)).toEqual([60, "3 elements"])
    expect(passes).toBe(1)
  })
})

const attribution = AttributionReport.make()
const cohorts = CohortReport.make()
const toAttributionCsv = (rows: ReadonlyArray<AttributionReport.Row>) => ReportCsv.make(attribution.columns, rows)
const toCohortsCsv = (rows: ReadonlyArray<CohortReport.Row>) => ReportCsv.make(cohorts.columns, rows)

FoldLaws.hold("the attribution report", attribution, toAttributionCsv)
FoldLaws.hold("the cohort report", cohorts, toCohortsCsv)
FoldLaws.hold("both reports in one walk", Report.zip(attribution, cohorts), ([attributionRows, cohortRows]) =>
  [toAttributionCsv(attributionRows), toCohortsCsv(cohortRows)].join("\n"),
)

describe("conservation", () => {
  const readSessions = (reads: ReadonlyArray<SessionRead>) =>
    reads.flatMap(({ detail }) => (detail._tag === "Read" && detail.session.nudge_count > 0 ? [detail.session] : []))

  it.prop("every nudge of a nudged session that was read is shown once", [SessionArbitrary.reads], ([reads]) => {
    const rows = Fold.run(attribution, reads)
    const nudges = readSessions(reads).reduce((total, session) => total + session.nudges.length, 0)
    expect(rows.slice(0, -1).reduce((total, { shown }) => total + shown, 0)).toBe(nudges)
    expect(rows.at(-1)?.shown).toBe(nudges)
  })

  it.prop("displays are at least their outcomes", [SessionArbitrary.reads], ([reads]) => {
    for (const { chat_opened, clicked, dismissed, other_outcomes, shown } of Fold.run(attribution, reads)) {
      expect(clicked + dismissed + chat_opened + other_outcomes).toBeLessThanOrEqual(shown)
    }
  })

  it.prop(
    "credit has a lower bound, an upper bound and the conversions above it",
    [SessionArbitrary.reads],
    ([reads]) => {
      for (const { attributed_lower, attributed_upper, converted_sessions, sessions } of Fold.run(attribution, reads)) {
        expect(attributed_lower).toBeLessThanOrEqual(attributed_upper)
        expect(attributed_upper).toBeLessThanOrEqual(converted_sessions)
        expect(converted_sessions).toBeLessThanOrEqual(sessions)
      }
    },
  )

  it.prop("every distinct session with a nudge is in (all) once", [SessionArbitrary.reads], ([reads]) => {
    const nudged = readSessions(reads).filter(({ nudges }) => nudges.length > 0)
    expect(Fold.run(attribution, reads).at(-1)).toMatchObject({
      sessions: nudged.length,
      converted_sessions: nudged.filter(({ converted }) => converted).length,
    })
  })

  it.prop("every read is in one cohort", [SessionArbitrary.reads], ([reads]) => {
    const rows = Fold.run(cohorts, reads)
    expect(rows.slice(0, -1).reduce((total, { sessions }) => total + sessions, 0)).toBe(reads.length)
    expect(rows.at(-1)?.sessions).toBe(reads.length)
  })

  it.prop("no cell is NaN or infinite", [SessionArbitrary.reads], ([reads]) => {
    const [attributionRows, cohortRows] = Fold.run(Report.zip(attribution, cohorts), reads)
    const cells = [...attributionRows, ...cohortRows].flatMap((row) => Object.values(row))
    expect(cells.filter((cell) => typeof cell === "number" && !Number.isFinite(cell))).toEqual([])
  })
})
