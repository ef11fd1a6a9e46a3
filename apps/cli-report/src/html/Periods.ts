/** The periods of a window by the calendar, those without a session too, and stretches of days that have none. */
import { type CohortReport, Period } from "@effect-elnudge/report"
import type { TimeSpan, TimeSpans } from "@effect-elnudge/core/TimeSpan"
import type * as DateTime from "effect/DateTime"

const hourMillis = 3_600_000
const dayMillis = 24 * hourMillis

/** More than these cannot be seen: then the axis begins and ends with a session. */
const maxSeen = 110

/** And more than these cannot be drawn: then it has those with a session only. */
const maxDrawn = 400

/** Days by their numbers, both inclusive; without any where the last is before the first. */
interface Days {
  readonly first: number
  readonly last: number
}

const size = ({ first, last }: Days): number => Math.max(0, last - first + 1)

const range = ({ first, last }: Days, step = 1): ReadonlyArray<number> =>
  Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, index) => first + step * index)

const both = (left: Days, right: Days): Days => ({
  first: Math.max(left.first, right.first),
  last: Math.min(left.last, right.last),
})

const daysOf = (label: Period.Labeler, { from, to }: TimeSpan): Days => ({
  first: Period.firstDay(label(from)),
  last: Period.firstDay(label(to - 1)),
})

/** Whether the zone has the day: where it crossed the date line it left one out. */
const hasDay = (label: Period.Labeler, day: number): boolean =>
  [-12, -6, 0, 6, 12, 18, 24, 30].some((hours) => label(day * dayMillis + hours * hourMillis) === Period.dayLabel(day))

/** Of `hour` and `weekday` those that the window's first days hold. */
const recurring = (label: Period.Labeler, { from, to }: TimeSpan): ReadonlyArray<string> => {
  // No two weeks hold an hour of the day that the others lack.
  const end = Math.min(to, from + 8 * dayMillis)
  const found: Array<string> = []
  for (let at = from; at < end; at += hourMillis / 2) found.push(label(at))
  if (from < end) found.push(label(end - 1))
  return found
}

/** The rows of periods, without the one of everything. */
export const rowsOf = (rows: ReadonlyArray<CohortReport.Row>): ReadonlyArray<CohortReport.Row> =>
  rows.filter(({ period }) => period !== "all")

/** What an axis shows: every period of the span, or where none is known between two of the rows, and every one of the rows. */
export const axis = (
  unit: Period.Unit,
  timeZone: DateTime.TimeZone,
  span: TimeSpan | null,
  rows: ReadonlyArray<CohortReport.Row>,
): ReadonlyArray<string> => {
  const seen = [...new Set(rowsOf(rows).map(({ period }) => period))].sort()
  const [first, last] = [seen[0], seen.at(-1)]
  if (first === undefined || last === undefined || (span !== null && span.from >= span.to)) return seen
  const label = Period.labeler(unit, timeZone)
  const withSeen = (labels: ReadonlyArray<string>) => [...new Set([...labels, ...seen])].sort()
  if (unit === "hour" || unit === "weekday") return span === null ? seen : withSeen(recurring(label, span))
  const step = unit === "week" ? 7 : 1
  const labelsOf = (days: Days): ReadonlyArray<string> =>
    unit === "week"
      ? range(days, step).map(Period.weekLabel)
      : range(days)
          .filter((day) => hasDay(label, day))
          .map(Period.dayLabel)
  const seenDays = { first: Period.firstDay(first), last: Period.firstDay(last) }
  const whole = span === null ? seenDays : daysOf(label, span)
  // A window of all times has more days than anybody waits for.
  const all = size(whole) <= step * maxSeen ? withSeen(labelsOf(whole)) : undefined
  if (all !== undefined && all.length <= maxSeen) return all
  const inner = both(whole, seenDays)
  return size(inner) <= step * maxDrawn ? withSeen(labelsOf(inner)) : seen
}

/** Days in a row without a session, by the labels of the first and the last of them. */
export interface Silence {
  readonly where: "before" | "within" | "after"
  readonly first: string
  readonly last: string
  readonly days: number
}

/** So many sessions are expected in a stretch that is named: fewer may be missing by chance. */
const leastExpected = 20

/** A habit, such as closing at weekends, is no longer than this. */
const longestHabit = 2

/** The days of the walked spans that are whole, in order and apart. */
const wholeDays = (label: Period.Labeler, spans: TimeSpans): ReadonlyArray<Days> => {
  const found: Array<Days> = []
  for (const span of spans) {
    const cut = Period.cutBy(label, span)
    const { first, last } = daysOf(label, span)
    const days = {
      first: cut.has(Period.dayLabel(first)) ? first + 1 : first,
      last: cut.has(Period.dayLabel(last)) ? last - 1 : last,
    }
    if (size(days) > 0) found.push(days)
  }
  return found
}

/** What is left of the days without those, which are in order. */
const without = (days: Days, busy: ReadonlyArray<number>): ReadonlyArray<Days> => {
  const inside = busy.filter((day) => days.first <= day && day <= days.last)
  return [days.first - 1, ...inside]
    .map((day, index) => ({ first: day + 1, last: (inside[index] ?? days.last + 1) - 1 }))
    .filter((each) => size(each) > 0)
}

/**
 * Stretches of whole days that the rhythm of the others does not explain, of rows by day: at an end of the walked spans and
 * between two sessions alike, where the average day lets many sessions expect in them; without a span, as of files that do not
 * say their window, between two sessions alone. A shop that is closed on some days of
 * the week is not asked about them, where the same days of two other weeks have no session either.
 */
export const silences = (
  timeZone: DateTime.TimeZone,
  spans: TimeSpans,
  rows: ReadonlyArray<CohortReport.Row>,
): ReadonlyArray<Silence> => {
  const label = Period.labeler("day", timeZone)
  const totals = rowsOf(rows).filter(({ sessions, total }) => total && sessions > 0)
  const busy = totals.map(({ period }) => Period.firstDay(period)).sort((a, b) => a - b)
  const [first, last] = [busy[0], busy.at(-1)]
  if (first === undefined || last === undefined) return []
  const found = (spans.length === 0 ? [{ first, last }] : wholeDays(label, spans))
    .flatMap((days) => without(days, busy))
    .filter((days) => size(days) > longestHabit || range(days).some((day) => hasDay(label, day)))
  const silent = found.reduce((sum, days) => sum + size(both(days, { first, last })), 0)
  const average = totals.reduce((sum, { sessions }) => sum + sessions, 0) / (busy.length + silent)
  const short = new Set(found.filter((days) => size(days) <= longestHabit).flatMap((days) => range(days)))
  const weekdays = Map.groupBy(short, (day) => ((day % 7) + 7) % 7)
  const isUsual = (day: number): boolean => (weekdays.get(((day % 7) + 7) % 7)?.length ?? 0) > 2
  return found
    .filter(
      (days) => size(days) * average >= leastExpected && !(size(days) <= longestHabit && range(days).every(isUsual)),
    )
    .map((days) => ({
      where: days.last < first ? "before" : days.first > last ? "after" : "within",
      first: Period.dayLabel(days.first),
      last: Period.dayLabel(days.last),
      days: size(days),
    }))
}
