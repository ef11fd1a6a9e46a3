/** `node release/Pack.ts`: what `build` wrote, as the tarballs that are published, in release/dist. */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Command from "./Command.ts"
import * as Packages from "./Packages.ts"

/** Where the tarballs are. */
export const folder = join(Packages.root, "release/dist")

/** The path of a package's tarball. */
export const path = (of: Packages.Package): string => join(folder, Packages.tarball(of))

const outputs = [".js", ".d.ts"]

/** Removes what was built of sources that are gone. Throws where a source is not built. */
const tidy = (library: Packages.Package): void => {
  const dist = join(library.folder, "dist")
  const expected = new Set(Packages.modules(library).flatMap((name) => outputs.map((suffix) => `${name}${suffix}`)))
  for (const file of expected) {
    if (!existsSync(join(dist, file))) {
      throw new Error(`${library.name}: dist/${file} is not there; run \`npx --yes pnpm@12 build\` first`)
    }
  }
  for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const isOutput = outputs.some((suffix) => file.endsWith(suffix))
    if (isOutput && !expected.has(file.replaceAll("\\", "/"))) rmSync(join(dist, file))
  }
}

/** Packs all packages; the folder then holds their tarballs and nothing else. */
export const all = async (): Promise<void> => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const library of Packages.libraries) tidy(library)
  for (const { folder: cwd } of Packages.all) {
    await Command.run("npx", ["--yes", "pnpm@12", "pack", "--pack-destination", folder], { cwd })
  }
}

if (import.meta.main) {
  await all()
  process.stdout.write(`${Packages.all.map(path).join("\n")}\n`)
}
