import * as RequestNumbers from "@effect-elnudge/emulator/RequestNumbers"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

const firstTwelve = (numbers: RequestNumbers.RequestNumbers) =>
  Array.from({ length: 12 }, (_, index) => index + 1).filter((number) => RequestNumbers.includes(numbers, number))

describe("numbers of requests", () => {
  it.each([
    [3, [3]],
    ["3", [3]],
    ["5-7", [5, 6, 7]],
    ["7-7", [7]],
    ["10-", [10, 11, 12]],
    ["every 5", [5, 10]],
    ["every 12", [12]],
    [
      [1, "4-5", "every 6"],
      [1, 4, 5, 6, 12],
    ],
    [[], []],
    ["9-11", [9, 10, 11]],
  ] as const)("%j are %j", (numbers, expected) => {
    expect(firstTwelve(numbers)).toEqual(expected)
    expect(Schema.is(RequestNumbers.RequestNumbers)(numbers)).toBe(true)
  })

  it.each([
    0,
    -1,
    1.5,
    Number.NaN,
    "",
    "0",
    "7-5",
    "-5",
    "5 - 7",
    "every",
    "every 0",
    "every 2-3",
    "all",
    "1,2",
    [0],
    [["1"]],
    null,
  ])("%j are none", (numbers) => {
    expect(Schema.is(RequestNumbers.RequestNumbers)(numbers)).toBe(false)
  })
})
