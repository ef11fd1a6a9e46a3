/** HTML as a value: what is not markup already is text, and is escaped. */
import * as PrintableText from "../PrintableText.ts"

/** Markup that is whole. */
export class Markup {
  readonly html: string

  constructor(html: string) {
    this.html = html
  }
}

/** Null and undefined are nothing. */
export type Child = Markup | string | number | null | undefined | ReadonlyArray<Child>

type Attributes = Readonly<Record<string, string | number | undefined>>

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** Text for what escapes by itself; what nobody can see becomes U+FFFD. */
export const plain = PrintableText.line

/** Text as it may stand in HTML and SVG, between tags and in quotes. */
export const escape = (text: string): string =>
  plain(text).replace(/[&<>"']/g, (character) => entities[character] ?? "")

const htmlOf = (child: Child): string => {
  if (child === null || child === undefined) return ""
  if (child instanceof Markup) return child.html
  if (typeof child === "string") return escape(child)
  return typeof child === "number" ? String(child) : child.map(htmlOf).join("")
}

export const join = (...children: ReadonlyArray<Child>): Markup => new Markup(htmlOf(children))

const isVoid: ReadonlySet<string> = new Set(["meta", "br"])

/** An attribute that is undefined is not there; one that is "" stands without a value. */
export const element = (name: string, attributes: Attributes, ...children: ReadonlyArray<Child>): Markup => {
  const written = Object.entries(attributes).map(([attribute, value]) =>
    value === undefined ? "" : value === "" ? ` ${attribute}` : ` ${attribute}="${escape(String(value))}"`,
  )
  const start = `<${name}${written.join("")}>`
  return new Markup(isVoid.has(name) ? start : `${start}${htmlOf(children)}</${name}>`)
}

/** One below the other. */
export const lines = (first: Child, second: Child): Markup => join(first, element("br", {}), second)
