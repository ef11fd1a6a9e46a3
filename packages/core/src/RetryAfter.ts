/** The `Retry-After` header: seconds, of which some send a fraction, or an HTTP date. Anything else says nothing, and is told. */

/** What an answer says of when to come back. */
export interface RetryAfter {
  /** How long to wait, in milliseconds of whole seconds; undefined where it does not say. */
  readonly waitMillis: number | undefined
  /** What stood there, where that is no time to wait. */
  readonly nonsense: string | undefined
}

// The three forms of RFC 9110 §5.6.7. Date.parse alone would take nearly any text for a date.
const imfDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
const rfc850Date = /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/
const asctimeDate = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

// Nobody means more: what is larger is an instant where seconds belong, such as 1790000000, or "never".
const mostMillis = 366 * 86_400_000

const longestShown = 60

const parseDate = (text: string): number => {
  if (asctimeDate.test(text)) return Date.parse(`${text} GMT`)
  return imfDate.test(text) || rfc850Date.test(text) ? Date.parse(text) : Number.NaN
}

const nothing: RetryAfter = { waitMillis: undefined, nonsense: undefined }

/**
 * Reads the header as of `now` (epoch milliseconds). A date is taken against the answer's own `Date` header where there is
 * one, so that a wrong clock on either side does not matter. A time that has come already says as little as no header.
 */
export const parse = (header: string | undefined, dateHeader: string | undefined, now: number): RetryAfter => {
  const text = header?.trim() ?? ""
  if (text === "") return nothing
  const serverNow = dateHeader === undefined ? Number.NaN : parseDate(dateHeader.trim())
  const millis = /^\d+(?:\.\d+)?$/.test(text)
    ? Number(text) * 1000
    : parseDate(text) - (Number.isNaN(serverNow) ? now : serverNow)
  if (millis <= 0) return nothing
  return millis <= mostMillis
    ? { waitMillis: Math.ceil(millis / 1000) * 1000, nonsense: undefined }
    : { waitMillis: undefined, nonsense: text.slice(0, longestShown) }
}

/** The same of an answer's headers. */
export const ofHeaders = (headers: Readonly<Record<string, string | undefined>>, now: number): RetryAfter =>
  parse(headers["retry-after"], headers["date"], now)

/** What is said of a header that is no time to wait; empty where there is none. */
export const complaint = (nonsense: string | undefined): string =>
  nonsense === undefined ? "" : `, and its Retry-After, ${JSON.stringify(nonsense)}, is no time to wait`
