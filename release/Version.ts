/** `node release/Version.ts`: core's own version, which it sends in `User-Agent`, as its package.json has it. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Packages from "./Packages.ts"

for (const { folder, name, version } of Packages.all) {
  if (name !== "@effect-elnudge/core") continue
  const file = join(folder, "src/Version.ts")
  const before = readFileSync(file, "utf8")
  const after = before.replace(/(?<=export const version = ")[^"]*/, version)
  if (!after.includes(`export const version = "${version}"`)) throw new Error(`${file} has no version to write`)
  writeFileSync(file, after)
}
