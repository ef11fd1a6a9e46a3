/** docs/reference has what the packages export. That it says what the docstrings say is checked by `check:types`. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Core from "@effect-elnudge/core"
import * as Emulator from "@effect-elnudge/emulator"
import * as Report from "@effect-elnudge/report"
import * as Promised from "@effect-elnudge/core/promise"
import { describe, expect, it } from "@effect/vitest"
import * as Markdown from "./Markdown.ts"
import * as Page from "../../reference/Page.ts"

const isModule = (value: unknown): value is object => typeof value === "object" && value !== null
const modulesOf = (of: string, library: object) =>
  Object.entries(library).flatMap(([name, module]: readonly [string, unknown]) =>
    isModule(module) ? [{ file: `docs/reference/${of}/${name}.md`, names: Object.keys(module) }] : [],
  )
const modules = [
  ...modulesOf("core", Core),
  ...modulesOf("report", Report),
  ...modulesOf("emulator", Emulator),
  { file: "docs/reference/core/promise.md", names: [...Object.keys(Promised.Elnudge), "ClientClosed"] },
]
const pages = new Map(
  Markdown.documents.filter(({ file }) => file.startsWith("docs/reference/")).map((page) => [page.file, page]),
)

describe("docs/reference", () => {
  it.each(modules)("$file has every export, each with what it is", ({ file, names }) => {
    const page = pages.get(file)
    const rows = page?.text.match(/^\| \[\w+\]\(#.*$/gm)?.map((row) => row.split(/ +\| +/)) ?? []
    const said = rows.map(([name = ""]) => name.replace(/^\| \[(\w+)\].*$/, "$1"))
    expect(said).toEqual(expect.arrayContaining(names))
    // Of options each is described where it stands.
    const bare = rows.filter(
      ([name = "", , what = ""]) => what.replace(/\|$/, "").trim() === "" && !/Options\]/.test(name),
    )
    expect(bare.map(([name]) => name)).toEqual([])
  })

  it("has no other page", () => {
    expect([...pages.keys()].sort()).toEqual([...modules.map(({ file }) => file), "docs/reference/README.md"].sort())
  })
})

describe("docs/recipes.md", () => {
  const recipes = Markdown.documents.find(({ file }) => file === "docs/recipes.md")?.text ?? ""
  const sources = Markdown.files
    .filter((file) => /^packages\/core\/src\/.*\.ts$/.test(file))
    .map((file) => readFileSync(join(Markdown.root, file), "utf8"))
    .join("\n")
  const names = Array.from(
    sources.matchAll(
      /(?:Effect\.fn|withSpan|Metric\.\w+)\(\s*"([\w.]+)"|(?:name: )?"((?:elnudge|ElnudgeClient)\.[\w.]+)"[:,]/g,
    ),
    ([, name, attribute]) => name ?? attribute ?? "",
  )

  it("names every span, metric and attribute of core", () => {
    expect(names).toEqual(
      expect.arrayContaining(["ElnudgeClient.getSession", "elnudge.client.wait", "elnudge.outcome"]),
    )
    expect(names.filter((name) => !recipes.includes(`\`${name}\``))).toEqual([])
  })
})

describe("a page", () => {
  const items = [
    {
      name: "Of",
      doc: "What it is. More.\n@default `one`",
      defaults: [],
      code: "interface Of {\n  readonly a: Other.Thing\n}",
    },
    { name: "make", doc: "", defaults: ["z = 1"], code: "declare const make: (of: Of, z?: number) => Of" },
  ]
  const links = (name: string) => (name === "Of" ? "#of" : name === "Other.Thing" ? "Other.md#thing" : undefined)

  it("has docstrings, declarations, defaults, and where what they name is described", () => {
    const text = Page.render(
      {
        title: "Module",
        use: 'import { Module } from "there"',
        source: "../src/Module.ts",
        module: { doc: "Why.", items },
      },
      links,
    )
    expect(text).toContain("# Module\n\nWhy.\n\n```ts\nimport { Module } from")
    expect(text).toContain("| [Of](#of) | interface | What it is. |\n| [make](#make) | function |  |")
    expect(text).toContain("## Of\n\nWhat it is. More.\nDefault: `one`\n\n```ts\ninterface Of {")
    expect(text).toContain("See [Other.Thing](Other.md#thing).\n\n## make")
    expect(text).toContain("Without an argument: `z = 1`.\n\nSee [Of](#of).")
  })
})
