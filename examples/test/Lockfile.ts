/** What pnpm's files say, and what stands in node_modules: read from the disk alone. */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Schema from "effect/Schema"

const root = fileURLToPath(new URL("../../", import.meta.url))

export const read = (path: string): string => readFileSync(`${root}${path}`, "utf8")

/** A key of pnpm's YAML: what stands behind it on its line, and below it. */
export interface Entry {
  readonly value: string
  readonly below: Map<string, Entry>
}

const none: ReadonlyMap<string, Entry> = new Map()
const keyLine = /^( *)(?:'([^']*)'|"([^"]*)"|([^\s#:'"-][^:]*)):(?: (.*))?$/

/** As much of YAML as pnpm writes: keys by their indentation. Lists and folded text are passed over. */
export const parse = (text: string): ReadonlyMap<string, Entry> => {
  const top = new Map<string, Entry>()
  const open: Array<{ readonly indent: number; readonly below: Map<string, Entry> }> = [{ indent: -1, below: top }]
  for (const line of text.split("\n")) {
    const [, spaces, single, double, plain, value = ""] = keyLine.exec(line) ?? []
    if (spaces === undefined) continue
    while ((open.at(-1)?.indent ?? -1) >= spaces.length) open.pop()
    const entry: Entry = { value: value.replace(/^(['"])(.*)\1$/, "$2"), below: new Map() }
    open.at(-1)?.below.set(single ?? double ?? plain ?? "", entry)
    open.push({ indent: spaces.length, below: entry.below })
  }
  return top
}

export const below = (map: ReadonlyMap<string, Entry>, ...path: ReadonlyArray<string>): ReadonlyMap<string, Entry> =>
  path.reduce((at, key) => at.get(key)?.below ?? none, map)

const lockfile = parse(read("pnpm-lock.yaml"))

export interface Package {
  readonly name: string
  readonly version: string
  /** As the lockfile has it: the hash, and nothing else where it comes from the registry. */
  readonly resolution: string
  /** Whether it is a build for one platform, of which the others are not installed. */
  readonly isPlatformBuild: boolean
}

const identity = (key: string): string => key.replace(/\(.*$/, "")

/** Every package that any platform can install. */
export const packages: ReadonlyArray<Package> = Array.from(below(lockfile, "packages"), ([key, entry]) => {
  const at = key.lastIndexOf("@")
  return {
    name: key.slice(0, at),
    version: key.slice(at + 1),
    resolution: entry.below.get("resolution")?.value ?? "",
    isPlatformBuild: ["os", "cpu", "libc"].some((limit) => entry.below.has(limit)),
  }
})

/** The folders of the workspace, `.` among them. */
export const projects: ReadonlyArray<string> = [...below(lockfile, "importers").keys()]

const snapshots = below(lockfile, "snapshots")

const referred = (map: ReadonlyMap<string, Entry>): ReadonlyArray<string> =>
  Array.from(map, ([name, { below, value }]) => `${name}@${below.get("version")?.value ?? value}`)

const dependenciesOf = (project: string, kind: string): ReadonlyArray<string> =>
  referred(below(lockfile, "importers", project, kind))

// A program is published as a bundle of what it is developed with, but for what makes and tests the bundle, and types.
const bundled = (project: string): ReadonlyArray<string> =>
  dependenciesOf(project, "devDependencies").filter(
    (key) => !/^(rolldown@|axe-core@|playwright-core@|@types\/)/.test(key),
  )

/** What comes with what is published, as `name@version`: what is in a bundle or depended on, and what that depends on. */
export const production: ReadonlySet<string> = (() => {
  const queue = projects.flatMap((project) => [
    ...(/^(packages|apps)\//.test(project) ? dependenciesOf(project, "dependencies") : []),
    ...(project.startsWith("apps/") ? [...dependenciesOf(project, "optionalDependencies"), ...bundled(project)] : []),
  ])
  const seen = new Set<string>()
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (seen.has(key) || !snapshots.has(key)) continue
    seen.add(key)
    queue.push(...["dependencies", "optionalDependencies"].flatMap((kind) => referred(below(snapshots, key, kind))))
  }
  return new Set(Array.from(seen, identity))
})()

/** The package that has this one as a build of itself for a platform. */
export const builtFor = ({ name, version }: Package): string | undefined => {
  for (const [key, entry] of snapshots) {
    if (referred(entry.below.get("optionalDependencies")?.below ?? none).includes(`${name}@${version}`)) {
      return identity(key)
    }
  }
  return undefined
}

const Manifest = Schema.fromJsonString(
  Schema.Struct({
    name: Schema.String,
    version: Schema.optional(Schema.String),
    license: Schema.optional(Schema.Unknown),
    scripts: Schema.optional(Schema.Record(Schema.String, Schema.String)),
    dependencies: Schema.optional(Schema.Record(Schema.String, Schema.String)),
    devDependencies: Schema.optional(Schema.Record(Schema.String, Schema.String)),
    optionalDependencies: Schema.optional(Schema.Record(Schema.String, Schema.String)),
  }),
)

export const manifest = (path: string) => Schema.decodeUnknownSync(Manifest)(read(`${path}/package.json`))

const list = (path: string): ReadonlyArray<string> =>
  existsSync(`${root}${path}`) ? readdirSync(`${root}${path}`) : []

/** The manifests of what is installed, by `name@version`. */
export const installed: ReadonlyMap<string, typeof Manifest.Type> = new Map(
  list("node_modules/.pnpm")
    .map((folder) => `node_modules/.pnpm/${folder}/node_modules`)
    .flatMap((folder) => list(folder).map((name) => `${folder}/${name}`))
    .flatMap((path) => (/\/@[^/]+$/.test(path) ? list(path).map((name) => `${path}/${name}`) : [path]))
    // The rest are links to what stands in a folder of its own.
    .filter((path) => !lstatSync(`${root}${path}`).isSymbolicLink() && existsSync(`${root}${path}/package.json`))
    .map((path) => {
      const found = manifest(path)
      return [`${found.name}@${found.version}`, found] as const
    }),
)
