/** The packages that are published, each after those that it depends on. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Schema from "effect/Schema"

/** The root of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url))

const Strings = Schema.Record(Schema.String, Schema.String)

const Manifest = Schema.fromJsonString(
  Schema.Struct({
    name: Schema.String,
    version: Schema.String,
    publishConfig: Schema.Struct({ exports: Strings }),
    repository: Schema.optionalKey(Schema.Unknown),
  }),
)

export interface Package {
  readonly folder: string
  readonly name: string
  readonly version: string
  /** Whether it says where its sources are. */
  readonly hasRepository: boolean
  /** What is importable of the tarball: subpath to file. */
  readonly exports: Readonly<Record<string, string>>
  /** Compiled module by module, with declarations; else it is a bundle and nothing to import. */
  readonly isLibrary: boolean
}

const read = (folder: string): Package => {
  const path = join(root, folder)
  const { name, publishConfig, repository, version } = Schema.decodeSync(Manifest)(
    readFileSync(join(path, "package.json"), "utf8"),
  )
  return {
    folder: path,
    name,
    version,
    hasRepository: repository !== undefined,
    exports: publishConfig.exports,
    isLibrary: folder.startsWith("packages/"),
  }
}

export const all: ReadonlyArray<Package> = [
  "packages/core",
  "packages/emulator",
  "packages/report",
  "apps/cli-report",
].map(read)

export const libraries: ReadonlyArray<Package> = all.filter(({ isLibrary }) => isLibrary)

/** The name of its tarball, as npm and pnpm give it. */
export const tarball = ({ name, version }: Package): string =>
  `${name.replace("@", "").replace("/", "-")}-${version}.tgz`

/** The modules of a library's sources, without extension: `Session`, `promise/Elnudge`. */
export const modules = ({ folder }: Package): ReadonlyArray<string> =>
  readdirSync(join(folder, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replace(/\.ts$/, "").replaceAll("\\", "/"))
    .sort()
