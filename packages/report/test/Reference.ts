/** How tests compare with a reference value. A null or NaN is close to no number. */
import { expect } from "@effect/vitest"

/** No comparison with NaN is true, so a claim about a number fails where there is none. */
export const orNaN = (value: number | null | undefined): number => value ?? NaN

/** Relative, absolute at 0. */
export const isClose = (actual: number | null | undefined, expected: number, tolerance: number): boolean =>
  Math.abs(orNaN(actual) - expected) <= tolerance * (expected === 0 ? 1 : Math.abs(expected))

export const expectClose = (actual: number | null | undefined, expected: number, tolerance: number): void => {
  const scale = expected === 0 ? 1 : Math.abs(expected)
  expect(Math.abs(orNaN(actual) - expected)).toBeLessThanOrEqual(tolerance * scale)
}

export const expectWithin = (actual: number | null | undefined, expected: number, tolerance: number): void => {
  expect(Math.abs(orNaN(actual) - expected)).toBeLessThanOrEqual(tolerance)
}

/** Every number in a value, at whatever depth. */
export const numbersIn = (value: unknown): ReadonlyArray<number> => {
  if (typeof value === "number") return [value]
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : []
}
