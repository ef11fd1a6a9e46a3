/**
 * An instant as the API writes it, ISO 8601 with a time zone, and its epoch milliseconds. The form that nearly every
 * instant has (UTC, whole seconds or milliseconds) is read digit by digit, because Date.parse costs four times as much
 * and each session has several.
 */

const anyForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/

const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const daysOf = (year: number, month: number): number => {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 && isLeapYear ? 29 : (daysInMonth[month - 1] ?? 0)
}

// Date.parse moves a day that no calendar has, such as 30 February, into the next month.
const isCalendarDay = (text: string): boolean => {
  const day = Number(text.slice(8, 10))
  return day > 0 && (day <= 28 || day <= daysOf(Number(text.slice(0, 4)), Number(text.slice(5, 7))))
}

/** Two digits as a number; -1 where they are none. */
const twoDigits = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : -1
}

// Neighbours in a list are mostly of one day.
let lastDay = { year: 1970, month: 1, day: 1, startsAt: 0 }

/** When a day starts, in UTC; NaN for one that no calendar has. */
const startOfDay = (year: number, month: number, day: number): number => {
  if (day === lastDay.day && month === lastDay.month && year === lastDay.year) return lastDay.startsAt
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return Number.NaN
  // A year below 100 would be taken for one of the 20th century; 400 years later the calendar is the same.
  const startsAt = Date.UTC(year + 400, month - 1, day) - 400 * 365.2425 * 86_400_000
  lastDay = { year, month, day, startsAt }
  return startsAt
}

const dash = 45
const colon = 58
const point = 46
const letterT = 84
const letterZ = 90

/** NaN for any other form than `2026-10-01T10:14:32Z` and `2026-10-01T10:14:32.500Z`, and for days that no calendar has. */
const ofUsualForm = (text: string): number => {
  const { length } = text
  if (
    (length !== 20 && length !== 24) ||
    text.charCodeAt(4) !== dash ||
    text.charCodeAt(7) !== dash ||
    text.charCodeAt(10) !== letterT ||
    text.charCodeAt(13) !== colon ||
    text.charCodeAt(16) !== colon ||
    text.charCodeAt(length - 1) !== letterZ
  ) {
    return Number.NaN
  }
  const century = twoDigits(text, 0)
  const yearOfCentury = twoDigits(text, 2)
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  if (century < 0 || yearOfCentury < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return Number.NaN
  if (second < 0 || second > 59) return Number.NaN
  let fraction = 0
  if (length === 24) {
    const tens = twoDigits(text, 20)
    const ones = text.charCodeAt(22) - 48
    if (text.charCodeAt(19) !== point || tens < 0 || !(ones >= 0 && ones <= 9)) return Number.NaN
    fraction = 10 * tens + ones
  }
  const start = startOfDay(100 * century + yearOfCentury, twoDigits(text, 5), twoDigits(text, 8))
  return start + ((hour * 60 + minute) * 60 + second) * 1000 + fraction
}

/** Whether the text is an ISO 8601 instant with a time zone, on a day that the calendar has. */
export const isInstant = (text: string): boolean =>
  !Number.isNaN(ofUsualForm(text)) || (anyForm.test(text) && isCalendarDay(text) && !Number.isNaN(Date.parse(text)))

/** Epoch milliseconds; finer digits are dropped. NaN where the text is no instant at all. */
export const millis = (text: string): number => {
  const usual = ofUsualForm(text)
  return Number.isNaN(usual) ? Date.parse(text) : usual
}

/** A second in milliseconds. */
export const second = 1_000

/** The begin of the second that an instant lies in; both in epoch milliseconds. */
export const secondOf = (epochMillis: number): number => second * Math.floor(epochMillis / second)
