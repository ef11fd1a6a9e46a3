/** The program as it is published, built once for all tests: in a folder where nothing else of the project is above it. */
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"
import * as Bundle from "../build/Bundle.ts"

export interface BuiltPackage {
  /** With `package/bin` and `package/dist` in it. */
  readonly folder: string
  /** Each file of `dist` with the modules that are in it. */
  readonly files: ReadonlyArray<readonly [file: string, modules: ReadonlyArray<string>]>
}

declare module "vitest" {
  interface ProvidedContext {
    readonly builtPackage: BuiltPackage
  }
}

const source = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Vitest runs it before the tests, and what it gives after them. */
export const setup = async (project: TestProject) => {
  const folder = mkdtempSync(join(tmpdir(), "elnudge-built-"))
  for (const part of ["bin", "package.json"]) cpSync(source(part), join(folder, "package", part), { recursive: true })
  project.provide("builtPackage", { folder, files: [...(await Bundle.write(join(folder, "package/dist")))] })
  return () => rmSync(folder, { recursive: true })
}
