/** The test's clock, with a wall time that is set while it goes on, as by hand or by the network. */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export interface Options {
  /** By how many milliseconds the wall clock is wrong right now. */
  readonly offset: () => number
  /** What becomes of a wait. @default as it is */
  readonly sleep?: ((duration: Duration.Duration) => Duration.Duration) | undefined
}

export const make = ({ offset, sleep = (duration) => duration }: Options): Effect.Effect<Clock.Clock> =>
  Effect.clockWith((clock) => {
    const millis = () => clock.currentTimeMillisUnsafe() + offset()
    const nanos = () => clock.currentTimeNanosUnsafe() + BigInt(offset()) * 1_000_000n
    const set: Clock.Clock = {
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      sleep: (duration) => clock.sleep(sleep(duration)),
    }
    return Effect.succeed(set)
  })

/** Runs the effect by a wall clock that jumps by so many milliseconds once so many have passed. */
export const jumping =
  (afterMillis: number, byMillis: number) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.clockWith((clock) => {
      const from = clock.monotonicTimeNanosUnsafe()
      const passed = () => Number(clock.monotonicTimeNanosUnsafe() - from) / 1e6
      return Effect.flatMap(make({ offset: () => (passed() >= afterMillis ? byMillis : 0) }), (set) =>
        Effect.provideService(effect, Clock.Clock, set),
      )
    })
