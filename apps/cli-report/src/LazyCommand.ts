/** What a command does, loaded when it runs: to read a command line takes the words of every command, and no more. */
import * as Effect from "effect/Effect"

/** A command's handler, from the module that it is in. */
export const make =
  <Module, Flags, A, E, R>(
    load: () => Promise<Module>,
    handlerIn: (module: Module) => (flags: Flags) => Effect.Effect<A, E, R>,
  ) =>
  (flags: Flags) =>
    Effect.flatMap(Effect.promise(load), (module) => handlerIn(module)(flags))
