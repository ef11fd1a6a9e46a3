/**
 * How long something takes. The wall clock is set back and forth, by hand and by the network; this one only goes on. Its
 * readings are milliseconds from an origin that nobody knows: their differences say something, they themselves nothing. What
 * lasts is measured by it alone; what is an instant is told by {@link WallClock}. While the machine sleeps it may stand still, as
 * timers do.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** What the clock reads, for code that has it at hand. */
export const read = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** What it reads now. */
export const now: Effect.Effect<number> = Effect.clockWith((clock) => Effect.sync(() => read(clock)))

/**
 * The clock, with a wall time that goes on from now without a jump: for what measures by the wall clock and is not ours.
 */
export const steady: Effect.Effect<Clock.Clock> = Effect.clockWith((clock) =>
  Effect.sync(() => {
    const origin = clock.currentTimeNanosUnsafe() - clock.monotonicTimeNanosUnsafe()
    const nanos = () => origin + clock.monotonicTimeNanosUnsafe()
    const millis = () => Number(nanos() / 1_000_000n)
    const without: Clock.Clock = {
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      sleep: (duration) => clock.sleep(duration),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
    }
    return without
  }),
)
