import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { publint } from "publint"
import * as Command from "../Command.ts"
import * as Pack from "../Pack.ts"
import * as Packages from "../Packages.ts"

const Strings = Schema.Record(Schema.String, Schema.String)

const Manifest = Schema.fromJsonString(
  Schema.Struct({
    license: Schema.String,
    engines: Strings,
    description: Schema.String,
    keywords: Schema.NonEmptyArray(Schema.String),
    exports: Strings,
    dependencies: Schema.optionalKey(Strings),
    optionalDependencies: Schema.optionalKey(Strings),
    peerDependencies: Schema.optionalKey(Strings),
    scripts: Schema.optionalKey(Strings),
  }),
)

const cwd = Pack.folder

const filesOf = async (of: Packages.Package): Promise<ReadonlyArray<string>> => {
  const listed = await Command.run("tar", ["-tzf", Pack.path(of)], { cwd })
  return listed
    .trim()
    .split("\n")
    .map((file) => file.replace(/^package\//, ""))
    .sort()
}

const manifestOf = (of: Packages.Package): Promise<string> =>
  Command.run("tar", ["-xzOf", Pack.path(of), "package/package.json"], { cwd })

const dependenciesOf = async (of: Packages.Package) => {
  const {
    dependencies = {},
    optionalDependencies = {},
    peerDependencies = {},
  } = Schema.decodeSync(Manifest)(await manifestOf(of))
  return { dependencies, optionalDependencies, peerDependencies }
}

/** What `src/index.ts` names, and what is a door of its own. */
const publicModules = ({ folder, name }: Packages.Package): ReadonlyArray<string> => {
  const index = readFileSync(join(folder, "src/index.ts"), "utf8")
  const named = Array.from(index.matchAll(/^export \* as (\w+) from "\.\/\1\.ts"$/gm), ([, module = ""]) => module)
  return name === "@effect-elnudge/core" ? [...named, "promise"] : named
}

const [core, emulator, report, cli] = Packages.all

describe.each(Packages.all)("the tarball of $name", (of) => {
  it("states what npm shows, and nothing of the workspace or the sources", async () => {
    const text = await manifestOf(of)
    expect(text).not.toMatch(/@effect-elnudge\/source|workspace:|catalog:|publishConfig"\s*:\s*\{[^}]*exports/)
    const manifest = Schema.decodeSync(Manifest)(text)
    expect(manifest).toMatchObject({ license: "MIT", engines: { node: ">=22.19" } })
    expect(manifest.scripts).toBeUndefined()
  })

  it("has a README and the licence, and neither sources nor maps nor what the compiler keeps", async () => {
    const files = await filesOf(of)
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]))
    expect(files.filter((file) => !file.endsWith(".d.ts") && /\.ts$|\.map$|tsbuildinfo|\.snap$/.test(file))).toEqual([])
  })

  it("publint finds nothing in", async () => {
    const { buffer, byteOffset, byteLength } = readFileSync(Pack.path(of))
    const tarball = buffer.slice(byteOffset, byteOffset + byteLength)
    expect((await publint({ pack: { tarball }, strict: true })).messages).toEqual([])
  })
})

describe.each(Packages.libraries)("the library $name", (of) => {
  it("holds its modules, each with its declarations", async () => {
    const built = Packages.modules(of).flatMap((module) => [`dist/${module}.d.ts`, `dist/${module}.js`])
    expect(await filesOf(of)).toEqual([...built, "LICENSE", "README.md", "package.json"].sort())
  })

  it("exports what its index names, by name, and each with a file", async () => {
    const { exports } = Schema.decodeSync(Manifest)(await manifestOf(of))
    const expected = [".", ...publicModules(of).map((module) => `./${module}`), "./package.json"]
    expect(Object.keys(exports).sort()).toEqual(expected.sort())
    expect(await filesOf(of)).toEqual(expect.arrayContaining(Object.values(exports).map((file) => file.slice(2))))
  })

  it("attw finds types for every way to import it", async () => {
    const attw = join(Packages.root, "node_modules/.bin/attw")
    const { exitCode, stderr, stdout } = await Command.attempt(
      attw,
      [Pack.path(of), "--profile", "esm-only", "--format", "ascii"],
      { cwd },
    )
    expect({ exitCode, output: exitCode === 0 ? "" : stdout + stderr }).toEqual({ exitCode: 0, output: "" })
    expect(stdout).toContain(`"${of.name}/`)
  })
})

describe("dependencies", () => {
  const effect = { effect: "~4.1.0" }

  it("of core: effect, which is the user's", async () => {
    if (core === undefined) throw new Error("core is not packed")
    expect(await dependenciesOf(core)).toEqual({
      dependencies: {},
      optionalDependencies: {},
      peerDependencies: effect,
    })
  })

  it("of emulator and report: the core that they were released with", async () => {
    if (core === undefined || emulator === undefined || report === undefined) throw new Error("they are not packed")
    expect(await dependenciesOf(emulator)).toEqual({
      dependencies: { [core.name]: core.version },
      optionalDependencies: {},
      peerDependencies: effect,
    })
    expect(await dependenciesOf(report)).toEqual({
      dependencies: { [core.name]: core.version, "csv-stringify": expect.any(String) },
      optionalDependencies: {},
      peerDependencies: effect,
    })
  })

  it("of the CLI: none, and redis for who wants it", async () => {
    if (cli === undefined) throw new Error("the CLI is not packed")
    expect(await dependenciesOf(cli)).toEqual({
      dependencies: {},
      optionalDependencies: { redis: expect.any(String) },
      peerDependencies: {},
    })
  })

  it("are all of one version", () => {
    expect(new Set(Packages.all.map(({ version }) => version)).size).toBe(1)
  })
})
