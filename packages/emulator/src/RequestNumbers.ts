/** Which requests of a count: `3`, `"5-7"`, `"5-"` (from the fifth on), `"every 4"`, or several of these. */
import * as Schema from "effect/Schema"

const pattern = /^(?:([1-9]\d*)(?:(-)([1-9]\d*)?)?|every ([1-9]\d*))$/

const isPart = (part: number | string): boolean => {
  if (typeof part === "number") return Number.isSafeInteger(part) && part >= 1
  const [, first, , last] = pattern.exec(part) ?? []
  return pattern.test(part) && (last === undefined || Number(first) <= Number(last))
}

const Part = Schema.Union([Schema.Number, Schema.String]).check(
  Schema.makeFilter(isPart, { expected: 'a number from 1 on, "5-7", "5-" or "every 4"' }),
)

export const RequestNumbers = Schema.Union([Part, Schema.Array(Part)])
export type RequestNumbers = typeof RequestNumbers.Type

const partIncludes = (part: number | string, number: number): boolean => {
  const [, first, dash, last, every] = pattern.exec(String(part)) ?? []
  if (every !== undefined) return number % Number(every) === 0
  if (dash === undefined) return number === Number(first)
  return number >= Number(first) && (last === undefined || number <= Number(last))
}

/** Whether the number is one of them. */
export const includes = (numbers: RequestNumbers, number: number): boolean =>
  (typeof numbers === "object" ? numbers : [numbers]).some((part) => partIncludes(part, number))
