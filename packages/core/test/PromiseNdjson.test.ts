/** The web stream: lines that the CLI reads, asked for as they are read, and never cut short without an error. */
import { ElnudgeError, SessionFile } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as PromiseFace from "./PromiseFace.ts"

const { ids, now, outcome, rows, settle, window } = PromiseFace

const fileOf = (text: string) =>
  FileSystem.layerNoop({
    stream: () => Stream.make(new TextEncoder().encode(text)),
    stat: () => Effect.die("not looked at"),
  })

const isDetail = ({ url }: FakeApi.SeenRequest) => url.pathname !== "/v1/sessions"

const fails = (index: number) => FakeList.script(rows(500), (_, each) => (each === index ? { status: 401 } : undefined))

describe("ndjson", () => {
  it.effect("has a line for every session, that SessionFile reads, with details where they are asked for", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(
        FakeList.script(rows(30), ({ url }) => (url.pathname.endsWith("/sess_7") ? { status: 404 } : undefined)),
      )
      const text = yield* Effect.promise(() => new Response(elnudge.ndjson({ ...window, details: true })).text())
      assert.match(
        text,
        /^\{"id":"sess_0",.*"_read":\{"at":.*"from":"2026-10-01T00:00:00Z","to":"2026-11-01T00:00:00Z"\}\}\n/,
      )
      assert.isTrue(text.endsWith("}\n"))
      assert.lengthOf(text.trimEnd().split("\n"), 30)
      const file = "sessions.ndjson"
      // The session without a detail says so.
      assert.include(text.split("\n")[7] ?? "", '"unavailable":"not_found"')
      const details = text.replace(/^.*"sess_7".*\n/m, "")
      const read = yield* Stream.runCollect(SessionFile.details(file)).pipe(Effect.provide(fileOf(details)))
      assert.deepStrictEqual(ids(read), ids(rows(30).filter(({ id }) => id !== "sess_7")))
      assert.lengthOf(seen.filter(isDetail), 30)
    }),
  )

  it.effect("asks for the list alone unless told otherwise", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script(rows(450)))
      const text = yield* Effect.promise(() => new Response(elnudge.ndjson(window)).text())
      const lines = text.trimEnd().split("\n")
      assert.deepStrictEqual(
        lines.map((line) => /"id":"(\w+)"/.exec(line)?.[1]),
        ids(rows(450)),
      )
      assert.lengthOf(seen, 3)
    }),
  )

  it.effect("asks for nothing before it is read, and for no more than two pages ahead of its reader", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script(rows(500)))
      const reader = elnudge.ndjson({ ...window, pageSize: 10 }).getReader()
      yield* Effect.promise(settle)
      const asked = [seen.length]
      for (let chunk = 0; chunk < 3; chunk++) {
        yield* Effect.promise(() => reader.read())
        yield* Effect.promise(settle)
        asked.push(seen.length)
      }
      assert.deepStrictEqual(asked, [0, 3, 4, 5])
    }),
  )

  it.effect("ends the requests under way when it is cancelled", () =>
    Effect.gen(function* () {
      const script = FakeList.script(rows(500), (_, index) => (index === 2 ? "hang" : undefined))
      const { elnudge, givenUp, seen } = yield* PromiseFace.make(script)
      const reader = elnudge.ndjson({ ...window, pageSize: 10 }).getReader()
      yield* Effect.promise(() => reader.read())
      yield* Effect.promise(settle)
      yield* Effect.promise(() => reader.cancel())
      assert.deepStrictEqual([seen.length, givenUp.length], [3, 1])
    }),
  )

  it.effect("is in error, and not at its end, where the API fails, a signal aborts or the client closes", () =>
    Effect.gen(function* () {
      const failed = yield* PromiseFace.make(fails(2))
      const text = new Response(failed.elnudge.ndjson({ ...window, pageSize: 10 })).text()
      assert.instanceOf(yield* Effect.promise(() => outcome(text)), ElnudgeError.Unauthorized)

      const { elnudge } = yield* PromiseFace.make(FakeList.script(rows(500)))
      const controller = new AbortController()
      const reader = elnudge.ndjson({ ...window, pageSize: 10, signal: controller.signal }).getReader()
      yield* Effect.promise(() => reader.read())
      controller.abort("enough")
      assert.strictEqual(yield* Effect.promise(() => outcome(reader.read())), "enough")

      const other = elnudge.ndjson({ ...window, pageSize: 10 }).getReader()
      yield* Effect.promise(() => other.read())
      yield* Effect.promise(() => elnudge.close())
      assert.deepInclude(yield* Effect.promise(() => outcome(other.read())), { _tag: "ClientClosed" })
    }),
  )

  it.effect("tells before the first byte what has gone wrong, and loses nothing of what it has read by then", () =>
    Effect.gen(function* () {
      const broken = yield* PromiseFace.make(fails(0))
      const started = broken.elnudge.ndjson(window).started()
      assert.instanceOf(yield* Effect.promise(() => outcome(started)), ElnudgeError.Unauthorized)

      const { elnudge } = yield* PromiseFace.make(FakeList.script(rows(30)))
      const lines = elnudge.ndjson({ ...window, pageSize: 10 })
      yield* Effect.promise(() => Promise.all([lines.started(), lines.started()]))
      const text = yield* Effect.promise(() => new Response(lines).text())
      assert.lengthOf(text.trimEnd().split("\n"), 30)

      const empty = elnudge.ndjson({ from: "2026-09-01", to: "2026-09-02" })
      assert.strictEqual(yield* Effect.promise(() => now(empty.started())), "fulfilled")
      assert.strictEqual(yield* Effect.promise(() => new Response(empty).text()), "")
    }),
  )
})
