/** The command line as a user runs it: a process of its own, with an environment of its own. */
import { spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"

/** The program's file. */
export const launcher = fileURLToPath(new URL("../bin/elnudge-report.js", import.meta.url))

/** Half of a process's time goes into compiling it; this is where Node itself would keep the result. */
export const compileCache = join(tmpdir(), "node-compile-cache")

export interface Result {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Options {
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Called with everything that stderr said so far. */
  readonly onStderr?: ((text: string) => void) | undefined
  /** Sends `signal` (default SIGINT) when this effect is done. */
  readonly interruptAfter?: Effect.Effect<void> | undefined
  readonly signal?: NodeJS.Signals | undefined
}

/** Runs the command to its end. */
export const run = (args: ReadonlyArray<string>, options: Options = {}) =>
  Effect.gen(function* () {
    const child = spawn(process.execPath, ["--conditions=@effect-elnudge/source", launcher, ...args], {
      env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: compileCache, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    })
    const ended = Effect.callback<Result>((resume) => {
      let stdout = ""
      let stderr = ""
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        stdout += chunk
      })
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        stderr += chunk
        options.onStderr?.(stderr)
      })
      child.on("close", (exitCode) => resume(Effect.succeed({ exitCode, stdout, stderr })))
      return Effect.sync(() => {
        child.kill("SIGKILL")
      })
    })
    if (options.interruptAfter === undefined) return yield* ended
    const interrupt = Effect.andThen(
      options.interruptAfter,
      Effect.sync(() => child.kill(options.signal ?? "SIGINT")),
    )
    // A process that ends by itself does not wait for what was to interrupt it.
    yield* Effect.forkChild(interrupt)
    return yield* ended
  })
