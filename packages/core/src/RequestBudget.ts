/**
 * How much a run may spend: so many attempts, and until when. Provide one around a walk: every client inside asks it
 * before each attempt, and sends none beyond it. Without one nothing is bounded.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { DeadlineReached, InvalidOption, type RequestInfo, RequestsUsedUp } from "./ElnudgeError.ts"
import * as MonotonicClock from "./MonotonicClock.ts"
import * as OptionCheck from "./OptionCheck.ts"
import * as PositiveDuration from "./PositiveDuration.ts"
import * as Session from "./Session.ts"
import * as WallClock from "./WallClock.ts"

export interface Options {
  /** The most attempts, of the list and of details, retries included: an integer of at least 1. @default no limit */
  readonly maxRequests?: number | undefined
  /** How long from the making of the budget on: above zero, at most 36,500 days. @default no limit */
  readonly deadline?: Duration.Input | undefined
}

/** Any number of fibers may spend from it: an attempt is counted before it is sent, in one step. */
export class RequestBudget {
  readonly maxRequests: number
  /** By the monotonic clock, in milliseconds: from then on nothing is sent, and nothing that was sent is waited for. */
  readonly deadline: number
  private sent = 0

  /** `Infinity` stands for no limit. */
  constructor(maxRequests: number, deadline: number) {
    this.maxRequests = maxRequests
    this.deadline = deadline
  }

  /** Attempts so far. */
  get spent(): number {
    return this.sent
  }

  /** Fails where no attempt can be sent any more, so that nobody waits for a turn in vain. */
  check(request: RequestInfo): Effect.Effect<void, DeadlineReached | RequestsUsedUp> {
    return Effect.flatMap(MonotonicClock.now, (now) => this.refusal(now, request) ?? Effect.void)
  }

  /** Counts one attempt, which is sent next; fails like {@link check}. */
  spend(request: RequestInfo): Effect.Effect<void, DeadlineReached | RequestsUsedUp> {
    return Effect.flatMap(MonotonicClock.now, (now) => {
      const refusal = this.refusal(now, request)
      if (refusal !== undefined) return refusal
      this.sent++
      return Effect.void
    })
  }

  /** Interrupts the effect at the deadline, whatever it waits for. */
  within<A, E, R>(request: RequestInfo, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | DeadlineReached, R> {
    if (this.deadline === Infinity) return effect
    return Effect.flatMap(MonotonicClock.now, (now) =>
      Effect.timeoutOrElse(effect, {
        duration: Duration.millis(this.deadline - now),
        orElse: () => this.late(request),
      }),
    )
  }

  /** Fails with the deadline's error. `heldMillis`: how long a hold still lasts that the deadline cuts short. */
  late(request: RequestInfo, heldMillis?: number): Effect.Effect<never, DeadlineReached> {
    const error = Effect.zipWith(WallClock.now, MonotonicClock.now, (now, elapsed) => {
      const inMillis = (millis: number) => Session.instant(now + Math.ceil(millis))
      return new DeadlineReached({
        deadline: inMillis(this.deadline - elapsed),
        heldUntil: heldMillis === undefined ? undefined : inMillis(heldMillis),
        request,
      })
    })
    return Effect.flip(error)
  }

  private refusal(
    now: number,
    request: RequestInfo,
  ): Effect.Effect<never, DeadlineReached | RequestsUsedUp> | undefined {
    if (now >= this.deadline) return this.late(request)
    return this.sent < this.maxRequests
      ? undefined
      : Effect.fail(new RequestsUsedUp({ maxRequests: this.maxRequests, request }))
  }
}

/** The budget of the current run, or undefined where nobody set one. */
export const Current = Context.Reference<RequestBudget | undefined>("@effect-elnudge/core/RequestBudget/Current", {
  defaultValue: () => undefined,
})

const checks: OptionCheck.Checks<Options> = { maxRequests: OptionCheck.number, deadline: OptionCheck.duration }

/** A budget that counts from now. Fails with `InvalidOption` where an option is out of range. */
export const make = Effect.fn("RequestBudget.make")(function* (options: Options = {}) {
  yield* OptionCheck.check(checks, options)
  const { deadline, maxRequests } = options
  if (maxRequests !== undefined && !(Number.isSafeInteger(maxRequests) && maxRequests >= 1)) {
    return yield* new InvalidOption({
      option: "maxRequests",
      reason: `a run of at most ${maxRequests} requests`,
      advice: "Give a whole number of at least 1.",
    })
  }
  const now = yield* MonotonicClock.now
  const millis =
    deadline === undefined ? Infinity : Duration.toMillis(yield* PositiveDuration.parse("deadline", deadline))
  return new RequestBudget(maxRequests ?? Infinity, now + millis)
})
