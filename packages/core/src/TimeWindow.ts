/** The span of start times that a walk covers, pinned to absolute instants once, so that nothing depends on "now" twice. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InvalidOption } from "./ElnudgeError.ts"
import * as IsoInstant from "./IsoInstant.ts"
import * as OptionCheck from "./OptionCheck.ts"
import * as Session from "./Session.ts"
import type { TimeSpan } from "./TimeSpan.ts"
import * as WallClock from "./WallClock.ts"

/** `from` is inclusive, `to` exclusive; both are ISO 8601 instants in UTC. */
export const TimeWindow = Schema.Struct({ from: Session.Instant, to: Session.Instant })
export type TimeWindow = typeof TimeWindow.Type

/** The window as it is written. */
export const ofSpan = ({ from, to }: TimeSpan): TimeWindow => ({ from: Session.instant(from), to: Session.instant(to) })

/** The same as epoch milliseconds. */
export const toSpan = ({ from, to }: TimeWindow): TimeSpan => ({ from: Session.millis(from), to: Session.millis(to) })

const second = 1_000
const lastSecond = Date.UTC(9999, 11, 31, 23, 59, 59)

const withoutFraction = (instant: string, round: (seconds: number) => number): string => {
  if (!instant.includes(".")) return instant
  const millis = second * round(Session.millis(instant) / second)
  // The year 10000 has another form, which an API may know less than a fraction.
  return millis > lastSecond ? instant : Session.instant(millis)
}

/** The smallest window of whole seconds that holds it: not every API takes a fraction of one, or heeds it. */
export const inWholeSeconds = ({ from, to }: TimeWindow): TimeWindow => ({
  from: withoutFraction(from, Math.floor),
  to: withoutFraction(to, Math.ceil),
})

/** Either may have a fraction of a second: whole seconds around them are asked for, and what is outside is left out. */
export interface Options {
  /** @default 30 days before `to`, as the API's own default for a window that ends now */
  readonly from?: DateTime.DateTime | undefined
  /** @default now, the second that is going on left out */
  readonly to?: DateTime.DateTime | undefined
}

/** The options of a window. */
export const checks: OptionCheck.Checks<Options> = { from: OptionCheck.dateTime, to: OptionCheck.dateTime }

const format = (moment: DateTime.DateTime): string => Session.instant(DateTime.toEpochMillis(moment))

/** Fails with `InvalidOption` where a moment cannot be written as an instant: years have four digits. */
export const checkYears = Effect.fnUntraced(function* (moments: ReadonlyArray<DateTime.DateTime>) {
  const outside = moments.map(format).find((text) => !IsoInstant.isInstant(text))
  if (outside === undefined) return
  return yield* new InvalidOption({
    option: "from",
    reason: `the window reaches ${outside}, and years go from 0000 to 9999`,
    advice:
      "Give a window between 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z; a date begins at midnight of its zone.",
  })
})

/** Pins a window. Fails with `InvalidOption` when it is empty, runs backwards, or reaches beyond the years of four digits. */
export const pin = Effect.fn("TimeWindow.pin")(function* (options: Options = {}) {
  yield* OptionCheck.check(checks, options)
  const to = options.to ?? (yield* WallClock.second)
  const from = options.from ?? DateTime.subtract(to, { days: 30 })
  yield* checkYears([from, to])
  if (DateTime.toEpochMillis(from) >= DateTime.toEpochMillis(to)) {
    return yield* new InvalidOption({
      option: options.from === undefined ? "to" : "from",
      reason: `the window is empty: from ${format(from)} is not before to ${format(to)}`,
      advice: "Give a from that lies before to (the end is exclusive).",
    })
  }
  const window: TimeWindow = { from: format(from), to: format(to) }
  return window
})
