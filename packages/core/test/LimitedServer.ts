/** A server with a limit in simulated time, and clients that ask it for all that the limiter lets through. */
import type { RequestLimiter } from "@effect-elnudge/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"

/** Takes one request: 0, or for how many milliseconds it is refused: whole seconds, as Retry-After counts them. */
export interface Server {
  readonly take: (now: number) => number
  readonly setLimit: (requestsPerMinute: number) => void
}

const retryAfter = (millis: number): number => Math.max(1, Math.ceil(millis / 1000)) * 1000

export const tokenBucket = (requestsPerMinute: number, burst = Math.min(10, requestsPerMinute)): Server => {
  let perMilli = requestsPerMinute / 60_000
  let tokens = burst
  let filledAt = 0
  return {
    take: (now) => {
      tokens = Math.min(burst, tokens + (now - filledAt) * perMilli)
      filledAt = now
      // A token that is there but for a rounding error is there.
      if (tokens < 1 - 1e-9) return retryAfter((1 - tokens) / perMilli)
      tokens--
      return 0
    },
    setLimit: (changed) => {
      perMilli = changed / 60_000
    },
  }
}

/** So many in each window, which begins with its first request; or at the full minute, like those of a wall clock. */
export const fixedWindow = (limit: number, begins: "request" | "minute" = "request"): Server => {
  let most = limit
  let endsAt = Number.NEGATIVE_INFINITY
  let count = 0
  return {
    take: (now) => {
      if (now >= endsAt) {
        endsAt = begins === "request" ? now + 60_000 : (Math.floor(now / 60_000) + 1) * 60_000
        count = 0
      }
      if (count >= most) return retryAfter(endsAt - now)
      count++
      return 0
    },
    setLimit: (changed) => {
      most = changed
    },
  }
}

export interface Traffic {
  readonly minutes: number
  /** @default 16 */
  readonly concurrency?: number | undefined
  /** From this to twice this, in milliseconds. @default 0 */
  readonly latency?: number | undefined
  /** How long a client does nothing after each answer, in milliseconds. @default 0 */
  readonly pause?: number | undefined
  /** After so many minutes, another limit. */
  readonly change?: { readonly minute: number; readonly requestsPerMinute: number } | undefined
}

export interface Seen {
  /** By minute. */
  readonly accepted: ReadonlyArray<number>
  readonly refused: ReadonlyArray<number>
}

export const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

/** What the server sees of clients that ask again and again. */
export const run = Effect.fnUntraced(function* (
  limiter: RequestLimiter.KeyLimiter,
  server: Server,
  { change, concurrency = 16, latency = 0, minutes, pause = 0 }: Traffic,
) {
  const startedAt = yield* Clock.currentTimeMillis
  const accepted = Array.from({ length: minutes }, () => 0)
  const refused = Array.from({ length: minutes }, () => 0)
  const count = (counts: Array<number>, now: number) => {
    const minute = Math.floor((now - startedAt) / 60_000)
    if (minute < minutes) counts[minute] = (counts[minute] ?? 0) + 1
  }
  let sent = 0
  const ask = Effect.gen(function* () {
    while (true) {
      const turn = yield* limiter.take(Number.POSITIVE_INFINITY)
      // Spread evenly, and the same in every run.
      const way = (latency / 2) * (1 + ((sent++ * 61) % 97) / 97)
      yield* Effect.sleep(way)
      const now = yield* Clock.currentTimeMillis
      const wait = server.take(now)
      count(wait === 0 ? accepted : refused, now)
      yield* Effect.sleep(way)
      if (wait === 0) break
      yield* limiter.hold(wait, turn)
    }
    // A server that answers at once would let one client ask for ever without another one.
    yield* pause === 0 ? Effect.yieldNow : Effect.sleep(pause)
  })
  const clients = Effect.forEach(Array.from({ length: concurrency }), () => Effect.forever(ask), { concurrency })
  const fiber = yield* Effect.forkChild(clients)
  if (change === undefined) yield* TestClock.adjust(minutes * 60_000)
  else {
    yield* TestClock.adjust(change.minute * 60_000)
    server.setLimit(change.requestsPerMinute)
    yield* TestClock.adjust((minutes - change.minute) * 60_000)
  }
  yield* Fiber.interrupt(fiber)
  const seen: Seen = { accepted, refused }
  return seen
})
