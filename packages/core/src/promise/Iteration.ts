/**
 * One pass through a stream for `for await`. Effect's own `toAsyncIterable` starts the stream twice where `next` is called
 * twice at the same time, and what it has under way knows neither a signal nor the end of its client.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Caller from "./Caller.ts"
import type { Setting } from "./Running.ts"

export interface Iteration<A> extends AsyncIterableIterator<A, undefined>, AsyncDisposable {
  readonly next: () => Promise<IteratorResult<A, undefined>>
  /** Ends it, with what is under way; resolves when everything is free. Who waits for a row is told that there is none. */
  readonly return: () => Promise<IteratorReturnResult<undefined>>
}

interface Waiting<A> {
  readonly resolve: (result: IteratorResult<A, undefined>) => void
  readonly reject: (error: unknown) => void
}

type End = { readonly _tag: "Done" } | { readonly _tag: "Failed"; readonly error: unknown }

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * Nothing runs before the first `next`. Calls of `next` that overlap get the rows in the order of the calls. What ends the
 * stream early is thrown by every `next` from then on, so that of several readers none takes the rows so far for all.
 */
export const make = <A, E, R>(
  stream: Stream.Stream<A, E, R>,
  { context, signal, underWay }: Setting<R>,
): Iteration<A> => {
  const caller = Caller.here()
  const scope = Scope.makeUnsafe()
  const fork = Effect.runForkWith(context)
  const waiting: Array<Waiting<A>> = []
  let pull = Effect.flatMap(Scope.provide(Stream.toPull(stream), scope), (next) => {
    pull = next
    return next
  })
  let rows: Iterator<A> = [].values()
  let asking: Fiber.Fiber<ReadonlyArray<A>, unknown> | undefined
  let leave: ((released: Promise<unknown>) => void) | undefined
  let ended: End | undefined
  let released: Promise<void> | undefined
  let isServing = false

  const settle = ({ reject, resolve }: Waiting<A>, end: End): void => {
    if (end._tag === "Failed") reject(end.error)
    else resolve(done)
  }

  const finish = (end: End): Promise<void> => {
    if (released !== undefined) return released
    ended = end
    const stopped = asking === undefined ? Effect.void : Fiber.interrupt(asking)
    released = Effect.runPromise(Effect.andThen(stopped, Scope.close(scope, Exit.void)))
    leave?.(released)
    for (const each of waiting.splice(0)) settle(each, end)
    return released
  }

  const fail = (error: unknown): Promise<void> => finish({ _tag: "Failed", error: caller.blamed(error) })

  const isEntered = (): boolean => {
    try {
      leave ??= underWay.enter(signal, fail)
      return true
    } catch (error) {
      void fail(error)
      return false
    }
  }

  const ask = (): void => {
    if (!isEntered()) return
    const fiber = fork(pull)
    asking = fiber
    // What it runs may have ended it before there was a fiber.
    if (ended !== undefined) fiber.interruptUnsafe()
    fiber.addObserver((exit) => {
      asking = undefined
      if (ended !== undefined) return
      if (Exit.isSuccess(exit)) rows = exit.value.values()
      else if (Pull.isDoneCause(exit.cause)) void finish({ _tag: "Done" })
      else void fail(Cause.squash(exit.cause))
      serve()
    })
  }

  /** Whether there may be more for who waits, without waiting for the stream. */
  const advance = (): boolean => {
    const row = rows.next()
    if (row.done === true) ask()
    else waiting.shift()?.resolve({ done: false, value: row.value })
    return asking === undefined
  }

  // A loop: rows that are there at once must not call each other.
  const serve = (): void => {
    if (isServing || asking !== undefined) return
    isServing = true
    while (waiting.length > 0 && advance());
    isServing = false
  }

  const iteration: Iteration<A> = {
    next: () =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return settle({ resolve, reject }, ended)
        waiting.push({ resolve, reject })
        serve()
      }),
    return: async () => {
      await finish({ _tag: "Done" })
      return done
    },
    [Symbol.asyncIterator]: () => iteration,
    [Symbol.asyncDispose]: async () => {
      await finish({ _tag: "Done" })
    },
  }
  return iteration
}
