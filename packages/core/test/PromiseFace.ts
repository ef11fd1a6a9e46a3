/** The promise face over the fake transport, on the test's clock: time stands still unless a test moves it. */
import { type ElnudgeClient, RequestLimiter } from "@effect-elnudge/core"
import { Elnudge } from "@effect-elnudge/core/promise"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FakeApi from "./FakeApi.ts"

/** Lets every request go at once, for scripts without a 429: nothing would hold those. */
export const unlimited = Layer.succeed(RequestLimiter.RequestLimiter, {
  forKey: () =>
    Effect.succeed({
      take: () => Effect.succeed({ heldMillis: 0, pacedMillis: 0, departure: { index: 0, at: 0 } }),
      hold: () => Effect.void,
    }),
})

/** A client over the script, what it asked for, and what it gave up before the answer. */
export const make = Effect.fnUntraced(function* (
  script: FakeApi.Script,
  limiter: Layer.Layer<RequestLimiter.RequestLimiter> = unlimited,
  options: Partial<ElnudgeClient.Options> = {},
) {
  const { givenUp, layer, seen } = FakeApi.make(script, options, limiter)
  const context = Context.merge(yield* Effect.context(), yield* Layer.build(layer))
  return { elnudge: Elnudge.fromContext(context), seen, givenUp }
})

/** Lets everything happen that can without time passing. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** How a promise ended. */
export const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "fulfilled",
    (error: unknown) => error,
  )

/** What the promise came to without time passing; `"pending"` where it waits. */
export const now = async (promise: Promise<unknown>): Promise<unknown> => {
  let state: unknown = "pending"
  void outcome(promise).then((end) => {
    state = end
  })
  await settle()
  return state
}

export const collect = async <A>(rows: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const row of rows) all.push(row)
  return all
}

export const window = { from: "2026-10-01", to: "2026-11-01" }

export const rows = (count: number) => Array.from({ length: count }, (_, index) => FakeApi.row(index))

export const ids = (sessions: ReadonlyArray<{ readonly id: string }>) => sessions.map(({ id }) => id)
