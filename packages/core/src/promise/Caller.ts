/** Who asked: what fails later has a stack of its own, in which the line that asked would not be. */
import { AdvisedError } from "../AdvisedError.ts"

export interface Caller {
  /** The same error, with the caller's part of the stack below its own; what is not an error of the client stays as it is. */
  readonly blamed: (error: unknown) => unknown
}

/** The places of a stack, in the forms of all engines. */
const places = (stack: string | undefined): ReadonlyArray<string> =>
  (stack ?? "").split("\n").filter((line) => /^\s+at |@/.test(line))

// From here on down it is the runtime that runs whoever asks.
const isRuntime = (place: string): boolean => /Generator\.next|~effect\/|[\\/]effect[\\/](?:dist|src)[\\/]/.test(place)

/** Must be called before anything is waited for. */
export const here = (): Caller => {
  const asked = new Error("asked")
  return {
    blamed: (error) => {
      if (!(error instanceof AdvisedError)) return error
      const own = places(error.stack)
      const end = own.findIndex(isRuntime)
      const above = end === -1 ? own : own.slice(0, end)
      // The first is this function.
      const stack = [`${error.name}: ${error.message}`, ...above, ...places(asked.stack).slice(1)].join("\n")
      Reflect.defineProperty(error, "stack", { value: stack, configurable: true, writable: true })
      return error
    },
  }
}
