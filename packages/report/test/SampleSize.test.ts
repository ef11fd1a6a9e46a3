import { Normal, Proportion, SampleSize, type Stratified } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import vectors from "./fixtures/sample-size.json" with { type: "json" }
import { expectClose, expectWithin, isClose, orNaN } from "./Reference.ts"
import { arm, small } from "./StrataFixture.ts"

const { required, stillNeeded } = SampleSize

const Vectors = Schema.Struct({
  sample_size: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      p1: Schema.Number,
      p2: Schema.Number,
      power: Schema.Number,
      expected: Schema.Number,
      tolerance: Schema.Number,
      published: Schema.optional(Schema.Number),
      published_tolerance: Schema.optional(Schema.Number),
    }),
  ),
})

describe("SampleSize.required", () => {
  it.for(Schema.decodeUnknownSync(Vectors)(vectors).sample_size)("agrees with the reference value $id", (vector) => {
    const sessions = required(vector.p1, vector.p2, vector.power)
    expectClose(sessions, vector.expected, vector.tolerance)
    if (vector.published === undefined || vector.published_tolerance === undefined) return
    expectWithin(sessions, vector.published, vector.published_tolerance)
  })

  const rates = [0, 1e-9, 0.01, 0.2, 0.5, 0.9, 1]
  const pairs = rates.flatMap((p1) => rates.filter((p0) => p0 !== p1).map((p0) => ({ p1, p0 })))

  it("is the same when the arms change places, and when conversions and others do", () => {
    const differs = pairs.filter(({ p0, p1 }) => {
      const sessions = orNaN(required(p1, p0, 0.8))
      return !(
        isClose(required(p0, p1, 0.8), sessions, 1e-12) && isClose(required(1 - p1, 1 - p0, 0.8), sessions, 1e-6)
      )
    })
    expect(differs).toEqual([])
    expect(pairs).toHaveLength(42)
  })

  it("has the power that was asked for", () => {
    // P(|z| of the pooled test > its limit), without the far tail, which the formula leaves out.
    const powerAt = (sessions: number, p1: number, p0: number) => {
      const mean = (p1 + p0) / 2
      const distance = Math.abs(p1 - p0) * Math.sqrt(sessions) - Proportion.z95 * Math.sqrt(2 * mean * (1 - mean))
      return Normal.upperTail(-distance / Math.sqrt(p1 * (1 - p1) + p0 * (1 - p0)))
    }
    const misses = pairs
      .filter(({ p0, p1 }) => p1 * (1 - p1) + p0 * (1 - p0) > 0)
      .filter(({ p0, p1 }) =>
        [0.5, 0.8, 0.9].some((power) => !isClose(powerAt(orNaN(required(p1, p0, power)), p1, p0), power, 1e-9)),
      )
    expect(misses).toEqual([])
  })

  it("rises with the power and the confidence, and falls with the difference", () => {
    expect(required(0.11, 0.1, 0.9)).toBeGreaterThan(orNaN(required(0.11, 0.1, 0.8)))
    expect(required(0.11, 0.1, 0.8, Proportion.zOf(0.99))).toBeGreaterThan(orNaN(required(0.11, 0.1, 0.8)))
    expect(required(0.12, 0.1, 0.8)).toBeLessThan(orNaN(required(0.11, 0.1, 0.8)))
    expect(required(0.11, 0.1, 0.8)).toBe(required(0.11, 0.1, 0.8, Proportion.z95))
  })

  it("is null where there is no difference, no rate or no such power, never NaN or Infinity", () => {
    expect([0, 0.3, 1].map((p) => required(p, p, 0.8))).toEqual([null, null, null])
    expect([-0.1, 1.1, NaN].map((p) => required(p, 0.3, 0.8))).toEqual([null, null, null])
    expect([-0.1, 1.1, NaN].map((p) => required(0.3, p, 0.8))).toEqual([null, null, null])
    expect([0, 1, NaN, 0.001].map((power) => required(0.3, 0.2, power))).toEqual([null, null, null, null])
    expect(required(1e-320, 0, 0.8) ?? 0).toBeLessThan(Infinity)
    expect(pairs.filter(({ p0, p1 }) => !Number.isFinite(required(p1, p0, 0.8)))).toEqual([])
  })
})

describe("SampleSize.stillNeeded", () => {
  it("is what the smaller arm lacks to see 10 % more than arm 0 with power 0.8", () => {
    const all = Math.ceil(orNaN(required(0.2 * 1.1, 0.2, 0.8)))
    expect(all).toBeGreaterThan(6000)
    expect(stillNeeded(arm(0, 0), arm(200, 1000))).toBe(all)
    expect(stillNeeded(arm(90, 400), arm(200, 1000))).toBe(all - 400)
    expect(stillNeeded(arm(900, 4000), arm(200, 1000))).toBe(all - 1000)
    expect(stillNeeded(arm(90, 400), arm(200, 1000), { mde: 0.1, power: 0.8, z: Proportion.z95 })).toBe(all - 400)
  })

  it("follows its options", () => {
    const arms = [arm(90, 400), arm(200, 1000)] as const
    expect(stillNeeded(...arms, { mde: 0.2 })).toBe(Math.ceil(orNaN(required(0.24, 0.2, 0.8))) - 400)
    expect(stillNeeded(...arms, { power: 0.9 })).toBeGreaterThan(orNaN(stillNeeded(...arms)))
    expect(stillNeeded(...arms, { z: Proportion.zOf(0.99) })).toBeGreaterThan(orNaN(stillNeeded(...arms)))
  })

  it("is 0 where both arms have enough", () => {
    expect(stillNeeded(arm(1, 1e6), arm(2e5, 1e6))).toBe(0)
  })

  it("does not depend on the conversions of arm 1", () => {
    const answers = new Set(
      Array.from({ length: 401 }, (_, conversions) => stillNeeded(arm(conversions, 400), arm(200, 1000))),
    )
    expect(answers.size).toBe(1)
  })

  it("is a whole number from 0 on, or null without a conversion in arm 0, for every table up to n = 12", () => {
    const options = [{}, { mde: 0.01 }, { mde: 0.5, power: 0.95 }, { mde: 1, z: Proportion.zOf(0.5) }]
    const isFine = ({ arm0, arm1 }: Stratified.Stratum) =>
      options.every((option) => {
        const sessions = stillNeeded(arm1, arm0, option)
        const canRise = arm0.conversions > 0 && (arm0.conversions / arm0.sessions) * (1 + (option.mde ?? 0.1)) <= 1
        return canRise ? Number.isSafeInteger(sessions) && orNaN(sessions) >= 0 : sessions === null
      })
    expect(small.filter((table) => !isFine(table))).toEqual([])
  })

  it("is null without a conversion in arm 0, and where its rate cannot rise so far", () => {
    expect(stillNeeded(arm(3, 9), arm(0, 9))).toBeNull()
    expect(stillNeeded(arm(3, 9), arm(0, 0))).toBeNull()
    expect(stillNeeded(arm(3, 9), arm(95, 100))).toBeNull()
    expect(stillNeeded(arm(3, 9), arm(30, 100), { mde: 0 })).toBeNull()
  })
})
