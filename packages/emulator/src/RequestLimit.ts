/** How many requests the key may make, by one of two algorithms. */
import * as Effect from "effect/Effect"
import * as MachineClock from "./MachineClock.ts"

export interface Options {
  /** Requests a minute for the key: at least 1. @default 1000 */
  readonly requestsPerMinute?: number | undefined
  /**
   * `fixed-window`: so many in each minute, which begins with its first request. `token-bucket`: so many a minute
   * evenly, and `burst` at once. @default "fixed-window"
   */
  readonly rateLimitAlgorithm?: "fixed-window" | "token-bucket" | undefined
  /** Requests that a full token bucket lets through at once: at least 1. @default 10, at most requestsPerMinute */
  readonly burst?: number | undefined
}

/** Takes one request's turn: 0, or the milliseconds to wait where the limit is reached. */
export type Take = Effect.Effect<number>

const windowMillis = 60_000

// Not RateLimiter's own: its window ends as soon as the tokens taken so far are refilled, so whoever used half of it at
// once could have all of it half a minute later, which a limit by the minute refuses.
const fixedWindow = (limit: number): Take => {
  let endsAt = Number.NEGATIVE_INFINITY
  let count = 0
  return Effect.map(MachineClock.monotonic, (now) => {
    if (now >= endsAt) {
      endsAt = now + windowMillis
      count = 0
    }
    if (count === limit) return endsAt - now
    count++
    return 0
  })
}

// Nor RateLimiter's bucket, which goes by the wall clock.
const tokenBucket = (requestsPerMinute: number, burst: number): Take => {
  const refillMillis = windowMillis / requestsPerMinute
  let tokens = burst
  let filledAt = Number.NEGATIVE_INFINITY
  return Effect.map(MachineClock.monotonic, (now) => {
    tokens = Math.min(burst, tokens + (now - filledAt) / refillMillis)
    filledAt = now
    if (tokens < 1) return (1 - tokens) * refillMillis
    tokens--
    return 0
  })
}

/** A limit that nothing has been taken from. */
export const make = ({ burst, rateLimitAlgorithm, requestsPerMinute = 1000 }: Options): Effect.Effect<Take> =>
  Effect.sync(() =>
    rateLimitAlgorithm === "token-bucket"
      ? tokenBucket(requestsPerMinute, burst ?? Math.min(10, requestsPerMinute))
      : fixedWindow(requestsPerMinute),
  )
