/** Durations that are given as options: above zero, and of this world. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { InvalidRequest } from "./ElnudgeError.ts"

const longest = Duration.days(36_500)

/** Fails with `InvalidRequest`, naming the option, where it is no duration above zero or one of more than 36,500 days. */
export const parse = (name: string, input: Duration.Input): Effect.Effect<Duration.Duration, InvalidRequest> =>
  Option.match(
    Option.filter(
      Duration.fromInput(input),
      (parsed) => Duration.toMillis(parsed) > 0 && Duration.isLessThanOrEqualTo(parsed, longest),
    ),
    {
      onNone: () =>
        Effect.fail(
          new InvalidRequest({
            reason: `the ${name} is not a duration above zero, of at most 36,500 days`,
            advice: 'Give one such as "30 seconds".',
          }),
        ),
      onSome: Effect.succeed,
    },
  )
