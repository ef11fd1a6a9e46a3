/**
 * `node release/ApiSnapshot.ts <changeset>`: what each library declares to those who import it, in docs/api, so that a
 * change of it is seen in a diff and explained by a changeset. It reads what `build` wrote.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import * as Packages from "./Packages.ts"

export interface Snapshot {
  /** The name of the changeset that explains the last change, without `.md`. */
  readonly changeset: string
  /** The package's version before that changeset. */
  readonly version: string
  readonly declarations: string
}

/** Where a package's snapshot is. */
export const path = ({ name }: Packages.Package): string =>
  join(Packages.root, "docs/api", `${name.replace(/^.*\//, "")}.txt`)

const commented = /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g

const withoutComments = (code: string): string =>
  code
    .replace(commented, (_, text: string | undefined) => text ?? "")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .join("\n")

/** The declaration files that a file names, and those that they name, itself first. */
const closure = (file: string, seen: Set<string>): ReadonlySet<string> => {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)\.[jt]s"/g)) {
    closure(join(dirname(file), `${specifier}.d.ts`), seen)
  }
  return seen
}

/** What the public modules declare, and the internal modules whose types they name, without comments and the version. */
export const declarations = (of: Packages.Package): string => {
  const dist = join(of.folder, "dist")
  const doors = Object.entries(of.exports)
    .filter(([, file]) => file.endsWith(".js"))
    .map(([subpath, file]) => ({ subpath, file: join(of.folder, file.replace(/\.js$/, ".d.ts")) }))
  const files = new Set<string>()
  for (const { file } of doors) closure(file, files)
  for (const { file } of doors) files.delete(file)
  const internal = Array.from(files, (file) => ({
    head: `internal: ${relative(dist, file).replaceAll("\\", "/")}`,
    file,
  }))
  return [
    ...doors.map(({ file, subpath }) => ({ head: of.name + subpath.slice(1), file })),
    ...internal.sort((a, b) => (a.head < b.head ? -1 : 1)),
  ]
    .map(({ file, head }) => `// ${head}\n\n${withoutComments(readFileSync(file, "utf8"))}\n`)
    .join("\n")
    .replace(/^export declare const version = "[^"]*";$/m, "export declare const version: string;")
}

const format = (of: Packages.Package, { changeset, declarations, version }: Snapshot): string =>
  [
    `// What ${of.name} declares. A change of it: \`npx --yes pnpm@12 api <changeset>\``,
    `// Last change: .changeset/${changeset}.md, after ${version}`,
    "",
    declarations,
  ].join("\n")

const header = /^\/\/[^\n]*\n\/\/ Last change: \.changeset\/([\w-]+)\.md, after (\d+\.\d+\.\d+)\n\n/

/** A package's snapshot as it stands. Throws where there is none or its head is not one. */
export const read = (of: Packages.Package): Snapshot => {
  const file = path(of)
  const text = existsSync(file) ? readFileSync(file, "utf8") : ""
  const [head = "", changeset, version] = header.exec(text) ?? []
  if (changeset === undefined || version === undefined) {
    throw new Error(`${file} is no snapshot; write it with \`npx --yes pnpm@12 api <changeset>\``)
  }
  return { changeset, version, declarations: text.slice(head.length) }
}

/** A changeset's text; undefined where there is none, or none any more. */
export type Changesets = (name: string) => string | undefined

const inRepository: Changesets = (name) => {
  const file = join(Packages.root, ".changeset", `${name}.md`)
  return existsSync(file) ? readFileSync(file, "utf8") : undefined
}

const isNewer = (version: string, than: string): boolean => {
  const [ours = [], theirs = []] = [version, than].map((text) => text.split(".").map(Number))
  const differing = ours.findIndex((part, index) => part !== theirs[index])
  return differing >= 0 && (ours[differing] ?? 0) > (theirs[differing] ?? 0)
}

/**
 * Why a snapshot's last change is not explained; undefined where it is: by a changeset that names the package, or by one
 * that a newer version of the package took in.
 */
export const unexplained = (
  { changeset, version }: Pick<Snapshot, "changeset" | "version">,
  of: Pick<Packages.Package, "name" | "version">,
  changesets: Changesets = inRepository,
): string | undefined => {
  const text = changesets(changeset)
  if (text !== undefined) {
    return text.includes(`"${of.name}":`) ? undefined : `.changeset/${changeset}.md does not name ${of.name}`
  }
  if (isNewer(of.version, version)) return undefined
  return `there is no .changeset/${changeset}.md; write one with \`npx --yes pnpm@12 changeset\``
}

/** Writes the snapshots that changed, with the changeset that explains it, and gives their paths. */
export const write = (changeset: string, of: ReadonlyArray<Packages.Package>): ReadonlyArray<string> => {
  const changed = of.filter((one) => !existsSync(path(one)) || read(one).declarations !== declarations(one))
  for (const one of changed) {
    const snapshot = { changeset, version: one.version, declarations: declarations(one) }
    // What an older changeset explained is released already, so the new one has to be there.
    const why = unexplained(snapshot, one)
    if (why !== undefined) throw new Error(`${one.name} changed, and ${why}`)
    mkdirSync(dirname(path(one)), { recursive: true })
    writeFileSync(path(one), format(one, snapshot))
  }
  return changed.map(path)
}

if (import.meta.main) {
  const [changeset] = process.argv.slice(2)
  if (changeset === undefined) {
    process.stderr.write(
      "Which changeset explains the change? `npx --yes pnpm@12 api <its name in .changeset, without .md>`\n",
    )
    process.exitCode = 2
  } else {
    try {
      const written = write(changeset.replace(/^.*\/|\.md$/g, ""), Packages.libraries)
      process.stdout.write(written.length === 0 ? "Nothing changed.\n" : `${written.join("\n")}\n`)
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
    }
  }
}
