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

/** In order; of `hour` and `weekday` those that the window's first days hold. */
const labels = (unit: Period.Unit, label: Period.Labeler, { from, to }: TimeSpan): ReadonlyArray<string> => {
  const isRecurring = unit === "hour" || unit === "weekday"
  // No day is shorter than six hours, and no two weeks hold an hour of the day that the others lack.
  const step = unit === "hour" ? hourMillis / 2 : 6 * hourMillis
  const end = isRecurring ? Math.min(to, from + 8 * dayMillis) : to
  const found = new Set<string>()
  for (let at = from; at < end; at += step) found.add(label(at))
  if (from < end) found.add(label(end - 1))
  return [...found].sort()
}

/** The rows of periods, without the one of everything. */
export const rowsOf = (rows: ReadonlyArray<CohortReport.Row>): ReadonlyArray<CohortReport.Row> =>
  rows.filter(({ period }) => period !== "all")

/** What an axis shows: every period of the span, and every one of the rows. */
export const axis = (
  unit: Period.Unit,
  timeZone: DateTime.TimeZone,
  span: TimeSpan | null,
  rows: ReadonlyArray<CohortReport.Row>,
): ReadonlyArray<string> => {
  const seen = [...new Set(rowsOf(rows).map(({ period }) => period))].sort()
  const [first, last] = [seen[0], seen.at(-1)]
  if (span === null || first === undefined || last === undefined) return seen
  const all = [...new Set([...labels(unit, Period.labeler(unit, timeZone), span), ...seen])].sort()
  if (all.length <= maxSeen) return all
  const inner = all.filter((label) => first <= label && label <= last)
  return inner.length <= maxDrawn ? inner : seen
}

/** Days in a row without a session, by the labels of the first and the last of them. */
export interface Silence {
  readonly where: "before" | "within" | "after"
  readonly first: string
  readonly last: string
  readonly days: number
}

/** So many sessions are expected in a stretch that is named: fewer may be missing by chance. */
const expectedOutside = 20
const expectedWithin = 60
const leastDaysWithin = 3

/**
 * Stretches that the rhythm of the other days does not explain, of rows by day: at an end of the walked spans from one
 * whole day on, between two sessions from three days on, and only where the average day lets many sessions expect. A
 * shop that is closed at weekends is not asked about the one that the window begins with.
 */
export const silences = (
  timeZone: DateTime.TimeZone,
  spans: TimeSpans,
  rows: ReadonlyArray<CohortReport.Row>,
): ReadonlyArray<Silence> => {
  const label = Period.labeler("day", timeZone)
  const totals = rowsOf(rows).filter(({ total }) => total)
  const sessionsOf = new Map(totals.map(({ period, sessions }) => [period, sessions]))
  const walked = spans.map((span) => labels("day", label, span))
  const cut = new Set(spans.flatMap((span) => [...Period.cutBy(label, span)]))
  const whole = new Set(walked.flat().filter((day) => !cut.has(day)))
  const days = [...new Set([...walked.flat(), ...sessionsOf.keys()])].sort()
  const isBusy = (day: string): boolean => (sessionsOf.get(day) ?? 0) > 0
  const [first, last] = [days.findIndex(isBusy), days.findLastIndex(isBusy)]
  if (first === -1) return []
  const average = totals.reduce((sum, { sessions }) => sum + sessions, 0) / (last - first + 1)
  const found: Array<Silence> = []
  let start: number | undefined
  days.forEach((day, index) => {
    const isSilent = !isBusy(day) && whole.has(day)
    if (isSilent) start ??= index
    if (start === undefined || (isSilent && index < days.length - 1)) return
    const end = isSilent ? index : index - 1
    found.push({
      where: end < first ? "before" : start > last ? "after" : "within",
      first: days[start] ?? day,
      last: days[end] ?? day,
      days: end - start + 1,
    })
    start = undefined
  })
  const closed = found.filter(({ where }) => where === "within").map((silence) => silence.days)
  return found.filter((silence) => {
    const expected = silence.days * average
    if (silence.where === "within") return silence.days >= leastDaysWithin && expected >= expectedWithin
    const isHabit = silence.days < leastDaysWithin && closed.filter((each) => each >= silence.days).length > 1
    return expected >= expectedOutside && !isHabit
  })
}
