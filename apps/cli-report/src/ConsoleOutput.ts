/** What is printed with Console (a help text, the version, a shell's script) goes to stdout as reports do. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as ClosedStdout from "./ClosedStdout.ts"

/** Keeps what the effect prints until it is done, and fails where stdout does not take it: a console would say nothing of that. */
export const toStdout = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const console = yield* Console.Console
    const lines: Array<string> = []
    const log = (...parts: ReadonlyArray<unknown>) => void lines.push(`${parts.join(" ")}\n`)
    const kept = new Proxy(console, {
      get: (target, name): unknown => (name === "log" ? log : Reflect.get(target, name)),
    })
    const result = yield* Effect.provideService(effect, Console.Console, kept)
    if (lines.length === 0) return result
    const stdio = yield* Stdio.Stdio
    // Not loaded for what is printed as it should be: it is a tenth of the start.
    const destination = Effect.promise(() => import("./Destination.ts"))
    if (yield* yield* ClosedStdout.IsClosed) yield* Effect.flatMap(destination, ({ prepare }) => prepare(Option.none()))
    yield* Stream.run(Stream.fromIterable(lines), stdio.stdout()).pipe(
      Effect.catch((error) => Effect.flatMap(destination, ({ lost }) => lost(error))),
    )
    return result
  }).pipe(Effect.scoped)
