import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import * as Session from "@effect-elnudge/core/Session"
import { Attribution, AttributionReport, Fold, ReportCsv } from "@effect-elnudge/report"
import type * as Credit from "@effect-elnudge/report/Credit"
import * as CreditModel from "@effect-elnudge/report/CreditModel"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { dirtySessions } from "./DirtySessions.ts"
import * as FoldLaws from "./FoldLaws.ts"
import { expectClose, expectWithin, orNaN } from "./Reference.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { buyer, detail, nudge, read } = SessionFixture

const bases = ["lower", "upper"] as const

const reportOf = (credit: Credit.Basis, models: ReadonlyArray<CreditModel.Name> = CreditModel.names) =>
  AttributionReport.make({ models, credit })

const [lower, upper] = [reportOf("lower"), reportOf("upper")]

const typesOf = (rows: ReadonlyArray<AttributionReport.Row>) => rows.slice(0, -1)

const sumOf = (rows: ReadonlyArray<AttributionReport.Row>, model: CreditModel.Name) =>
  typesOf(rows).reduce((sum, row) => sum + (row[`credit_${model}`] ?? 0), 0)

const allOf = (rows: ReadonlyArray<AttributionReport.Row>, model: CreditModel.Name) =>
  rows.at(-1)?.[`credit_${model}`] ?? null

for (const credit of bases) {
  FoldLaws.hold(`the attribution report with all models, ${credit}`, reportOf(credit), (rows) =>
    ReportCsv.make(reportOf(credit).columns, rows),
  )
}

/** The sessions that the report looks into. */
const seen = (reads: ReadonlyArray<SessionRead>) =>
  reads.flatMap(({ detail }) => (detail._tag === "Read" && detail.session.nudge_count > 0 ? [detail.session] : []))

const statusOf = (session: Session.Detail) => Attribution.attribute(session).status

describe("conservation", () => {
  it.prop("the models that share conversions share each of them once", [SessionArbitrary.reads], ([reads]) => {
    for (const credit of bases) {
      const rows = Fold.run(reportOf(credit), reads)
      const shared = seen(reads).filter(
        (session) => statusOf(session) === "yes" || (statusOf(session) === "maybe" && credit === "upper"),
      ).length
      const flagged = seen(reads).filter(
        ({ converted, nudges }) => converted && nudges.some(({ influenced_conversion }) => influenced_conversion),
      ).length
      for (const model of CreditModel.names) {
        const expected = model === "vendor_flag" ? flagged : shared
        if (model === "markov" && shared === 0) {
          expect(rows.map((row) => row.credit_markov)).toEqual(rows.map(() => null))
        } else {
          expect(allOf(rows, model)).toBe(expected)
          if (model === "participation") expect(sumOf(rows, model)).toBeGreaterThanOrEqual(expected)
          else if (model === "last" || model === "first") expect(sumOf(rows, model)).toBe(expected)
          else expectWithin(sumOf(rows, model), expected, 1e-9)
        }
      }
    }
  })

  it.prop("last is what the bounds of the attribution are", [SessionArbitrary.reads], ([reads]) => {
    for (const row of Fold.run(lower, reads)) expect(row.credit_last).toBe(row.attributed_lower)
    for (const row of Fold.run(upper, reads)) expect(row.credit_last).toBe(row.attributed_upper)
  })

  it.prop("lower shares no more than upper", [SessionArbitrary.reads], ([reads]) => {
    const [atLeast, atMost] = [Fold.run(lower, reads), Fold.run(upper, reads)]
    for (const model of CreditModel.names) {
      expect(allOf(atLeast, model) ?? 0).toBeLessThanOrEqual(allOf(atMost, model) ?? 0)
      expect(sumOf(atLeast, model)).toBeLessThanOrEqual(sumOf(atMost, model) + 1e-9)
    }
  })

  it.prop("no type takes part in more conversions than there are", [SessionArbitrary.reads], ([reads]) => {
    for (const row of typesOf(Fold.run(upper, reads))) {
      expect(row.credit_participation).toBeLessThanOrEqual(orNaN(row.converted_sessions))
      for (const model of ["last", "first", "linear", "time_decay", "position"] as const) {
        expect(row[`credit_${model}`]).toBeLessThanOrEqual(orNaN(row.credit_participation) + 1e-9)
      }
    }
  })

  it.prop(
    "conversions without a candidate, or without a time, are shared by none",
    [SessionArbitrary.reads],
    ([all]) => {
      const reads = all.filter((read) =>
        seen([read]).every((session) => ["no", "unknown_time"].includes(statusOf(session))),
      )
      for (const row of Fold.run(upper, reads)) {
        const {
          credit_markov,
          credit_vendor_flag: _,
          ...credits
        } = CreditModel.columns((name) => row[`credit_${name}`])
        expect(Object.values(credits)).toEqual([0, 0, 0, 0, 0, 0])
        expect(credit_markov).toBeNull()
      }
    },
  )

  it.prop(
    "a model says the same whatever else was asked for, and nothing unasked",
    [SessionArbitrary.reads],
    ([reads]) => {
      const rows = Fold.run(upper, reads)
      for (const model of CreditModel.names) {
        expect(Fold.run(reportOf("upper", [model]), reads)).toEqual(
          rows.map((row) => ({
            ...row,
            ...CreditModel.columns((name) => (name === model ? row[`credit_${name}`] : null)),
          })),
        )
      }
    },
  )
})

const at = (type: string, minute: number, overrides: Partial<Session.Nudge> = {}) =>
  nudge({
    nudge_id: `${type} ${minute}`,
    type,
    shown_at: Session.instant(Date.parse("2026-10-01T10:00:00Z") + minute * 60_000),
    outcome: "clicked",
    ...overrides,
  })

// All bought at 10:20, but for the third, who did not.
const byHand = [
  buyer({
    nudges: [
      at("exit_modal", 13, { influenced_conversion: true }),
      at("toast", 6),
      at("toast", 14, { outcome: "shown" }),
    ],
  }),
  buyer({ nudges: [at("toast", 15, { influenced_conversion: true }), at("exit_modal", 21)] }),
  detail({ nudges: [at("exit_modal", 5)] }),
  buyer({ nudges: [at("sticky_bar", -20)] }),
]

const creditsOf = (report: typeof lower, sessions: ReadonlyArray<Session.Detail>) =>
  Fold.run(
    report,
    sessions.map((session) => read(session)),
  ).map((row) => ({
    type: row.nudge_type,
    ...CreditModel.columns((name) => row[`credit_${name}`]),
  }))

describe("the example of the README", () => {
  it("is worked out by hand", () => {
    const [modal, bar, toast, all] = creditsOf(lower, byHand)
    expect(modal).toEqual({
      type: "exit_modal",
      credit_last: 1,
      credit_first: 0,
      credit_linear: 0.5,
      credit_time_decay: 0.666666666,
      credit_position: 0.5,
      credit_vendor_flag: 1,
      credit_participation: 1,
      credit_markov: 0.8,
    })
    expect(bar).toEqual({ type: "sticky_bar", ...CreditModel.columns(() => 0) })
    expect(toast).toMatchObject({
      type: "toast",
      credit_last: 1,
      credit_first: 2,
      credit_linear: 1.5,
      credit_time_decay: 1.333333334,
      credit_position: 1.5,
      credit_vendor_flag: 1,
      credit_participation: 2,
    })
    expectClose(toast?.credit_markov, 1.2, 1e-12)
    expect(all).toEqual({ type: "(all)", ...CreditModel.columns(() => 2) })
  })

  it("has the old candidate's conversion in the upper bound alone", () => {
    const [, bar, toast, all] = creditsOf(upper, byHand)
    expect(bar).toMatchObject({ credit_last: 1, credit_linear: 1, credit_participation: 1, credit_vendor_flag: 0 })
    expect(toast).toMatchObject({ credit_last: 1, credit_linear: 1.5, credit_vendor_flag: 1 })
    expect(all).toEqual({ type: "(all)", ...CreditModel.columns((name) => (name === "vendor_flag" ? 2 : 3)) })
  })

  it("is the same in the order of display, whatever the order in the API's answer", () => {
    const turned = byHand.map((session) => ({ ...session, nudges: session.nudges.toReversed() }))
    expect(creditsOf(upper, turned)).toEqual(creditsOf(upper, byHand))
  })
})

describe("what counts", () => {
  it("are flags of converted sessions, whatever else they say", () => {
    const flag = { influenced_conversion: true, outcome: "shown" }
    const sessions = [
      detail({ converted: true, nudges: [at("toast", 1, flag), at("toast", 2, flag), at("exit_modal", 3, flag)] }),
      buyer({ nudges: [at("toast", 30, flag), at("exit_modal", 31, { outcome: "shown" })] }),
      detail({ nudges: [at("exit_modal", 1, flag)] }),
    ]
    expect(creditsOf(lower, sessions).map((row) => row.credit_vendor_flag)).toEqual([1 / 3, 1 + 2 / 3, 2])
    expect(creditsOf(lower, sessions).map((row) => row.credit_last)).toEqual([0, 0, 0])
  })

  it("is every interaction of those who did not buy, in the order of display", () => {
    const bought = buyer({ nudges: [at("toast", 1)] })
    const markovOf = (nudges: ReadonlyArray<Session.Nudge>) =>
      creditsOf(lower, [bought, bought, buyer({ nudges: [at("exit_modal", 2)] }), detail({ nudges })]).map(
        (row) => row.credit_markov,
      )
    // toast and then exit_modal: both go to one more end, but toast goes there over exit_modal, of which half convert.
    const [modal, toast] = markovOf([at("exit_modal", 40), at("toast", 30)])
    // visits: toast 3 (2 convert, 1 to the modal), modal 2 (1 converts): c = 5/6 and 1/2; M_ii = 1/3 and 1/2.
    expectClose(modal, (3 * (1 / 2 / (1 / 2))) / (1 / 2 / (1 / 2) + 5 / 6 / (1 / 3)), 1e-12)
    expectClose(toast, (3 * (5 / 6 / (1 / 3))) / (1 / 2 / (1 / 2) + 5 / 6 / (1 / 3)), 1e-12)
    expect(markovOf([at("toast", 30), at("exit_modal", 40)])).toEqual([modal, toast, 3])
    expect(markovOf([at("toast", 40), at("exit_modal", 30)])).not.toEqual([modal, toast, 3])
    // Only shown: no part of any path.
    expect(markovOf([at("toast", 1, { outcome: "shown" }), at("exit_modal", 2, { outcome: "waved" })])).toEqual([
      1, 2, 3,
    ])
  })

  it("is no dismissal where the rule leaves them out", () => {
    const strict = AttributionReport.make({
      models: CreditModel.names,
      rule: { ...Attribution.vendorRule, dismissCounts: false },
    })
    const dismissed = { outcome: "dismissed" }
    const sessions = [
      buyer({ nudges: [at("exit_modal", 5, dismissed), at("toast", 4)] }),
      detail({ nudges: [at("exit_modal", 5, dismissed), at("toast", 5)] }),
    ]
    const [modal, toast] = creditsOf(strict, sessions)
    expect(modal).toEqual({ type: "exit_modal", ...CreditModel.columns(() => 0) })
    expect(toast).toMatchObject({ credit_linear: 1, credit_participation: 1, credit_markov: 1 })
    expect(creditsOf(lower, sessions)[0]).toMatchObject({ credit_linear: 0.5, credit_participation: 1 })
  })

  it("is nothing of a session whose detail could not be had", () => {
    const session = buyer({ nudges: [at("toast", 1, { influenced_conversion: true })] })
    const rows = Fold.run(lower, [SessionFixture.unavailable(session), SessionFixture.listed(session)])
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject(CreditModel.columns((name) => (name === "markov" ? null : 0)))
    expect(rows[0]?.warnings).toContain("INCOMPLETE")
  })
})

describe("the state", () => {
  const stateOf = (report: typeof lower, reads: ReadonlyArray<SessionRead>) =>
    reads.reduce((state, read) => report.step(state, read), report.initial())

  const conversion = read(buyer({ nudges: [at("toast", 6), at("exit_modal", 13), at("exit_modal", 12)] }))

  it("holds nothing for models that were not asked for", () => {
    const none = AttributionReport.make({ credit: "upper" })
    expect(stateOf(none, [conversion]).credit).toEqual(none.initial().credit)
    const linear = stateOf(reportOf("lower", ["linear"]), [conversion]).credit
    expect([...linear.shares.keys()]).toEqual(["linear"])
    expect(linear.chain.size).toBe(0)
    expect(stateOf(reportOf("lower", ["markov"]), [conversion]).credit.shares.size).toBe(0)
  })

  it("keeps its counters small: parts that make up a whole are counted as one", () => {
    const state = stateOf(
      lower,
      Array.from({ length: 3000 }, () => conversion),
    )
    const doubled = lower.combine(state, state)
    for (const [, shares] of doubled.credit.shares) {
      for (const [, partsOf] of shares) {
        for (const [of, parts] of partsOf) expect(parts).toBeLessThan(of === "1" ? 6001 : Number(of))
      }
    }
    expect(doubled.credit.shares.get("linear")?.get("toast")).toEqual(
      new Map([
        ["1", 2000],
        ["3", 0],
      ]),
    )
    expect(lower.done(doubled).at(0)).toMatchObject({ credit_linear: 4000, credit_participation: 6000 })
  })

  it("adds fractions up to the same bytes whichever path came first", () => {
    const reads = Array.from({ length: 12 }, (_, index) =>
      read(
        buyer({ nudges: Array.from({ length: index + 1 }, (_, place) => at(place === 0 ? "toast" : "bar", place)) }),
      ),
    )
    const csvOf = (input: ReadonlyArray<SessionRead>) => ReportCsv.make(lower.columns, Fold.run(lower, input))
    const expected = csvOf(reads)
    expect(csvOf(reads.toReversed())).toBe(expected)
    for (let cut = 1; cut < reads.length; cut++) {
      expect(csvOf([...reads.slice(cut), ...reads.slice(0, cut)])).toBe(expected)
    }
  })

  it.each(["0", "-3", "1.5", "", "x", "1e3"])("cannot be read back with parts of '%s'", (of) => {
    const last = reportOf("lower", ["last"])
    const decode = Schema.decodeUnknownSync(last.codec)
    const state = last.step(last.initial(), read(buyer({ nudges: [nudge({ outcome: "clicked" })] })))
    const saved = (key: string) => ({
      ...Object(Schema.encodeSync(last.codec)(state)),
      credit: { totals: { conversions: 1, flagged: 0 }, shares: [["last", [["toast", [[key, 1]]]]]], chain: [] },
    })
    expect(decode(saved("1")).credit.totals.conversions).toBe(1)
    expect(() => decode(saved(of))).toThrow("parts of whole numbers")
  })
})

// Worked out again by a script that does not share code with this one: it takes each type out of the chain in turn.
describe("the CSV file with all models", () => {
  const hostile = ["(all)", "__proto__", "start", "(all)", "a\nb", "toast"]
  const sessions = [
    ...byHand,
    buyer({ nudges: hostile.map((type, index) => at(type, 2 * index, { influenced_conversion: index % 2 === 0 })) }),
    detail({ nudges: [at("start", 1), at("toast", 2), at("__proto__", 3, { outcome: "dismissed" })] }),
    ...dirtySessions.map(({ session }) => session),
  ]

  it.for(bases)("is what the golden file holds, to the byte: %s", async (credit) => {
    const report = reportOf(credit)
    const rows = Fold.run(
      report,
      sessions.map((session) => read(session)),
    )
    await expect(ReportCsv.make(report.columns, rows)).toMatchFileSnapshot(`./golden/attribution-credit-${credit}.csv`)
  })
})
