/** How many requests the key may make, by one of two algorithms. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"

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
  return Effect.map(Clock.currentTimeMillis, (now) => {
    if (now >= endsAt) {
      endsAt = now + windowMillis
      count = 0
    }
    if (count === limit) return endsAt - now
    count++
    return 0
  })
}

const tokenBucket = Effect.fnUntraced(
  function* (requestsPerMinute: number, burst: number) {
    const limiter = yield* RateLimiter.make
    const consume = limiter.consume({
      algorithm: "token-bucket",
      onExceeded: "fail",
      key: "emulator",
      limit: burst,
      window: Duration.millis((windowMillis * burst) / requestsPerMinute),
    })
    const take: Take = consume.pipe(
      Effect.as(0),
      Effect.catchTag("RateLimiterError", ({ reason }) =>
        Effect.succeed(reason._tag === "RateLimitExceeded" ? Duration.toMillis(reason.retryAfter) : windowMillis),
      ),
    )
    return take
  },
  Effect.provide(Layer.fresh(RateLimiter.layerStoreMemory)),
)

/** A limit that nothing has been taken from. */
export const make = ({ burst, rateLimitAlgorithm, requestsPerMinute = 1000 }: Options): Effect.Effect<Take> =>
  rateLimitAlgorithm === "token-bucket"
    ? tokenBucket(requestsPerMinute, burst ?? Math.min(10, requestsPerMinute))
    : Effect.sync(() => fixedWindow(requestsPerMinute))
