/** The examples of the README's section "The statistics", built again from what the modules compute. */
import { readFileSync } from "node:fs"
import {
  Auc,
  Brier,
  Comparison,
  Heterogeneity,
  Isotonic,
  MantelHaenszel,
  MultipleTesting,
  Normal,
  Proportion,
  SampleRatio,
  SampleSize,
  Sensitivity,
  Stratified,
  TreatedEffect,
  Trend,
} from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { orNaN } from "./Reference.ts"
import { binsOf } from "./ScoreFixture.ts"
import { arm, references, stratum } from "./StrataFixture.ts"

/** On one line: how it is wrapped, and how wide a table is, is the formatter's. */
const onOneLine = (text: string): string => text.replaceAll(/\s+/g, " ")

const heading = "## The statistics\n"
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const [, after = ""] = readme.split(heading)
const [section = ""] = after.split("\n## ")
const items = onOneLine(section).split(" - Example: ").slice(1)
const lines = section.split("\n").map(onOneLine)

/** Four digits, with a minus sign instead of a hyphen. */
const figure = (value: number | null | undefined): string =>
  String(Number(orNaN(value).toPrecision(4))).replace("-", "−")

const list = (values: ReadonlyArray<number | null>): string => {
  const figures = values.map(figure)
  return `${figures.slice(0, -1).join(", ")} and ${figures.at(-1)}`
}

const range = ({ high, low }: Proportion.Interval): string => `from ${figure(low)} to ${figure(high)}`
const ranged = (estimate: Comparison.Estimate): string => `${figure(estimate.estimate)}, ${range(estimate)}`
const times = ({ estimate, high, low }: Comparison.Estimate, sessions: number): Comparison.Estimate => ({
  estimate: orNaN(estimate) * sessions,
  low: orNaN(low) * sessions,
  high: orNaN(high) * sessions,
})

const rateOf = (x: number, n: number): string =>
  `${x} of ${n}: ${figure(Proportion.rate(x, n))}, ${range(Proportion.wilson(x, n))}`

const arms = [arm(30, 100), arm(20, 100)] as const
const p = Comparison.pooledP(...arms)
const ps = [0.01, 0.04, 0.03]

const bands = [stratum(4, 20, 8, 80), stratum(32, 80, 4, 20)]
const { arm0, arm1 } = Stratified.total(bands)
const test = MantelHaenszel.cochranMantelHaenszel(bands)
const ofDifferences = Heterogeneity.riskDifferenceQ(bands)
const ofOdds = Heterogeneity.breslowDayTarone(bands)

const published = Sensitivity.eValue({ estimate: 3.9, low: 1.8, high: 8.7 })
const adjusted = Sensitivity.eValue(MantelHaenszel.riskRatio(bands))
const shares = SampleRatio.test([560, 440].map((sessions) => ({ sessions, weight: 1 })))

const ranked = binsOf([
  { score: 90, conversions: 1, sessions: 1 },
  { score: 80, conversions: 0, sessions: 1 },
  { score: 60, conversions: 1, sessions: 1 },
  { score: 30, conversions: 0, sessions: 2 },
])
const steps = [arm(1, 10), arm(3, 10), arm(2, 10)]
const inverted = Isotonic.inversions(steps).filter((isInverted) => isInverted === true)
const rising = Trend.cochranArmitage(
  binsOf([1, 3, 5].map((conversions, index) => ({ score: 10 * (index + 1), conversions, sessions: 10 }))),
)
const parts = Brier.murphy(
  binsOf([
    { score: 80, conversions: 1, sessions: 2 },
    { score: 20, conversions: 0, sessions: 2 },
  ]),
)

const berkeley = references.mantel_haenszel.find(({ id }) => id === "mh-ucb")?.strata ?? []
const admitted = Stratified.total(berkeley)
const tables = Stratified.tables(berkeley)
const weightOf = ({ all, n0, n1 }: Stratified.Table) => (n1 * n0) / all
const oddsAgree = Heterogeneity.breslowDayTarone(berkeley).p
const differencesAgree = Heterogeneity.riskDifferenceQ(berkeley).p

const against = "30 of 100 against 20 of 100"
const examples = [
  { name: "rate", sentence: `${rateOf(2, 10)}.` },
  { name: "rate of nobody", sentence: `${rateOf(0, 20)}.` },
  { name: "difference", sentence: `${against}: a difference of ${ranged(Comparison.difference(...arms))}.` },
  { name: "lift", sentence: `${against}: a lift of ${ranged(Comparison.lift(...arms))}.` },
  { name: "p", sentence: `${against}: z = ${figure(-orNaN(Normal.quantile(orNaN(p) / 2)))}, p = ${figure(p)}.` },
  { name: "q", sentence: `p of ${list(ps)}: q of ${list(MultipleTesting.benjaminiHochberg(ps))}.` },
  { name: "Holm", sentence: `p of ${list(ps)}: by Holm ${list(MultipleTesting.holm(ps))}.` },
  {
    name: "crude difference of bands",
    sentence: `the two bands together, crude: a difference of ${ranged(Comparison.difference(arm1, arm0))}.`,
  },
  {
    name: "mh difference",
    sentence: `the two bands, mh: a difference of ${ranged(MantelHaenszel.difference(bands))}.`,
  },
  { name: "mh lift", sentence: `the two bands, mh: a lift of ${ranged(MantelHaenszel.lift(bands))}.` },
  {
    name: "mh odds ratio",
    sentence: `the two bands, mh: an odds ratio of ${ranged(MantelHaenszel.oddsRatio(bands))}.`,
  },
  { name: "mh p", sentence: `the two bands, mh: χ² = ${figure(test.statistic)}, p = ${figure(test.p)}.` },
  {
    name: "att difference",
    sentence: `the two bands, att: a difference of ${ranged(TreatedEffect.difference(bands))}, p = ${figure(TreatedEffect.p(bands))}.`,
  },
  {
    name: "att incremental",
    sentence: `the two bands, att: ${ranged(TreatedEffect.incremental(bands)).replace(",", " incremental conversions,")}.`,
  },
  {
    name: "crude incremental",
    sentence: `${against}: ${ranged(times(Comparison.difference(...arms), 100)).replace(",", " incremental conversions,")}.`,
  },
  {
    name: "coverage",
    sentence: `the two bands and a third with 25 sessions in arm 1 and none in arm 0: a coverage of ${figure(Stratified.coverage([...bands, stratum(5, 25, 0, 0)]))}.`,
  },
  {
    name: "heterogeneity of differences",
    sentence: `the two bands, differences: Q = ${figure(ofDifferences.statistic)}, p = ${figure(ofDifferences.p)}.`,
  },
  {
    name: "heterogeneity of odds ratios",
    sentence: `the two bands, odds ratios: χ² = ${figure(ofOdds.statistic)}, p = ${figure(ofOdds.p)}.`,
  },
  {
    name: "Berkeley, crude",
    sentence: `Berkeley, crude: a difference of ${ranged(Comparison.difference(admitted.arm1, admitted.arm0))}.`,
  },
  {
    name: "Berkeley, mh",
    sentence: `Berkeley, mh: a difference of ${ranged(MantelHaenszel.difference(berkeley))}, p = ${figure(MantelHaenszel.cochranMantelHaenszel(berkeley).p)}.`,
  },
  {
    name: "Berkeley, att",
    sentence: `Berkeley, att: a difference of ${ranged(TreatedEffect.difference(berkeley))}, p = ${figure(TreatedEffect.p(berkeley))}.`,
  },
  {
    name: "Berkeley, heterogeneity",
    sentence: `Berkeley, heterogeneity: p = ${figure(oddsAgree)} of the odds ratios, p = ${figure(differencesAgree)} of the differences.`,
  },
  {
    name: "E-value",
    sentence: `a ratio of 3.9, from 1.8 to 8.7: an E-value of ${figure(published.estimate)}, of its limit ${figure(published.limit)}.`,
  },
  {
    name: "mh E-value",
    sentence: `the two bands, mh: an E-value of ${figure(adjusted.estimate)}, of its limit ${figure(adjusted.limit)}.`,
  },
  ...[0.1, 0.5].map((mde) => ({
    name: `sessions still needed at ${mde}`,
    sentence: `${against}, ${100 * mde} % more worth seeing: ${figure(SampleSize.stillNeeded(...arms, { mde }))} sessions still needed.`,
  })),
  {
    name: "sample ratio",
    sentence: `560 and 440 sessions, half and half meant: χ² = ${figure(shares.statistic)}, p = ${figure(shares.p)}.`,
  },
  {
    name: "AUC",
    sentence: `converted with scores 90 and 60, others with 80, 30 and 30: an AUC of ${ranged(Auc.delong(ranked))}.`,
  },
  {
    name: "isotonic rate",
    sentence: `1 of 10, 3 of 10 and 2 of 10: isotonic rates of ${list(Isotonic.rates(steps))}, ${inverted.length} inversion.`,
  },
  {
    name: "trend",
    sentence: `1 of 10 with score 10, 3 of 10 with 20, 5 of 10 with 30: z = ${figure(rising.z)}, p = ${figure(rising.p)}.`,
  },
  {
    name: "Brier",
    sentence: `two sessions of score 80, one converted, and two of score 20, none: ${figure(parts.brier)} = ${figure(parts.reliability)} − ${figure(parts.resolution)} + ${figure(parts.uncertainty)}.`,
  },
]

describe("the README's section on the statistics", () => {
  it.for(examples)("has the example that the code computes: $name", ({ sentence }) => {
    expect(items.map((item) => item.slice(0, sentence.length))).toContain(sentence)
  })

  it("has no other example", () => {
    expect(items).toHaveLength(examples.length)
  })

  it.for(tables.map((table, index) => ({ table, department: "ABCDEF".charAt(index) })))(
    "has the row of Berkeley's department $department",
    ({ department, table }) => {
      const { n0, n1, x0, x1 } = table
      const mh = weightOf(table) / Stratified.sum(tables, weightOf)
      const att = n1 / admitted.arm1.sessions
      const cells = [department, `${x1} of ${n1}`, `${x0} of ${n0}`, Stratified.differenceOf(table), mh, att]
      const row = cells.map((cell) => (typeof cell === "number" ? figure(cell) : cell)).join(" | ")
      expect(lines).toContain(`| ${row} |`)
    },
  )
})
