/** The program as it is published: built into a folder of its own, where nothing else of the project is above it. */
import { spawn } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Bundle from "../build/Bundle.ts"
import * as CliProcess from "./CliProcess.ts"

export interface RunOptions {
  /** All of it, but for PATH. @default no compile cache */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** For Node itself. */
  readonly nodeOptions?: ReadonlyArray<string> | undefined
}

const source = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

export class BuiltProgram extends Context.Service<
  BuiltProgram,
  {
    readonly files: Bundle.Files
    /** Where they are. */
    readonly dist: string
    /** For what a test makes. */
    readonly folder: string
    /** Empty: where it runs. */
    readonly here: string
    readonly run: (args: ReadonlyArray<string>, options?: RunOptions) => Effect.Effect<CliProcess.Result>
  }
>()("test/BuiltProgram") {}

export const layer = Layer.effect(
  BuiltProgram,
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "elnudge-built-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true })),
    )
    const here = join(folder, "here")
    mkdirSync(here)
    for (const part of ["bin", "package.json"]) cpSync(source(part), join(folder, "package", part), { recursive: true })
    const dist = join(folder, "package/dist")
    const files = yield* Effect.promise(() => Bundle.write(dist))
    const launcher = join(folder, "package/bin/elnudge-report.js")
    return {
      files,
      dist,
      folder,
      here,
      run: (args, { env = { NODE_DISABLE_COMPILE_CACHE: "1" }, nodeOptions = [] } = {}) =>
        Effect.callback<CliProcess.Result>((resume) => {
          const child = spawn(process.execPath, [...nodeOptions, launcher, ...args], {
            cwd: here,
            env: { PATH: process.env["PATH"], ...env },
            stdio: ["ignore", "pipe", "pipe"],
          })
          let stdout = ""
          let stderr = ""
          child.stdout.setEncoding("utf8").on("data", (chunk: string) => void (stdout += chunk))
          child.stderr.setEncoding("utf8").on("data", (chunk: string) => void (stderr += chunk))
          child.on("close", (exitCode) => resume(Effect.succeed({ exitCode, stdout, stderr })))
          return Effect.sync(() => void child.kill("SIGKILL"))
        }),
    }
  }),
)
