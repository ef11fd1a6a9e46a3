/** Sessions by score to test with: those of the reference values, and all small ones. */
import type { Comparison } from "@effect-elnudge/report"
import * as Schema from "effect/Schema"
import vectors from "./fixtures/calibration.json" with { type: "json" }
import shoppers from "./fixtures/online-shoppers-scores.json" with { type: "json" }

const Groups = Schema.Array(Schema.Struct({ score: Schema.Int, conversions: Schema.Int, sessions: Schema.Int }))
const Pair = Schema.Tuple([Schema.Number, Schema.Number])
const reference = { id: Schema.String, groups: Groups, tolerance: Schema.Number }
const published_tolerance = Schema.optional(Schema.Number)

const Vectors = Schema.Struct({
  auc: Schema.Array(
    Schema.Struct({
      ...reference,
      estimate: Schema.Number,
      se: Schema.optional(Schema.Number),
      interval: Schema.optional(Pair),
      published: Schema.optional(Schema.Number),
      published_tolerance,
    }),
  ),
  brier: Schema.Array(
    Schema.Struct({
      ...reference,
      brier: Schema.Number,
      reliability: Schema.optional(Schema.Number),
      resolution: Schema.optional(Schema.Number),
      uncertainty: Schema.optional(Schema.Number),
      published: Schema.optional(Schema.Number),
      published_tolerance,
    }),
  ),
  trend: Schema.Array(
    Schema.Struct({
      ...reference,
      x2: Schema.Number,
      p: Schema.Number,
      published: Schema.optional(Pair),
      published_tolerance,
    }),
  ),
  isotonic: Schema.Array(Schema.Struct({ ...reference, expected: Schema.Array(Schema.Number) })),
})

const Shoppers = Schema.Struct({
  populations: Schema.Array(
    Schema.Struct({
      population: Schema.String,
      groups: Groups,
      auc: Schema.Number,
      auc_tolerance: Schema.Number,
      interval: Pair,
      trend_z: Schema.Number,
      tolerance: Schema.Number,
    }),
  ),
})

export const references = Schema.decodeUnknownSync(Vectors)(vectors)
export const { populations } = Schema.decodeUnknownSync(Shoppers)(shoppers)

export type Bins = ReadonlyArray<Comparison.Arm>

export const empty: Comparison.Arm = { conversions: 0, sessions: 0 }

/** One bin for each score from 0 to the last one. */
export const binsOf = (groups: (typeof Groups)["Type"]): Bins =>
  Array.from({ length: Math.max(...groups.map(({ score }) => score)) + 1 }, (_, score) => {
    const { conversions, sessions } = groups.find((group) => group.score === score) ?? empty
    return { conversions, sessions }
  })

/** Every arm with up to `most` sessions, the empty one too. */
const armsUpTo = (most: number): Bins =>
  Array.from({ length: most + 1 }, (_, sessions) => sessions).flatMap((sessions) =>
    Array.from({ length: sessions + 1 }, (_, conversions) => ({ conversions, sessions })),
  )

const cross = (lists: ReadonlyArray<Bins>, arms: Bins): ReadonlyArray<Bins> =>
  lists.flatMap((bins) => arms.map((arm) => [...bins, arm]))

/** Every three bins with up to 4 sessions each, every four with up to 2, and every one and two with up to 12. */
export const small: ReadonlyArray<Bins> = [
  cross([[]], armsUpTo(12)),
  cross(cross([[]], armsUpTo(12)), armsUpTo(12)),
  cross(cross(cross([[]], armsUpTo(4)), armsUpTo(4)), armsUpTo(4)),
  cross(cross(cross(cross([[]], armsUpTo(2)), armsUpTo(2)), armsUpTo(2)), armsUpTo(2)),
].flat()

const huge: Bins = [
  empty,
  { conversions: 1, sessions: 1 },
  { conversions: 0, sessions: 1e12 },
  { conversions: 1e12 - 1, sessions: 1e12 },
]

/** Bins of which some have a million million sessions, others none or one. */
export const extremes: ReadonlyArray<Bins> = cross(cross(cross([[]], huge), huge), huge)

/** What the properties are about. */
export const everything: ReadonlyArray<Bins> = [...small, ...extremes]

/** The bins of which the claim is not true. */
export const exceptions = (claim: (bins: Bins) => boolean, of: ReadonlyArray<Bins> = everything) =>
  of.filter((bins) => !claim(bins))

export const conversionsOf = (bins: Bins): number => bins.reduce((sum, { conversions }) => sum + conversions, 0)
export const sessionsOf = (bins: Bins): number => bins.reduce((sum, { sessions }) => sum + sessions, 0)

/** Of the outcome "did not convert". */
export const opposite = (bins: Bins): Bins =>
  bins.map(({ conversions, sessions }) => ({ conversions: sessions - conversions, sessions }))
