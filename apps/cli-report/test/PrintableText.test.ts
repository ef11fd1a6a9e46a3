import { describe, expect, it } from "@effect/vitest"
import * as PrintableText from "../src/PrintableText.ts"
import * as HostileText from "./HostileText.ts"

const replaced = "\u{fffd}"
const codePoints = Array.from({ length: 0x11_0000 }, (_, codePoint) => String.fromCodePoint(codePoint))

describe("PrintableText", () => {
  it.each(HostileText.dangers)("line and lines replace $name", ({ text }) => {
    expect(PrintableText.line(`a${text}b`)).not.toContain(text)
    expect(PrintableText.lines(`a${text}b`)).not.toContain(text)
    expect(PrintableText.line(`a${text}b`)).toMatch(/^a[^]*\ufffd[^]*b$/)
  })

  it("leaves no dangerous character of all of Unicode", () => {
    const survivors = (print: (text: string) => string) =>
      codePoints.filter((character) => HostileText.isDangerous(print(character)))
    expect(survivors(PrintableText.line)).toEqual([])
    expect(survivors(PrintableText.lines)).toEqual(["\n"])
  })

  it("lets a joiner through between visible characters alone, and JSON escapes it", () => {
    expect(PrintableText.line("\u{200d}a\u{200d}b\u{200d}")).toBe(`${replaced}a\u{200d}b${replaced}`)
    expect(PrintableText.line("a\u{200d} \u{200c}b")).toBe(`a${replaced} ${replaced}b`)
    expect(PrintableText.line("a\u{200c}\u{200d}b")).toBe(`a${replaced}${replaced}b`)
    expect(PrintableText.escaped("a\u{200c}b")).toBe(String.raw`a\u200cb`)
  })

  it("replaces each by one character, so that the width of a table's column is known", () => {
    expect(PrintableText.line("\u{1b}[31m\r\n\ud800\u{e0041}")).toBe(`${replaced}[31m${replaced.repeat(4)}`)
    expect(PrintableText.lines("a\r\nb")).toBe(`a${replaced}\nb`)
  })

  it.each([
    "exit_modal",
    "Übergröße",
    "割引 50 %",
    "עברית",
    "−1 – “x” …",
    "🛒",
    "é",
    "nbsp\u{a0}",
    "می\u{200c}خواهم",
    "क्\u{200d}ष",
    "👩\u{200d}👧",
  ])("leaves %j as it is", (text) => {
    expect(PrintableText.line(text)).toBe(text)
    expect(PrintableText.lines(text)).toBe(text)
  })
})
