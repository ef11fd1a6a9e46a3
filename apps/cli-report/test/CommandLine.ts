/**
 * The command line in this process: the same program over the same HTTP and files, with words, environment and output of
 * its own. What a process adds (signals, pipes, Node's own words, other processes' locks) is `CliProcess`.
 */
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Runtime from "effect/Runtime"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as ClosedStdout from "../src/ClosedStdout.ts"
import * as LazyPlatform from "../src/LazyPlatform.ts"
import * as Program from "../src/Program.ts"
import * as QuickClock from "./QuickClock.ts"

export interface Result {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Options {
  /** All of it. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** How many times as fast as this machine's its clock goes; it is the run's own, and so are the limits of keys. @default 1 */
  readonly hurry?: number | undefined
  /** Called with everything that stderr said so far. */
  readonly onStderr?: ((text: string) => void) | undefined
  /** Ends the run as Ctrl-C does when this effect is done. */
  readonly interruptAfter?: Effect.Effect<void> | undefined
}

const decoder = new TextDecoder()

const textOf = (chunk: string | Uint8Array): string => (typeof chunk === "string" ? chunk : decoder.decode(chunk))

/** Runs the command to its end. */
export const run = (args: ReadonlyArray<string>, { env = {}, hurry = 1, interruptAfter, onStderr }: Options = {}) =>
  Effect.gen(function* () {
    let [stdout, stderr] = ["", ""]
    const print = (text: string) => {
      stdout += text
    }
    const say = (text: string) => {
      stderr += text
      onStderr?.(stderr)
    }
    const sink = (take: (text: string) => void) =>
      Sink.forEach((chunk: string | Uint8Array) => Effect.sync(() => take(textOf(chunk))))
    const stdio = Stdio.make({
      args: Effect.succeed(args),
      stdin: Stream.empty,
      stdout: () => sink(print),
      stderr: () => sink(say),
    })
    const console: Console.Console = {
      ...globalThis.console,
      log: (...words: ReadonlyArray<unknown>) => print(`${words.join(" ")}\n`),
      error: (...words: ReadonlyArray<unknown>) => say(`${words.join(" ")}\n`),
    }
    const platform = Layer.mergeAll(
      LazyPlatform.layer,
      Layer.succeed(Stdio.Stdio, stdio),
      Layer.succeed(ClosedStdout.IsClosed, Effect.succeed(false)),
      Layer.effect(Clock.Clock, QuickClock.make(hurry)),
      Layer.succeed(Console.Console, console),
      ConfigProvider.layer(ConfigProvider.fromEnv({ env: Record.filter(env, Predicate.isNotUndefined) })),
    )
    const ended = Effect.callback<Result>((resume) => {
      // With nothing of the test around it: no service, no clock, no span.
      const fiber = Effect.runFork(Effect.provide(Program.main, platform))
      fiber.addObserver((exit) =>
        Runtime.defaultTeardown(exit, (exitCode) => resume(Effect.succeed({ exitCode, stdout, stderr }))),
      )
      if (interruptAfter !== undefined)
        Effect.runFork(
          Effect.andThen(
            interruptAfter,
            Effect.sync(() => fiber.interruptUnsafe()),
          ),
        )
      return Fiber.interrupt(fiber)
    })
    return yield* ended
  })
