import { Attribution, Cohort, Fold, MultipleTesting, Proportion, ReportCsv, Stratified } from "@effect-elnudge/report"
import * as Contrast from "@effect-elnudge/report/Contrast"
import * as LiftReport from "@effect-elnudge/report/LiftReport"
import type * as Session from "@effect-elnudge/core/Session"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { dirtySessions } from "./DirtySessions.ts"
import * as FoldLaws from "./FoldLaws.ts"
import * as Reference from "./Reference.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"
import * as StrataFixture from "./StrataFixture.ts"

const { buyer, detail, listed, nudge, purchase, read, unavailable } = SessionFixture

const report = LiftReport.make()
const toCsv = (rows: ReadonlyArray<LiftReport.Row>) => ReportCsv.make(report.columns, rows)

const nameOf = ({ basis, contrast, estimate }: LiftReport.Row) => `${contrast} ${estimate} ${basis}`

/** The row called such as "E mh all". */
const rowOf = (reads: Iterable<SessionRead>, name: string, by = report): LiftReport.Row => {
  const row = Fold.run(by, reads).find((each) => nameOf(each) === name)
  return row ?? assert.fail(`no row ${name}`)
}

/** The names of the rows that carry a warning. */
const namesWith = (reads: Iterable<SessionRead>, warning: string) =>
  Fold.run(report, reads)
    .filter(({ warnings }) => warnings.split(";").includes(warning))
    .map(nameOf)

const allNames = ["V", "E", "I"].flatMap((contrast) =>
  ["crude", "mh", "att"].flatMap((estimate) =>
    ["all", "before_purchase"].map((basis) => `${contrast} ${estimate} ${basis}`),
  ),
)

const clicked = (overrides: Partial<Session.Nudge> = {}) => nudge({ outcome: "clicked", ...overrides })
const nudgesOf = {
  unnudged: [],
  shown_only: [nudge()],
  interacted: [clicked()],
}

/** `conversions` of `sessions` that have the score, in an arm. */
const sessionsOf = (
  arm: keyof typeof nudgesOf,
  conversions: number,
  sessions: number,
  intent_score = 50,
): ReadonlyArray<SessionRead> => {
  const overrides = { intent_score, nudges: nudgesOf[arm] }
  const [bought, left] = [read(buyer(overrides)), read(detail(overrides))]
  return Array.from({ length: sessions }, (_, index) => (index < conversions ? bought : left))
}

describe("LiftReport", () => {
  it("has its columns in the order of the CSV file", () => {
    expect(report.name).toBe("lift")
    expect(report.columns.join(",")).toBe(
      "contrast,estimate,basis,arm_1,arm_0,sessions_1,conversions_1,rate_1,rate_1_low,rate_1_high," +
        "sessions_0,conversions_0,rate_0,rate_0_low,rate_0_high,difference,difference_low,difference_high," +
        "lift,lift_low,lift_high,odds_ratio,odds_ratio_low,odds_ratio_high,p,q," +
        "incremental_conversions,incremental_low,incremental_high,strata,strata_used,coverage," +
        "heterogeneity_p,rd_q_p,e_value,e_value_limit,sessions_needed,warnings,text",
    )
    expect(new Set(Object.keys(rowOf([], "V crude all")))).toEqual(new Set(report.columns))
  })

  it("needs the details of nudged sessions", () => {
    expect(report.needsDetail(detail({ nudge_count: 1 }))).toBe(true)
    expect(report.needsDetail(buyer())).toBe(false)
  })

  it("gives eighteen rows in order without a session, with nothing to compare", () => {
    const rows = Fold.run(report, [])
    expect(rows.map(nameOf)).toEqual(allNames)
    const strata = { strata: 5, strata_used: 0, warnings: "EMPTY_ARM;POST_TREATMENT_SCORE" }
    for (const row of rows) {
      const expected = Object.fromEntries(report.columns.map((column) => [column, null]))
      expect(row).toEqual({
        ...expected,
        contrast: row.contrast,
        estimate: row.estimate,
        basis: row.basis,
        arm_1: row.arm_1,
        arm_0: row.arm_0,
        sessions_1: 0,
        conversions_1: 0,
        sessions_0: 0,
        conversions_0: 0,
        text: "Nothing to compare",
        ...(row.estimate === "crude" ? { warnings: "EMPTY_ARM" } : strata),
      })
    }
  })

  // What README.md computes.
  it("reverses the crude difference where nudged sessions have higher scores", () => {
    const reads = [
      ...sessionsOf("unnudged", 1, 10, 10),
      ...sessionsOf("interacted", 0, 2, 10),
      ...sessionsOf("unnudged", 1, 2, 90),
      ...sessionsOf("interacted", 4, 10, 90),
    ]
    const crude = rowOf(reads, "E crude all")
    expect(crude).toMatchObject({ sessions_1: 12, conversions_1: 4, sessions_0: 12, conversions_0: 2 })
    expect(crude).toMatchObject({ rate_1: 4 / 12, rate_0: 2 / 12, lift: 1 })
    Reference.expectClose(crude.difference, 1 / 6, 1e-12)
    Reference.expectClose(crude.incremental_conversions, 2, 1e-12)
    const mh = rowOf(reads, "E mh all")
    expect(mh).toMatchObject({ sessions_1: 12, conversions_1: 4, rate_1: null, rate_0: null })
    expect(mh).toMatchObject({ strata: 5, strata_used: 2, coverage: 1, incremental_conversions: null })
    Reference.expectClose(mh.difference, -0.1, 1e-12)
    Reference.expectClose(mh.lift, -1 / 3, 1e-12)
    Reference.expectClose(mh.odds_ratio, 0.5, 1e-12)
    // χ² = (1/3)² ÷ (20/144 + 700/1584) = 0.1913, of one degree of freedom.
    Reference.expectWithin(mh.p, 0.6618, 5e-5)
    const att = rowOf(reads, "E att all")
    expect(att).toMatchObject({ sessions_1: 12, strata_used: 2, coverage: 1, lift: null, odds_ratio: null })
    Reference.expectClose(att.difference, -0.1, 1e-12)
    // Nor would the others tell what nudges brought: no adjusted row counts conversions.
    expect(att).toMatchObject({ incremental_conversions: null, incremental_low: null, incremental_high: null })
    expect(crude.text).toMatch(
      /^No clear difference \(.* points, q .*\); small numbers; \+2\.0 extra conversions \(.*\) if the association were causal$/,
    )
    expect(att.text).toMatch(/^No clear difference \(.* points, q [^;]*\); small numbers$/)
    expect(mh.text).toMatch(/^No clear difference \(.* points, q [^;]*\); small numbers$/)
  })
})

describe("the lift of 12,330 shop visits", () => {
  const arms: ReadonlyArray<readonly [keyof typeof nudgesOf, string, "arm1" | "arm0"]> = [
    ["interacted", "V", "arm1"],
    ["unnudged", "E", "arm0"],
    ["shown_only", "I", "arm0"],
  ]
  const reads = arms.flatMap(([arm, name, side]) => {
    const contrast = StrataFixture.contrasts.find(({ contrast }) => contrast === name)
    const strata = contrast === undefined ? [] : contrast.strata
    return strata.flatMap((stratum, index) =>
      sessionsOf(arm, stratum[side].conversions, stratum[side].sessions, 20 * index),
    )
  })
  const rows = Fold.run(report, reads)
  const find = (name: string) => rows.find((row) => nameOf(row) === name) ?? assert.fail(name)

  it.for(StrataFixture.contrasts)(
    "has the numbers of contrast $contrast on both bases",
    ({ contrast, ...expected }) => {
      const sample = { all: Stratified.total(expected.strata), strata: expected.strata }
      const estimated = {
        crude: Contrast.crude(sample, Proportion.z95, 0.1),
        mh: Contrast.mh(sample, Proportion.z95),
        att: Contrast.att(sample, Proportion.z95),
      }
      for (const basis of ["all", "before_purchase"]) {
        for (const [estimate, { numbers }] of Object.entries(estimated)) {
          expect(find(`${contrast} ${estimate} ${basis}`)).toMatchObject(numbers)
        }
        Reference.expectClose(find(`${contrast} mh ${basis}`).q, expected.mh.q, 1e-9)
      }
    },
  )

  it("corrects p over the three contrasts of one estimate and basis", () => {
    const crude = ["V", "E", "I"].map((contrast) => find(`${contrast} crude all`))
    // 3/2 of E's p, which is the least of 3 × V's, 3/2 × E's and I's, and so V's q as well.
    const q = 1.5 * Reference.orNaN(crude[1]?.p)
    Reference.expectClose(crude[0]?.q, q, 1e-12)
    Reference.expectClose(crude[1]?.q, q, 1e-12)
    Reference.expectClose(crude[2]?.q, Reference.orNaN(crude[2]?.p), 1e-12)
    for (const estimate of ["crude", "mh", "att"]) {
      const family = ["V", "E", "I"].map((contrast) => find(`${contrast} ${estimate} all`))
      expect(family.map(({ q }) => q)).toEqual(MultipleTesting.benjaminiHochberg(family.map(({ p }) => p)))
    }
  })

  it("says nothing of a direction where the interval excludes 0 and q does not bear it out", () => {
    expect(find("E mh all")).toMatchObject({
      text: "No clear difference (−2.1 to −0.0 points, q .14)",
      warnings: "POST_TREATMENT_SCORE;MULTIPLE",
    })
    expect(find("E att all").text).toBe("No clear difference (−2.1 to −0.0 points, q .14)")
    expect(find("V crude all").warnings).toBe("")
  })
})

describe("the bases of LiftReport", () => {
  /** The arm of one session on either basis, as the rows tell it. */
  const armsOf = (only: SessionRead, by = report) => {
    const armOn = (basis: string) => {
      const counted = (contrast: string) => rowOf([only], `${contrast} crude ${basis}`, by)
      if (counted("E").sessions_0 === 1) return "unnudged"
      if (counted("I").sessions_0 === 1) return "shown_only"
      return counted("V").sessions_1 === 1 ? "interacted" : counted("E").sessions_1 === 1 ? "unknown" : "none"
    }
    return `${armOn("all")} → ${armOn("before_purchase")}`
  }

  const [early, late] = ["2026-10-01T10:10:00Z", "2026-10-01T10:20:00.001Z"]
  const [shownEarly, shownLate] = [nudge({ shown_at: early }), nudge({ shown_at: late })]
  const [clickedEarly, clickedLate] = [clicked({ shown_at: early }), clicked({ shown_at: late })]
  const bought = (...nudges: ReadonlyArray<Session.Nudge>) => buyer({ nudges })
  const at = (shown_at: string) => bought(clicked({ shown_at }))
  const twice = [purchase("2026-10-01T11:00:00Z"), purchase("2026-10-01T10:05:00Z")]

  it.for([
    ["not nudged", bought(), "unnudged → unnudged"],
    ["clicked before", bought(clickedEarly), "interacted → interacted"],
    ["clicked, at the very purchase", at("2026-10-01T12:20:00+02:00"), "interacted → interacted"],
    ["clicked after", bought(clickedLate), "interacted → unnudged"],
    ["clicked after, shown before", bought(clickedLate, shownEarly), "interacted → shown_only"],
    ["clicked before, shown after", bought(shownLate, clickedEarly), "interacted → interacted"],
    ["shown after", bought(shownLate), "shown_only → unnudged"],
    ["shown at the very purchase", bought(nudge({ shown_at: "2026-10-01T10:20:00Z" })), "shown_only → shown_only"],
    ["shown before", bought(shownEarly), "shown_only → shown_only"],
    ["after, as an instant and not as text", at("2026-10-01T10:20:00.500Z"), "interacted → unnudged"],
    ["between two purchases", buyer({ events: twice, nudges: [clickedEarly] }), "interacted → unnudged"],
    ["unknown outcome before", bought(nudge({ outcome: "__proto__" }), clickedLate), "interacted → shown_only"],
    ["not converted", detail({ events: [purchase()], nudges: [clickedLate] }), "interacted → interacted"],
    ["no PURCHASE", detail({ converted: true, nudges: [clickedLate] }), "interacted → interacted"],
    ["a count without nudges", buyer({ nudge_count: 2 }), "shown_only → shown_only"],
    ["nudges with a count of 0", buyer({ nudge_count: 0, nudges: [clickedLate] }), "unnudged → unnudged"],
  ] as const)("put a session into arms by its nudges up to the purchase: %s", ([, session, arms]) => {
    expect(armsOf(read(session))).toBe(arms)
  })

  it("follow the rule of what an interaction is", () => {
    const dismissed = read(buyer({ nudges: [nudge({ outcome: "dismissed", shown_at: early })] }))
    expect(armsOf(dismissed)).toBe("interacted → interacted")
    const strict = LiftReport.make({ rule: { ...Attribution.vendorRule, dismissCounts: false } })
    expect(armsOf(dismissed, strict)).toBe("shown_only → shown_only")
  })

  it("know a session without its detail only as nudged", () => {
    const session = buyer({ nudges: [clicked()] })
    expect(armsOf(unavailable(session))).toBe("unknown → unknown")
    expect(armsOf(listed(session))).toBe("unknown → unknown")
  })

  it("take a detail that was read for the list's row where the two differ", () => {
    const changed = { ...read(buyer({ intent_score: 90, nudges: [clicked()] })), summary: detail({ intent_score: 10 }) }
    expect(rowOf([changed, ...sessionsOf("unnudged", 0, 1, 90)], "E mh all")).toMatchObject({ conversions_1: 1 })
  })
})

describe("the warnings of LiftReport", () => {
  const movedTo = (...nudges: ReadonlyArray<Session.Nudge>) =>
    read(buyer({ nudges: [clicked({ shown_at: "2026-10-01T11:00:00Z" }), ...nudges] }))
  const after = (names: ReadonlyArray<string>) => allNames.filter((name) => names.includes(name.charAt(0)))

  const shownLate = read(buyer({ nudges: [nudge({ shown_at: "2026-10-01T11:00:00Z" })] }))

  it("says AFTER_PURCHASE where more than 1 % of an arm's conversions leave it, or join it", () => {
    const others = sessionsOf("unnudged", 100, 500)
    const leaving = (conversions: number) => [movedTo(), ...sessionsOf("interacted", conversions, 500), ...others]
    expect(namesWith(leaving(99), "AFTER_PURCHASE")).toEqual([])
    expect(namesWith(leaving(98), "AFTER_PURCHASE")).toEqual(after(["V", "E", "I"]))
    const joining = (conversions: number) => [
      movedTo(),
      ...sessionsOf("interacted", 200, 500),
      ...sessionsOf("unnudged", conversions, 500),
    ]
    expect(namesWith(joining(100), "AFTER_PURCHASE")).toEqual([])
    expect(namesWith(joining(99), "AFTER_PURCHASE")).toEqual(after(["V", "E"]))
  })

  it("says AFTER_PURCHASE only of the contrasts that have such an arm", () => {
    expect(namesWith([movedTo(nudge())], "AFTER_PURCHASE")).toEqual(after(["V", "I"]))
    expect(namesWith([shownLate], "AFTER_PURCHASE")).toEqual(after(["E", "I"]))
  })

  it("compares nothing by before_purchase where AFTER_PURCHASE stands, and notes the shift where it does not", () => {
    const textsOf = (reads: Iterable<SessionRead>) =>
      Fold.run(report, reads).flatMap(({ basis, text, warnings }) =>
        basis === "all" ? [] : [{ text, isAfter: warnings.includes("AFTER_PURCHASE") }],
      )
    const many = [
      ...sessionsOf("interacted", 300, 1000),
      ...sessionsOf("shown_only", 200, 1000),
      ...sessionsOf("unnudged", 300, 1000),
    ]
    const untouched = textsOf(many)
    expect(untouched.some(({ text }) => /takes later nudges/.test(text))).toBe(false)
    const little = textsOf([...many, movedTo()])
    expect(little).toHaveLength(9)
    expect(little.every(({ isAfter, text }) => !isAfter && text.includes("; a purchase takes later nudges"))).toBe(true)
    const much = textsOf([...many, ...Array.from({ length: 9 }, () => movedTo())])
    expect(much).toHaveLength(9)
    for (const { isAfter, text } of much) {
      expect(isAfter).toBe(true)
      expect(text).toMatch(/^Not comparable: a purchase takes later nudges from buyers alone \([+−]\d+\.\d points\)$/)
    }
    expect(textsOf([]).every(({ text }) => text === "Nothing to compare")).toBe(true)
  })

  it("says INCOMPLETE where a missing detail matters: everywhere but for the exposure by all nudges", () => {
    const missing = unavailable(detail({ nudge_count: 1 }))
    expect(namesWith([missing], "INCOMPLETE")).toEqual(allNames.filter((name) => !/^E .* all$/.test(name)))
    expect(namesWith([listed(detail({ nudge_count: 1 }))], "INCOMPLETE")).toHaveLength(15)
    expect(namesWith([unavailable(buyer()), listed(detail())], "INCOMPLETE")).toEqual([])
  })

  it("counts sessions without their details as nudged, and in no other contrast", () => {
    const missing = unavailable(buyer({ nudge_count: 1 }))
    for (const basis of ["all", "before_purchase"]) {
      expect(rowOf([missing], `E crude ${basis}`)).toMatchObject({ sessions_1: 1, conversions_1: 1, sessions_0: 0 })
      expect(rowOf([missing], `V crude ${basis}`)).toMatchObject({ sessions_1: 0, sessions_0: 0 })
      expect(rowOf([missing], `I crude ${basis}`)).toMatchObject({ sessions_1: 0, sessions_0: 0 })
    }
  })

  it("says IMMATURE of the rows that count a session which may still have been open", () => {
    const open = (nudges: ReadonlyArray<Session.Nudge>) =>
      read(detail({ ended_at: "2026-10-01T23:30:00.001Z", nudges }))
    const crude = (names: ReadonlyArray<string>) => allNames.filter((name) => names.includes(name.slice(0, 7)))
    // Alone it is in no stratum with both arms.
    expect(namesWith([open([])], "IMMATURE")).toEqual(crude(["V crude", "E crude"]))
    expect(namesWith([open([nudge()])], "IMMATURE")).toEqual(crude(["V crude", "E crude", "I crude"]))
    const others = [...sessionsOf("unnudged", 1, 2), ...sessionsOf("shown_only", 1, 2)]
    expect(namesWith([open([clicked()]), ...others], "IMMATURE")).toEqual(allNames)
    expect(namesWith([read(detail({ ended_at: "2026-10-01T23:30:00Z" }))], "IMMATURE")).toEqual([])
  })

  it("leaves scores outside 0 to 100 and bands with an empty arm out of the strata, and says how much is left", () => {
    const strata = [...sessionsOf("unnudged", 1, 4, 10), ...sessionsOf("interacted", 1, 3, 10)]
    const reads = [...strata, ...sessionsOf("interacted", 1, 1, 90), ...sessionsOf("interacted", 0, 1, 101)]
    expect(rowOf(reads, "E crude all")).toMatchObject({ sessions_1: 5, conversions_1: 2, sessions_0: 4 })
    for (const estimate of ["mh", "att"]) {
      const row = rowOf(reads, `E ${estimate} all`)
      expect(row).toMatchObject({ sessions_1: 3, conversions_1: 1, sessions_0: 4, strata: 5, strata_used: 1 })
      expect(row).toMatchObject({ coverage: 0.6 })
    }
  })
})

describe("the text of LiftReport", () => {
  const reads = [
    ...sessionsOf("interacted", 300, 1000),
    ...sessionsOf("shown_only", 200, 1000),
    ...sessionsOf("unnudged", 100, 1000),
  ]

  it("says who converted more often, an association, and the extra conversions", () => {
    expect(rowOf(reads, "E crude all").text).toMatch(
      /^Nudged sessions converted more often than unnudged sessions: \+15\.0 points \(.*, q < \.001\); an association, whatever its cause; \+300\.0 extra conversions \(\+.* to \+.*\) if the association were causal$/,
    )
    expect(rowOf(reads, "V mh all").text).toMatch(
      /^Sessions with an interaction converted more often than sessions without one: \+15\.0 points .*; an association, whatever its cause$/,
    )
    expect(rowOf(reads, "I att all").text).toMatch(
      /^Sessions with an interaction converted more often than nudged sessions without one: \+10\.0 points .*; an association, whatever its cause$/,
    )
  })

  it("gives an estimate without an interval as such", () => {
    const everybody = [...sessionsOf("interacted", 7, 7), ...sessionsOf("unnudged", 7, 7)]
    expect(rowOf(everybody, "E att all").text).toBe("No interval for +0.0 points; small numbers")
  })

  it("says less often of the reverse", () => {
    const reverse = [...sessionsOf("interacted", 100, 1000), ...sessionsOf("unnudged", 200, 1000)]
    expect(rowOf(reverse, "E mh all").text).toContain(
      "Nudged sessions converted less often than unnudged sessions: −10.0",
    )
  })
})

describe("the options of LiftReport", () => {
  const reads = [...sessionsOf("interacted", 60, 400, 30), ...sessionsOf("unnudged", 100, 1000, 45)]

  it("has the bands as its strata", () => {
    expect(rowOf(reads, "E mh all")).toMatchObject({ strata: 5, strata_used: 0, coverage: 0 })
    const halves = LiftReport.make({ bands: Result.getOrThrow(Cohort.bands([0, 50])) })
    expect(rowOf(reads, "E mh all", halves)).toMatchObject({ strata: 2, strata_used: 1, coverage: 1 })
  })

  it("has the confidence and the least relevant difference in its rows", () => {
    const sample = { all: StrataFixture.stratum(60, 400, 100, 1000), strata: [] }
    const by = LiftReport.make({ confidence: 0.5, mde: 0.5 })
    const { numbers } = Contrast.crude(sample, Proportion.zOf(0.5), 0.5)
    expect(rowOf(reads, "E crude all", by)).toMatchObject(numbers)
    expect(rowOf(reads, "E crude all").difference_low).toBeLessThan(Reference.orNaN(numbers.difference_low))
    expect(rowOf(reads, "E crude all").sessions_needed).toBeGreaterThan(Reference.orNaN(numbers.sessions_needed))
    const sameBand = [...sessionsOf("interacted", 60, 400), ...sessionsOf("unnudged", 100, 1000)]
    for (const estimate of ["mh", "att"]) {
      const [wide, narrow] = [report, by].map((each) => rowOf(sameBand, `E ${estimate} all`, each))
      expect(wide?.difference_low).toBeLessThan(Reference.orNaN(narrow?.difference_low))
    }
  })
})

describe("the rows of LiftReport", () => {
  it.prop("hold finite numbers and tie out, whatever the sessions", [SessionArbitrary.reads], ([reads]) => {
    const rows = Fold.run(report, reads)
    const find = (name: string) => rows.find((row) => nameOf(row) === name) ?? assert.fail(name)
    expect(Reference.numbersIn(rows).every(Number.isFinite)).toBe(true)
    for (const basis of ["all", "before_purchase"]) {
      const [vendor, exposure, interaction] = ["V", "E", "I"].map((contrast) => find(`${contrast} crude ${basis}`))
      if (vendor === undefined || exposure === undefined || interaction === undefined) return assert.fail()
      expect(exposure.sessions_1 + exposure.sessions_0).toBe(reads.length)
      expect(vendor.sessions_1).toBe(interaction.sessions_1)
      expect(vendor.sessions_0).toBe(exposure.sessions_0 + interaction.sessions_0)
      expect(vendor.conversions_0).toBe(exposure.conversions_0 + interaction.conversions_0)
    }
    // What is shown after the purchase only ever takes a conversion out of arm 1.
    for (const contrast of ["V", "E"]) {
      const [all, before] = ["all", "before_purchase"].map((basis) => find(`${contrast} crude ${basis}`))
      expect(before?.conversions_1).toBeLessThanOrEqual(Reference.orNaN(all?.conversions_1))
      expect(before?.conversions_0).toBeGreaterThanOrEqual(Reference.orNaN(all?.conversions_0))
    }
  })

  it("of the dirty sessions are what dirty-lift.csv holds, to the byte", async () => {
    const rows = Fold.run(
      report,
      dirtySessions.map(({ session }) => read(session)),
    )
    await expect(toCsv(rows)).toMatchFileSnapshot("./golden/dirty-lift.csv")
  })
})

FoldLaws.hold("LiftReport", report, toCsv)
