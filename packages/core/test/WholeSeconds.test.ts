import { Coverage, ElnudgeClient, SessionStream, TimeWindow, WalkSample } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as VirtualTime from "./VirtualTime.ts"

const noon = Date.UTC(2026, 9, 15, 12)

/** Four rows a second, the latest at noon, back for some seconds. */
const rows = Array.from({ length: 2_000 }, (_, index) => {
  const started_at = new Date(noon - 250 * index).toISOString()
  return FakeApi.row(0, { id: `sess_${String(index).padStart(4, "0")}`, started_at, ended_at: started_at })
})

const fractionsOf = ({ url }: FakeApi.SeenRequest) =>
  ["from", "to"].filter((name) => url.searchParams.get(name)?.includes("."))

/** An API that takes no fraction of a second. */
const strict = (refuse?: Parameters<typeof FakeList.script>[1]): FakeApi.Script =>
  FakeList.script(rows, (request, index) =>
    fractionsOf(request).length > 0 ? { status: 400 } : refuse?.(request, index),
  )

const inside = (from: number, to: number) =>
  rows.filter(({ started_at }) => Date.parse(started_at) >= from && Date.parse(started_at) < to).map(({ id }) => id)

const from = noon - 400_000 + 250
const to = noon - 1_000 + 499
const window = { from: DateTime.makeUnsafe(from), to: DateTime.makeUnsafe(to) }

const read = (script: FakeApi.Script, options: SessionStream.ListOptions) =>
  Effect.gen(function* () {
    const { layer, seen } = FakeApi.make(script, { requestsPerMinute: 1_000_000 })
    const recorder = yield* Coverage.make
    const taken = yield* VirtualTime.run(
      SessionStream.summaries({ pageSize: 50, ...options }).pipe(
        Stream.map(({ id }) => id),
        Stream.runCollect,
        Effect.provideService(Coverage.Current, recorder),
        Effect.provide(layer),
      ),
    )
    return { taken: [...taken], seen, coverage: recorder.snapshot() }
  })

describe("An API that takes no fraction of a second", () => {
  const walks: ReadonlyArray<readonly [string, SessionStream.ListOptions, Parameters<typeof FakeList.script>[1]?]> = [
    ["in one walk", {}],
    ["in parts at the same time", { listConcurrency: 4 }],
    ["with cursors that all die", {}, ({ url }) => (url.searchParams.has("cursor") ? { status: 410 } : undefined)],
    [
      "in parts whose cursors die now and then",
      { listConcurrency: 4 },
      ({ url }, index) => (url.searchParams.has("cursor") && index % 3 === 0 ? { status: 410 } : undefined),
    ],
  ]

  it.effect.each(walks)("gives each row of a window with fractions once, %s", ([, options, refuse]) =>
    Effect.gen(function* () {
      const { coverage, seen, taken } = yield* read(strict(refuse), { ...window, ...options })
      assert.deepStrictEqual(taken, inside(from, to))
      assert.deepStrictEqual(seen.flatMap(fractionsOf), [])
      // What is asked for beyond the window is nothing odd.
      assert.deepInclude(coverage, { outside_window: 0, duplicates: 0, sessions: taken.length })
      assert.deepStrictEqual(coverage.window, {
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
      })
    }),
  )

  it.effect("counts what lies outside of the seconds that were asked for", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => FakeApi.page(rows.slice(0, 20)))
      const recorder = yield* Coverage.make
      const taken = yield* SessionStream.summaries({ from: window.from, to: DateTime.makeUnsafe(noon - 1_499) }).pipe(
        Stream.runCollect,
        Effect.provideService(Coverage.Current, recorder),
        Effect.provide(layer),
      )
      // Five from the end of the asked second on; a sixth lies in that second, and not in the window.
      assert.lengthOf([...taken], 14)
      assert.strictEqual(recorder.snapshot().outside_window, 5)
    }),
  )

  it.effect("pins now to whole seconds", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon - 1_000 + 777)
      const { coverage, seen, taken } = yield* read(strict(), {})
      assert.deepStrictEqual(taken, inside(0, noon - 1_000))
      assert.deepStrictEqual(coverage.window, { from: "2026-09-15T11:59:59Z", to: "2026-10-15T11:59:59Z" })
      assert.deepStrictEqual(seen.flatMap(fractionsOf), [])
    }),
  )

  it.effect("is sampled, with the rows of the window", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(strict())
      const sample = yield* VirtualTime.run(WalkSample.take(window).pipe(Effect.provide(layer)))
      const ids = sample.probes.flatMap(({ sessions }) => sessions.map(({ id }) => id)).toSorted()
      assert.deepStrictEqual(ids, inside(from, to))
      assert.deepStrictEqual(seen.flatMap(fractionsOf), [])
    }),
  )

  it.effect("is asked for nudges", () =>
    Effect.gen(function* () {
      const nudged = FakeApi.row(0, { started_at: new Date(noon - 600).toISOString(), nudge_count: 1 })
      const { session_id: _, ...shown } = { ...FakeApi.clickedToast, session_id: nudged.id }
      const { layer, seen } = FakeApi.make((request) => {
        if (fractionsOf(request).length > 0) return { status: 400 }
        return request.url.pathname.endsWith("/nudges")
          ? FakeApi.page([
              { ...shown, id: "nudge_1", session_id: nudged.id, shown_at: new Date(noon - 100).toISOString() },
            ])
          : FakeApi.page([nudged])
      })
      yield* TestClock.setTime(noon + 777)
      const reads = yield* SessionStream.nudges({ from: window.from, to: DateTime.makeUnsafe(noon + 1) }).pipe(
        Stream.runCollect,
        Effect.provide(layer),
      )
      assert.deepStrictEqual(
        [...reads].map(({ detail }) => detail._tag),
        ["Nudges"],
      )
      assert.lengthOf(seen, 2)
      assert.deepStrictEqual(seen.flatMap(fractionsOf), [])
    }),
  )

  it.effect("is followed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon + 777)
      const { layer, seen } = FakeApi.make(strict())
      const taken: Array<string> = []
      const fiber = yield* SessionStream.follow({
        from: window.from,
        pick: () => false,
        interval: "90.5 seconds",
      }).pipe(
        Stream.runForEach(({ summary }) => Effect.sync(() => taken.push(summary.id))),
        Effect.provide(layer),
        Effect.forkChild,
      )
      for (let passed = 0; passed < 60; passed++) yield* TestClock.adjust(60_000)
      assert.isUndefined(fiber.pollUnsafe())
      yield* Fiber.interrupt(fiber)
      assert.isAbove(seen.length, 10)
      assert.deepStrictEqual(seen.flatMap(fractionsOf), [])
      assert.deepStrictEqual(taken.toSorted(), inside(from, noon + 1))
    }),
  )

  it.effect("explains a 404 by an instant that it takes", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon + 777)
      const { layer } = FakeApi.make(() => ({ status: 404 }), { retentionDays: 30 })
      const error = yield* Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listSessions()).pipe(
        Effect.flip,
        Effect.provide(layer),
      )
      assert.deepInclude(error, { _tag: "RetentionExceeded", oldestFrom: "2026-09-15T12:00:01Z" })
    }),
  )
})

describe("TimeWindow.inWholeSeconds", () => {
  it.each([
    ["2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z"],
    ["2026-10-01T00:00:00.001Z", "2026-10-01T00:00:01Z"],
    ["2026-10-01T00:00:00.000Z", "2026-10-01T00:00:00Z"],
    ["2026-10-01T02:00:59.5+02:00", "2026-10-01T00:01:00Z"],
    // An end that nobody has in mind, and that could not be written.
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ])("ends %s at %s", (to, asked) => {
    const from = "2026-09-01T00:00:00.999Z"
    assert.deepStrictEqual(TimeWindow.inWholeSeconds({ from, to }), { from: "2026-09-01T00:00:00Z", to: asked })
  })
})
