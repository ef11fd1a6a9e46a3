/** Options that are whole numbers of a range. */
import * as Effect from "effect/Effect"
import { InvalidOption } from "./ElnudgeError.ts"

/** Fails with `InvalidOption` where the option is anything else. */
export const check = (option: string, value: number, low: number, high: number): Effect.Effect<void, InvalidOption> =>
  Number.isInteger(value) && value >= low && value <= high
    ? Effect.void
    : Effect.fail(
        new InvalidOption({
          option,
          reason: `${option} is ${value}`,
          advice: `Give a whole number from ${low} to ${high}.`,
        }),
      )
