/** The repository's Markdown files: their fenced blocks, headings, links and words in code font. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

/** What git has, and what it would take: a file is not missed because it is new. */
export const files: ReadonlyArray<string> = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(`${root}/${file}`))

export interface Block {
  readonly file: string
  /** Of its first line, from 1. */
  readonly line: number
  /** What stands behind the opening fence. */
  readonly language: string
  readonly code: string
}

export interface Document {
  readonly file: string
  readonly text: string
  readonly blocks: ReadonlyArray<Block>
  /** Everything outside of blocks, line by line; a line of a block is empty. */
  readonly prose: ReadonlyArray<string>
}

/** Throws where a block has no end. */
export const parse = (file: string, text: string): Document => {
  const blocks: Array<Block> = []
  const prose: Array<string> = []
  let open: { readonly indent: string; readonly language: string; readonly line: number; code: string } | undefined
  for (const [index, line] of text.split("\n").entries()) {
    const [, indent = "", language = ""] = /^(\s*)```\s*(\S*)/.exec(line) ?? []
    if (open === undefined && /^\s*```/.test(line)) {
      open = { indent, language, line: index + 2, code: "" }
    } else if (open !== undefined && /^\s*```\s*$/.test(line)) {
      blocks.push({ file, line: open.line, language: open.language, code: open.code })
      open = undefined
    } else if (open !== undefined) {
      open.code += `${line.startsWith(open.indent) ? line.slice(open.indent.length) : line}\n`
    } else {
      prose.push(line)
      continue
    }
    prose.push("")
  }
  if (open !== undefined) throw new Error(`${file}: the block at line ${open.line} has no end`)
  return { file, text, blocks, prose }
}

export const documents: ReadonlyArray<Document> = files
  .filter((file) => file.endsWith(".md"))
  .map((file) => parse(file, readFileSync(`${root}/${file}`, "utf8")))

/** Those that people write. */
export const written: ReadonlyArray<Document> = documents.filter(
  ({ file }) => !file.startsWith("docs/reference/") && !file.endsWith("CHANGELOG.md"),
)

const slug = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-")

/** What a link to a part of a document may name. */
export const anchors = ({ prose }: Document): ReadonlySet<string> => {
  const seen = new Map<string, number>()
  const all = new Set<string>()
  for (const line of prose) {
    const [, heading] = /^#{1,6} (.*)$/.exec(line) ?? []
    for (const [, id = ""] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) all.add(id)
    if (heading === undefined) continue
    const base = slug(heading)
    const times = seen.get(base) ?? 0
    seen.set(base, times + 1)
    all.add(times === 0 ? base : `${base}-${times}`)
  }
  return all
}

export interface Found {
  readonly line: number
  readonly text: string
}

const found = (document: Document, pattern: RegExp, linesOf: (line: string) => string): ReadonlyArray<Found> =>
  document.prose.flatMap((line, index) =>
    Array.from(linesOf(line).matchAll(pattern), (match) => ({ line: index + 1, text: match[1] ?? match[2] ?? "" })),
  )

/** Where its links and pictures lead. */
export const links = (document: Document): ReadonlyArray<Found> =>
  found(document, /\]\(<?([^)\s>]+)[^)]*\)|\s(?:src|href|srcset)="([^"]+)"/g, (line) =>
    line.replaceAll(/`[^`]*`/g, "``"),
  )

/** Its words in code font. */
export const codeWords = (document: Document): ReadonlyArray<Found> => found(document, /`([^`]+)`/g, (line) => line)
