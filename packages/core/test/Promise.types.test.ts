/** What the promise face promises to a compiler: no type of Effect's stands in the way of code that does not know it. */
import type { OptionCheck } from "@effect-elnudge/core"
import {
  ClientClosed,
  type Coverage,
  Elnudge,
  ElnudgeError,
  type Session,
  type SessionRead,
} from "@effect-elnudge/core/promise"
import { describe, expectTypeOf, it } from "@effect/vitest"

describe("Elnudge", () => {
  it("gives sessions, reads and details", () => {
    expectTypeOf<ReturnType<Elnudge.Client["sessions"]>>().toEqualTypeOf<Elnudge.Walk<Session.Summary>>()
    expectTypeOf<ReturnType<Elnudge.Client["details"]>>().toEqualTypeOf<Elnudge.Walk<SessionRead.SessionRead>>()
    expectTypeOf<Elnudge.Walk<Session.Summary>>().toExtend<AsyncIterable<Session.Summary, undefined>>()
    expectTypeOf<ReturnType<Elnudge.Client["coverage"]>>().toEqualTypeOf<Coverage.Coverage>()
    expectTypeOf<ReturnType<Elnudge.Client["getSession"]>>().toEqualTypeOf<Promise<Session.Detail>>()
    expectTypeOf<ReturnType<Elnudge.Client["ndjson"]>>().toExtend<BodyInit>()
    expectTypeOf<Elnudge.Client>().toExtend<AsyncDisposable>()
  })

  it("takes a text for a key, and dates or texts for a window", () => {
    expectTypeOf<Elnudge.Options["apiKey"]>().toEqualTypeOf<string>()
    expectTypeOf<Elnudge.ListOptions["from"]>().toEqualTypeOf<Date | string | undefined>()
    expectTypeOf<Elnudge.Options["fetch"]>().toEqualTypeOf<typeof globalThis.fetch | undefined>()
  })

  it("says of each error of its own whether it is worth another try", () => {
    expectTypeOf<Elnudge.Thrown["isRetryable"]>().toEqualTypeOf<boolean>()
    expectTypeOf<Elnudge.Thrown["advice"]>().toEqualTypeOf<string>()
  })

  it("takes no table of checks that forgets an option, or has one too many", () => {
    type Both = OptionCheck.Checks<{ readonly from?: string | undefined; readonly to?: string | undefined }>
    expectTypeOf<{ from: OptionCheck.Check }>().not.toExtend<Both>()
    expectTypeOf<keyof Both>().toEqualTypeOf<"from" | "to">()
    expectTypeOf<keyof OptionCheck.Checks<Elnudge.NdjsonOptions>>().toEqualTypeOf<keyof Elnudge.NdjsonOptions>()
  })

  it("narrows what is caught to its own errors, all of them, by tag", () => {
    expectTypeOf(Elnudge.isError).guards.toEqualTypeOf<ElnudgeError.ElnudgeError | ClientClosed>()
    const resumeAt = (error: unknown) =>
      Elnudge.isError(error) && error._tag === "RateLimited" ? error.resumeAt : undefined
    expectTypeOf(resumeAt).returns.toEqualTypeOf<string | undefined>()
  })
})
