import { CalibrationReport, CohortReport, Ledger, LiftReport } from "@effect-elnudge/report"
import { assert, describe, it } from "@effect/vitest"
import * as Counts from "@effect-elnudge/report/Counts"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const counts = { sessions: 3, conversions: 2, immature: 1 }

const bins = (first: object) => [first, ...Array.from({ length: 100 }, () => ({ ...counts, sessions: 2 }))]

/** What each report makes of a state whose first counters are these. */
const states: ReadonlyArray<
  readonly [string, (first: object) => Result.Result<unknown, { readonly message: string }>]
> = [
  [
    "cohorts",
    (first) => Schema.decodeUnknownResult(CohortReport.make().codec)({ grid: [["all\n0-19\nall", first]], spans: [] }),
  ],
  ["lift", (first) => Schema.decodeUnknownResult(LiftReport.make().codec)([["unnudged\nunnudged\n0-19", first]])],
  [
    "calibration",
    (first) =>
      Schema.decodeUnknownResult(CalibrationReport.make().codec)({ unnudged: bins(counts), nudged: bins(first) }),
  ],
]

describe("counters as they are saved", () => {
  const cases: ReadonlyArray<readonly [string, object, RegExp | undefined]> = [
    ["as they should be", counts, undefined],
    ["all sessions converted", { ...counts, conversions: 3 }, undefined],
    ["more conversions than sessions", { ...counts, conversions: 4 }, /conversions not to be more than sessions/],
    ["more immature sessions than sessions", { ...counts, immature: 4 }, /immature not to be more than sessions/],
    ["less than nothing", { ...counts, immature: -1 }, /immature/],
    ["half a session", { ...counts, sessions: 3.5 }, /sessions/],
    ["no longer exact", { ...counts, sessions: 2 ** 53 }, /sessions/],
  ]
  for (const [name, decode] of states) {
    it.each(cases)(`of ${name}: %s`, (_, first, reason) => {
      const decoded = decode(first)
      if (reason === undefined) return assert.isTrue(Result.isSuccess(decoded))
      assert.match(Result.isFailure(decoded) ? decoded.failure.message : "accepted", reason)
    })
  }

  it("of the ledger: more details than sessions", () => {
    const { codec, initial } = Ledger.make()
    const decode = Schema.decodeUnknownResult(codec)
    assert.isTrue(Result.isSuccess(decode({ ...initial(), sessions: 1, details: 1 })))
    assert.isTrue(Result.isFailure(decode({ ...initial(), sessions: 1, details: 2 })))
  })
})

describe("a counter that came later than states without it", () => {
  const zeros = { shown: 0, clicked: 0, hovered: 0 }
  const codec = Counts.codec(zeros, { bounds: { shown: [["clicked", "hovered"]] }, later: ["hovered"] })
  const decode = Schema.decodeUnknownResult(codec)

  it("is 0 in those, and as it was counted in others", () => {
    assert.deepStrictEqual(decode({ shown: 3, clicked: 1 }), Result.succeed({ shown: 3, clicked: 1, hovered: 0 }))
    const counted = { shown: 3, clicked: 1, hovered: 2 }
    assert.deepStrictEqual(decode(counted), Result.succeed(counted))
    assert.deepStrictEqual(Schema.encodeSync(codec)(counted), counted)
  })

  it.each([
    ["one that was always there is missing", { shown: 3 }, /Expected a count of clicked/],
    ["it is no count", { shown: 3, clicked: 1, hovered: null }, /hovered/],
    ["it is more than its bound", { shown: 3, clicked: 1, hovered: 3 }, /clicked \+ hovered not to be more than shown/],
  ])("is refused where %s", (_, saved, reason) => {
    const decoded = decode(saved)
    assert.match(Result.isFailure(decoded) ? decoded.failure.message : "taken", reason)
  })
})
