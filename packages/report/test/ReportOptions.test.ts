/** Options of reports without a compiler: what is spelled wrong or of another type is refused, rather than left at its default. */
import * as ElnudgeError from "@effect-elnudge/core/ElnudgeError"
import { describe, expect, it } from "@effect/vitest"
import * as AttributionReport from "../src/AttributionReport.ts"
import * as CalibrationReport from "../src/CalibrationReport.ts"
import * as CohortReport from "../src/CohortReport.ts"
import * as LiftReport from "../src/LiftReport.ts"
import * as NudgePerformanceReport from "../src/NudgePerformanceReport.ts"
import * as ReadingsReport from "../src/ReadingsReport.ts"
import * as ReconcileReport from "../src/ReconcileReport.ts"
import * as ReportCsv from "../src/ReportCsv.ts"

const reports = {
  attribution: AttributionReport.make,
  calibration: CalibrationReport.make,
  cohorts: CohortReport.make,
  lift: LiftReport.make,
  performance: NudgePerformanceReport.make,
  readings: ReadingsReport.make,
  reconcile: ReconcileReport.make,
}

const refusal = (make: () => unknown): ElnudgeError.InvalidOption => {
  try {
    make()
  } catch (error) {
    if (error instanceof ElnudgeError.InvalidOption) return error
    throw error
  }
  throw new Error("it was taken")
}

// JSON.parse knows no types either.
describe.each(Object.entries(reports))("%s", (_, make) => {
  it.each([
    ['{"confidnce":0.9}', "confidnce", /Did you mean confidence\?/],
    ['{"Confidence":0.9}', "Confidence", /Did you mean confidence\?/],
    ['{"confidence":95}', "confidence", /confidence is 95, not a number between 0 and 1/],
    ['{"confidence":"0.95"}', "confidence", /confidence is a string/],
    ['{"confidence":null}', "confidence", /confidence is null/],
    ['{"topic":1}', "topic", /The options are .*confidence/],
    ["null", "options", /options is null/],
    ["0.95", "options", /options is 0.95/],
  ])("refuses %s", (options, option, words) => {
    const error = refusal(() => make(JSON.parse(options)))
    expect(error.option).toBe(option)
    expect(`${error.message} ${error.advice}`).toMatch(words)
  })
})

describe("A report's own options", () => {
  it.each([
    ["attribution", '{"models":["linear","shapely"]}', "models", /models of .*linear/],
    ["attribution", '{"models":"linear"}', "models", /models is a string/],
    ["attribution", '{"model":["linear"]}', "model", /Did you mean models\?/],
    ["attribution", '{"credit":"upper bound"}', "credit", /not "lower" or "upper"/],
    ["attribution", '{"rule":{"windowMinutes":30,"dismissCounts":true}}', "rule", /\{ windowMillis, dismissCounts \}/],
    ["cohorts", '{"bands":[0,20,40]}', "bands", /\{ label, low, high \}/],
    ["cohorts", '{"by":"day"}', "by", /\{ unit, labeler \}/],
    ["cohorts", '{"splitByArm":"yes"}', "splitByArm", /not true or false/],
    ["cohorts", '{"splitByArms":true}', "splitByArms", /Did you mean splitByArm\?/],
    ["lift", '{"mde":0}', "mde", /a number above 0/],
    ["lift", '{"mde":"10%"}', "mde", /mde is a string/],
    ["calibration", '{"rule":{"windowMillis":1,"dismissCounts":true}}', "rule", /there is no option rule/],
  ] as const)("are refused where they are none: %s %s", (name, options, option, words) => {
    const error = refusal(() => reports[name](JSON.parse(options)))
    expect(error.option).toBe(option)
    expect(`${error.message} ${error.advice}`).toMatch(words)
  })

  it("are refused where a table is written", () => {
    const error = refusal(() => ReportCsv.make(["a"], [{ a: "=1" }], JSON.parse('{"escapeFormula":true}')))
    expect(error.advice).toMatch(/Did you mean escapeFormulas\?/)
  })
})
