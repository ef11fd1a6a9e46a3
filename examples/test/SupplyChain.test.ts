/** What the repository takes from others. `vitest run examples/test/SupplyChain.test.ts -u` writes docs/licences.md. */
import { describe, expect, it } from "@effect/vitest"
import * as Lockfile from "./Lockfile.ts"

const key = ({ name, version }: Lockfile.Package): string => `${name}@${version}`

const settings = Lockfile.parse(Lockfile.read("pnpm-workspace.yaml"))

const host = /:\/\/|registry\.|tarball/

describe("versions", () => {
  const exact = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/
  const declared = Lockfile.projects.flatMap((project) => {
    const { dependencies, devDependencies, optionalDependencies } = Lockfile.manifest(project)
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).map(
      ([name, version]) => `${project}: ${name} ${version}`,
    )
  })

  it("are exact wherever one is declared", () => {
    expect(declared.length).toBeGreaterThan(20)
    const inexact = declared.filter((line) => {
      const version = line.split(" ").at(-1) ?? ""
      return version !== "catalog:" && version !== "workspace:*" && !exact.test(version)
    })
    expect(inexact).toEqual([])
  })

  it("are exact in the catalog", () => {
    const catalog = Array.from(Lockfile.below(settings, "catalog"), ([name, { value }]) => [name, value] as const)
    expect(catalog.length).toBeGreaterThan(3)
    expect(catalog.filter(([, version]) => !exact.test(version))).toEqual([])
  })

  it("are locked by a hash, and nothing else says where they come from", () => {
    expect(Lockfile.packages.length).toBeGreaterThan(100)
    const others = Lockfile.packages.filter(
      ({ resolution }) => !/^\{integrity: sha512-[\w+/]{86}==\}$/.test(resolution),
    )
    expect(others.map(key)).toEqual([])
  })

  it.each(["pnpm-lock.yaml", "pnpm-workspace.yaml"])("%s names no host", (file) => {
    expect(Lockfile.read(file)).not.toMatch(host)
  })
})

describe("install scripts", () => {
  it("are refused, except node's, and one that is not allowed fails the install", () => {
    const allowed = Array.from(Lockfile.below(settings, "allowBuilds"), ([name, { value }]) => `${name}: ${value}`)
    expect(allowed).toEqual(["node: true"])
    expect(settings.get("strictDepBuilds")?.value).toBe("true")
    expect(settings.get("dangerouslyAllowAllBuilds")).toBeUndefined()
    expect(settings.get("blockExoticSubdeps")?.value).toBe("true")
  })

  it("are in no other package that is installed", () => {
    const withScripts = [...Lockfile.installed].filter(([, { scripts = {} }]) =>
      ["preinstall", "install", "postinstall"].some((hook) => hook in scripts),
    )
    expect(withScripts.map(([, { name }]) => name)).toEqual(["node"])
  })
})

const allowedEverywhere: ReadonlySet<string> = new Set([
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "0BSD",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "Python-2.0",
  "Unlicense",
])
const allowedInDevelopment: ReadonlySet<string> = new Set([...allowedEverywhere, "MPL-2.0"])

// Part of builds for WebAssembly and macOS, which are not installed everywhere: read in the registry by hand.
const readByHand: ReadonlyMap<string, string> = new Map([
  ["@emnapi/core", "MIT"],
  ["@emnapi/runtime", "MIT"],
  ["@emnapi/wasi-threads", "MIT"],
  ["@napi-rs/wasm-runtime", "MIT"],
  ["@tybys/wasm-util", "MIT"],
  ["fsevents", "MIT"],
  ["tslib", "0BSD"],
])

const licenceOfInstalled = (id: string): string | undefined => {
  const found = Lockfile.installed.get(id)
  if (found === undefined) return undefined
  return typeof found.license === "string" ? found.license : "not stated"
}

/** A build for another platform has the licence of what it is a build of. */
const licenceOf = (entry: Lockfile.Package): string =>
  readByHand.get(entry.name) ??
  licenceOfInstalled((entry.isPlatformBuild ? Lockfile.builtFor(entry) : undefined) ?? key(entry)) ??
  "not known"

interface Licensed {
  readonly id: string
  readonly licence: string
  readonly isProduction: boolean
}

const refused = (licensed: ReadonlyArray<Licensed>): ReadonlyArray<string> =>
  licensed
    .filter(({ isProduction, licence }) => !(isProduction ? allowedEverywhere : allowedInDevelopment).has(licence))
    .map(({ id, licence }) => `${id}: ${licence}`)

const licensed = Lockfile.packages.map((entry) => ({
  ...entry,
  id: key(entry),
  licence: licenceOf(entry),
  isProduction: Lockfile.production.has(key(entry)),
}))

/** Columns as wide as the formatter makes them. */
const table = ([head = [], ...rows]: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>, fill: string) =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width, fill)).join(" | ")} |`
  return [line(head, " "), line([], "-"), ...rows.map((row) => line(row, " "))].join("\n")
}

const counted = <Of>(all: ReadonlyArray<Of>, name: (each: Of) => string): ReadonlyArray<readonly [string, number]> => {
  const counts = new Map<string, number>()
  for (const each of all) counts.set(name(each), (counts.get(name(each)) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
}

const rowsOf = (isProduction: boolean) =>
  licensed
    .filter((entry) => !entry.isPlatformBuild && entry.isProduction === isProduction)
    .map(({ licence, name, version }) => [name, version, licence])

const builds = licensed.filter(({ isPlatformBuild }) => isPlatformBuild)

const document = `# Licences of what this repository takes from others

Written by \`vitest run examples/test/SupplyChain.test.ts -u\` from the lockfile and the installed packages. The same test
fails when the lockfile brings a licence that is not on its list.

- Allowed: ${[...allowedEverywhere].join(", ")}.
- Allowed for development only: MPL-2.0.

## Production: what comes with the published packages

${table([["package", "version", "licence"], ...rowsOf(true)])}

## Development: tests, checks and the Node that runs them

The package \`node\` fetches Node.js itself, in its version, when it is installed; Node.js is under the MIT licence and
ships the licences of its parts.

${table([["package", "version", "licence"], ...rowsOf(false)])}

## Builds for one platform

All of them for development. Each has the licence of the package that it is a build of.

${table([
  ["of", "builds", "licence"],
  ...counted(builds, (build) => `${Lockfile.builtFor(build)} ${build.licence}`).map(([name, count]) => {
    const [of = "", licence = ""] = name.split(" ")
    return [of, String(count), licence]
  }),
])}
`

describe("licences", () => {
  it("are allowed, every one of them", () => {
    expect(refused(licensed)).toEqual([])
  })

  it("are refused where one is not on the list, is not known, or is for development alone", () => {
    const of = (licence: string, isProduction: boolean) => ({ id: "x@1.0.0", licence, isProduction })
    const all = [of("GPL-3.0-only", false), of("not known", false), of("MPL-2.0", true), of("MPL-2.0", false)]
    expect(refused(all)).toEqual(["x@1.0.0: GPL-3.0-only", "x@1.0.0: not known", "x@1.0.0: MPL-2.0"])
    expect(refused([of("MIT", true)])).toEqual([])
  })

  it("of builds for this platform are those of what they are builds of, as said", () => {
    const here = builds.filter((build) => Lockfile.installed.has(key(build)))
    expect(here.length).toBeGreaterThan(3)
    expect(here.map((build) => [key(build), licenceOfInstalled(key(build))])).toEqual(
      here.map((build) => [key(build), build.licence]),
    )
  })

  it("are what docs/licences.md lists, which names no host", async () => {
    expect(document).not.toMatch(host)
    await expect(document).toMatchFileSnapshot("../../docs/licences.md")
  })

  it("know production from development", () => {
    const production = licensed.filter(({ isProduction }) => isProduction)
    expect(production.map(({ name }) => name)).toEqual(expect.arrayContaining(["effect", "undici", "csv-stringify"]))
    expect(production.some(({ isPlatformBuild, name }) => isPlatformBuild || name === "vitest")).toBe(false)
  })
})

describe("SECURITY.md", () => {
  const text = Lockfile.read("SECURITY.md")
  const tests = Array.from(text.matchAll(/`([\w./-]+\.test\.ts)`/g), ([, path = ""]) => path)

  it("names tests that there are", () => {
    expect(tests.length).toBeGreaterThan(8)
    for (const path of tests) expect(Lockfile.read(path), path).toContain("describe(")
  })
})
