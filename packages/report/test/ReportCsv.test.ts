import { AttributionReport, CohortReport, Fold, Report, ReportCsv } from "@effect-elnudge/report"
import * as Session from "@effect-elnudge/core/Session"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import sessions from "./fixtures/sessions.json" with { type: "json" }
import * as SessionFixture from "./SessionFixture.ts"

const Entries = Schema.Array(
  Schema.Union([
    Schema.Struct({ detail: Schema.Literal("Read"), session: Session.Detail }),
    Schema.Struct({ detail: Schema.Literals(["NotNeeded", "past_retention"]), session: Session.Summary }),
  ]),
)

const reads = Schema.decodeUnknownSync(Entries)(sessions).map((entry): SessionRead => {
  if (entry.detail === "Read") return SessionFixture.read(entry.session)
  const session = { ...entry.session, events: [], nudges: [] }
  return entry.detail === "NotNeeded"
    ? SessionFixture.listed(session)
    : SessionFixture.unavailable(session, entry.detail)
})

describe("ReportCsv.make", () => {
  const columns = ["name", "value"] as const
  const csvOf = (rows: ReadonlyArray<{ readonly name: string; readonly value: number | null }>) =>
    ReportCsv.make(columns, rows)

  it("gives the header alone without rows, and ends every line with a line feed", () => {
    expect(csvOf([])).toBe("name,value\n")
    expect(csvOf([{ name: "a", value: 1 }])).toBe("name,value\na,1\n")
  })

  it("takes the columns in the given order and leaves other properties out", () => {
    const row = { surplus: "x", value: 2, name: "a" }
    expect(ReportCsv.make<typeof row>(["value", "name"], [row])).toBe("value,name\n2,a\n")
  })

  it.for([
    { name: "a,b", cell: '"a,b"' },
    { name: 'say "hi"', cell: '"say ""hi"""' },
    { name: "two\nlines", cell: '"two\nlines"' },
    { name: "carriage\rreturn", cell: '"carriage\rreturn"' },
    { name: " spaces ", cell: " spaces " },
    { name: "", cell: "" },
    { name: "Übergröße", cell: "Übergröße" },
  ])("writes the text %j so that it reads back", ({ cell, name }) => {
    expect(csvOf([{ name, value: 1 }])).toBe(`name,value\n${cell},1\n`)
  })

  it.for([
    { value: null, cell: "" },
    { value: 0, cell: "0" },
    { value: 1 / 3, cell: "0.3333333333333333" },
    { value: 1e-7, cell: "1e-7" },
    { value: 123456789, cell: "123456789" },
  ])("writes the number $value as '$cell'", ({ cell, value }) => {
    expect(csvOf([{ name: "a", value }])).toBe(`name,value\na,${cell}\n`)
  })
})

// The golden files were not written by this code: their counts come from reading the nine sessions by hand, were
// recounted by an independent script, and their limits were checked against Wilson's formula with fifty digits.
describe("the CSV files of a small fixed set of sessions", () => {
  const attribution = AttributionReport.make()
  const cohorts = CohortReport.make()
  const [attributionRows, cohortRows] = Fold.run(Report.zip(attribution, cohorts), reads)

  it("are what attribution.csv holds, to the byte", async () => {
    await expect(ReportCsv.make(attribution.columns, attributionRows)).toMatchFileSnapshot("./golden/attribution.csv")
  })

  it("are what cohorts.csv holds, to the byte", async () => {
    await expect(ReportCsv.make(cohorts.columns, cohortRows)).toMatchFileSnapshot("./golden/cohorts.csv")
  })
})
