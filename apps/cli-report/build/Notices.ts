/** The licences of what is in the bundle, as its packages state them: they ask to go with every copy of their code. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Schema from "effect/Schema"

const Manifest = Schema.fromJsonString(
  Schema.Struct({ name: Schema.String, version: Schema.String, license: Schema.String }),
)

/** The folder of the package that a module is from, by the module's id; undefined where it is our own. */
const folderOf = (id: string): string | undefined => {
  // What the bundler adds of itself.
  if (id.includes("rolldown/runtime")) return fileURLToPath(new URL("../node_modules/rolldown", import.meta.url))
  const [, folder] = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(id) ?? []
  return folder
}

const noticeOf = (folder: string): { readonly head: string; readonly text: string } => {
  const { license, name, version } = Schema.decodeSync(Manifest)(readFileSync(join(folder, "package.json"), "utf8"))
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)\b/i.test(file))
  if (files.length === 0) throw new Error(`${name} ${version} has no licence file, which has to go with its code`)
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim())
  return { head: `${name} ${version} (${license})`, text: texts.join("\n\n") }
}

/** The notices of the packages that modules are from, by the modules' ids. Throws where a package states no licence. */
export const make = (ids: ReadonlyArray<string>): string => {
  const folders = new Set(ids.flatMap((id) => folderOf(id) ?? []))
  const notices = Array.from(folders, noticeOf).sort((a, b) => (a.head < b.head ? -1 : 1))
  return [
    "elnudge-report holds code of these packages:",
    "",
    ...notices.map(({ head }) => `- ${head}`),
    ...notices.map(({ head, text }) => `\n${"-".repeat(80)}\n${head}\n\n${text}`),
    "",
  ].join("\n")
}
