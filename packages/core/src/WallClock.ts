/**
 * Which instant it is: what is compared with the instants of sessions, sent, or printed. The one place that asks the wall
 * clock; what lasts is measured by {@link MonotonicClock}, because this one may be set in the middle of it.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"

/** Epoch milliseconds. */
export const now: Effect.Effect<number> = Clock.currentTimeMillis

/** The same in nanoseconds. */
export const nanos: Effect.Effect<bigint> = Clock.currentTimeNanos

/** The second that is going on, from its start: a "now" that can be sent to an API which takes no fractions. */
export const second: Effect.Effect<DateTime.Utc> = Effect.map(now, (millis) =>
  DateTime.makeUnsafe(1_000 * Math.floor(millis / 1_000)),
)
