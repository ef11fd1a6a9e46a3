/** Closing a client ends what it has under way, and keeps no process alive. */
import { ClientClosed, Elnudge } from "@effect-elnudge/core/promise"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { getEventListeners } from "node:events"
import { promisify } from "node:util"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as PromiseFace from "./PromiseFace.ts"

const { collect, ids, now, outcome, rows, settle, window } = PromiseFace

describe("close", () => {
  it.effect("ends every wait and every request, with an error that says so", () =>
    Effect.gen(function* () {
      const { elnudge, givenUp, seen } = yield* PromiseFace.make(() => "hang")
      const { signal } = new AbortController()
      const waiting = [
        collect(elnudge.sessions({ ...window, signal })),
        collect(elnudge.details(window)),
        elnudge.getSession("sess_1", { signal }),
        new Response(elnudge.ndjson(window)).text(),
      ].map(outcome)
      yield* Effect.promise(settle)
      assert.lengthOf(seen, 4)
      yield* Effect.promise(() => elnudge.close())
      // When close is done, not some time later.
      assert.lengthOf(givenUp, 4)
      for (const error of yield* Effect.promise(() => Promise.all(waiting))) {
        assert.instanceOf(error, ClientClosed)
        assert.isTrue(Elnudge.isError(error))
        assert.isNotEmpty(error.advice)
      }
      assert.lengthOf(getEventListeners(signal, "abort"), 0)
    }),
  )

  it.effect("may be called again, and refuses what comes later", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script(rows(500)))
      const walk = elnudge.sessions({ ...window, pageSize: 10 })[Symbol.asyncIterator]()
      yield* Effect.promise(() => walk.next())
      yield* Effect.promise(settle)
      const asked = seen.length
      yield* Effect.promise(() => Promise.all([elnudge.close(), elnudge.close(), elnudge[Symbol.asyncDispose]()]))
      const later = [
        walk.next(),
        collect(elnudge.sessions(window)),
        elnudge.getSession("sess_1"),
        elnudge.ndjson(window).started(),
      ]
      for (const each of later) assert.instanceOf(yield* Effect.promise(() => outcome(each)), ClientClosed)
      yield* Effect.promise(() => elnudge.close())
      assert.lengthOf(seen, asked)
    }),
  )

  it.effect("leaves another client of the same services at work", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(() => "hang")
      const { elnudge: other } = yield* PromiseFace.make(FakeList.script(rows(3)))
      yield* Effect.promise(() => elnudge.close())
      assert.deepStrictEqual(ids(yield* Effect.promise(() => collect(other.sessions(window)))), ids(rows(3)))
    }),
  )

  it.effect("waits for what was aborted before and is not free yet", () =>
    Effect.gen(function* () {
      const { elnudge, givenUp } = yield* PromiseFace.make(() => "hang")
      const controller = new AbortController()
      const asked = outcome(elnudge.getSession("sess_1", { signal: controller.signal }))
      yield* Effect.promise(settle)
      controller.abort("enough")
      yield* Effect.promise(() => elnudge.close())
      assert.lengthOf(givenUp, 1)
      assert.strictEqual(yield* Effect.promise(() => now(asked)), "fulfilled")
      assert.strictEqual(yield* Effect.promise(() => asked), "enough")
    }),
  )
})

const apiKey = FakeApi.apiKey

// A minute's hold in which one waits, an answer that never comes, and a walk that is broken off.
const program = `
  import { Elnudge } from "@effect-elnudge/core/promise"
  const held = Elnudge.make({ apiKey: "${apiKey}", fetch: async () => new Response("", { status: 429, headers: { "retry-after": "60" } }) })
  const row = { id: "s", started_at: "2026-10-02T00:00:00Z", ended_at: null, page_count: 1, intent_score: 1, converted: false, nudge_count: 0 }
  const page = JSON.stringify({ data: [row], has_more: true, next_cursor: "c" })
  const endless = Elnudge.make({
    apiKey: "${apiKey}_2",
    fetch: (url, { signal }) =>
      url.search.includes("cursor")
        ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
        : Promise.resolve(new Response(page)),
  })
  const waiting = held.getSession("s").catch((error) => console.log(error._tag))
  for await (const { id } of endless.sessions({ from: "2026-10-01", to: "2026-11-01" })) { console.log(id); break }
  await new Promise((resolve) => setImmediate(resolve))
  await held.close()
  await waiting
`

describe("A process", () => {
  it("ends by itself when its clients are closed or its walks are left", async () => {
    const words = ["--conditions=@effect-elnudge/source", "--input-type=module", "--eval", program]
    const { stderr, stdout } = await promisify(execFile)(process.execPath, words, {
      cwd: import.meta.dirname,
      timeout: 30_000,
    })
    assert.deepStrictEqual([stdout, stderr], ["s\nClientClosed\n", ""])
  })
})
