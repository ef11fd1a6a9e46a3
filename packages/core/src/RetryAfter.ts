/** The `Retry-After` header: seconds, or an HTTP date. Anything else means "not said". */

/**
 * How long to wait from `now` (epoch milliseconds), or undefined when the header is absent, unreadable or not in
 * the future. A date is taken against the answer's own `Date` header where there is one, so that a wrong clock on
 * either side does not matter.
 */
export const parse = (header: string | undefined, dateHeader: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined
  const text = header.trim()
  if (/^\d+(?:\.\d+)?$/.test(text)) {
    const millis = Number(text) * 1000
    return millis > 0 && Number.isFinite(millis) ? millis : undefined
  }
  // Date.parse reads nearly anything; an HTTP date starts with a weekday's name.
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined
  const serverNow = dateHeader === undefined ? Number.NaN : Date.parse(dateHeader)
  const millis = Date.parse(text) - (Number.isNaN(serverNow) ? now : serverNow)
  return millis > 0 ? millis : undefined
}
