import { Cohort } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"

const labelsOf = (starts: ReadonlyArray<number>) => Result.getOrThrow(Cohort.bands(starts)).map(({ label }) => label)

describe("Cohort.bands", () => {
  it("are five by default", () => {
    expect(Cohort.defaultBands).toEqual([
      { label: "0-19", low: 0, high: 19 },
      { label: "20-39", low: 20, high: 39 },
      { label: "40-59", low: 40, high: 59 },
      { label: "60-79", low: 60, high: 79 },
      { label: "80-100", low: 80, high: 100 },
    ])
  })

  it("can be one", () => {
    expect(labelsOf([0])).toEqual(["0-100"])
  })

  it("name a band of a single score with both its ends", () => {
    expect(labelsOf([0, 100])).toEqual(["0-99", "100-100"])
    expect(labelsOf([0, 1, 2])).toEqual(["0-0", "1-1", "2-100"])
  })

  it.for([
    { starts: [], reason: "the first band starts with 0" },
    { starts: [1], reason: "the first band starts with 0" },
    { starts: [-20, 0], reason: "the first band starts with 0" },
    { starts: [0, 20, 20], reason: "each band starts above the one before" },
    { starts: [0, 40, 20], reason: "each band starts above the one before" },
    { starts: [0, NaN], reason: "a band starts at a whole number" },
    { starts: [0, 101], reason: "a band starts at 100 at most" },
    { starts: [0, Infinity], reason: "a band starts at a whole number" },
  ])("refuse starts of $starts because $reason", ({ reason, starts }) => {
    expect(Cohort.bands(starts)).toEqual(Result.fail(reason))
  })

  it("refuse a start that is not an integer", () => {
    expect(Result.isFailure(Cohort.bands([0, 0.5]))).toBe(true)
  })
})

describe("Cohort.bandOf", () => {
  it.for([
    { score: 0, label: "0-19" },
    { score: 19, label: "0-19" },
    { score: 20, label: "20-39" },
    { score: 39, label: "20-39" },
    { score: 79, label: "60-79" },
    { score: 80, label: "80-100" },
    { score: 100, label: "80-100" },
    { score: -1, label: "(other)" },
    { score: 101, label: "(other)" },
  ])("puts a score of $score into $label", ({ label, score }) => {
    expect(Cohort.bandOf(Cohort.defaultBands, score)).toBe(label)
  })

  it.for([[0], [0, 100], [0, 1, 50, 99], [...Cohort.defaultBandStarts]])(
    "gives every score of 0 to 100 one band of %j",
    (starts) => {
      const bands = Result.getOrThrow(Cohort.bands(starts))
      for (let score = 0; score <= 100; score++) {
        const holding = bands.filter(({ high, low }) => low <= score && score <= high)
        expect(holding.map(({ label }) => label)).toEqual([Cohort.bandOf(bands, score)])
      }
    },
  )
})
