/** The calendar period of an instant, in a time zone. */
import type { TimeSpan } from "@effect-elnudge/core/TimeSpan"
import * as DateTime from "effect/DateTime"

/** What a report can be divided by; `hour` and `weekday` put all days together. */
export const units = ["day", "week", "hour", "weekday"] as const

/** `hour` and `weekday` recur: they gather all dates of the window. */
export type Unit = (typeof units)[number]

/** Gives an instant (epoch milliseconds) its period's label; labels of one unit sort by time as text. */
export type Labeler = (epochMillis: number) => string

const dayMillis = 86_400_000
const weekdays = ["1-Mon", "2-Tue", "3-Wed", "4-Thu", "5-Fri", "6-Sat", "7-Sun"]

// Offsets of all zones in use are multiples of 15 minutes, so that a label holds for a whole quarter of an hour and
// the calendar is asked once for each.
const quarterMillis = 15 * 60_000

const isoDate = (localMillis: number): string => DateTime.formatIsoDateUtc(DateTime.makeUnsafe(localMillis))

// Days since Monday, 0 to 6; 1970-01-01 was a Thursday.
const daysSinceMonday = (localMillis: number): number => (((Math.floor(localMillis / dayMillis) + 3) % 7) + 7) % 7

// ISO 8601: a week belongs to the year that its Thursday is in.
const isoWeek = (localMillis: number): string => {
  const thursday = localMillis + (3 - daysSinceMonday(localMillis)) * dayMillis
  const year = isoDate(thursday).slice(0, 4)
  const newYear = DateTime.toEpochMillis(DateTime.makeUnsafe(`${year}-01-01T00:00:00Z`))
  const week = 1 + Math.floor((thursday - newYear) / (7 * dayMillis))
  return `${year}-W${String(week).padStart(2, "0")}`
}

const labelOf = (unit: Unit, localMillis: number): string => {
  switch (unit) {
    case "day":
      return isoDate(localMillis)
    case "week":
      return isoWeek(localMillis)
    case "hour":
      return String(Math.floor((((localMillis % dayMillis) + dayMillis) % dayMillis) / 3_600_000)).padStart(2, "0")
    case "weekday":
      return weekdays[daysSinceMonday(localMillis)] ?? ""
  }
}

/** `day` 2026-10-01, `week` 2026-W40 (ISO, with its own year), `hour` 00 to 23, `weekday` 1-Mon to 7-Sun. */
export const labeler = (unit: Unit, timeZone: DateTime.TimeZone): Labeler => {
  const labels = new Map<number, string>()
  return (epochMillis) => {
    const quarter = Math.floor(epochMillis / quarterMillis)
    const known = labels.get(quarter)
    if (known !== undefined) return known
    const zoned = DateTime.makeZonedUnsafe(quarter * quarterMillis, { timeZone })
    const label = labelOf(unit, quarter * quarterMillis + DateTime.zonedOffset(zoned))
    labels.set(quarter, label)
    return label
  }
}

/** The labels of the first and last period where the span cuts them. */
export const cutBy = (label: Labeler, { from, to }: TimeSpan): ReadonlySet<string> => {
  const cut = new Set<string>()
  if (label(from - 1) === label(from)) cut.add(label(from))
  if (label(to - 1) === label(to)) cut.add(label(to))
  return cut
}
