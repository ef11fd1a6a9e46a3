import { Cohort, CohortReport, Comparison, Fold, MultipleTesting, Period, Proportion } from "@effect-elnudge/report"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { buyer, detail, nudge, read, unavailable } from "./SessionFixture.ts"

const week = { unit: "week" as const, labeler: Period.labeler("week", DateTime.zoneMakeNamedUnsafe("UTC")) }

const window = { from: Date.parse("2026-10-01T00:00:00Z"), to: Date.parse("2026-10-12T00:00:00Z") }

/** A hundred sessions over two weeks, all arms and bands, some bought. */
const reads = Array.from({ length: 100 }, (_, index) => {
  const day = String(1 + (index % 11)).padStart(2, "0")
  const started_at = `2026-10-${day}T10:00:00Z`
  const ended_at = `2026-10-${day}T10:40:00Z`
  const nudges =
    index % 3 === 0 ? [] : [nudge({ shown_at: started_at, outcome: index % 3 === 1 ? "shown" : "clicked" })]
  const make = index % 4 === 0 ? buyer : detail
  const session = make({ id: `sess_${index}`, started_at, ended_at, intent_score: index, nudges })
  const isGone = index % 25 === 1
  return { ...(isGone ? unavailable(session) : read(session, window.to + 86_400_000)), window }
})

const sum = (rows: ReadonlyArray<CohortReport.Row>, column: "sessions" | "conversions" | "share_of_sessions") =>
  rows.reduce((total, row) => total + (row[column] ?? 0), 0)

const split = Fold.run(CohortReport.make({ by: week, splitByArm: true }), reads)

describe("cohorts by period and arm", () => {
  it("come in the order period, band, arm; then (all) for each period and arm; then the total", () => {
    const bands = ["0-19", "20-39", "40-59", "60-79", "80-100"]
    const arms = ["unnudged", "shown_only", "interacted", "unknown"]
    const weeks = ["2026-W40", "2026-W41"]
    const keys = [
      ...weeks.flatMap((period) => bands.flatMap((band) => arms.map((arm) => `${period} ${band} ${arm}`))),
      ...weeks.flatMap((period) => arms.map((arm) => `${period} (all) ${arm}`)),
      "all (all) all",
    ]
    assert.deepStrictEqual(
      split.map(({ arm, intent_band, period }) => `${period} ${intent_band} ${arm}`),
      keys,
    )
  })

  it("tie out to (all) in every column that sums", () => {
    const total = split.at(-1)
    const bands = split.filter(({ intent_band }) => intent_band !== "(all)")
    const periods = split.filter(({ intent_band, period }) => intent_band === "(all)" && period !== "all")
    for (const rows of [bands, periods]) {
      assert.strictEqual(sum(rows, "sessions"), total?.sessions)
      assert.strictEqual(sum(rows, "conversions"), total?.conversions)
      assert.closeTo(sum(rows, "share_of_sessions"), 1, 1e-12)
    }
    assert.deepInclude(total, { sessions: 100, conversions: 25, share_of_sessions: 1, index_to_overall: 1 })
    assert.deepStrictEqual(
      total,
      Fold.run(CohortReport.make(), reads)
        .map((row) => ({ ...row, warnings: total?.warnings }))
        .at(-1),
    )
  })

  it("compare the nudged arms with the unnudged of the same period and band, and nothing else", () => {
    for (const row of split) {
      const baseline = split.find(
        ({ arm, intent_band, period }) =>
          arm === "unnudged" && intent_band === row.intent_band && period === row.period,
      )
      const isCompared = row.arm === "shown_only" || row.arm === "interacted"
      const expected =
        isCompared && baseline !== undefined ? Comparison.difference(row, baseline, Proportion.z95) : null
      assert.strictEqual(row.difference, expected?.estimate ?? null)
      assert.strictEqual(row.difference_low, expected?.low ?? null)
      assert.strictEqual(row.p, isCompared && baseline !== undefined ? Comparison.pooledP(row, baseline) : null)
    }
    assert.isTrue(split.some(({ p }) => p !== null))
  })

  it("take q over all p outside (all)", () => {
    const bands = split.filter(({ intent_band }) => intent_band !== "(all)")
    assert.deepStrictEqual(
      bands.map(({ q }) => q),
      [...MultipleTesting.benjaminiHochberg(bands.map(({ p }) => p))],
    )
    assert.isTrue(split.filter(({ intent_band }) => intent_band === "(all)").every(({ q }) => q === null))
    assert.isTrue(split.some(({ intent_band, p }) => intent_band === "(all)" && p !== null))
  })

  it("mark the weeks that the window cuts, and what depends on details that could not be had", () => {
    const missing = split.filter(({ arm, sessions }) => arm === "unknown" && sessions > 0)
    assert.isNotEmpty(missing)
    for (const { arm, intent_band, period, warnings } of split) {
      assert.strictEqual(warnings.includes("PARTIAL_PERIOD"), period === "2026-W40", `${period} ${intent_band} ${arm}`)
      const isNear = missing.some((row) => row.period === period && row.intent_band === intent_band)
      const isIncomplete = period === "all" || (isNear && arm !== "unnudged")
      assert.strictEqual(warnings.includes("INCOMPLETE"), isIncomplete, `${period} ${intent_band} ${arm}`)
    }
  })

  it("leave out arm unknown where every detail was had, and arms where they are not split", () => {
    const known = reads.filter(({ detail: state }) => state._tag === "Read")
    const rows = Fold.run(CohortReport.make({ by: week, splitByArm: true }), known)
    assert.isFalse(rows.some(({ arm, warnings }) => arm === "unknown" || warnings.includes("INCOMPLETE")))
    const unsplit = Fold.run(CohortReport.make({ by: week }), reads)
    assert.isTrue(unsplit.every(({ arm, difference, p }) => arm === "all" && difference === null && p === null))
  })

  it("need the details of nudged sessions only where they are split", () => {
    const nudged = detail({ nudge_count: 1 })
    assert.isTrue(CohortReport.make({ splitByArm: true }).needsDetail(nudged))
    assert.isFalse(CohortReport.make({ splitByArm: true }).needsDetail(detail()))
    assert.isFalse(CohortReport.make({ by: week }).needsDetail(nudged))
  })

  it("have no rows but the total where there is no session", () => {
    const rows = Fold.run(CohortReport.make({ by: week, splitByArm: true }), [])
    assert.deepStrictEqual(
      rows.map(({ intent_band, period, sessions, share_of_sessions }) => [
        period,
        intent_band,
        sessions,
        share_of_sessions,
      ]),
      [["all", "(all)", 0, null]],
    )
  })

  it("give the same rows however the sessions are split, ordered and merged", () => {
    const fold = CohortReport.make({ by: week, splitByArm: true, bands: Cohort.defaultBands })
    const stateOf = (part: typeof reads) => part.reduce((state, element) => fold.step(state, element), fold.initial())
    for (const cut of [0, 1, 37, 99, 100]) {
      const merged = fold.combine(stateOf(reads.slice(cut).toReversed()), stateOf(reads.slice(0, cut)))
      assert.deepStrictEqual(fold.done(merged), split)
    }
  })

  it("narrow with a lower confidence, and say when nobody of the baseline converted", () => {
    const narrow = Fold.run(CohortReport.make({ confidence: 0.8 }), reads).at(-1)
    const wide = Fold.run(CohortReport.make({ confidence: 0.99 }), reads).at(-1)
    assert.isAbove(narrow?.conversion_rate_low ?? 0, wide?.conversion_rate_low ?? 1)
    const zero = Fold.run(CohortReport.make({ splitByArm: true }), [
      read(detail({ id: "a" })),
      read(buyer({ id: "b", nudges: [nudge({ outcome: "clicked" })] })),
    ])
    const row = zero.find(({ arm, sessions }) => arm === "interacted" && sessions === 1)
    assert.include(row?.warnings, "ZERO_BASELINE")
    assert.deepInclude(row, { difference: 1, lift: null, lift_high: null })
  })

  it("warn of a comparison with a small baseline, however large the arm", () => {
    const interacted = Array.from({ length: 600 }, (_, index) =>
      (index % 2 === 0 ? buyer : detail)({ id: `a${index}`, nudges: [nudge({ outcome: "clicked" })] }),
    )
    const unnudged = Array.from({ length: 6 }, (_, index) => buyer({ id: `b${index}` }))
    const rows = Fold.run(
      CohortReport.make({ splitByArm: true }),
      [...interacted, ...unnudged].map((session) => read(session)),
    )
    const row = rows.find(
      ({ arm, intent_band, sessions }) => arm === "interacted" && intent_band !== "(all)" && sessions > 0,
    )
    assert.strictEqual(row?.warnings, "LOW_N;SMALL_COUNT")
  })

  it("mark the running week where the window ends in the future", () => {
    const ahead = { from: window.from, to: Date.parse("2026-11-30T00:00:00Z") }
    const now = Date.parse("2026-10-15T12:00:00Z")
    const session = detail({ started_at: "2026-10-13T10:00:00Z", ended_at: "2026-10-13T10:10:00Z" })
    const rows = Fold.run(CohortReport.make({ by: week }), [{ ...read(session, now), window: ahead }])
    assert.isTrue(
      rows.filter(({ period }) => period === "2026-W42").every(({ warnings }) => warnings.includes("PARTIAL")),
    )
  })
})
