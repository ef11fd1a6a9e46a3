/** A module's page: what it is for, what it exports, and where what it names is described. */
import type { Item, Module } from "./Source.ts"

/** From a name such as `Session` or `Session.Summary` to the page and its heading; undefined where there is none. */
export type Links = (name: string) => string | undefined

export interface Page {
  readonly title: string
  /** How it is imported. */
  readonly use: string
  readonly source: string
  readonly module: Module
}

/** The anchor that a heading gets. */
export const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-")

/** The first sentence, for a list. */
export const summary = (doc: string): string => {
  const [sentence = ""] = doc.replaceAll(/\s+/g, " ").split(/(?<=[.:;])\s(?=[A-Z`(])|\s@/)
  return sentence.replaceAll("|", "\\|")
}

const asMarkdown = (doc: string): string =>
  doc
    .replaceAll(/@default (.*(?:\n(?!\n|@).*)*)/g, "Default: $1")
    .replaceAll(/@example (.*)/g, "Example:\n\n```ts\n$1\n```")

const kindOf = (code: string): string => {
  const [kind = ""] = code.replace(/^declare /, "").split(" ")
  return kind === "const" && /^declare const \w+: (?:<[^(]*>)?\(/.test(code) ? "function" : kind
}

const mentioned = (code: string, links: Links, self: string): ReadonlyArray<string> => {
  const withoutComments = code.replaceAll(/\/\*[\s\S]*?\*\//g, "")
  const names = new Set(Array.from(withoutComments.matchAll(/\b[A-Z]\w*(?:\.[A-Z]\w*)?/g), ([name]) => name))
  return [...names].sort().flatMap((name) => {
    const link = name === self ? undefined : links(name)
    return link === undefined ? [] : [`[${name}](${link})`]
  })
}

const section = (name: string, items: ReadonlyArray<Item>, links: Links): string => {
  const code = items.map((item) => item.code).join("\n\n")
  const used = mentioned(code, links, name)
  return [
    `## ${name}`,
    ...items.flatMap(({ doc }) => (doc === "" ? [] : [asMarkdown(doc)])),
    `\`\`\`ts\n${code}\n\`\`\``,
    ...items.flatMap(({ defaults }) =>
      defaults.length === 0 ? [] : [`Without an argument: \`${defaults.join(", ")}\`.`],
    ),
    ...(used.length === 0 ? [] : [`See ${used.join(", ")}.`]),
  ].join("\n\n")
}

const grouped = (items: ReadonlyArray<Item>): ReadonlyMap<string, ReadonlyArray<Item>> =>
  Map.groupBy(items, ({ name }) => name)

/** The page as Markdown, not formatted yet. */
export const render = ({ module, source, title, use }: Page, links: Links): string => {
  const groups = grouped(module.items)
  const rows = Array.from(groups, ([name, items]) => {
    const doc = items.find((item) => item.doc !== "")?.doc ?? ""
    return `| [${name}](#${anchor(name)}) | ${kindOf(items[0]?.code ?? "")} | ${summary(doc)} |`
  })
  return [
    `# ${title}`,
    ...(module.doc === "" ? [] : [asMarkdown(module.doc)]),
    `\`\`\`ts\n${use}\n\`\`\``,
    `Source: [${source.replace(/^(?:\.\.\/)+/, "")}](${source})`,
    ["| export | kind | what it is |", "| --- | --- | --- |", ...rows].join("\n"),
    ...Array.from(groups, ([name, items]) => section(name, items, links)),
    "",
  ].join("\n\n")
}
