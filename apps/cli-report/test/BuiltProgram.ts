/** The built program in a folder of the test's own, without a compile cache. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { inject } from "vitest"
import * as CliProcess from "./CliProcess.ts"

type RunOptions = Pick<CliProcess.Options, "env" | "nodeOptions">

export class BuiltProgram extends Context.Service<
  BuiltProgram,
  {
    readonly files: ReadonlyMap<string, ReadonlyArray<string>>
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
    const built = inject("builtPackage")
    const place = join(folder, "package")
    cpSync(join(built.folder, "package"), place, { recursive: true })
    const program = join(place, "bin/elnudge-report.js")
    return {
      files: new Map(built.files),
      dist: join(place, "dist"),
      folder,
      here,
      run: (args, { env = { NODE_DISABLE_COMPILE_CACHE: "1" }, nodeOptions } = {}) =>
        CliProcess.run(args, { program, cwd: here, env: { NODE_COMPILE_CACHE: undefined, ...env }, nodeOptions }),
    }
  }),
)
