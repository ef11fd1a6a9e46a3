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
const hourMillis = 3_600_000
const weekdays = ["1-Mon", "2-Tue", "3-Wed", "4-Thu", "5-Fri", "6-Sat", "7-Sun"]

const quarterMillis = 15 * 60_000

const partsOf = (localMillis: number) => DateTime.toPartsUtc(DateTime.makeUnsafe(localMillis))

const padded = (value: number, length: number): string => String(value).padStart(length, "0")

// Four digits. A zone can move an instant of the first or the last hours over their ends: such a year sorts before or behind
// the others by its sign, or by the letter that ISO 8601-2 gives to years of more digits.
const yearText = (year: number): string => {
  if (year < 0) return `-${padded(-year, 4)}`
  return year > 9999 ? `Y${year}` : padded(year, 4)
}

/** The label of the day that is so many days behind 1970-01-01. */
export const dayLabel = (dayNumber: number): string => {
  const { day, month, year } = partsOf(dayNumber * dayMillis)
  return `${yearText(year)}-${padded(month, 2)}-${padded(day, 2)}`
}

// Days since Monday, 0 to 6; 1970-01-01 was a Thursday.
const daysSinceMonday = (dayNumber: number): number => (((dayNumber + 3) % 7) + 7) % 7

/** The label of the week that a day is in. ISO 8601: a week belongs to the year that its Thursday is in. */
export const weekLabel = (dayNumber: number): string => {
  const thursday = dayNumber + 3 - daysSinceMonday(dayNumber)
  const { year } = partsOf(thursday * dayMillis)
  const newYear = DateTime.toEpochMillis(DateTime.makeUnsafe({ year, month: 1, day: 1 })) / dayMillis
  return `${yearText(year)}-W${padded(1 + Math.floor((thursday - newYear) / 7), 2)}`
}

/** How many days the first day of a label, of a day or a week, is behind 1970-01-01; NaN of a text that is neither. */
export const firstDay = (label: string): number => {
  const [, written = "", week, month, day] = /^(-?\d{4}|Y\d{5,})-(?:W(\d\d)|(\d\d)-(\d\d))$/.exec(label) ?? []
  if (written === "") return Number.NaN
  const year = Number(written.replace("Y", ""))
  // 4 January is in the first week.
  const parts = week === undefined ? { year, month: Number(month), day: Number(day) } : { year, month: 1, day: 4 }
  const number = DateTime.toEpochMillis(DateTime.makeUnsafe(parts)) / dayMillis
  return week === undefined ? number : number - daysSinceMonday(number) + 7 * (Number(week) - 1)
}

const labelOf = (unit: Unit, localHour: number): string => {
  const day = Math.floor(localHour / 24)
  switch (unit) {
    case "day":
      return dayLabel(day)
    case "week":
      return weekLabel(day)
    case "hour":
      return padded(localHour - 24 * day, 2)
    case "weekday":
      return weekdays[daysSinceMonday(day)] ?? ""
  }
}

/** Gives the zone's offset. Asks the calendar twice for each quarter of an hour, and each time in one in which a clock changes. */
const offsets = (timeZone: DateTime.TimeZone): ((epochMillis: number) => number) => {
  const ofQuarters = new Map<number, number | null>()
  const ask = (epochMillis: number): number => DateTime.zonedOffset(DateTime.makeZonedUnsafe(epochMillis, { timeZone }))
  return (epochMillis) => {
    const quarter = Math.floor(epochMillis / quarterMillis)
    let offset = ofQuarters.get(quarter)
    if (offset === undefined) {
      const [first, last] = [ask(quarter * quarterMillis), ask((quarter + 1) * quarterMillis - 1)]
      offset = first === last ? first : null
      ofQuarters.set(quarter, offset)
    }
    return offset ?? ask(epochMillis)
  }
}

/**
 * `day` 2026-10-01, `week` 2026-W40 (ISO, with its own year), `hour` 00 to 23, `weekday` 1-Mon to 7-Sun, by the clocks of any
 * zone and offset at that instant, seconds of an offset too.
 */
export const labeler = (unit: Unit, timeZone: DateTime.TimeZone): Labeler => {
  const offset = offsets(timeZone)
  // Whatever the offset, a local hour has one label.
  const labels = new Map<number, string>()
  return (epochMillis) => {
    const localHour = Math.floor((epochMillis + offset(epochMillis)) / hourMillis)
    const known = labels.get(localHour)
    if (known !== undefined) return known
    const label = labelOf(unit, localHour)
    labels.set(localHour, label)
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
