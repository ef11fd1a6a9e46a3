/** Instants and periods in words, in the time zone of the report. */
import * as DateTime from "effect/DateTime"

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const two = (value: number): string => String(value).padStart(2, "0")

const yearText = (year: number): string => `${year < 0 ? "−" : ""}${String(Math.abs(year)).padStart(4, "0")}`

interface Parts {
  readonly date: string
  readonly time: string
}

const partsOf = (millis: number, timeZone: DateTime.TimeZone.Named): Parts => {
  const { day, hour, minute, month, second, year } = DateTime.toParts(DateTime.makeZonedUnsafe(millis, { timeZone }))
  const seconds = second === 0 ? "" : `:${two(second)}`
  return { date: `${day} ${months[month - 1]} ${yearText(year)}`, time: `${two(hour)}:${two(minute)}${seconds}` }
}

/** 1 Nov 2026, 08:15 */
export const instant = (millis: number, timeZone: DateTime.TimeZone.Named): string => {
  const { date, time } = partsOf(millis, timeZone)
  return `${date}, ${time}`
}

/** Whole days by their first and last: "1 Oct 2026 to 31 Oct 2026"; else with times, the end exclusive. */
export const window = (from: number, to: number, timeZone: DateTime.TimeZone.Named): string => {
  const [start, end] = [partsOf(from, timeZone), partsOf(to, timeZone)]
  if (start.time !== "00:00" || end.time !== "00:00") {
    return `${start.date}, ${start.time} to before ${end.date}, ${end.time}`
  }
  const last = partsOf(to - 1, timeZone).date
  return start.date === last ? start.date : `${start.date} to ${last}`
}

/** 2026-10-01 as 1 Oct 2026 */
export const day = (label: string): string => {
  const { year } = dated(label) ?? {}
  return year === undefined ? label : `${period(label)} ${yearText(year)}`
}

const dated = (label: string) => {
  const [, year, month, day] = /^(-?\d{4}|Y\d{5,})-(\d\d)-(\d\d)$/.exec(label) ?? []
  return year === undefined
    ? undefined
    : { year: Number(year.replace("Y", "")), month: Number(month), day: Number(day) }
}

/** A cohort's period for an axis: "1 Oct" of 2026-10-01; other labels as they are. */
export const period = (label: string): string => {
  const date = dated(label)
  if (date !== undefined) return `${date.day} ${months[date.month - 1]}`
  return label.replace(/^\d{4}-(?=W)|^\d-/, "")
}
