/** Durations that are given as options: above zero, and of this world. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { InvalidOption } from "./ElnudgeError.ts"

const longest = Duration.days(36_500)

/** Fails with `InvalidOption`, naming the option, where it is no duration above zero or one of more than 36,500 days. */
export const parse = (option: string, input: Duration.Input): Effect.Effect<Duration.Duration, InvalidOption> =>
  Option.match(
    Option.filter(
      Duration.fromInput(input),
      (parsed) => Duration.toMillis(parsed) > 0 && Duration.isLessThanOrEqualTo(parsed, longest),
    ),
    {
      onNone: () =>
        Effect.fail(
          new InvalidOption({
            option,
            reason: `${option} is not a duration above zero, of at most 36,500 days`,
            advice: 'Give one such as "30 seconds".',
          }),
        ),
      onSome: Effect.succeed,
    },
  )
