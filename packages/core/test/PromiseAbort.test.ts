/** A signal ends every wait at once, with its reason, and keeps nothing of what it was given to. */
import { RequestLimiter } from "@effect-elnudge/core"
import { Elnudge } from "@effect-elnudge/core/promise"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { getEventListeners } from "node:events"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as PromiseFace from "./PromiseFace.ts"

const { collect, now, outcome, rows, settle, window } = PromiseFace

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length

// Each waits for something that comes only when the test's clock moves, or never.
const waits: ReadonlyArray<
  readonly [
    wait: string,
    script: FakeApi.Script,
    limit?: { readonly requestsPerMinute: number; readonly asked: number },
  ]
> = [
  ["an answer", () => "hang"],
  ["the end of a hold by a 429", () => ({ status: 429, headers: { "retry-after": "30" } })],
  ["the next attempt after a 500", () => ({ status: 500 })],
  ["the next attempt after a reset", () => ({ failure: "ECONNRESET" })],
  ["its turn in the limit", FakeList.script(rows(60)), { requestsPerMinute: 2, asked: 2 }],
]

describe("An abort", () => {
  it.effect.each(waits)("ends a walk that waits for %s", ([, script, limit]) =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(script, RequestLimiter.layerFresh, {
        requestsPerMinute: limit?.requestsPerMinute,
      })
      const controller = new AbortController()
      const { signal } = controller
      const reason = new Error("enough")
      const walked = collect(elnudge.sessions({ ...window, pageSize: 10, signal }))
      assert.strictEqual(yield* Effect.promise(() => now(walked)), "pending")
      const asked = seen.length
      assert.isAtLeast(asked, 1)
      assert.strictEqual(listeners(signal), 1)
      controller.abort(reason)
      assert.strictEqual(yield* Effect.promise(() => now(walked)), reason)
      assert.strictEqual(listeners(signal), 0)
      assert.lengthOf(seen, asked)
    }),
  )

  it.effect.each(waits.filter(([, , limit]) => limit === undefined))(
    "ends getSession that waits for %s",
    ([, script]) =>
      Effect.gen(function* () {
        const { elnudge, seen } = yield* PromiseFace.make(script, RequestLimiter.layerFresh)
        const controller = new AbortController()
        const asked = elnudge.getSession("sess_1", { signal: controller.signal })
        assert.strictEqual(yield* Effect.promise(() => now(asked)), "pending")
        controller.abort()
        const error = yield* Effect.promise(() => now(asked))
        assert.strictEqual(error, controller.signal.reason)
        assert.isFalse(Elnudge.isError(error))
        assert.lengthOf(seen, 1)
      }),
  )

  it.effect("ends the requests for details that are under way", () =>
    Effect.gen(function* () {
      const isDetail = (request: FakeApi.SeenRequest) => request.url.pathname !== "/v1/sessions"
      const script = FakeList.script(rows(30), (request) => (isDetail(request) ? "hang" : undefined))
      const { elnudge, givenUp, seen } = yield* PromiseFace.make(script)
      const controller = new AbortController()
      const walked = collect(elnudge.details({ ...window, concurrency: 5, signal: controller.signal }))
      yield* Effect.promise(() => now(walked))
      assert.lengthOf(seen.filter(isDetail), 5)
      controller.abort("enough")
      assert.strictEqual(yield* Effect.promise(() => now(walked)), "enough")
      assert.lengthOf(givenUp, 5)
    }),
  )

  it.effect("before the call sends nothing", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script(rows(3)))
      const signal = AbortSignal.abort("too late")
      const ends = [
        collect(elnudge.sessions({ ...window, signal })),
        collect(elnudge.details({ ...window, signal })),
        elnudge.getSession("sess_1", { signal }),
        elnudge.ndjson({ ...window, signal }).started(),
      ].map(outcome)
      assert.deepStrictEqual(
        yield* Effect.promise(() => Promise.all(ends)),
        ends.map(() => "too late"),
      )
      assert.lengthOf(seen, 0)
      assert.strictEqual(listeners(signal), 0)
    }),
  )

  it.effect("while nobody waits is what the next one is told, without the rows that were there", () =>
    Effect.gen(function* () {
      const script = FakeList.script(rows(500), (_, index) => (index === 2 ? "hang" : undefined))
      const { elnudge, givenUp } = yield* PromiseFace.make(script)
      const controller = new AbortController()
      const walk = elnudge.sessions({ ...window, pageSize: 10, signal: controller.signal })[Symbol.asyncIterator]()
      yield* Effect.promise(() => walk.next())
      yield* Effect.promise(settle)
      controller.abort("enough")
      yield* Effect.promise(settle)
      assert.lengthOf(givenUp, 1)
      assert.strictEqual(yield* Effect.promise(() => outcome(walk.next())), "enough")
    }),
  )

  it.effect("from within a function of the caller ends it as well", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script(rows(500)))
      const controller = new AbortController()
      const pick = () => {
        controller.abort("enough")
        return true
      }
      const walked = collect(elnudge.details({ ...window, pick, pageSize: 10, signal: controller.signal }))
      assert.strictEqual(yield* Effect.promise(() => now(walked)), "enough")
      const asked = seen.length
      yield* Effect.promise(settle)
      assert.lengthOf(seen, asked)
    }),
  )
})

describe("A signal", () => {
  it.effect("of thousands of calls and dozens of walks has no listener of theirs left, and never more than one", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(FakeList.script(rows(25)))
      const { signal } = new AbortController()
      let most = 0
      const look = () => {
        most = Math.max(most, listeners(signal))
      }
      const walk = elnudge.sessions({ ...window, pageSize: 10, signal })
      yield* Effect.promise(async () => {
        for (let call = 0; call < 2_000; call++) {
          const answer =
            call % 2 === 0 ? elnudge.getSession("sess_1", { signal }) : elnudge.getSession("no", { signal })
          look()
          await outcome(answer)
        }
        for (let each = 0; each < 50; each++) {
          for await (const { id } of walk) {
            look()
            if (each % 2 === 0 && id === "sess_12") break
          }
        }
      })
      assert.strictEqual(most, 1)
      assert.strictEqual(listeners(signal), 0)
    }),
  )
})
