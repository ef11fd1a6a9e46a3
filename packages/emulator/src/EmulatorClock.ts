/** What the emulator takes for now. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"

export interface Options {
  /** The instant that the emulator takes for now when it starts. @default the clock's */
  readonly now?: DateTime.DateTime | undefined
  /**
   * How fast its time goes: 0 stands still, 1 goes with the clock, 60 is a minute a second.
   * @default 0 with `now`, 1 without
   */
  readonly speed?: number | undefined
}

const speedOf = ({ now, speed }: Options): number => speed ?? (now === undefined ? 1 : 0)

/** Whether its time goes on. */
export const isTicking = (options: Options): boolean => speedOf(options) > 0

/** The machine's own time, in epoch milliseconds: what a server says in its headers. */
export const machine: Effect.Effect<number> = Clock.currentTimeMillis

/** Milliseconds of a clock that nobody sets, for what lasts. */
export const monotonic: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

/** Starts the emulator's time; gives what reads it, in epoch milliseconds. */
export const start = Effect.fnUntraced(function* (options: Options) {
  const startedAt = yield* monotonic
  const origin = options.now === undefined ? yield* machine : DateTime.toEpochMillis(options.now)
  const speed = speedOf(options)
  return Effect.map(monotonic, (at) => Math.floor(origin + (at - startedAt) * speed))
})
