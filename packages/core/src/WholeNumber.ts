/** Options that are whole numbers of a range. */
import * as Effect from "effect/Effect"
import { InvalidRequest } from "./ElnudgeError.ts"

/** Fails with `InvalidRequest` where the option is anything else. */
export const check = (name: string, value: number, low: number, high: number): Effect.Effect<void, InvalidRequest> =>
  Number.isInteger(value) && value >= low && value <= high
    ? Effect.void
    : Effect.fail(
        new InvalidRequest({
          reason: `${name} is ${value}`,
          advice: `Give a whole number from ${low} to ${high}.`,
        }),
      )
