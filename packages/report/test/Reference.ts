/** How tests compare with a reference value. A null or NaN is close to no number. */
import { type Comparison, Proportion } from "@effect-elnudge/report"
import { expect } from "@effect/vitest"

/** No comparison with NaN is true, so a claim about a number fails where there is none. */
export const orNaN = (value: number | null | undefined): number => value ?? NaN

/** Whether every value is there and none is below the one before it. */
export const isAscending = (values: ReadonlyArray<number | null>): boolean =>
  values.every((value, index) => orNaN(value) >= orNaN(index === 0 ? value : values[index - 1]))

/** At which confidences properties are checked: from the least one that the CLI takes over the default to a high one. */
export const confidences = [0.5, 0.8, 0.95, 0.99]

/** The estimate between its limits at all confidences, ascending if wider intervals hold narrower ones, and all hold it. */
export const nested = (at: (z: number) => Comparison.Estimate): ReadonlyArray<number | null> => {
  const estimates = confidences.map((confidence) => at(Proportion.zOf(confidence)))
  return [
    ...estimates.map(({ low }) => low).toReversed(),
    ...estimates.map(({ estimate }) => estimate),
    ...estimates.map(({ high }) => high),
  ]
}

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
