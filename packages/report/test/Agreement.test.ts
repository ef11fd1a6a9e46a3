import * as Agreement from "@effect-elnudge/report/Agreement"
import * as Proportion from "@effect-elnudge/report/Proportion"
import { describe, expect, it } from "@effect/vitest"
import * as Reference from "./Reference.ts"

const counts = (both: number, flag_only: number, rule_only: number, neither: number): Agreement.AgreementCounts => ({
  both,
  flag_only,
  rule_only,
  neither,
})

// Up to three of each.
const tables = Array.from({ length: 256 }, (_, code) =>
  counts(code % 4, Math.floor(code / 4) % 4, Math.floor(code / 16) % 4, Math.floor(code / 64)),
)

// (po − pe)/(1 − pe), as Cohen writes it.
const cohen = (table: Agreement.AgreementCounts): number => {
  const { both, flag_only, neither, rule_only } = table
  const n = both + flag_only + rule_only + neither
  const po = (both + neither) / n
  const pe = ((both + flag_only) * (both + rule_only) + (rule_only + neither) * (flag_only + neither)) / n ** 2
  return (po - pe) / (1 - pe)
}

const hasConstantSide = ({ both, flag_only, neither, rule_only }: Agreement.AgreementCounts): boolean =>
  both + flag_only === 0 || rule_only + neither === 0 || both + rule_only === 0 || flag_only + neither === 0

describe("Agreement.rate", () => {
  it("is the share on which both sides say the same, with the Wilson interval", () => {
    expect(Agreement.total(counts(1, 2, 3, 4))).toBe(10)
    expect(Agreement.agreeing(counts(1, 2, 3, 4))).toBe(5)
    expect(Agreement.rate(counts(1, 2, 3, 4))).toEqual({ estimate: 0.5, ...Proportion.wilson(5, 10) })
    expect(Agreement.rate(counts(1, 2, 3, 4), 1)).toEqual({ estimate: 0.5, ...Proportion.wilson(5, 10, 1) })
  })

  it("is null without anything to agree on", () => {
    expect(Agreement.rate(Agreement.noCounts)).toEqual({ estimate: null, low: null, high: null })
  })
})

describe("Agreement.kappa", () => {
  it.for([
    {
      source: "Feinstein AR, Cicchetti DV (1990) J Clin Epidemiol 43:543–549, balanced",
      table: counts(40, 9, 6, 45),
      published: 0.7,
      tolerance: 0.005,
    },
    {
      source: "the same, the same agreement with unbalanced sides",
      table: counts(80, 10, 5, 5),
      published: 0.32,
      tolerance: 0.005,
    },
    {
      source: "Gerstman BB, Epidemiology Kept Simple, illustrative example 10.1",
      table: counts(1467, 782, 1309, 16_232),
      published: 0.524,
      tolerance: 0.0005,
    },
  ])("agrees with $source", ({ published, table, tolerance }) => {
    Reference.expectWithin(Agreement.kappa(table), published, tolerance)
    Reference.expectClose(Agreement.kappa(table), cohen(table), 1e-12)
  })

  it("is 1 for full agreement, −1 for full disagreement on equal halves, 0 for what chance gives", () => {
    expect(Agreement.kappa(counts(346, 0, 0, 5820))).toBe(1)
    expect(Agreement.kappa(counts(0, 5, 5, 0))).toBe(-1)
    expect(Agreement.kappa(counts(2, 4, 3, 6))).toBe(0)
  })

  it("is Cohen's on every small table, and null exactly where a side is constant", () => {
    for (const table of tables) {
      if (hasConstantSide(table)) expect(Agreement.kappa(table)).toBeNull()
      else Reference.expectWithin(Agreement.kappa(table), cohen(table), 1e-12)
    }
    expect(tables.filter(hasConstantSide)).toHaveLength(1 + 4 * 3 + 4 * 9)
  })
})
