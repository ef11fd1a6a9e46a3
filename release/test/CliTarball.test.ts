/** The CLI as a stranger gets it: `npx` in an empty folder, with an empty home. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, inject, it } from "@effect/vitest"
import * as Command from "../Command.ts"
import * as Pack from "../Pack.ts"
import * as Packages from "../Packages.ts"
import * as Consumer from "./Consumer.ts"

const consumer = inject("consumer")
const cli = Packages.all.find(({ name }) => name === "@effect-elnudge/cli-report")
const base = mkdtempSync(join(tmpdir(), "elnudge-npx-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** The oldest Node that the packages promise to run on: the registry's build of it for this machine. */
const oldest = "22.19.0"
const platform = process.platform === "win32" ? "win" : process.platform
const build = `node${process.platform === "darwin" && process.arch === "arm64" ? "-bin" : ""}-${platform}-${process.arch}`

beforeAll(async () => {
  mkdirSync(join(base, "node"))
  const install = ["install", "--prefix", ".", "--no-save", "--prefer-offline", `${build}@${oldest}`]
  await Command.run("npm", install, { cwd: join(base, "node") })
  writeFileSync(join(base, "sessions.ndjson"), await Consumer.node(consumer, "out/Main.js", "ndjson"))
})

const folderOf = {
  [oldest]: () => join(base, "node/node_modules", build, "bin"),
  [process.versions.node]: () => dirname(process.execPath),
}

describe.each([
  { node: process.versions.node, omit: "nothing", flags: [], installed: ["@effect-elnudge/cli-report", "redis"] },
  { node: oldest, omit: "optional", flags: ["--omit=optional"], installed: ["@effect-elnudge/cli-report"] },
])("npx on Node $node, omitting $omit", ({ flags, installed, node, omit }) => {
  const home = join(base, `home-${omit}`)
  const cwd = join(base, `empty-${omit}`)
  const temporary = join(base, `temporary-${omit}`)

  beforeAll(() => {
    for (const folder of [home, cwd, temporary]) mkdirSync(folder)
    if (cli !== undefined) copyFileSync(Pack.path(cli), join(cwd, "cli.tgz"))
  })

  const npx = (...args: ReadonlyArray<string>): Promise<Command.Result> =>
    // With a prefix, because npm takes a folder above for the project where one has a package.json.
    Command.attempt("npx", ["--yes", "--prefix", ".", ...flags, "./cli.tgz", ...args], {
      cwd,
      env: {
        PATH: [folderOf[node]?.(), process.env["PATH"]].join(delimiter),
        HOME: home,
        TMPDIR: temporary,
        XDG_CACHE_HOME: join(home, "none"),
        npm_config_update_notifier: "false",
      },
    })

  it("says its version, and nothing else", async () => {
    const result = await npx("--version")
    expect(result).toMatchObject({ exitCode: 0, stdout: `elnudge-report v${cli?.version}\n` })
    expect(result.stderr).not.toMatch(/error|EBADENGINE|Warning/i)
  })

  it("installs itself, and no package of ours, of effect or of a build", async () => {
    await npx("--version")
    const [cache = ""] = readdirSync(join(home, ".npm/_npx"))
    const modules = join(home, ".npm/_npx", cache, "node_modules")
    const packages = readdirSync(modules, { recursive: true, encoding: "utf8" })
      .filter((file) => /^(?!\.)(@[^/]+\/)?[^/@]+\/package\.json$/.test(file))
      .map(dirname)
    expect(packages.filter((name) => !name.startsWith("@redis/") && name !== "cluster-key-slot").sort()).toEqual(
      installed,
    )
    expect(existsSync(join(modules, installed[0] ?? "", "node_modules"))).toBe(false)
  })

  it("runs the demo", async () => {
    const { exitCode, stderr, stdout } = await npx("demo")
    expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" })
    expect(stdout).toContain("attribution")
    const demo = readdirSync(temporary).find((name) => name.startsWith("elnudge-demo-")) ?? ""
    expect(readdirSync(join(temporary, demo)).sort()).toEqual(["attribution.csv", "cohorts.csv"])
  })

  it("makes of the sessions' file the report that the libraries make over HTTP", async () => {
    const window = ["--from", "2026-10-01", "--to", "2026-11-01"]
    const { exitCode, stderr, stdout } = await npx("attribution", "--input", join(base, "sessions.ndjson"), ...window)
    expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" })
    expect(stdout).toBe(await Consumer.node(consumer, "out/Main.js"))
  })

  it("refuses a wrong flag with exit code 2, on stderr", async () => {
    const { exitCode, stderr, stdout } = await npx("attribution", "--form", "2026-10-01")
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" })
    expect(stderr).toMatch(/--form/)
  })
})
