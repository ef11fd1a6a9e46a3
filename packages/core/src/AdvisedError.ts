/** What every error shows of itself, however it is printed: what happened, what to do, its fields, and what it met. */
import { NodeInspectSymbol } from "effect/Inspectable"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

const depth = 8

const describe = (cause: unknown, left: number): unknown => {
  if (!(cause instanceof Error) || left === 0) return undefined
  const { message, name } = cause
  return { ...Object.fromEntries(Object.entries(cause)), name, message, cause: describe(cause.cause, left - 1) }
}

/** Makes what it says its own: printers look at an object's own properties, and some at nothing else. */
const own = (error: Error): { readonly [name in "message" | "advice"]?: unknown } => {
  if (error.cause === undefined) Reflect.deleteProperty(error, "cause")
  const { message } = error
  Reflect.defineProperty(error, "message", { value: message, configurable: true })
  if (!Predicate.hasProperty(error, "advice")) return { message }
  const { advice } = error
  Reflect.defineProperty(error, "advice", { value: advice, enumerable: true, configurable: true })
  return { message, advice }
}

/** The class of all errors of the client: `_tag` tells them apart, `message` says what happened, `advice` what to do next. */
export class AdvisedError extends Schema.Error<AdvisedError>("AdvisedError")({
  /** The error that it comes from, such as the connection's own: without a key, and without the request. */
  cause: Schema.optional(Schema.Defect()),
}) {
  // A part of making one, for every class of them.
  readonly #words = own(this)

  /** Whether the same request may succeed later, as it is. */
  get isRetryable(): boolean {
    return false
  }

  /** For `JSON.stringify` and loggers: all that there is. */
  override toJSON(): unknown {
    const { cause, isRetryable, stack } = this
    const fields = Object.fromEntries(Object.entries(this))
    return { ...fields, ...this.#words, isRetryable, stack, cause: describe(cause, depth) }
  }

  /** As the platform shows any error: with its stack, its fields and its cause. */
  override [NodeInspectSymbol](
    ...[, options, inspect]: readonly [
      depth?: unknown,
      options?: object,
      inspect?: (self: unknown, options: object) => unknown,
    ]
  ): unknown {
    return inspect === undefined ? this.toJSON() : inspect(this, { ...options, customInspect: false })
  }
}
