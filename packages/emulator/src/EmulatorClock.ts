/** What the emulator takes for now. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as MachineClock from "./MachineClock.ts"

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

/** Starts the emulator's time; gives what reads it, in epoch milliseconds. */
export const start = Effect.fnUntraced(function* (options: Options) {
  const startedAt = yield* MachineClock.monotonic
  const origin = options.now === undefined ? yield* MachineClock.wall : DateTime.toEpochMillis(options.now)
  const speed = speedOf(options)
  return Effect.map(MachineClock.monotonic, (at) => Math.floor(origin + (at - startedAt) * speed))
})
