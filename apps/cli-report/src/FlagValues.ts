/** How the values of flags are written and read. */
import type { RequestLimiter } from "@effect-elnudge/core"
import { Flag } from "effect/cli"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/

/** A point in time as it was written: a date is midnight in a zone that another flag names. */
export type Moment =
  | { readonly _tag: "Date"; readonly year: number; readonly month: number; readonly day: number }
  | { readonly _tag: "Instant"; readonly at: DateTime.Utc }

const parseDate = (text: string): Option.Option<Moment> => {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []
  const midnight = DateTime.make(`${text}T00:00:00Z`)
  // A day that no calendar has would be moved to the next month.
  return Option.isSome(midnight) && DateTime.formatIsoDateUtc(midnight.value) === text
    ? Option.some({ _tag: "Date", year: Number(year), month: Number(month), day: Number(day) })
    : Option.none()
}

const parseMoment = (text: string): Option.Option<Moment> => {
  const date = parseDate(text.slice(0, 10))
  if (text.length === 10 || Option.isNone(date)) return text.length === 10 ? date : Option.none()
  if (!instantPattern.test(text)) return Option.none()
  return Option.map(DateTime.make(text), (at) => ({ _tag: "Instant", at: DateTime.toUtc(at) }))
}

export const moment = (name: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<date|instant>"),
    Flag.filterMap(
      parseMoment,
      () => "Expected a date (2026-10-01, midnight) or an instant with its zone (2026-10-01T00:00:00Z)",
    ),
  )

/** Two points in time with the earlier first, as they were written. */
export interface Span {
  readonly from: Moment
  readonly to: Moment
}

const parseSpan = (text: string): Option.Option<Span> => {
  const [from = "", to = "", ...more] = text.split("..")
  return more.length > 0 ? Option.none() : Option.all({ from: parseMoment(from), to: parseMoment(to) })
}

export const span = (name: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<from..to>"),
    Flag.filterMap(
      parseSpan,
      () => "Expected two dates or instants with two dots between them (2026-09-01..2026-10-01); the end is exclusive",
    ),
  )

const unitMillis: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

// A hundred years: what lies beyond is a slip of the finger, and soon no date at all.
const longestDurationMillis = 36_500 * 86_400_000

const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  const millis = Number(amount) * (unitMillis[unit ?? ""] ?? Number.NaN)
  return millis <= longestDurationMillis ? Option.some(Duration.millis(millis)) : Option.none()
}

export const duration = (name: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<duration>"),
    Flag.filterMap(parseDuration, () => "Expected a whole number with its unit: 500ms, 2s, 30m, 1h, 7d"),
  )

/** The same, and more than nothing. */
export const someTime = (name: string, example: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<duration>"),
    Flag.filterMap(
      (text) => Option.filter(parseDuration(text), (span) => Duration.toMillis(span) > 0),
      () => `Expected a whole number above 0 with its unit (ms, s, m, h, d), such as ${example}`,
    ),
  )

const parseInteger = (text: string, low: number, high: number = Number.MAX_SAFE_INTEGER): Option.Option<number> => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= low && value <= high ? Option.some(value) : Option.none()
}

/** A whole number in a range. */
export const integer = (name: string, low: number, high: number = Number.MAX_SAFE_INTEGER) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<number>"),
    Flag.filterMap(
      (text) => parseInteger(text, low, high),
      () =>
        `Expected a whole number ${high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`}`,
    ),
  )

/** Requests a minute, or `auto` where nobody knows how many. */
export const limit = (name: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<number|auto>"),
    Flag.filterMap(
      (text): Option.Option<RequestLimiter.Limit> => (text === "auto" ? Option.some(text) : parseInteger(text, 2)),
      () => "Expected a whole number of at least 2, or auto",
    ),
  )

/** A part of a whole: above 0, at most 1. */
export const part = (name: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<part>"),
    Flag.filterMap(
      (text) => {
        const value = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN
        return value > 0 && value <= 1 ? Option.some(value) : Option.none()
      },
      () => "Expected a number above 0, of at most 1, such as 0.5",
    ),
  )

const isPath = (text: string): boolean => text !== ""

export const path = (name: string, metavar: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.filter(isPath, () => "Expected a path"),
  )
