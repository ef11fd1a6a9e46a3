/** A project of somebody else, installed with the tarballs in a folder that knows nothing of this repository. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Schema from "effect/Schema"
import type { TestProject } from "vitest/node"
import * as Command from "../Command.ts"
import * as Pack from "../Pack.ts"
import * as Packages from "../Packages.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The consumer's folder. */
    readonly consumer: string
  }
}

const sources = fileURLToPath(new URL("../consumer", import.meta.url))

const Versioned = Schema.fromJsonString(Schema.Struct({ version: Schema.String }))

const app = createRequire(join(Packages.root, "apps/cli-report/package.json"))
const workspace = createRequire(join(Packages.root, "package.json"))

/** The version that this repository works with: it is in the package manager's store already. */
const versionOf = (name: string, { resolve }: NodeJS.Require): string =>
  Schema.decodeSync(Versioned)(readFileSync(resolve(`${name}/package.json`), "utf8")).version

const manifest = () => ({
  name: "consumer",
  private: true,
  type: "module",
  dependencies: {
    ...Object.fromEntries(Packages.libraries.map((library) => [library.name, `file:${Pack.path(library)}`])),
    "@effect/platform-node": versionOf("@effect/platform-node", app),
    effect: versionOf("effect", app),
  },
  devDependencies: {
    "@types/node": versionOf("@types/node", app),
    rolldown: versionOf("rolldown", app),
    typescript: versionOf("typescript", workspace),
  },
})

// JSON is YAML. Of packages that depend on each other and are not published yet, each has to be told where the other is.
const settings = () => ({
  overrides: Object.fromEntries(Packages.libraries.map((library) => [library.name, `file:${Pack.path(library)}`])),
})

/** Packs, installs and compiles, once for all tests. pnpm's layout hides what a package has not declared. */
export default async (project: TestProject): Promise<() => void> => {
  await Pack.all()
  const cwd = mkdtempSync(join(tmpdir(), "elnudge-consumer-"))
  const remove = (): void => rmSync(cwd, { recursive: true, force: true })
  try {
    cpSync(sources, cwd, { recursive: true })
    writeFileSync(join(cwd, "package.json"), JSON.stringify(manifest()))
    writeFileSync(join(cwd, "pnpm-workspace.yaml"), JSON.stringify(settings()))
    await Command.run("npx", ["--yes", "pnpm@12", "install", "--prefer-offline"], { cwd })
    // Whether it has errors is a test's question.
    await tool(cwd, "tsc", "--project", ".")
  } catch (error) {
    remove()
    throw error
  }
  project.provide("consumer", cwd)
  return remove
}

/** Runs a JavaScript file of the consumer, with this Node. */
export const node = (cwd: string, ...args: ReadonlyArray<string>): Promise<string> =>
  Command.run(process.execPath, args, { cwd })

/** Runs a program that the consumer has installed. */
export const tool = (cwd: string, name: string, ...args: ReadonlyArray<string>): Promise<Command.Result> =>
  Command.attempt(join(cwd, "node_modules/.bin", name), args, { cwd })
