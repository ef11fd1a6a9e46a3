import { assert, describe, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { inject } from "vitest"
import * as StoppedRuns from "./StoppedRuns.ts"

const runs = 33 * inject("times")
const seed = "elnudge-5"

const names: ReadonlyArray<StoppedRuns.Name> = ["attribution", "cohorts", "run", "sessions csv", "sessions ndjson"]
// The pipe is stdout, which none of these write to: CheckpointFlags.test.ts closes it.
const ways = StoppedRuns.ways.filter((way) => way !== "closed pipe")

const oneOf = <A>(values: ReadonlyArray<A>) =>
  Effect.map(
    Random.nextIntBetween(0, values.length - 1),
    (index) => values[index] ?? assert.fail("nothing to draw from"),
  )

const drawnStop = Effect.gen(function* () {
  const stop: StoppedRuns.Stop = { way: yield* oneOf(ways), afterRequests: yield* Random.nextIntBetween(1, 150) }
  return stop
})

const drawn = Effect.gen(function* () {
  const stops = yield* Effect.replicateEffect(drawnStop, yield* Random.nextIntBetween(1, 3))
  return { name: yield* oneOf(names), stops }
})

describe("hundreds of runs that were stopped and gone on with", () => {
  it.live(`end as those that were not: ${runs} of them, seed ${seed}`, () =>
    Effect.gen(function* () {
      const cases = yield* Effect.replicateEffect(drawn, runs).pipe(Random.withSeed(seed))
      let stops = 0
      let interrupted = 0
      let worst = 0
      let most = 0
      yield* Effect.forEach(
        cases,
        Effect.fnUntraced(function* ({ name, stops: planned }) {
          const { expected, left, requests, result, stopped } = yield* StoppedRuns.against(name, planned)
          const told = `${name} ${JSON.stringify(planned)}`
          assert.deepStrictEqual(result, expected, told)
          assert.isAtMost(requests.parts, 1.25 * requests.whole + 40 * stopped, told)
          assert.deepStrictEqual(
            left.filter((file) => !file.startsWith(".out-")),
            [],
            told,
          )
          stops += stopped
          if (stopped > 0) interrupted++
          worst = Math.max(worst, (requests.parts - requests.whole) / Math.max(1, stopped))
          most = Math.max(most, requests.parts / requests.whole)
        }),
        { concurrency: 2, discard: true },
      )
      yield* Console.log(
        `${interrupted} of ${runs} runs stopped, ${stops} times; at most ${worst.toFixed(1)} more requests a stop, and ${most.toFixed(2)} times the requests of one run`,
      )
      // Some end before they are stopped.
      assert.isAtLeast(interrupted, 0.9 * runs)
    }),
  )
})
