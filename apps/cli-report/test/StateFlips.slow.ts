import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as BitFlips from "./BitFlips.ts"
import * as SavedState from "./SavedState.ts"

const perState = Math.ceil(20_000 / SavedState.names.length)

const count = Effect.fnUntraced(function* (what: string, then: typeof BitFlips.asItFell) {
  const counts = yield* Effect.forEach(SavedState.names, (name) => BitFlips.count(name, perState, then))
  for (const [index, { others, refused, same }] of counts.entries()) {
    yield* Console.log(
      `${what}, ${SavedState.names[index]}: ${refused} refused, ${same} the same, ${others.length} others`,
    )
  }
  return counts.flatMap(({ others }) => others)
})

describe("20,000 bits that fall over in the states of every report", () => {
  it.live("give no other numbers", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* count("as it fell", BitFlips.asItFell), [])
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.live("give few other numbers where somebody makes the hash fit: most are impossible", () =>
    Effect.gen(function* () {
      const others = yield* count("hash made to fit", BitFlips.resealed)
      for (const other of others) yield* Console.log(other)
      assert.isBelow(others.length, 0.2 * perState * SavedState.names.length)
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})
