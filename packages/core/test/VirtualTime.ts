/** Runs an effect to its end on the test's clock: lets real promises settle, then moves the clock, until it is done. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"

const settlePromises = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

export const run = <A, E, R>(effect: Effect.Effect<A, E, R>, stepMillis = 50) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* settlePromises
    while (fiber.pollUnsafe() === undefined) {
      yield* TestClock.adjust(stepMillis)
      yield* settlePromises
    }
    return yield* Fiber.join(fiber)
  })
