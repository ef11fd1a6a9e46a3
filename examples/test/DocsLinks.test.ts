/** Links of the Markdown files lead somewhere, and paths that they name are there. */
import { dirname, join, normalize } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Markdown from "./Markdown.ts"

const folders = new Set<string>()
for (const file of Markdown.files) {
  for (let folder = dirname(file); folder !== "."; folder = dirname(folder)) folders.add(folder)
}
const paths: ReadonlySet<string> = new Set([...Markdown.files, ...folders])
const documents: ReadonlyMap<string, Markdown.Document> = new Map(
  Markdown.documents.map((document) => [document.file, document]),
)

/** Why a link leads nowhere; undefined where it leads somewhere, or out of the repository. */
const broken = (from: Markdown.Document, target: string): string | undefined => {
  if (/^[a-z]+:/.test(target)) return undefined
  const [path = "", anchor] = target.split("#")
  const file =
    path === "" ? from.file : normalize(join(dirname(from.file), decodeURIComponent(path))).replace(/\/$/, "")
  if (!paths.has(file)) return `${target}: there is no ${file}`
  if (anchor === undefined) return undefined
  const to = file === from.file ? from : documents.get(file)
  return to !== undefined && Markdown.anchors(to).has(anchor) ? undefined : `${target}: ${file} has no such heading`
}

const isPath = /^(?:packages|apps|docs|examples|benchmarks|release|reference)\/[\w./-]+$/
const isTest = /^[\w.]+\.(?:test|slow|redis|browser)\.ts$/
const names: ReadonlySet<string> = new Set(Markdown.files.map((file) => file.replace(/^.*\//, "")))

// What a build makes, and what a narrowest check names by its beginning.
const isMade = /(?:^|\/)dist(?:\/|$)/
const isThere = (text: string): boolean =>
  isTest.test(text)
    ? names.has(text)
    : paths.has(text.replace(/\/$/, "")) ||
      isMade.test(text) ||
      Markdown.files.some((file) => file.startsWith(`${text}.`))

describe("links", () => {
  it("are seen, and so is what is wrong with them", () => {
    const text = "# One `two`\n\n[a](#one-two) [b](#two) [c](docs/missing.md) ![d](docs/README.md) `[e](x.md)`\n"
    const document = Markdown.parse("README.md", `${text}\n\`\`\`md\n[f](y.md)\n\`\`\`\n`)
    const targets = Markdown.links(document).map((link) => link.text)
    expect(targets).toEqual(["#one-two", "#two", "docs/missing.md", "docs/README.md"])
    const reasons = targets.map((target) => broken(document, target))
    expect(reasons).toEqual([
      undefined,
      "#two: README.md has no such heading",
      "docs/missing.md: there is no docs/missing.md",
      undefined,
    ])
  })

  it.each(Markdown.documents.map((document) => ({ file: document.file, document })))(
    "of $file lead somewhere",
    ({ document }) => {
      const wrong = Markdown.links(document).flatMap(({ line, text }) => {
        const reason = broken(document, text)
        return reason === undefined ? [] : [`line ${line}: ${reason}`]
      })
      expect(wrong).toEqual([])
    },
  )

  it("are many", () => {
    expect(Markdown.written.flatMap(Markdown.links).length).toBeGreaterThan(80)
  })
})

describe("paths in code font", () => {
  it("are there", () => {
    const all = Markdown.written
      .flatMap((document) => Markdown.codeWords(document).map((word) => ({ ...word, file: document.file })))
      .filter(({ text }) => isPath.test(text) || isTest.test(text))
    expect(all.length).toBeGreaterThan(40)
    expect(all.filter(({ text }) => !isThere(text)).map(({ file, line, text }) => `${file}:${line}: ${text}`)).toEqual(
      [],
    )
  })
})
