import * as JsonEdit from "@effect-elnudge/emulator/JsonEdit"
import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const page = {
  data: [
    { id: "a", score: 1, nudges: [{ type: "toast" }, { type: "chat_bubble" }] },
    { id: "b", score: 2, nudges: [] },
    { id: "c", score: 3, nudges: [{ type: "toast" }] },
  ],
  next_cursor: null,
}

const toX = () => Option.some("x")

describe("a path", () => {
  it.each(["data", "data[3].intent_score", "data[*].nudges[0].type", "[0]", "[*][12]", "a b.ü", "data.nudges[1]"])(
    "is %s",
    (path) => {
      expect(Option.isSome(JsonEdit.parsePath(path))).toBe(true)
    },
  )

  it.each([
    "",
    ".",
    "data.",
    ".data",
    "data..id",
    "data[",
    "data[]",
    "data[-1]",
    "data[x]",
    "data]",
    "data[1]id",
    "data.[1]",
  ])("is not '%s'", (path) => {
    expect(JsonEdit.parsePath(path)).toEqual(Option.none())
  })
})

describe("an edit", () => {
  it("changes what the path leads to and nothing else", () => {
    const { json, places } = JsonEdit.apply(page, "data[1].score", toX)
    const [first, second, third] = page.data
    expect({ json, places }).toEqual({
      json: { ...page, data: [first, { ...second, score: "x" }, third] },
      places: 1,
    })
  })

  it("changes every element, as far as each of them goes", () => {
    const { json, places } = JsonEdit.apply(page, "data[*].nudges[0].type", toX)
    const [first, second, third] = page.data
    expect(json).toEqual({
      ...page,
      data: [
        { ...first, nudges: [{ type: "x" }, { type: "chat_bubble" }] },
        second,
        { ...third, nudges: [{ type: "x" }] },
      ],
    })
    expect(places).toBe(2)
  })

  it("takes a field or an element away", () => {
    const noField = JsonEdit.apply({ a: 1, b: 2 }, "a", Option.none)
    expect(noField).toEqual({ json: { b: 2 }, places: 1 })
    expect(JsonEdit.apply({ a: [[1], [2], [3]] }, "a[1]", Option.none)).toEqual({ json: { a: [[1], [3]] }, places: 1 })
  })

  it("finds a field that is null", () => {
    expect(JsonEdit.apply(page, "next_cursor", toX)).toEqual({ json: { ...page, next_cursor: "x" }, places: 1 })
  })

  it.each([
    "data[3].score",
    "data.score",
    "rows",
    "data[0].id.length",
    "next_cursor.a",
    "[0]",
    "__proto__",
    "toString",
  ])("finds nothing at %s, and leaves everything as it is", (path) => {
    expect(JsonEdit.apply(page, path, toX)).toEqual({ json: page, places: 0 })
  })

  it("keeps a field with an odd name a field", () => {
    const odd: unknown = JSON.parse('{"__proto__":1,"a":2}')
    const { json } = JsonEdit.apply(odd, "__proto__", toX)
    expect(JSON.stringify(json)).toBe('{"__proto__":"x","a":2}')
  })

  it.prop("keeps the JSON as it is where each value is put back", [Schema.Json], ([json]) => {
    for (const path of ["a", "[*]", "[0]", "[*][*]", "a[*].b"]) {
      expect(JsonEdit.apply(json, path, Option.some).json).toEqual(json)
    }
  })
})

describe("another type", () => {
  it.each([
    ["text", 7],
    [40, "40"],
    [true, "true"],
    [[1], {}],
    [{ a: 1 }, []],
    [null, []],
  ])("than that of %j is that of %j", (value, other) => {
    expect(JsonEdit.otherType(value)).toEqual(other)
  })
})
