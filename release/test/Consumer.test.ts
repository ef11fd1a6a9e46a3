import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, inject, it } from "@effect/vitest"
import type * as Command from "../Command.ts"
import * as Packages from "../Packages.ts"
import * as Consumer from "./Consumer.ts"

const cwd = inject("consumer")

/** Outside of the consumer: nothing that is installed is found from here. */
const elsewhere = mkdtempSync(join(tmpdir(), "elnudge-bundle-"))
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }))

const errorsOf = ({ stdout }: Command.Result): ReadonlyArray<string> =>
  stdout.split("\n").filter((line) => line.includes("error TS"))

describe("TypeScript at its strictest, declarations checked too", () => {
  it.each(["tsconfig.json", "tsconfig.bundler.json"])("compiles with %s", async (project) => {
    const compiled = await Consumer.tool(cwd, "tsc", "--project", project)
    expect(compiled).toEqual({ exitCode: 0, stdout: "", stderr: "" })
  })

  // Effect's own declarations name types of the DOM; ours must not add to what a consumer without it sees.
  it("finds nothing wrong with ours without the DOM", async () => {
    const errors = errorsOf(await Consumer.tool(cwd, "tsc", "--project", "tsconfig.node.json"))
    expect(errors.filter((line) => !line.includes("node_modules/effect/dist/"))).toEqual([])
  })

  it("refuses what is wrong", async () => {
    const source = 'import { SessionStream } from "@effect-elnudge/core"; SessionStream.summaries({ from: "October" })'
    writeFileSync(join(cwd, "src/Wrong.ts"), source)
    try {
      const errors = errorsOf(await Consumer.tool(cwd, "tsc", "--project", "tsconfig.bundler.json"))
      expect(errors).toEqual([expect.stringMatching(/^src\/Wrong\.ts.*error TS2322/)])
    } finally {
      rmSync(join(cwd, "src/Wrong.ts"))
    }
  })

  it("names public modules alone in the declarations that it infers", () => {
    const declared = readFileSync(join(cwd, "out/Declared.d.ts"), "utf8")
    const specifiers = Array.from(declared.matchAll(/from "([^"]+)"|import\("([^"]+)"\)/g), ([, a, b]) => a ?? b ?? "")
    expect(specifiers).toContain("@effect-elnudge/core")
    const offered = new Set(
      Packages.libraries.flatMap(({ exports, name }) => Object.keys(exports).map((subpath) => name + subpath.slice(1))),
    )
    const ours = specifiers.filter((specifier) => /effect-elnudge|\.\.|node_modules/.test(specifier))
    expect(ours.filter((specifier) => !offered.has(specifier))).toEqual([])
  })
})

/** What Node says to importing each: "ok", or the code of its error. */
const imported = async (specifiers: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const program = `
    const results = []
    for (const specifier of ${JSON.stringify(specifiers)}) {
      results.push(await import(specifier).then((module) => Object.keys(module).length > 0 ? "ok" : "empty", ({ code }) => code))
    }
    console.log(results.join())`
  return (await Consumer.node(cwd, "--input-type=module", "--eval", program)).trim().split(",")
}

describe.each(Packages.libraries)("Node imports of $name", (of) => {
  const { exports, name } = of
  const modules = Object.keys(exports).filter((subpath) => !subpath.endsWith(".json"))

  it("every module that is public", async () => {
    expect(await imported(modules.map((subpath) => name + subpath.slice(1)))).toEqual(modules.map(() => "ok"))
  })

  it("no other", async () => {
    const files = new Set(Object.values(exports))
    const internal = Packages.modules(of).filter((module) => !files.has(`./dist/${module}.js`))
    expect(internal.length).toBeGreaterThan(3)
    expect(new Set(await imported(internal.map((module) => `${name}/${module}`)))).toEqual(
      new Set(["ERR_PACKAGE_PATH_NOT_EXPORTED"]),
    )
  })
})

describe("a report over HTTP, from the emulator", () => {
  const csv = Consumer.node(cwd, "out/Main.js")

  it("runs in Node", async () => {
    const [header, ...rows] = (await csv).trim().split(/\r?\n/)
    expect(header).toMatch(/^nudge_type,/)
    expect(rows.map((row) => row.split(",")[0])).toContain("(all)")
    expect(rows.length).toBeGreaterThan(3)
  })

  it("runs with the workspace's own condition, which means nothing to an outsider", async () => {
    expect(await Consumer.node(cwd, "--conditions=@effect-elnudge/source", "out/Main.js")).toBe(await csv)
  })

  it("runs bundled, alone in its folder", async () => {
    // In one file: where rolldown splits, it loses what platform-node hands on of undici (`export *` of CommonJS).
    const output = ["--platform", "node", "--no-code-splitting", "--file", join(elsewhere, "Main.mjs")]
    const bundled = await Consumer.tool(cwd, "rolldown", "out/Main.js", ...output)
    expect({ exitCode: bundled.exitCode, warns: /warn/i.test(bundled.stdout + bundled.stderr) }).toEqual({
      exitCode: 0,
      warns: false,
    })
    expect(await Consumer.node(elsewhere, "Main.mjs")).toBe(await csv)
  })
})
