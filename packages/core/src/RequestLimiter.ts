/**
 * One limiter for each API key, shared by every endpoint: it keeps any 60 seconds at or under the limit, or learns the
 * limit where nobody knows it, and holds all requests of the key after a 429.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Predicate from "effect/Predicate"
import * as Semaphore from "effect/Semaphore"
import { InvalidOption, LimiterUnavailable } from "./ElnudgeError.ts"
import { LearnedPace } from "./LearnedPace.ts"
import * as MonotonicClock from "./MonotonicClock.ts"
import * as Pace from "./Pace.ts"
import * as TransportReason from "./TransportReason.ts"

/** Requests a minute: a whole number of at least 2; `auto` where it is not known. */
export type Limit = number | "auto"

/** The hold lasts longer than the request may still wait. */
export class HeldTooLong extends Data.TaggedError("HeldTooLong")<{
  /** How long it still lasts. */
  readonly remainingMillis: number
  /** How long it was waited for. */
  readonly heldMillis: number
}> {}

/** How long a request waited before its turn: held by a 429, and paced by the limit. Milliseconds. */
export interface Turn {
  readonly heldMillis: number
  readonly pacedMillis: number
  readonly departure: Pace.Departure
}

/** The turns of one key. */
export interface KeyLimiter {
  /**
   * Waits for a turn. Fails at once when the holds would take more than `maxHeldMillis`, and where the limit is kept
   * elsewhere and cannot be asked.
   */
  readonly take: (maxHeldMillis: number) => Effect.Effect<Turn, HeldTooLong | LimiterUnavailable>
  /**
   * Holds every request of the key in this process for so many milliseconds from now. A shorter hold never ends a longer
   * one. `refused`: the turn that was refused, from which `auto` learns.
   */
  readonly hold: (millis: number, refused?: Turn) => Effect.Effect<void>
}

/** Where the limiters of all keys are. */
export class RequestLimiter extends Context.Service<
  RequestLimiter,
  {
    /** The limiter of one key; the same key gives the same limiter. Fails where another limit was asked for before. */
    readonly forKey: (key: string, limit: Limit) => Effect.Effect<KeyLimiter, InvalidOption>
  }
>()("@effect-elnudge/core/RequestLimiter") {}

/**
 * What a share of a limit comes to, in whole requests: shares that make one whole never make more than the limit. Fails
 * with `InvalidOption` where that is no limit.
 */
export const parse = (requestsPerMinute: Limit, share: number): Effect.Effect<Limit, InvalidOption> => {
  const refuse = (option: "requestsPerMinute" | "share", reason: string, advice: string) =>
    Effect.fail(new InvalidOption({ option, reason, advice }))
  if (!(share > 0 && share <= 1)) return refuse("share", `a share of ${share}`, "Give a number above 0, of at most 1.")
  if (requestsPerMinute === "auto") {
    return share === 1
      ? Effect.succeed(requestsPerMinute)
      : refuse("share", "a share of a limit that is not known", "Give the limit as a number, or leave the share out.")
  }
  if (!Number.isInteger(requestsPerMinute) || requestsPerMinute < 2) {
    return refuse(
      "requestsPerMinute",
      `a rate limit of ${requestsPerMinute} requests a minute`,
      "Give a whole number of at least 2.",
    )
  }
  // A product such as 100 × 0.29 comes out a little too small.
  const part = Math.floor(requestsPerMinute * share + 1e-9)
  return part < 2
    ? refuse(
        "share",
        `a share of ${share} of ${requestsPerMinute} requests a minute`,
        "Give one of at least 2 a minute.",
      )
    : Effect.succeed(part)
}

/** Where the turns of a key come from, one at a time. */
interface Turns {
  /** Waits for the next turn; undefined where a hold came first. */
  readonly next: (isHeld: (now: number) => boolean) => Effect.Effect<Pace.Departure | undefined, LimiterUnavailable>
  readonly refused: Pace.Pace["refused"]
}

const inMemory = (pace: Pace.Pace): Turns => ({
  next: Effect.fnUntraced(function* (isHeld) {
    const clock = yield* Clock.Clock
    while (true) {
      const now = MonotonicClock.read(clock)
      if (isHeld(now)) return undefined
      const wait = pace.wait(now)
      if (wait <= 0) return pace.depart(now)
      yield* Effect.sleep(Math.ceil(wait))
      pace.waited(MonotonicClock.read(clock) - now)
    }
  }),
  refused: (departure, until) => pace.refused(departure, until),
})

// A store that hangs is as good as none.
const answerWithin = Duration.seconds(5)

const innermost = (cause: unknown): unknown =>
  Predicate.hasProperty(cause, "cause") && cause.cause !== undefined ? innermost(cause.cause) : cause

/** Why a store cannot be asked: a code, or the word that a Redis begins its refusals with, such as `NOAUTH`. */
export const unavailable = (cause: unknown): LimiterUnavailable => {
  const last = innermost(cause)
  const [, word] = /^([A-Z]{3,20}) /.exec(last instanceof Error ? last.message : "") ?? []
  return new LimiterUnavailable({ reason: word ?? TransportReason.of(cause) })
}

/** A turn is reserved in the store: one that is overtaken by a hold is given up, because it belongs to its moment. */
const inStore = Effect.fnUntraced(function* (limiter: RateLimiter.RateLimiter, key: string, requestsPerMinute: number) {
  const { burst, intervalMillis } = Pace.rhythm(requestsPerMinute)
  const window = Duration.millis(burst * intervalMillis)
  // Processes have only the wall clock in common. What sets it while this one runs would hold its turns back for as long.
  const steady = yield* MonotonicClock.steady
  const reserve = Effect.suspend(() =>
    limiter.consume({ algorithm: "token-bucket", onExceeded: "delay", key, limit: burst, window }),
  ).pipe(
    Effect.provideService(Clock.Clock, steady),
    Effect.mapError(({ reason }) => unavailable(reason)),
    Effect.timeoutOrElse({
      duration: answerWithin,
      orElse: () => new LimiterUnavailable({ reason: `no answer within ${Duration.format(answerWithin)}` }),
    }),
  )
  const turns: Turns = {
    next: Effect.fnUntraced(function* (isHeld) {
      const clock = yield* Clock.Clock
      if (isHeld(MonotonicClock.read(clock))) return undefined
      const { delay } = yield* reserve
      if (!Duration.isZero(delay)) yield* Effect.sleep(delay)
      const at = MonotonicClock.read(clock)
      return isHeld(at) ? undefined : { index: 0, at }
    }),
    refused: () => undefined,
  }
  return turns
})

// A hold may grow while a request waits for it: how soon that is seen.
const lookAgainMillis = 1_000

const makeKeyLimiter = (turns: Turns): KeyLimiter => {
  const gate = Semaphore.makeUnsafe(1)
  let heldUntil = Number.NEGATIVE_INFINITY
  const next = gate.withPermits(1)(turns.next((now) => heldUntil > now))

  const take = Effect.fnUntraced(function* (maxHeldMillis: number) {
    const clock = yield* Clock.Clock
    const startedAt = MonotonicClock.read(clock)
    let heldMillis = 0
    while (true) {
      const remaining = heldUntil - MonotonicClock.read(clock)
      if (remaining > 0) {
        if (heldMillis + remaining > maxHeldMillis) {
          return yield* new HeldTooLong({ remainingMillis: remaining, heldMillis })
        }
        const slice = Math.min(Math.ceil(remaining), lookAgainMillis)
        yield* Effect.sleep(slice)
        heldMillis += slice
        continue
      }
      const departure = yield* next
      if (departure !== undefined) {
        const turn: Turn = { heldMillis, pacedMillis: departure.at - startedAt - heldMillis, departure }
        return turn
      }
    }
  })

  return {
    take,
    hold: (millis, refused) =>
      Effect.map(MonotonicClock.now, (now) => {
        heldUntil = Math.max(heldUntil, now + millis)
        if (refused !== undefined) turns.refused(refused.departure, now + millis)
      }),
  }
}

const written = (limit: Limit): string => (limit === "auto" ? "a limit that is learned" : `${limit} requests a minute`)

const anotherLimit = (first: Limit, second: Limit) =>
  new InvalidOption({
    option: "requestsPerMinute",
    reason: `a client of this key has ${written(first)} in this process already, and this one asks for ${written(second)}`,
    advice:
      "Give all clients of a key the same requestsPerMinute and share: they share one limiter as long as the process runs.",
  })

const makeWith = (turnsOf: (key: string, limit: Limit) => Effect.Effect<Turns, InvalidOption>) => {
  const limiters = new Map<string, { readonly limit: Limit; readonly limiter: KeyLimiter }>()
  return RequestLimiter.of({
    forKey: Effect.fnUntraced(function* (key, limit) {
      const existing = limiters.get(key)
      if (existing !== undefined) {
        return existing.limit === limit ? existing.limiter : yield* anotherLimit(existing.limit, limit)
      }
      const limiter = makeKeyLimiter(yield* turnsOf(key, limit))
      limiters.set(key, { limit, limiter })
      return limiter
    }),
  })
}

const makeInMemory = () =>
  makeWith((_, limit) => Effect.sync(() => inMemory(limit === "auto" ? new LearnedPace() : Pace.steady(limit))))

/**
 * Keeps its counts where the given `RateLimiter` keeps them, so that processes with one store share a key's limit. All of
 * them must be told the same limit: `auto` is refused with `InvalidOption`. Holds are each process's own.
 */
export const make = Effect.map(RateLimiter.RateLimiter, (limiter) =>
  makeWith((key, limit) =>
    limit === "auto"
      ? new InvalidOption({
          option: "requestsPerMinute",
          reason: "a limit that is learned cannot be shared with other processes",
          advice: "Give the limit that all of them share, or let each keep its own.",
        })
      : inStore(limiter, key, limit),
  ),
)

/** {@link make} as a layer: `RateLimiter.layerStoreRedis` and a Redis below it make it one limit for several processes. */
export const layerShared: Layer.Layer<RequestLimiter, never, RateLimiter.RateLimiter> = Layer.effect(
  RequestLimiter,
  make,
)

// One for the process, however often the layer is built: a limit that each build forgot would be none. A test's clock
// has one of its own, because its time has nothing to do with ours.
const limiters = new WeakMap<Clock.Clock, RequestLimiter["Service"]>()

/** Keeps its counts in memory, one for the whole process: a key has one limiter wherever the layer is provided. */
export const layer: Layer.Layer<RequestLimiter> = Layer.effect(
  RequestLimiter,
  Effect.clockWith((clock) =>
    Effect.sync(() => {
      const shared = limiters.get(clock) ?? makeInMemory()
      limiters.set(clock, shared)
      return shared
    }),
  ),
)

/** Keeps its counts in memory, for this build of the layer alone. */
export const layerFresh: Layer.Layer<RequestLimiter> = Layer.fresh(Layer.sync(RequestLimiter, makeInMemory))
