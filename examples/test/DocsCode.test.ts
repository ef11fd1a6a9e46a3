/** Blocks of the Markdown files are what they say: TypeScript compiles, JSON parses, shell is shell, examples are quoted. */
import { execFile, spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Markdown from "./Markdown.ts"

const examples = join(Markdown.root, "examples")
const blocksOf = (...languages: ReadonlyArray<string>) =>
  Markdown.written.flatMap(({ blocks }) => blocks.filter(({ language }) => languages.includes(language)))
const placeOf = ({ file, line }: Markdown.Block): string => `${file}:${line}`

// Where the packages are found as an example finds them.
const folder = mkdtempSync(join(examples, ".docs-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the compiler says of blocks, with the line in the document that it is about. */
const complaints = async (blocks: ReadonlyArray<Markdown.Block>): Promise<string> => {
  const names = blocks.map((block) => `${block.file.replaceAll(/[/.]/g, "_")}_${block.line}.ts`)
  for (const [index, name] of names.entries()) {
    const { code, line } = blocks[index] ?? { code: "", line: 1 }
    writeFileSync(join(folder, name), "\n".repeat(line - 1) + code)
  }
  // Some blocks import an example, as what stands beside them.
  for (const file of readdirSync(examples)) {
    if (file.endsWith(".ts")) cpSync(join(examples, file), join(folder, file))
  }
  const tsconfig = {
    extends: "../../tsconfig.test.json",
    compilerOptions: { incremental: false, tsBuildInfoFile: null, moduleDetection: "force" },
    include: [],
    references: [],
    files: names,
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
  const compiler = join(Markdown.root, "node_modules/typescript/bin/tsc")
  return await new Promise((resolve) => {
    execFile(
      process.execPath,
      [compiler, "-p", folder, "--pretty", "false"],
      { cwd: folder },
      (error, stdout, stderr) => resolve(error === null ? "" : `${stdout}${stderr}`),
    )
  })
}

describe("blocks", () => {
  it("are of the languages that are checked, or plain text", () => {
    const known = new Set(["", "ts", "sh", "json", "jsonl", "text", "yaml", "html"])
    const others = Markdown.written.flatMap(({ blocks }) => blocks.filter(({ language }) => !known.has(language)))
    expect(others.map(placeOf)).toEqual([])
  })

  it("of TypeScript compile, by the settings that the tests have", async () => {
    const blocks = blocksOf("ts")
    expect(blocks.length).toBeGreaterThan(8)
    const wrong = { file: "wrong.md", language: "ts", line: 3, code: 'export const one: number = "1"\n' }
    const unused = {
      file: "wrong.md",
      language: "ts",
      line: 9,
      code: 'import { Session } from "@effect-elnudge/core"\n',
    }
    const said = (await complaints([...blocks, wrong, unused])).trim().split("\n")
    expect(said.filter((line) => !line.startsWith("wrong_md_"))).toEqual([])
    expect(said.map((line) => /^wrong_md_\d+\.ts\((\d+),.* error (TS\d+)/.exec(line)?.slice(1))).toEqual([
      ["3", "TS2322"],
      ["9", "TS6133"],
    ])
  })

  it.each(blocksOf("json").map((block) => ({ place: placeOf(block), block })))("of JSON parse: $place", ({ block }) => {
    expect(JSON.parse(block.code)).toBeTypeOf("object")
  })

  it.each(blocksOf("jsonl").map((block) => ({ place: placeOf(block), block })))(
    "of JSON lines parse: $place",
    ({ block }) => {
      for (const line of block.code.trimEnd().split("\n")) expect(JSON.parse(line)).toBeTypeOf("object")
    },
  )

  it("of shell are shell", () => {
    const syntax = (code: string) => spawnSync("bash", ["-n"], { input: code, encoding: "utf8" })
    expect(syntax("if true; then").status).not.toBe(0)
    const blocks = blocksOf("sh")
    expect(blocks.length).toBeGreaterThan(10)
    expect(blocks.flatMap((block) => (syntax(block.code).status === 0 ? [] : [placeOf(block)]))).toEqual([])
  })

  it("name scripts that there are", () => {
    const { scripts } = JSON.parse(readFileSync(join(Markdown.root, "package.json"), "utf8"))
    const own = new Set(["install", "exec", "pack", "publish"])
    const said = Markdown.written.flatMap(({ file, text }) =>
      Array.from(text.matchAll(/npx --yes pnpm@12(?: --silent)?(?: run)? ([a-z][\w:-]*)/g), ([, script = ""]) => ({
        file,
        script,
      })),
    )
    expect(said.length).toBeGreaterThan(10)
    expect(said.filter(({ script }) => !(script in scripts) && !own.has(script))).toEqual([])
  })
})

/** A page with the examples that it quotes as they are now. */
const withQuotes = (text: string): string =>
  text.replaceAll(/<!-- (examples\/\w+\.ts) -->\n\n```ts\n[^]*?\n```\n/g, (_, path: string) => {
    return `<!-- ${path} -->\n\n\`\`\`ts\n${readFileSync(join(Markdown.root, path), "utf8")}\`\`\`\n`
  })

describe("examples", () => {
  const quoting = Markdown.written.filter(({ text }) => text.includes("<!-- examples/"))

  it.each(quoting.map(({ file, text }) => ({ file, text })))(
    "are in $file as they are; `vitest run examples/test/DocsCode.test.ts -u` puts them there",
    async ({ file, text }) => {
      await expect(withQuotes(text)).toMatchFileSnapshot(join(Markdown.root, file))
    },
  )

  it.each(readdirSync(examples).filter((file) => file.endsWith(".ts")))("%s is quoted as it is", (file) => {
    const code = readFileSync(join(examples, file), "utf8")
    const quotes = blocksOf("ts").filter((block) => block.code === code)
    expect(quotes.map(placeOf)).not.toEqual([])
    expect(code.trimEnd().split("\n").length).toBeLessThan(40)
  })
})
