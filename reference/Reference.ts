/**
 * `node reference/Reference.ts`: writes docs/reference, one page a module, from the sources' docstrings and the built
 * declarations. With `--check` it writes nothing, and ends with 1 where a page is not what it would write.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { format } from "oxfmt"
import * as Packages from "../release/Packages.ts"
import * as Page from "./Page.ts"
import * as Source from "./Source.ts"

const folder = "docs/reference"

interface Entry extends Page.Page {
  readonly file: string
  readonly of: string
}

const short = (name: string): string => name.replace(/^.*\//, "")

const pageOf = (of: Packages.Package, subpath: string): Entry => {
  const name = subpath.slice(2)
  // The face for code without Effect: its door only names the modules.
  const path = name === "promise" ? "promise/Elnudge" : name
  const module = Source.read(join(of.folder, "src", `${path}.ts`))
  const extra = name === "promise" ? Source.read(join(of.folder, "src/promise/index.ts")).items : []
  const names = name === "promise" ? "Elnudge" : name
  return {
    file: `${short(of.name)}/${name}.md`,
    of: of.name,
    title: name === "promise" ? `${of.name}/promise` : name,
    use: `import { ${[names, ...extra.map((item) => item.name)].join(", ")} } from "${of.name}${name === "promise" ? "/promise" : ""}"`,
    source: `../../../packages/${short(of.name)}/src/${path}.ts`,
    module: { doc: module.doc, items: [...module.items, ...extra] },
  }
}

const entriesOf = (of: Packages.Package): ReadonlyArray<Entry> =>
  Object.keys(of.exports)
    .filter((subpath) => subpath !== "." && !subpath.endsWith(".json"))
    .map((subpath) => pageOf(of, subpath))

const linksOf =
  (entries: ReadonlyArray<Entry>, from: Entry): Page.Links =>
  (name) => {
    const [head = "", member] = name.split(".")
    const to =
      member === undefined
        ? from
        : (entries.find((entry) => entry.of === from.of && entry.title === head) ??
          entries.find((entry) => entry.title === head))
    const wanted = member ?? head
    if (to === undefined || !to.module.items.some((item) => item.name === wanted)) return undefined
    const page = to === from ? "" : to.of === from.of ? short(to.file) : `../${to.file}`
    return `${page}#${Page.anchor(wanted)}`
  }

const index = (entries: ReadonlyArray<Entry>): string =>
  [
    "# API reference",
    "Written by `npx --yes pnpm@12 run reference` from the docstrings: change those. One page a module.",
    ...Array.from(
      Map.groupBy(entries, ({ of }) => of),
      ([of, all]) =>
        [
          `## ${of}`,
          "",
          "| module | what it is |",
          "| --- | --- |",
          ...all.map(({ file, module, title }) => `| [${title}](${file}) | ${Page.summary(module.doc)} |`),
        ].join("\n"),
    ),
    "",
  ].join("\n\n")

const formatted = async (file: string, text: string): Promise<string> => {
  const { code, errors } = await format(file, text, { semi: false, printWidth: 120 })
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  return code
}

/** The pages by their names in docs/reference. */
export const pages = async (): Promise<ReadonlyMap<string, string>> => {
  const entries = Packages.libraries.flatMap(entriesOf)
  const written = new Map([["README.md", await formatted("README.md", index(entries))]])
  for (const entry of entries) {
    written.set(entry.file, await formatted(entry.file, Page.render(entry, linksOf(entries, entry))))
  }
  return written
}

if (import.meta.main) {
  const root = join(Packages.root, folder)
  const wanted = await pages()
  const there = existsSync(root)
    ? readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".md"))
    : []
  const extra = there.filter((file) => !wanted.has(file))
  const stale = [...wanted].filter(
    ([file, text]) => !there.includes(file) || readFileSync(join(root, file), "utf8") !== text,
  )
  const changed = [...extra, ...stale.map(([file]) => file)]
  if (process.argv.includes("--check")) {
    if (changed.length > 0) {
      process.stderr.write(`Not what the sources say; \`npx --yes pnpm@12 run reference\` writes them:\n`)
      process.stderr.write(`${changed.map((file) => `  ${folder}/${file}`).join("\n")}\n`)
      process.exitCode = 1
    }
  } else {
    for (const file of extra) rmSync(join(root, file))
    for (const [file, text] of stale) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    process.stdout.write(`${changed.length} of ${wanted.size} pages of ${folder} changed.\n`)
  }
}
