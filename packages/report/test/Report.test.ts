import { AttributionReport, CohortReport, Fold, Report } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"

const attribution = AttributionReport.make()
const cohorts = CohortReport.make()

describe("Report.zip", () => {
  it.for([
    { zipped: Report.zip(cohorts, cohorts), needsNudged: false },
    { zipped: Report.zip(attribution, cohorts), needsNudged: true },
    { zipped: Report.zip(cohorts, attribution), needsNudged: true },
    { zipped: Report.zip(attribution, attribution), needsNudged: true },
  ])("needs the details that either report needs (case %#)", ({ needsNudged, zipped }) => {
    expect(zipped.needsDetail(SessionFixture.detail({ nudge_count: 1 }))).toBe(needsNudged)
    expect(zipped.needsDetail(SessionFixture.detail({ nudge_count: 0 }))).toBe(false)
  })

  it.prop("gives what each report gives alone", [SessionArbitrary.reads], ([reads]) => {
    expect(Fold.run(Report.zip(attribution, cohorts), reads)).toEqual([
      Fold.run(attribution, reads),
      Fold.run(cohorts, reads),
    ])
  })
})
