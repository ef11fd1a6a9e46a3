/** Strata to test with: those of the reference values, and all small ones. */
import type { Comparison, Stratified } from "@effect-elnudge/report"
import * as Schema from "effect/Schema"
import shoppers from "./fixtures/online-shoppers-strata.json" with { type: "json" }
import vectors from "./fixtures/stratified.json" with { type: "json" }

const Arm = Schema.Struct({ conversions: Schema.Int, sessions: Schema.Int })
const Strata = Schema.Array(Schema.Struct({ arm1: Arm, arm0: Arm }))
const Pair = Schema.Tuple([Schema.Number, Schema.Number])
const reference = {
  id: Schema.String,
  source: Schema.String,
  strata: Strata,
  tolerance: Schema.Number,
}

const Published = Schema.Struct({
  rd: Schema.optional(Schema.Number),
  rd_ci: Schema.optional(Pair),
  rd_z: Schema.optional(Schema.Number),
  rr: Schema.optional(Schema.Number),
  rr_ci: Schema.optional(Pair),
  log_rr_z: Schema.optional(Schema.Number),
  or_mh: Schema.optional(Schema.Number),
  or_ci: Schema.optional(Pair),
  rd_Q: Schema.optional(Schema.Number),
  cmh_x2: Schema.optional(Schema.Number),
  cmh_p: Schema.optional(Schema.Number),
})

const Vectors = Schema.Struct({
  mantel_haenszel: Schema.Array(
    Schema.Struct({
      ...reference,
      level: Schema.Number,
      expected: Schema.Struct({
        strata: Schema.Int,
        rd: Schema.Number,
        rd_se_sato: Schema.Number,
        rd_ci_sato: Pair,
        rr: Schema.Number,
        log_rr_se: Schema.Number,
        rr_ci: Pair,
        or_mh: Schema.Number,
        cmh_x2: Schema.Number,
        cmh_p: Schema.Number,
        rd_att: Schema.Number,
        rd_att_se: Schema.Number,
        incremental: Schema.Number,
        rd_Q_homogeneity: Schema.Number,
        rd_Q_p: Schema.Number,
        crude_rd: Schema.Number,
      }),
      published: Schema.optional(Published),
      published_tolerance: Schema.optional(Schema.Number),
    }),
  ),
  odds_ratio: Schema.Array(Schema.Struct({ ...reference, estimate: Schema.Number, interval: Pair })),
  breslow_day_tarone: Schema.Array(
    Schema.Struct({
      ...reference,
      statistic: Schema.Number,
      df: Schema.Int,
      p: Schema.Number,
      published: Schema.optional(Pair),
      published_tolerance: Schema.optional(Schema.Number),
    }),
  ),
})

const Shoppers = Schema.Struct({
  contrasts: Schema.Array(
    Schema.Struct({
      contrast: Schema.Literals(["V", "E", "I"]),
      strata: Strata,
      crude: Schema.Struct({ x1: Schema.Int, n1: Schema.Int, x0: Schema.Int, n0: Schema.Int, e_value: Pair }),
      mh: Schema.Struct({
        difference: Schema.Number,
        ci: Pair,
        rr: Schema.Number,
        rr_ci: Pair,
        or_mh: Schema.Number,
        p_cmh: Schema.Number,
        p_tarone: Schema.Number,
        e_value: Pair,
        q: Schema.Number,
      }),
      att: Schema.Struct({ difference: Schema.Number, ci: Pair, p: Schema.Number, incremental: Schema.Number }),
    }),
  ),
})

export const references = Schema.decodeUnknownSync(Vectors)(vectors)
export const { contrasts } = Schema.decodeUnknownSync(Shoppers)(shoppers)

export type Strata = ReadonlyArray<Stratified.Stratum>

export const arm = (conversions: number, sessions: number): Comparison.Arm => ({ conversions, sessions })

export const stratum = (x1: number, n1: number, x0: number, n0: number): Stratified.Stratum => ({
  arm1: arm(x1, n1),
  arm0: arm(x0, n0),
})

/** Every stratum of arms with up to `most` sessions each, empty arms too. */
const strataUpTo = (most: number): Strata => {
  const arms = Array.from({ length: most + 1 }, (_, sessions) => sessions).flatMap((sessions) =>
    Array.from({ length: sessions + 1 }, (_, conversions) => arm(conversions, sessions)),
  )
  return arms.flatMap((arm1) => arms.map((arm0) => ({ arm1, arm0 })))
}

/** Every stratum, so every fourfold table, of arms with up to 12 sessions each, empty arms too. */
export const small: Strata = strataUpTo(12)

/** Those of up to 3 sessions each. */
export const tiny: Strata = strataUpTo(3)

/** Each of them alone. */
export const singles: ReadonlyArray<Strata> = small.map((only) => [only])

/** `count` samples of `strata` small strata each, the same ones in every run. */
const sample = (count: number, strata: number): ReadonlyArray<Strata> => {
  // Park and Miller's generator.
  let seed = 20_261_123
  const next = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed
  }
  return Array.from({ length: count }, () =>
    Array.from({ length: strata }, () => small[next() % small.length] ?? stratum(0, 0, 0, 0)),
  )
}

/** Every two tiny strata, in one order, and a sample of every two small ones. */
export const pairs: ReadonlyArray<Strata> = [
  ...tiny.flatMap((first, index) => tiny.slice(index).map((second) => [first, second])),
  ...sample(20_000, 2),
]

/** What a second stratum looks like that makes the first one's numbers small by comparison, or the other way round. */
const lopsided: Strata = [
  stratum(1, 1, 0, 1e9),
  stratum(0, 1, 1, 1e9),
  stratum(1, 1e9, 0, 1),
  stratum(0, 1e9, 1, 1),
  stratum(1e9 - 1, 1e9, 1, 1e9),
  stratum(1e12, 1e12, 0, 1e12),
  stratum(611_565_147, 1e12, 3, 7),
]

/** Huge arms, and arms of very different sizes, by twos. */
export const extremes: ReadonlyArray<Strata> = lopsided.flatMap((first) => lopsided.map((second) => [first, second]))

/** What the properties are about. */
export const everything: ReadonlyArray<Strata> = [...singles, ...pairs, ...sample(5000, 5), ...extremes]

export const swap = (strata: Strata): Strata => strata.map(({ arm0, arm1 }) => ({ arm1: arm0, arm0: arm1 }))

/** The strata of which the claim is not true. */
export const exceptions = (claim: (strata: Strata) => boolean, of: ReadonlyArray<Strata> = everything) =>
  of.filter((strata) => !claim(strata))
