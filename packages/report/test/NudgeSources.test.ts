/** Every report gives the same from nudges of their own list as from the sessions' details. */
import * as Session from "@effect-elnudge/core/Session"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { Generator } from "@effect-elnudge/emulator"
import {
  AttributionReport,
  CalibrationReport,
  CohortReport,
  CreditModel,
  LiftReport,
  NudgePerformanceReport,
  Period,
  ReadingsReport,
  ReconcileReport,
  Report,
  ReportCsv,
} from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"

type Needs = Pick<Report.SessionFold<never, unknown>, "needsDetail" | "needsEvents">

const fromDetails = ({ needsDetail }: Needs, session: Session.Detail): SessionRead =>
  needsDetail(session) ? SessionFixture.read(session) : SessionFixture.listed(session)

/** As the list has them, newest first; undefined where they are not as many as the session says, or not told apart. */
const listedNudges = ({ nudge_count, nudges }: Session.Detail): ReadonlyArray<Session.Nudge> | undefined =>
  new Set(nudges.map(({ nudge_id }) => nudge_id)).size === nudge_count && nudges.length === nudge_count
    ? nudges.toSorted((a, b) => Session.millis(b.shown_at) - Session.millis(a.shown_at))
    : undefined

const fromList = (needs: Needs, session: Session.Detail): SessionRead => {
  const read = fromDetails(needs, session)
  const nudges = listedNudges(session)
  return read.detail._tag === "NotNeeded" || nudges === undefined || Report.needsEvents(needs, session)
    ? read
    : { ...read, detail: { _tag: "Nudges", nudges } }
}

const sessionsOf = (reads: ReadonlyArray<SessionRead>): ReadonlyArray<Session.Detail> =>
  reads.flatMap(({ detail }) => (detail._tag === "Read" ? [detail.session] : []))

/** What the report makes of sessions, as it is kept and as it is printed; and how many of them were read which way. */
const madeOf = <State, Row extends { readonly [column in keyof Row]: Report.Cell }>(
  report: Report.Report<State, Row>,
  readOf: typeof fromList,
  sessions: ReadonlyArray<Session.Detail>,
) => {
  const reads = sessions.map((session) => readOf(report, session))
  let state = report.initial()
  for (const read of reads) state = report.step(state, read)
  const count = (tag: SessionRead["detail"]["_tag"]) => reads.filter(({ detail }) => detail._tag === tag).length
  return {
    csv: ReportCsv.make(report.columns, report.done(state)),
    state: JSON.stringify(Schema.encodeSync(report.codec)(state)),
    details: count("Read"),
    nudges: count("Nudges"),
  }
}

interface Shares {
  /** Of the details that it needs, how many it needs all the same. */
  readonly events: "none" | "some" | "all"
}

const hold = <State, Row extends { readonly [column in keyof Row]: Report.Cell }>(
  name: string,
  report: Report.Report<State, Row>,
  { events }: Shares,
) => {
  describe(name, () => {
    it.prop(
      "gives the same bytes and keeps the same state, whatever the sessions",
      [SessionArbitrary.reads],
      ([reads]) => {
        const sessions = sessionsOf(reads)
        const [details, list] = [fromDetails, fromList].map((readOf) => madeOf(report, readOf, sessions))
        expect([list?.csv, list?.state]).toEqual([details?.csv, details?.state])
      },
    )

    it.effect.each(["one", "two", "three"])(
      "gives the same for a shop, and reads as few details as it says: %s",
      (seed) =>
        Effect.gen(function* () {
          const end = DateTime.makeUnsafe("2026-11-01T00:00:00Z")
          const sessions = yield* Generator.make({ end, count: 800, seed, nudgeEffect: 0.5 })
          const details = madeOf(report, fromDetails, sessions)
          const list = madeOf(report, fromList, sessions)
          expect([list.csv, list.state]).toEqual([details.csv, details.state])
          expect(list.details + list.nudges).toBe(details.details)
          if (events === "none") expect(list.details).toBe(0)
          else if (events === "all") expect(list.nudges).toBe(0)
          else {
            expect(list.details).toBeGreaterThan(0)
            expect(list.details).toBeLessThan(details.details / 2)
          }
        }),
    )
  })
}

const everything: Shares = { events: "some" }
const strict = { windowMillis: 5 * 60_000, dismissCounts: false }
const berlin = DateTime.zoneMakeNamedUnsafe("Europe/Berlin")

describe("from the list of nudges", () => {
  hold("attribution", AttributionReport.make(), everything)
  hold("attribution by another rule", AttributionReport.make({ rule: strict }), everything)
  hold("attribution with models", AttributionReport.make({ models: CreditModel.names }), everything)
  hold(
    "attribution with models of the upper bound",
    AttributionReport.make({ models: CreditModel.names, credit: "upper" }),
    everything,
  )
  hold("cohorts", CohortReport.make(), { events: "none" })
  hold("cohorts by arm", CohortReport.make({ splitByArm: true }), { events: "none" })
  hold(
    "cohorts by arm, day and another rule",
    CohortReport.make({ splitByArm: true, by: { unit: "day", labeler: Period.labeler("day", berlin) }, rule: strict }),
    { events: "none" },
  )
  hold("cohorts with the time to purchase", CohortReport.make({ timeToPurchase: true }), { events: "all" })
  hold(
    "cohorts by arm with the time to purchase",
    CohortReport.make({ splitByArm: true, timeToPurchase: true }),
    everything,
  )
  hold("lift", LiftReport.make(), everything)
  hold("lift by another rule", LiftReport.make({ rule: strict }), everything)
  hold("reconcile", ReconcileReport.make(), everything)
  hold("reconcile by another rule", ReconcileReport.make({ rule: strict }), everything)
  hold("readings", ReadingsReport.make(), everything)
  hold("calibration", CalibrationReport.make(), { events: "none" })
  hold("nudge-performance", NudgePerformanceReport.make(), { events: "none" })

  it.prop("gives the same together as in one walk", [SessionArbitrary.reads], ([reads]) => {
    const zipped = Report.zip(
      Report.zip(AttributionReport.make(), NudgePerformanceReport.make()),
      CohortReport.make({ timeToPurchase: true }),
    )
    const outOf = (readOf: typeof fromList) => {
      let state = zipped.initial()
      for (const session of sessionsOf(reads)) state = zipped.step(state, readOf(zipped, session))
      return zipped.done(state)
    }
    expect(outOf(fromList)).toEqual(outOf(fromDetails))
  })
})
