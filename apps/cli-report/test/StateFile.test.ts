import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs"
import { createHash } from "node:crypto"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as StateFile from "../src/StateFile.ts"
import * as BitFlips from "./BitFlips.ts"
import * as SavedState from "./SavedState.ts"

const folder = new URL("fixtures/states/", import.meta.url).pathname
const provided = Effect.provide(NodeServices.layer)

/** The fixture that the state of today is: by the version of its report, and by its form. */
const fixtureOf = (name: SavedState.Name, text: string): string => {
  const form = SavedState.shape(Schema.decodeSync(SavedState.Json)(text))
  const digits = createHash("sha256").update(form).digest("hex").slice(0, 8)
  return `${name}.version-${SavedState.reportOf(name).version}.form-${digits}`
}

const kept = readdirSync(folder).filter((file) => file.endsWith(".state.json"))

describe("a state that was saved is read for as long as its numbers are defined as today", () => {
  it.effect.each(SavedState.names)("the form of %s, and its numbers, are among the fixtures", (name) =>
    Effect.gen(function* () {
      const text = yield* SavedState.of(name)
      const file = join(folder, `${fixtureOf(name, text)}.state.json`)
      const isNew = !existsSync(file)
      // Other numbers in a file of the same name: the report's version has to grow, and not the file to change.
      yield* Effect.promise(() => expect(text).toMatchFileSnapshot(file))
      assert.isFalse(isNew, `${file} was written just now: the form is new. Keep it beside the older ones.`)
    }),
  )

  it.effect.each(kept)("%s", (file) =>
    Effect.gen(function* () {
      const path = join(folder, file)
      const [name, version] = file.split(".version-")
      const report = SavedState.reportOf(SavedState.nameOf(name))
      if (version?.startsWith(`${report.version}.`) === true) {
        const csv = yield* SavedState.csv(path)
        yield* Effect.promise(() => expect(csv).toMatchFileSnapshot(path.replace(".state.json", ".csv")))
      } else {
        const { advice, message } = yield* Effect.flip(StateFile.read(path))
        assert.match(message, /its numbers are defined by version .* of .*, ours by/)
        assert.include(advice, "Make it again")
      }
    }).pipe(provided),
  )
})

describe("a state that is not as it was written is refused", () => {
  const place = join(mkdtempSync(join(tmpdir(), "elnudge-state-")), "state.json")

  const edits: ReadonlyArray<readonly [string, (text: string) => string, RegExp]> = [
    ["a digit", (text) => text.replace('"converted_sessions":1', '"converted_sessions":2'), /does not fit/],
    ["a name", (text) => text.replace('"toast"', '"toasu"'), /does not fit/],
    ["an option", (text) => text.replace('"confidence":0.95', '"confidence":0.9'), /does not fit/],
    ["a site", (text) => text.replace('"site":"shop"', '"site":"shoq"'), /does not fit/],
    ["a field that nobody reads", (text) => text.replace('"state":', '"note":1,"state":'), /does not fit/],
    ["a field twice", (text) => text.replace('"ledger":', '"ledger":{},"ledger":'), /does not fit/],
    ["its hash twice", (text) => text.replace(/("content_hash":"\w+",)/, "$1$1"), /does not fit/],
    ["a number in other digits", (text) => text.replace('"confidence":0.95', '"confidence":9.5e-1'), /does not fit/],
    ["a space", (text) => text.replace('"site":', '"site": '), /does not fit/],
    ["other lines", (text) => `${JSON.stringify(JSON.parse(text), null, 2)}\n`, /does not fit/],
    ["a line more", (text) => `${text}\n`, /does not fit/],
    ["no line's end", (text) => text.trimEnd(), /does not fit/],
    [
      "another order",
      (text) => JSON.stringify(Object.fromEntries(Object.entries(Object(JSON.parse(text))).toReversed())),
      /does not fit/,
    ],
    ["another hash", (text) => text.replace(/"content_hash":"\w/, '"content_hash":"g'), /does not fit/],
    ["no hash", (text) => text.replace(/"content_hash":"\w+",/, ""), /it has no content_hash/],
    ["the format of before", (text) => text.replace("state-2", "state-1"), /elnudge-state-2/],
    ["half of it", (text) => text.slice(0, text.length / 2), /it is not JSON/],
    ["more after it", (text) => `${text}{}`, /it is not JSON/],
    ["nothing", () => "", /it is not JSON/],
    ["more levels than anybody writes", () => "[".repeat(100_000), /nested deeper/],
  ]

  it.effect.each(edits)("with %s", ([, edit, reason]) =>
    Effect.gen(function* () {
      const text = yield* SavedState.of("attribution-models")
      assert.notStrictEqual(edit(text), text)
      writeFileSync(place, edit(text))
      const error = yield* Effect.flip(StateFile.read(place))
      assert.deepInclude(error, { problem: "invalid" })
      assert.match(error.message, reason)
      assert.match(error.advice, /^Make it again: /)
    }).pipe(provided),
  )

  it.effect.each(SavedState.names)("or gives the same numbers, whatever bit of %s falls over", (name) =>
    Effect.gen(function* () {
      const { others } = yield* BitFlips.count(name, 200, BitFlips.asItFell)
      assert.deepStrictEqual(others, [])
    }).pipe(provided),
  )
})
