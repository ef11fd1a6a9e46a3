/**
 * Spans, where somebody traces: Effect's own tracer keeps them for nobody. What is in them leaves the process, so that they
 * hold no URL, no cursor, no key and no error's message, which may name a session: only what kind of error it was.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Predicate from "effect/Predicate"
import * as Tracer from "effect/Tracer"
import * as WallClock from "./WallClock.ts"

export interface Options<A> {
  /** @default none */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  /** The kind of error that a value stands for; without one, where it failed. @default none, and the error's tag */
  readonly errorOf?: ((value: A | undefined) => string | undefined) | undefined
}

const kindOf = (error: unknown): string =>
  Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag) ? error._tag : "Defect"

/** What kind of error it ended with; undefined for none, and for an interruption. */
const errorOf = <A, E>(exit: Exit.Exit<A, E>, options: Options<A>): string | undefined => {
  if (Exit.isSuccess(exit)) return options.errorOf?.(exit.value)
  if (Cause.hasInterruptsOnly(exit.cause)) return undefined
  return options.errorOf?.(undefined) ?? kindOf(exit.cause.reasons.find(Cause.isFailReason)?.error)
}

/** How it ended, as it may be told. */
const told = (exit: Exit.Exit<unknown, unknown>, kind: string | undefined): Exit.Exit<unknown, unknown> => {
  if (kind === undefined) return Exit.isSuccess(exit) ? Exit.void : exit
  const error = new Error(kind)
  error.name = kind
  error.stack = kind
  return Exit.fail(error)
}

/** Runs the effect in a span, which it is given; in none where nobody traces. */
export const around = <A, E, R>(
  name: string,
  options: Options<A>,
  effect: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> =>
  Effect.flatMap(Tracer.Tracer, (tracer): Effect.Effect<A, E, R> => {
    if (tracer === Tracer.nativeTracer) return effect(undefined)
    return Effect.flatMap(Effect.makeSpan(name, { attributes: { ...options.attributes } }), (span) =>
      effect(span).pipe(
        Effect.withParentSpan(span, { captureStackTrace: false }),
        Effect.onExit((exit) => {
          const kind = errorOf(exit, options)
          if (kind !== undefined) span.attribute("error.type", kind)
          return Effect.map(WallClock.nanos, (at) => span.end(at, told(exit, kind)))
        }),
      ),
    )
  })

/** Says it in the log and not in the span, of which every entry of the log is an event: for what names a session or a cursor. */
export const besides = <A, E, R>(log: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateService(
    log,
    Logger.CurrentLoggers,
    (loggers) => new Set([...loggers].filter((each) => each !== Logger.tracerLogger)),
  )
