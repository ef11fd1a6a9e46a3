/** The machine's own clocks, whatever the emulator takes for now. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Epoch milliseconds: what a server says in its headers. */
export const wall: Effect.Effect<number> = Clock.currentTimeMillis

/** Milliseconds of a clock that nobody sets, for what lasts. */
export const monotonic: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)
