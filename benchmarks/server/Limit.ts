/** The limits that a server may have. Times are milliseconds. */

export type Limit =
  | { readonly kind: "token-bucket"; readonly perSecond: number; readonly burst: number }
  /** A window begins with the first request after the one before it. */
  | { readonly kind: "fixed-window"; readonly requests: number; readonly windowMillis: number }

/** Takes one request: 0 where it is let in, else how long until the next one is. */
export type Gate = (now: number) => number

export const gate = (limit: Limit): Gate => {
  if (limit.kind === "token-bucket") {
    const { burst, perSecond } = limit
    let tokens = burst
    let filledAt = 0
    return (now) => {
      tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1000)
      filledAt = now
      if (tokens < 1) return ((1 - tokens) * 1000) / perSecond
      tokens--
      return 0
    }
  }
  const { requests, windowMillis } = limit
  let endsAt = Number.NEGATIVE_INFINITY
  let taken = 0
  return (now) => {
    if (now >= endsAt) {
      endsAt = now + windowMillis
      taken = 0
    }
    if (taken >= requests) return endsAt - now
    taken++
    return 0
  }
}
