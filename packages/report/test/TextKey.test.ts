import { CohortReport, Fold } from "@effect-elnudge/report"
import * as TextKey from "@effect-elnudge/report/TextKey"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { detail, read } from "./SessionFixture.ts"

const part = Arbitrary.array(Arbitrary.schema(Schema.Literals(["\n", "\\", "b", "s", "n", "", "__proto__"])), {
  maxLength: 4,
})

const parts = Arbitrary.array(part, { minLength: 3, maxLength: 3 })

describe("TextKey", () => {
  it.prop("takes a key apart into the parts that it was made of, whatever they hold", [parts], ([parts]) => {
    const { join, split } = TextKey.make("\n")
    const [a = "", b = "", c = ""] = parts.map((texts) => texts.join(""))
    expect(split(join(a, b, c))).toEqual([a, b, c])
  })

  it("leaves parts without the separator as they are, as states have them", () => {
    expect(TextKey.make("\n").join("2026-10-01", "0-19", "all")).toBe("2026-10-01\n0-19\nall")
  })
})

describe("the cohorts of a program that names periods and bands itself", () => {
  const sessions = [
    detail({ started_at: "2026-10-01T10:00:00Z", intent_score: 10 }),
    detail({ started_at: "2026-10-01T11:00:00Z", intent_score: 90 }),
    detail({ started_at: "2026-10-02T10:00:00Z", intent_score: 90 }),
  ]

  it("mix none of them with another, or with a total", () => {
    const fold = CohortReport.make({
      by: { unit: "day", labeler: (millis) => (millis < Date.parse("2026-10-02T00:00:00Z") ? "all" : "all\n(all)") },
      bands: [
        { label: "(all)", low: 0, high: 49 },
        { label: "(all)\nall", low: 50, high: 100 },
      ],
    })
    const rows = Fold.run(
      fold,
      sessions.map((session) => read(session)),
    )
    expect(rows.map((row) => [row.period, row.intent_band, row.sessions, row.total])).toEqual([
      ["all", "(all)", 1, false],
      ["all", "(all)\nall", 1, false],
      ["all\n(all)", "(all)", 0, false],
      ["all\n(all)", "(all)\nall", 1, false],
      ["all", "(all)", 2, true],
      ["all\n(all)", "(all)", 1, true],
      ["all", "(all)", 3, true],
    ])
  })

  it("are refused where two bands have one name", () => {
    const named = (label: string) => () =>
      CohortReport.make({
        bands: [
          { label, low: 0, high: 49 },
          { label: "high", low: 50, high: 100 },
        ],
      })
    expect(named("high")).toThrow(new RangeError('two bands are called "high"'))
    expect(named("(other)")).toThrow(new RangeError('two bands are called "(other)"'))
    expect(named("(all)")).not.toThrow()
  })
})
