/**
 * The command line as a user runs it: a process of its own, of the built program. For what only a process has: signals,
 * pipes, Node's own words, other processes; the rest is `CommandLine`, which costs a tenth.
 */
import { spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { inject } from "vitest"
import * as CommandLine from "./CommandLine.ts"

// Half of a process's time goes into compiling; what is kept is the same for all of them.
const compileCache = join(tmpdir(), "node-compile-cache")

export type Result = CommandLine.Result & {
  /** What ended it, where a signal did. */
  readonly signal: NodeJS.Signals | null
}

export interface Options extends CommandLine.Options {
  /** Whether it needs a process, where no other option says so. @default false */
  readonly isProcess?: boolean | undefined
  /** The program's file. @default the one that was built for all tests */
  readonly program?: string | undefined
  /** Where it runs. @default here */
  readonly cwd?: string | undefined
  /** For Node itself. */
  readonly nodeOptions?: ReadonlyArray<string> | undefined
  /** What `interruptAfter` sends. @default SIGINT */
  readonly signal?: NodeJS.Signals | undefined
  /** Whether nobody reads stdout. @default false */
  readonly isClosed?: boolean | undefined
  /** Called with the process's id, once there is one. */
  readonly onStart?: ((pid: number) => void) | undefined
  /** For `sh`, with the command as `"$@"`. @default the command alone */
  readonly shell?: string | undefined
}

/** The words of a command in a shell. */
export const command = (
  args: ReadonlyArray<string>,
  { nodeOptions = [], program = join(inject("builtPackage").folder, "package/bin/elnudge-report.js") }: Options = {},
): readonly [string, ...ReadonlyArray<string>] => [process.execPath, ...nodeOptions, program, ...args]

/** Runs the command to its end. */
export const run = (args: ReadonlyArray<string>, options: Options = {}) =>
  Effect.gen(function* () {
    const [node, ...words] = command(args, options)
    const [file, ...rest] =
      options.shell === undefined ? [node, ...words] : ["sh", "-c", options.shell, "sh", node, ...words]
    const child = spawn(file, rest, {
      cwd: options.cwd,
      env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: compileCache, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    })
    const ended = Effect.callback<Result>((resume) => {
      let stdout = ""
      let stderr = ""
      if (options.isClosed === true) child.stdout.destroy()
      else child.stdout.setEncoding("utf8").on("data", (chunk: string) => void (stdout += chunk))
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        stderr += chunk
        options.onStderr?.(stderr)
      })
      child.on("close", (exitCode, signal) => resume(Effect.succeed({ exitCode, signal, stdout, stderr })))
      return Effect.sync(() => void child.kill("SIGKILL"))
    })
    if (child.pid !== undefined) options.onStart?.(child.pid)
    if (options.interruptAfter === undefined) return yield* ended
    const interrupt = Effect.andThen(
      options.interruptAfter,
      Effect.sync(() => child.kill(options.signal ?? "SIGINT")),
    )
    // A process that ends by itself does not wait for what was to interrupt it.
    yield* Effect.forkChild(interrupt)
    return yield* ended
  })

const isNeeded = ({ isClosed, isProcess, onStart, shell, signal }: Options): boolean =>
  [isClosed, isProcess, onStart, shell, signal].some((option) => option !== undefined)

/** In a process where an option is about one, else in this one. */
export const runOrHere = (args: ReadonlyArray<string>, options: Options = {}): Effect.Effect<CommandLine.Result> =>
  isNeeded(options) ? run(args, options) : CommandLine.run(args, options)
