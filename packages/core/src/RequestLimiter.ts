/**
 * One limiter for each API key, shared by every endpoint: a token bucket that keeps any 60 seconds at or under the
 * limit, and a hold that a 429 puts on all requests of the key. Nothing is learned or guessed.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Semaphore from "effect/Semaphore"

/** The hold lasts longer than the request may still wait. */
export class HeldTooLong extends Data.TaggedError("HeldTooLong")<{
  /** Epoch milliseconds at which the hold ends. */
  readonly until: number
  readonly heldMillis: number
}> {}

/** How long a request waited before its turn: held by a 429, and paced by the bucket. Milliseconds. */
export interface Turn {
  readonly heldMillis: number
  readonly pacedMillis: number
}

export interface KeyLimiter {
  /** Waits for a turn. Fails at once when the holds would take more than `maxHeldMillis`. */
  readonly take: (maxHeldMillis: number) => Effect.Effect<Turn, HeldTooLong>
  /** Holds every request of the key until `until` (epoch milliseconds). A shorter hold never ends a longer one. */
  readonly hold: (until: number) => Effect.Effect<void>
}

export class RequestLimiter extends Context.Service<
  RequestLimiter,
  {
    /**
     * The limiter of one key; the same key gives the same limiter. `requestsPerMinute` is an integer of at
     * least 2, and the first caller's counts.
     */
    readonly forKey: (key: string, requestsPerMinute: number) => Effect.Effect<KeyLimiter>
  }
>()("@effect-elnudge/core/RequestLimiter") {}

/**
 * The bucket for N requests a minute: it holds 5 (fewer under 10 a minute) and refills at N − 5 a minute, so that
 * what is in it plus what flows in never makes more than N in any 60 seconds.
 */
export const bucket = (requestsPerMinute: number): { readonly burst: number; readonly window: Duration.Duration } => {
  const burst = Math.min(5, Math.floor(requestsPerMinute / 2))
  return { burst, window: Duration.millis((burst * 60_000) / (requestsPerMinute - burst)) }
}

// A hold may grow while a request waits for it: how soon that is seen.
const lookAgainMillis = 1_000

const makeKeyLimiter = (limiter: RateLimiter.RateLimiter, key: string, requestsPerMinute: number): KeyLimiter => {
  const { burst, window } = bucket(requestsPerMinute)
  const consume = limiter
    .consume({ algorithm: "token-bucket", onExceeded: "delay", key, limit: burst, window })
    // The store in memory cannot fail. One that can is a defect here until it has an error of its own.
    .pipe(Effect.orDie)
  const gate = Semaphore.makeUnsafe(1)
  let heldUntil = 0

  // A token counts for the moment it was taken. One that was overtaken by a hold is thrown away, because using it
  // later would put it on top of the tokens of that later minute.
  const takeToken = gate.withPermits(1)(
    Effect.gen(function* () {
      if (heldUntil > (yield* Clock.currentTimeMillis)) return false
      const { delay } = yield* consume
      if (!Duration.isZero(delay)) yield* Effect.sleep(delay)
      return heldUntil <= (yield* Clock.currentTimeMillis)
    }),
  )

  const take = Effect.fnUntraced(function* (maxHeldMillis: number) {
    const startedAt = yield* Clock.currentTimeMillis
    let heldMillis = 0
    while (true) {
      const remaining = heldUntil - (yield* Clock.currentTimeMillis)
      if (remaining > 0) {
        if (heldMillis + remaining > maxHeldMillis) return yield* new HeldTooLong({ until: heldUntil, heldMillis })
        const slice = Math.min(Math.ceil(remaining), lookAgainMillis)
        yield* Effect.sleep(slice)
        heldMillis += slice
        continue
      }
      if (yield* takeToken) {
        const turn: Turn = { heldMillis, pacedMillis: (yield* Clock.currentTimeMillis) - startedAt - heldMillis }
        return turn
      }
    }
  })

  return {
    take,
    hold: (until) =>
      Effect.sync(() => {
        // Whole milliseconds, as the clock ticks: a wait for a fraction of one would end before it and spin.
        heldUntil = Math.max(heldUntil, Math.ceil(until))
      }),
  }
}

/** Keeps its counts where the given `RateLimiter` keeps them. */
export const make = Effect.gen(function* () {
  const limiter = yield* RateLimiter.RateLimiter
  const limiters = new Map<string, KeyLimiter>()
  return RequestLimiter.of({
    forKey: (key, requestsPerMinute) =>
      Effect.sync(() => {
        const existing = limiters.get(key)
        if (existing !== undefined) return existing
        const created = makeKeyLimiter(limiter, key, requestsPerMinute)
        limiters.set(key, created)
        return created
      }),
  })
})

const inMemory = make.pipe(
  Effect.provide(RateLimiter.layer.pipe(Layer.provide(Layer.fresh(RateLimiter.layerStoreMemory)))),
)

// One for the process, however often the layer is built: a limit that each build forgot would be none. A test's clock
// has one of its own, because its time has nothing to do with ours.
const limiters = new WeakMap<Clock.Clock, RequestLimiter["Service"]>()

/** Keeps its counts in memory, one for the whole process: a key has one limiter wherever the layer is provided. */
export const layer: Layer.Layer<RequestLimiter> = Layer.effect(
  RequestLimiter,
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const created = limiters.get(clock) ?? (yield* inMemory)
    // Another build may have come first while this one was under way.
    const shared = limiters.get(clock) ?? created
    limiters.set(clock, shared)
    return shared
  }),
)

/** Keeps its counts in memory, for this build of the layer alone. */
export const layerFresh: Layer.Layer<RequestLimiter> = Layer.fresh(Layer.effect(RequestLimiter, inMemory))
