/** The key that requests carry, and how another takes its place once the API refuses it: it may have been rotated. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as ApiKey from "./ApiKey.ts"
import type { InvalidOption } from "./ElnudgeError.ts"

/** A key as an attempt took it: how often the source had been read again by then tells what a refusal knows. */
export interface Taken {
  readonly key: Redacted.Redacted
  readonly readings: number
}

/** What a refusal of a key leads to: another key to go on with, or none, and why, where the source was asked. */
export type Renewal =
  | { readonly _tag: "Renewed" }
  | { readonly _tag: "NoOther"; readonly keyProblem: string | undefined }

export interface KeyInUse {
  readonly take: () => Taken
  /**
   * After a 401: reads the key again, once for all attempts that were sent before that reading. A key that was refused
   * is never taken up again, so that this ends.
   */
  readonly renew: (refused: Taken) => Effect.Effect<Renewal>
}

/** The key of the attempt at hand. */
export const OfAttempt = Context.Reference<Redacted.Redacted>("@effect-elnudge/core/KeyInUse/OfAttempt", {
  defaultValue: () => Redacted.make(""),
})

const noReload: Renewal = { _tag: "NoOther", keyProblem: undefined }

export const make = (
  first: Redacted.Redacted,
  reload: Effect.Effect<Redacted.Redacted, InvalidOption> | undefined,
): KeyInUse => {
  const gate = Semaphore.makeUnsafe(1)
  const refusedKeys = new Set<string>()
  let current: Taken = { key: first, readings: 0 }
  let keyProblem: string | undefined

  const renew = Effect.fnUntraced(function* (
    refused: Taken,
    read: Effect.Effect<Redacted.Redacted, InvalidOption>,
  ): Effect.fn.Return<Renewal> {
    refusedKeys.add(Redacted.value(refused.key))
    if (refused.readings === current.readings) {
      const again = yield* Effect.result(Effect.flatMap(read, ApiKey.check))
      const readings = current.readings + 1
      if (Result.isFailure(again)) {
        keyProblem = again.failure.reason
        current = { key: current.key, readings }
      } else {
        const isRefused = refusedKeys.has(Redacted.value(again.success))
        const isOther = ApiKey.mode(again.success) !== ApiKey.mode(first)
        keyProblem = isRefused
          ? "what was read again is a key that was refused already"
          : isOther
            ? "what was read again is a key of another kind, which opens other data"
            : undefined
        // The data of the sandbox and of production must not become one.
        current = { key: isOther ? current.key : again.success, readings }
      }
    }
    return refusedKeys.has(Redacted.value(current.key)) ? { _tag: "NoOther", keyProblem } : { _tag: "Renewed" }
  })

  return {
    take: () => current,
    renew: (refused) => (reload === undefined ? Effect.succeed(noReload) : gate.withPermits(1)(renew(refused, reload))),
  }
}
