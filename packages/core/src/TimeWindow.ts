/** The span of start times that a walk covers, pinned to absolute instants once, so that nothing depends on "now" twice. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InvalidOption } from "./ElnudgeError.ts"
import * as OptionCheck from "./OptionCheck.ts"
import * as Session from "./Session.ts"
import type { TimeSpan } from "./TimeSpan.ts"

/** `from` is inclusive, `to` exclusive; both are ISO 8601 instants in UTC. */
export const TimeWindow = Schema.Struct({ from: Session.Instant, to: Session.Instant })
export type TimeWindow = typeof TimeWindow.Type

/** The window as it is written. */
export const ofSpan = ({ from, to }: TimeSpan): TimeWindow => ({ from: Session.instant(from), to: Session.instant(to) })

/** The same as epoch milliseconds. */
export const toSpan = ({ from, to }: TimeWindow): TimeSpan => ({ from: Session.millis(from), to: Session.millis(to) })

export interface Options {
  /** @default 30 days before `to`, as the API's own default for a window that ends now */
  readonly from?: DateTime.DateTime | undefined
  /** @default now */
  readonly to?: DateTime.DateTime | undefined
}

/** The options of a window. */
export const checks: OptionCheck.Checks<Options> = { from: OptionCheck.dateTime, to: OptionCheck.dateTime }

const format = (moment: DateTime.DateTime): string => Session.instant(DateTime.toEpochMillis(moment))

/** Pins a window. Fails with `InvalidOption` when it is empty or runs backwards. */
export const pin = Effect.fn("TimeWindow.pin")(function* (options: Options = {}) {
  yield* OptionCheck.check(checks, options)
  const to = options.to ?? (yield* DateTime.now)
  const from = options.from ?? DateTime.subtract(to, { days: 30 })
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
