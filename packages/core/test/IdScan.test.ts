import { assert, describe, it } from "@effect/vitest"
import { FingerprintSet } from "../src/FingerprintSet.ts"
import { IdScan, IdSequence } from "../src/IdScan.ts"

const scanned = (text: string, chunk = 1_000) => {
  const bytes = new TextEncoder().encode(text)
  const scan = new IdScan()
  let isSure = true
  for (let at = 0; at < bytes.length; at += chunk) isSure = scan.push(bytes.subarray(at, at + chunk))
  return { isSure: isSure && scan.endFile(), scan }
}

const sequenceOf = (ids: ReadonlyArray<string>): IdSequence => {
  const sequence = new IdSequence()
  for (const id of ids) sequence.add(id)
  return sequence
}

const row = (id: string) => `{"id":"${id}","converted":false}`
const ids = Array.from({ length: 300 }, (_, at) => `sess_${at}`)

describe("IdScan", () => {
  it.each([
    ["as they are written here", ids.map(row).join("\n")],
    ["with a last line's end", `${ids.map(row).join("\n")}\n`],
    ["with spaces and line ends of other writers", ids.map((id) => `\t{ "id" : "${id}", "a": 1 }\r\n`).join(" \n\r\n")],
  ])("is sure of lines %s, and knows their order", (_, text) => {
    for (const chunk of [1, 7, 100_000]) {
      const { isSure, scan } = scanned(text, chunk)
      assert.isTrue(isSure)
      assert.isTrue(scan.sequence.isSame(sequenceOf(ids)))
      assert.isFalse(scan.sequence.isSame(sequenceOf(ids.toReversed())))
      assert.isFalse(scan.sequence.isSame(sequenceOf(ids.slice(1))))
    }
  })

  it.each([
    ["an id that comes twice", [row("a"), row("b"), row("a")].join("\n")],
    ["an id that does not stand first", `${row("a")}\n{"converted":false,"id":"b"}`],
    ["an id that may be written in another way", row(String.raw`\u0061`)],
    ["an id that is not ASCII", row("ü")],
    ["a line that ends too early", `${row("a")}\n{"id":"b`],
    ["a byte order mark", `\u{feff}${row("a")}`],
    ["a key that only begins so", '{"id2":"a"}'],
    ["an id that is no text", '{"id":7}'],
  ])("is not sure of %s", (_, text) => {
    for (const chunk of [1, 100_000]) assert.isFalse(scanned(text, chunk).isSure)
  })

  it("goes over several files", () => {
    const scan = new IdScan()
    const push = (text: string) => scan.push(new TextEncoder().encode(text)) && scan.endFile()
    assert.isTrue(push(row("a")))
    assert.isTrue(push(row("b")))
    assert.isFalse(push(row("a")))
  })
})

describe("FingerprintSet", () => {
  it("knows what was added, zeros too, however large it becomes", () => {
    const set = new FingerprintSet()
    const prints = Array.from(
      { length: 5_000 },
      (_, at) => [Math.imul(at, 0x9e3779b9) & ~1, at % 7 === 0 ? 0 : at] as const,
    )
    for (const [high, low] of prints) assert.isTrue(set.add(high, low))
    for (const [high, low] of prints) assert.isFalse(set.add(high, low))
  })
})
