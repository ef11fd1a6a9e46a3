import { Arm, Attribution, AttributionReport, CohortReport, Fold, Ledger, ReportCsv } from "@effect-elnudge/report"
import { assert, describe, expect, it } from "@effect/vitest"
import { dirtySessions } from "./DirtySessions.ts"
import { listed, read, unavailable } from "./SessionFixture.ts"

const reads = dirtySessions.map(({ session }) => read(session))

const counts = (ledger: Ledger.Ledger) => Object.fromEntries(Object.entries(ledger).filter(([, count]) => count > 0))

describe("dirty sessions", () => {
  it("are twenty, one for each rule", () => {
    assert.strictEqual(new Set(dirtySessions.map(({ rule }) => rule)).size, 20)
  })

  it.each(dirtySessions)("$rule", ({ arm, ledger, session, status }) => {
    assert.strictEqual(Arm.of(read(session), Attribution.vendorRule), arm)
    assert.strictEqual(Attribution.attribute(session).status, status)
    assert.deepStrictEqual(counts(Fold.run(Ledger.make(), [read(session)])), {
      sessions: 1,
      details: 1,
      ...Object.fromEntries(ledger.map((name) => [name, 1])),
    })
  })

  it("are all in the ledger, the cohorts and the attribution, to the byte", async () => {
    assert.deepStrictEqual(counts(Fold.run(Ledger.make(), reads)), {
      sessions: 20,
      details: 20,
      ended_before_started: 1,
      score_out_of_range: 2,
      converted_without_purchase: 2,
      purchase_without_converted: 1,
      several_purchases: 1,
      nudge_count_differs: 3,
      nudged_without_nudges: 1,
      nudges_without_count: 1,
      nudge_outside_session: 2,
      unordered_events: 2,
    })
    const attribution = AttributionReport.make()
    const cohorts = CohortReport.make({ splitByArm: true })
    await expect(ReportCsv.make(attribution.columns, Fold.run(attribution, reads))).toMatchFileSnapshot(
      "golden/dirty-attribution.csv",
    )
    await expect(ReportCsv.make(cohorts.columns, Fold.run(cohorts, reads))).toMatchFileSnapshot(
      "golden/dirty-cohorts.csv",
    )
  })
})

describe("Ledger", () => {
  it("counts what needs a detail only in the details that were read", () => {
    const [first] = dirtySessions
    if (first === undefined) return assert.fail("no dirty sessions")
    const { session } = first
    assert.deepStrictEqual(counts(Fold.run(Ledger.make(), [listed(session), unavailable(session), read(session)])), {
      sessions: 3,
      details: 1,
    })
  })

  it("is the same however its input is split and merged", () => {
    const fold = Ledger.make()
    const stateOf = (part: typeof reads) => part.reduce((state, element) => fold.step(state, element), fold.initial())
    for (let cut = 0; cut <= reads.length; cut++) {
      const merged = fold.combine(stateOf(reads.slice(cut)), stateOf(reads.slice(0, cut)))
      assert.deepStrictEqual(fold.done(merged), Fold.run(fold, reads))
    }
  })
})
