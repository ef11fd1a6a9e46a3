/** A clock that goes as many times as fast as this machine's: what waits for a retry or a deadline does not wait long. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** From now on. */
export const make = Effect.fnUntraced(function* (times: number) {
  const clock = yield* Clock.Clock
  const millis = clock.currentTimeMillisUnsafe()
  const nanos = clock.currentTimeNanosUnsafe()
  const monotonic = clock.monotonicTimeNanosUnsafe()
  const currentTimeMillisUnsafe = () => millis + (clock.currentTimeMillisUnsafe() - millis) * times
  const currentTimeNanosUnsafe = () => nanos + (clock.currentTimeNanosUnsafe() - nanos) * BigInt(times)
  const monotonicTimeNanosUnsafe = () => monotonic + (clock.monotonicTimeNanosUnsafe() - monotonic) * BigInt(times)
  const quick: Clock.Clock = {
    currentTimeMillisUnsafe,
    currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
    currentTimeNanosUnsafe,
    currentTimeNanos: Effect.sync(currentTimeNanosUnsafe),
    monotonicTimeNanosUnsafe,
    monotonicTimeNanos: Effect.sync(monotonicTimeNanosUnsafe),
    sleep: (duration) => clock.sleep(Duration.divideUnsafe(duration, times)),
  }
  return quick
})
