import { ElnudgeError, type Session } from "@effect-elnudge/core"
import { AttributionReport, Fold, NudgePerformanceReport, RateChange, ReconcileReport } from "@effect-elnudge/report"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as References from "effect/References"
import * as TestConsole from "effect/testing/TestConsole"
import * as AttributionTable from "../src/AttributionTable.ts"
import * as DebugLog from "../src/DebugLog.ts"
import * as Failure from "../src/Failure.ts"
import * as NudgePerformanceTable from "../src/NudgePerformanceTable.ts"
import * as RateChangeTable from "../src/RateChangeTable.ts"
import * as ReconcileTable from "../src/ReconcileTable.ts"
import * as TableText from "../src/TableText.ts"
import * as HostileText from "./HostileText.ts"
import * as Shop from "./Shop.ts"

const session = Arbitrary.map(
  Arbitrary.all({ id: HostileText.text, type: HostileText.text, outcome: HostileText.text, url: HostileText.text }),
  ({ id, outcome, type, url }): Session.Detail => ({
    id: `sess_${id}`,
    started_at: "2026-10-15T10:00:00Z",
    ended_at: "2026-10-15T10:50:00Z",
    page_count: 1,
    intent_score: 50,
    converted: true,
    nudge_count: 1,
    events: [{ type, url, occurred_at: "2026-10-15T10:20:00Z" }],
    nudges: [{ nudge_id: id, type, shown_at: "2026-10-15T10:05:00Z", outcome, influenced_conversion: true }],
  }),
)

const assertPrintable = (text: string) => {
  const dangerous = text.split("\n").filter(HostileText.isDangerous)
  assert.deepStrictEqual(dangerous, [])
}

const failureOf = (text: string) =>
  new ElnudgeError.ResponseInvalid({
    reason: `expected ${text}`,
    path: `data[0].${text}`,
    sessionId: text,
    request: { _tag: "GetSession", id: text },
  })

const attribution = AttributionReport.make()

describe("no terminal obeys what the API names", () => {
  it.prop("in any table", [Arbitrary.array(session, { minLength: 1, maxLength: 4 })], ([sessions]) => {
    const reads = Shop.reads(sessions)
    const rows = Fold.run(attribution, reads)
    const tables = [
      AttributionTable.render(rows),
      NudgePerformanceTable.render(Fold.run(NudgePerformanceReport.make(), reads)),
      ReconcileTable.render(Fold.run(ReconcileReport.make(), reads)),
      RateChangeTable.render(
        RateChange.make(RateChange.ratesOf(attribution, []), RateChange.ratesOf(attribution, rows)),
      ),
    ]
    for (const table of tables) assertPrintable(table)
  })

  it.prop("in any cell, where a row stays a row", [HostileText.text], ([text]) => {
    const table = TableText.render(
      [{ head: "name", cell: ({ name }: { readonly name: string }) => name }],
      [{ name: text }],
    )
    assertPrintable(table)
    const lines = table.trimEnd().split("\n")
    assert.isTrue(
      lines.every((line) => /[┐│┤┘]$/.test(line)),
      table,
    )
    assert.strictEqual(lines.length, 5, table)
  })

  it("in the name of a type, which cannot pass for another row", () => {
    const nudged = (id: string, type: string): Session.Detail => ({
      id,
      started_at: "2026-10-15T10:00:00Z",
      ended_at: "2026-10-15T10:50:00Z",
      page_count: 1,
      intent_score: 50,
      converted: true,
      nudge_count: 1,
      events: [{ type: "PURCHASE", url: "/", occurred_at: "2026-10-15T10:20:00Z" }],
      nudges: [
        { nudge_id: "n", type, shown_at: "2026-10-15T10:05:00Z", outcome: "shown", influenced_conversion: true },
      ],
    })
    const tablesOf = (name: string) => {
      const reads = Shop.reads([nudged(`id${name}`, `type${name}`), nudged("other", "toast")])
      const rows = Fold.run(attribution, reads)
      return [
        AttributionTable.render(rows),
        NudgePerformanceTable.render(Fold.run(NudgePerformanceReport.make(), reads)),
        ReconcileTable.render(Fold.run(ReconcileReport.make(), reads)),
        RateChangeTable.render(
          RateChange.make(RateChange.ratesOf(attribution, []), RateChange.ratesOf(attribution, rows)),
        ),
      ]
    }
    const replaced = tablesOf("\u{fffd}b")
    for (const table of replaced) assert.match(table, /(type|id)\u{fffd}b/u)
    assert.deepStrictEqual(tablesOf("\nb"), replaced)
  })

  it("while each warning keeps its line", () => {
    const cell = ({ warnings }: { readonly warnings: string }) => TableText.warnings(warnings)
    const table = TableText.render([{ head: "warnings", cell }], [{ warnings: "SMALL_N;SPARSE" }])
    assert.match(table, /│ SMALL_N +│\n│ SPARSE +│/)
  })

  it.effect.prop("in any line of a failure on stderr", [HostileText.text], ([text]) =>
    Effect.gen(function* () {
      yield* Failure.print(Exit.fail(failureOf(text)))
      const lines = yield* TestConsole.errorLines
      assert.strictEqual(lines.length, 2)
      for (const line of lines) assert.isFalse(HostileText.isDangerous(String(line)), String(line))
    }).pipe(Effect.provide(TestConsole.layer)),
  )

  it.effect.prop("in any line of the log", [HostileText.text], ([text]) =>
    Effect.gen(function* () {
      yield* Effect.logDebug("retrying", { request: { id: text } })
      yield* Effect.ignore(Effect.tapCause(Effect.fail(failureOf(text)), (cause) => Effect.logDebug(text, cause)))
      const lines = yield* TestConsole.errorLines
      assert.strictEqual(lines.length, 2)
      for (const line of lines) assert.isFalse(HostileText.isDangerous(String(line)), String(line))
      assert.deepStrictEqual(yield* TestConsole.logLines, [])
    }).pipe(
      Effect.provide([DebugLog.layer, TestConsole.layer]),
      Effect.provideService(References.MinimumLogLevel, "Debug"),
    ),
  )

  it.live("when a report is printed; its CSV and JSON have it as it came", () =>
    Effect.gen(function* () {
      const type = HostileText.dangers
        .map(({ text }) => text)
        .join("x")
        .toWellFormed()
      const [first] = yield* Shop.sessions
      if (first === undefined) return assert.fail("no sessions")
      const nudge = { nudge_id: type, type, shown_at: first.started_at, outcome: type, influenced_conversion: false }
      const sessions = [{ ...first, id: `s${type}`, nudge_count: 1, nudges: [nudge] }]
      const run = (format: string) => Shop.run(["attribution", ...Shop.october, "--format", format], { sessions })
      const [table, csv, json] = yield* Effect.all([run("table"), run("csv"), run("json")])
      assertPrintable(table.stdout)
      for (const { exitCode, stderr } of [table, csv, json]) {
        assert.strictEqual(exitCode, 0, stderr)
        assert.include(stderr, "unknown nudge_type:")
        assertPrintable(stderr)
      }
      assert.include(csv.stdout, type)
      assert.include(JSON.stringify(JSON.parse(json.stdout)), JSON.stringify(type))
    }),
  )

  it.live.each(["--verbose", "--log-level=debug"])("when a run says everything: %s", (flag) =>
    Effect.gen(function* () {
      const [first] = yield* Shop.sessions
      if (first === undefined) return assert.fail("no sessions")
      const id = `s${HostileText.dangers
        .map(({ text }) => text)
        .join("x")
        .toWellFormed()}\nforged`
      const result = yield* Shop.run(["sessions", "--details", ...Shop.october, flag], {
        sessions: [{ ...first, id }],
        fault: ({ number }) =>
          number < 2 ? undefined : { _tag: "Answer", status: number === 2 ? 500 : 200, body: "{}" },
      })
      assert.strictEqual(result.exitCode, 6, result.stderr)
      assert.include(result.stderr, "retrying")
      assert.include(result.stderr, "ResponseInvalid")
      assertPrintable(result.stderr)
      assert.notMatch(result.stderr, /^forged/m)
    }),
  )
})
