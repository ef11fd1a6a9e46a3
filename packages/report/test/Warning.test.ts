import { Warning } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"

describe("Warning.ofCounts", () => {
  it("says only that the arm is empty when there is no session", () => {
    expect(Warning.ofCounts(0, 0)).toEqual(["EMPTY_ARM"])
  })

  it.for([
    { n: 1, expected: ["LOW_N", "SMALL_COUNT"] },
    { n: 99, expected: ["LOW_N"] },
    { n: 100, expected: ["DIRECTIONAL"] },
    { n: 499, expected: ["DIRECTIONAL"] },
    { n: 500, expected: [] },
  ])("judges the size of $n sessions", ({ expected, n }) => {
    expect(Warning.ofCounts(Math.floor(n / 2), n)).toEqual(expected)
  })

  it.for([
    { x: 0, expected: ["SMALL_COUNT"] },
    { x: 4, expected: ["SMALL_COUNT"] },
    { x: 5, expected: [] },
    { x: 995, expected: [] },
    { x: 996, expected: ["SMALL_COUNT"] },
    { x: 1000, expected: ["SMALL_COUNT"] },
  ])("judges $x conversions in 1000 sessions", ({ expected, x }) => {
    expect(Warning.ofCounts(x, 1000)).toEqual(expected)
  })

  it("names a small count once where both sides are small", () => {
    expect(Warning.ofCounts(4, 8)).toEqual(["LOW_N", "SMALL_COUNT"])
  })
})

describe("Warning.format", () => {
  it("is empty without warnings", () => {
    expect(Warning.format([])).toBe("")
  })

  it("puts the warnings into their one order, whatever the order they came in", () => {
    expect(Warning.format(["INCOMPLETE", "IMMATURE", "SMALL_COUNT", "DIRECTIONAL", "LOW_N", "EMPTY_ARM"])).toBe(
      "EMPTY_ARM;LOW_N;DIRECTIONAL;SMALL_COUNT;IMMATURE;INCOMPLETE",
    )
  })

  it("names each warning once", () => {
    expect(Warning.format(["IMMATURE", "LOW_N", "IMMATURE", "LOW_N"])).toBe("LOW_N;IMMATURE")
  })
})
