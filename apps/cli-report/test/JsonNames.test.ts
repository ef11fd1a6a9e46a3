import { assert, describe, it } from "@effect/vitest"
import * as JsonNames from "../src/JsonNames.ts"

describe("the names of a JSON text", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string> | undefined]> = [
    ['{"a":1,"b":{"a":1}}', undefined],
    ['{"a":1,"a":1}', ["a"]],
    ['{"a":"a","b":["a","a",{"a":"b"},{"a":"b"}]}', undefined],
    ['{"s":{"x":{"k":1}, "y":{"k":[{"k":2},3],"k":3}}}', ["s", "y", "k"]],
    ['{"s":{"x":{}},"t":1,"s":{}}', ["s"]],
    ['{"a b":1,"\\u0061 b":2}', ["a b"]],
    ['{"\\"{,":1,"}":2,"\\"{,":3}', ['"{,']],
    ['{"__proto__":1,"__proto__":2}', ["__proto__"]],
    ['{"":1,"":2}', [""]],
    ['[{"a":1},{"a":1,"a":2}]', ["a"]],
    ["1", undefined],
  ]
  it.each(cases)("%s repeat %j", (json, repeated) => {
    assert.deepStrictEqual(JsonNames.of(json).repeated, repeated)
  })

  it("hold every string, also of a value that is replaced", () => {
    assert.deepStrictEqual(JsonNames.of('{"a":"x","a":["y\\n",{"b":"z"}]}').strings, ["a", "x", "a", "y\n", "b", "z"])
  })
})
