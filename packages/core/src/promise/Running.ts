/** An effect as a promise: what it fails with is thrown as it is, and a signal or the client's end rejects at once. */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Caller from "./Caller.ts"
import type { UnderWay } from "./UnderWay.ts"

export interface Setting<R> {
  readonly context: Context.Context<R>
  readonly underWay: UnderWay
  readonly signal: AbortSignal | undefined
}

/** Rejects with the error, the defect, the signal's reason or `ClientClosed`. */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>, { context, signal, underWay }: Setting<R>): Promise<A> => {
  const caller = Caller.here()
  return new Promise((resolve, reject) => {
    let fiber: Fiber.Fiber<A, E> | undefined
    let isStopped = false
    const leave = underWay.enter(signal, (reason) => {
      isStopped = true
      reject(caller.blamed(reason))
      return fiber === undefined ? Promise.resolve() : Effect.runPromise(Fiber.interrupt(fiber))
    })
    fiber = Effect.runForkWith(context)(effect)
    // What it runs may have aborted the signal before there was a fiber.
    if (isStopped) fiber.interruptUnsafe()
    fiber.addObserver((exit) => {
      leave()
      if (Exit.isSuccess(exit)) resolve(exit.value)
      else reject(caller.blamed(Cause.squash(exit.cause)))
    })
  })
}
