/** The `Retry-After` header: seconds, or an HTTP date. Anything else means "not said". */

// The three forms of RFC 9110 §5.6.7. Date.parse alone would take nearly any text for a date.
const imfDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
const rfc850Date = /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/
const asctimeDate = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

// Longer than anyone waits, and well inside what an instant can hold.
const longestMillis = 10 * 365 * 86_400_000

const parseDate = (text: string): number => {
  if (asctimeDate.test(text)) return Date.parse(`${text} GMT`)
  return imfDate.test(text) || rfc850Date.test(text) ? Date.parse(text) : Number.NaN
}

/**
 * How long to wait from `now` (epoch milliseconds), in whole seconds given as milliseconds, or undefined when the header
 * is absent, unreadable or not in the future. A date is taken against the answer's own `Date` header where there is
 * one, so that a wrong clock on either side does not matter.
 */
export const parse = (header: string | undefined, dateHeader: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined
  const text = header.trim()
  const serverNow = dateHeader === undefined ? Number.NaN : parseDate(dateHeader.trim())
  const millis = /^\d+(?:\.\d+)?$/.test(text)
    ? Number(text) * 1000
    : parseDate(text) - (Number.isNaN(serverNow) ? now : serverNow)
  return millis > 0 ? Math.min(Math.ceil(millis / 1000) * 1000, longestMillis) : undefined
}
