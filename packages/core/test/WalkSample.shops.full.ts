import { WalkSample } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SampledShop from "./SampledShop.ts"

const { day, hour, listing, month, nudgesAt, nudgesOf, one, sampled, shapes, startsOf, sum } = SampledShop

describe("WalkSample.total", () => {
  const sizes = [1_000, 2_500, 6_000, 20_000, 100_000]
  const spans = [1, 7, 30]

  it.effect.each(Object.entries(shapes))(
    "holds the true numbers of a shop in its interval nine times out of ten, and is near them: traffic %s",
    ([name, shape]) =>
      Effect.gen(function* () {
        let [shops, held, squares] = [0, 0, 0]
        for (const days of spans) {
          for (const count of sizes) {
            for (const seed of ["a", "b", "c"]) {
              const shift = ((shops * 5) % 24) * hour
              const window = { from: month.from + shift, to: month.from + shift + days * day }
              const starts = yield* startsOf(shape, count, window, `${name} ${days} ${count} ${seed}`)
              const { sample } = yield* sampled(listing(starts), window)
              const sessions = WalkSample.total(sample, one)
              const nudges = WalkSample.total(sample, nudgesOf)
              const isHeld = ({ high, low }: WalkSample.Estimate, value: number) => low <= value && value <= high
              if (isHeld(sessions, count) && isHeld(nudges, sum(starts.map(nudgesAt)))) held++
              squares += (sessions.value / count - 1) ** 2
              shops++
            }
          }
        }
        assert.isAtLeast(held / shops, 0.9)
        assert.isBelow(Math.sqrt(squares / shops), 0.2)
      }),
  )
})
