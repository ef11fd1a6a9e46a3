/** Options of the emulator without a compiler: a fault that is spelled wrong would test nothing, and the test would pass. */
import * as ElnudgeError from "@effect-elnudge/core/ElnudgeError"
import { Generator } from "@effect-elnudge/emulator"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as LoopbackEmulator from "./LoopbackEmulator.ts"

// JSON.parse knows no types either.
const cases: ReadonlyArray<readonly [string, string, RegExp]> = [
  ['{"falts":[]}', "falts", /Did you mean faults\?/],
  ['{"requestPerMinute":60}', "requestPerMinute", /Did you mean requestsPerMinute\?/],
  ['{"requestsPerMinute":"60"}', "requestsPerMinute", /requestsPerMinute is a string/],
  ['{"rateLimitAlgorithm":"bucket"}', "rateLimitAlgorithm", /not "fixed-window" or "token-bucket"/],
  ['{"now":"2026-11-01T00:00:00Z"}', "now", /now is a string, not a DateTime/],
  ['{"fault":"reset"}', "fault", /fault is a string, not a function/],
]

const assertDefect = <A, E>(effect: Effect.Effect<A, E>, option: string, words: RegExp) =>
  Effect.map(Effect.flip(Effect.sandbox(effect)), (cause) => {
    const error = Cause.squash(cause)
    expect(Cause.hasDies(cause)).toBe(true)
    expect(error).toBeInstanceOf(ElnudgeError.InvalidOption)
    expect(error).toMatchObject({ option })
    expect(String(error) + JSON.stringify(error)).toMatch(words)
  })

describe("What is no option", () => {
  it.effect.each(cases)("of the emulator is a defect of the program that gives it: %s", ([options, option, words]) =>
    assertDefect(
      Effect.scoped(Effect.provide(Effect.void, LoopbackEmulator.layer(JSON.parse(options)))),
      option,
      words,
    ),
  )

  it.effect("of the generator is one too", () =>
    Effect.andThen(
      assertDefect(Generator.make(JSON.parse('{"cuont":5}')), "cuont", /Did you mean count\?/),
      assertDefect(Generator.make(JSON.parse('{"end":"2026-11-01T00:00:00Z"}')), "end", /not a DateTime/),
    ),
  )
})
