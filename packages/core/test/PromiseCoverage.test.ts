/** What a walk and a client have seen: counted without anybody asking for it beforehand. */
import { Coverage, ElnudgeClient } from "@effect-elnudge/core"
import { Elnudge } from "@effect-elnudge/core/promise"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as PromiseFace from "./PromiseFace.ts"

const { collect, rows, window } = PromiseFace

const script = FakeList.script(rows(30), ({ url }) => (url.pathname.endsWith("/sess_7") ? { status: 404 } : undefined))

const asWindow = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }
const none = { past_retention: 0, not_found: 0 }

describe("coverage", () => {
  it.effect("is of a walk, of its latest iteration, and has what cannot be had", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(script)
      const walk = elnudge.details({ ...window, pageSize: 10 })
      assert.deepInclude(walk.coverage(), { window: null, sessions: 0, requests: 0 })
      for (let time = 1; time <= 2; time++) {
        assert.lengthOf(yield* Effect.promise(() => collect(walk)), 30)
        assert.deepInclude(walk.coverage(), {
          window: asWindow,
          sessions: 30,
          details: 29,
          list_requests: 3,
          detail_requests: 30,
          details_unavailable: { past_retention: 0, not_found: 1 },
          possibly_missing: 0,
        })
      }
      assert.deepInclude(elnudge.coverage(), { window: asWindow, sessions: 60, details: 58, requests: 66 })
    }),
  )

  it.effect("counts what was handed on, while a walk goes on and where it was left", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(script)
      const walk = elnudge.sessions({ ...window, pageSize: 10 })
      const seen: Array<ReadonlyArray<number>> = []
      yield* Effect.promise(async () => {
        for await (const { id } of walk) {
          if (id === "sess_2") seen.push([walk.coverage().sessions, elnudge.coverage().sessions])
          if (id === "sess_12") break
        }
      })
      assert.deepStrictEqual(seen, [[10, 10]])
      assert.deepStrictEqual([walk.coverage().sessions, elnudge.coverage().sessions], [20, 20])
    }),
  )

  it.effect("is of the lines, and of single sessions for the client", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(script)
      const lines = elnudge.ndjson({ ...window, details: true })
      yield* Effect.promise(() => new Response(lines).text())
      assert.deepInclude(lines.coverage(), { sessions: 30, details_unavailable: { past_retention: 0, not_found: 1 } })
      yield* Effect.promise(() => elnudge.getSession("sess_1"))
      yield* Effect.promise(() => PromiseFace.outcome(elnudge.getSession("sess_7")))
      assert.deepInclude(elnudge.coverage(), { sessions: 30, list_requests: 1, detail_requests: 32 })
    }),
  )

  it.effect("has what a walk that failed saw until then", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(
        FakeList.script(rows(30), (_, index) => (index === 2 ? { status: 401 } : undefined)),
      )
      const walk = elnudge.sessions({ ...window, pageSize: 10 })
      yield* Effect.promise(() => PromiseFace.outcome(collect(walk)))
      assert.deepInclude(walk.coverage(), { sessions: 20, requests: 3, details_unavailable: none })
      assert.deepStrictEqual(elnudge.coverage(), walk.coverage())
    }),
  )

  it.effect("says how many may be missing of a list without an order within a second", () =>
    Effect.gen(function* () {
      const tied = Array.from({ length: 30 }, (_, index) => FakeApi.row(index >> 2, { id: `sess_${index}` }))
      const list = FakeList.unordered(tied)
      const isOfOneSecond = ({ url: { searchParams } }: FakeApi.SeenRequest) =>
        Date.parse(searchParams.get("to") ?? "") - Date.parse(searchParams.get("from") ?? "") === 1_000
      const { elnudge } = yield* PromiseFace.make((request, index) =>
        isOfOneSecond(request) ? { status: 400 } : list(request, index),
      )
      const walk = elnudge.sessions({ ...window, pageSize: 10 })
      const taken = yield* Effect.promise(() => collect(walk))
      assert.isBelow(taken.length, 30)
      assert.strictEqual(walk.coverage().possibly_missing, 30 - taken.length)
    }),
  )

  it.effect("counts for the recorder of an Effect program, too", () =>
    Effect.gen(function* () {
      const recorder = yield* Coverage.make
      const client = yield* Effect.provide(ElnudgeClient.ElnudgeClient, FakeApi.make(script).layer)
      const context = Context.add(yield* Effect.context(), ElnudgeClient.ElnudgeClient, client)
      const elnudge = Elnudge.fromContext(Context.add(context, Coverage.Current, recorder))
      yield* Effect.promise(() => collect(elnudge.sessions(window)))
      assert.deepStrictEqual(recorder.snapshot(), elnudge.coverage())
      assert.strictEqual(elnudge.coverage().sessions, 30)
    }),
  )
})
