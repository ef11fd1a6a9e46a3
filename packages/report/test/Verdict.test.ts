import { Verdict } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"

const subject = { arm1: "sessions with a nudge", arm0: "sessions without one" }
const estimate = (estimate: number, low: number, high: number) => ({ estimate, low, high })

describe("Verdict.sentence", () => {
  it("says nothing of a direction where q is 0.05 or more, though the interval excludes 0", () => {
    expect(Verdict.sentence(subject, estimate(-0.0104, -0.0206, -0.0002), 0.14152)).toBe(
      "No clear difference (−2.1 to −0.0 points, q .14)",
    )
  })

  it("says nothing of a direction where the interval holds 0, though q is below 0.05", () => {
    expect(Verdict.sentence(subject, estimate(0.01, 0, 0.02), 0.001)).toBe(
      "No clear difference (+0.0 to +2.0 points, q .0010)",
    )
  })

  it("says more or less often where both agree, and that it is no cause", () => {
    expect(Verdict.sentence(subject, estimate(0.02, 0.01, 0.03), 0.0004)).toBe(
      "sessions with a nudge converted more often than sessions without one: +2.0 points (+1.0 to +3.0, q < .001); an association, whatever its cause",
    )
    expect(Verdict.sentence(subject, estimate(-0.02, -0.03, -0.01), 0.012)).toContain("converted less often")
  })

  it.for([
    { q: 0.0496, text: "q .0496" },
    { q: 0.049999, text: "q .049999" },
    { q: 0.05, text: "q .050" },
    { q: 0.0504, text: "q .050" },
    { q: 1, text: "q 1.0" },
  ])("never rounds q = $q over the line", ({ q, text }) => {
    expect(Verdict.sentence(subject, estimate(0.01, -0.01, 0.02), q)).toContain(`, ${text})`)
  })

  it("does not speak of a difference that has no estimate, no interval or no q", () => {
    expect(Verdict.sentence(subject, { estimate: null, low: null, high: null }, null)).toBe("Nothing to compare")
    expect(Verdict.sentence(subject, { estimate: 0.01, low: null, high: null }, 0.01)).toBe(
      "No interval for +1.0 points",
    )
    expect(Verdict.sentence(subject, estimate(0.01, 0.005, 0.02), null)).toBe(
      "No test where all or none did (+0.5 to +2.0 points)",
    )
  })
})

describe("Verdict.warnings", () => {
  it.for([
    { low: 0.1, high: 0.2, q: 0.05, expected: ["MULTIPLE"] },
    { low: -0.2, high: -0.1, q: 0.5, expected: ["MULTIPLE"] },
    { low: 0.1, high: 0.2, q: 0.049, expected: [] },
    { low: -0.1, high: 0.2, q: 0.5, expected: [] },
    { low: 0, high: 0.2, q: 0.5, expected: [] },
    { low: 0.1, high: 0.2, q: null, expected: [] },
    { low: null, high: null, q: 0.5, expected: [] },
  ])("of $low to $high with q $q", ({ expected, high, low, q }) => {
    expect(Verdict.warnings({ low, high }, q)).toEqual(expected)
  })
})
