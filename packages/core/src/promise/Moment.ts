/** The ends of a window as they are written without Effect. */
import * as DateTime from "effect/DateTime"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { InvalidOption } from "../ElnudgeError.ts"
import * as IsoInstant from "../IsoInstant.ts"
import * as OptionCheck from "../OptionCheck.ts"
import * as Session from "../Session.ts"

/** A Date, an ISO 8601 instant with a time zone, or a day, which begins at midnight UTC. */
export type Moment = Date | string

// Without types anything can stand here, such as the null of a parameter that is not there.
const millis = (moment: unknown): number => {
  if (Predicate.isDate(moment)) return moment.getTime()
  if (!Predicate.isString(moment)) return Number.NaN
  const text = /^\d{4}-\d\d-\d\d$/.test(moment) ? `${moment}T00:00:00Z` : moment
  return IsoInstant.isInstant(text) ? Session.millis(text) : Number.NaN
}

/** The instant of the option of that name. */
export const parse = (name: "from" | "to", moment: Moment): Result.Result<DateTime.Utc, InvalidOption> => {
  const epochMillis = millis(moment)
  // A Date goes further than the years of four digits that an instant is written with.
  if (!Number.isNaN(epochMillis) && IsoInstant.isInstant(Session.instant(epochMillis))) {
    return Result.succeed(DateTime.makeUnsafe(epochMillis))
  }
  return Result.fail(
    new InvalidOption({
      option: name,
      reason: `${name} is ${Predicate.isString(moment) ? JSON.stringify(moment) : OptionCheck.shown(moment)}`,
      advice: "Give a Date, an instant with its time zone such as 2026-10-01T00:00:00Z, or a day such as 2026-10-01.",
    }),
  )
}
