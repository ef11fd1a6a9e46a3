import { Coverage, type ElnudgeError, SessionStream, WalkPosition } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as VirtualTime from "./VirtualTime.ts"

const from = DateTime.makeUnsafe("2026-10-01T00:00:00Z")
const to = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

/** One row a minute, from noon of the 15th back; three of each twenty start in the same second. */
const rows = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    FakeApi.row(index % 20 < 3 ? index - (index % 20) : index, { id: `sess_${index}` }),
  )

const idsOf = (list: ReadonlyArray<{ readonly id: string }>) => list.map(({ id }) => id)

const slow =
  (script: FakeApi.Script, afterMillis = 50): FakeApi.Script =>
  (request, index) => ({ afterMillis, answer: script(request, index) })

const isList = ({ url }: FakeApi.SeenRequest) => url.pathname === "/v1/sessions"

/** Reads all rows and tells how long it took, what was asked, and how it ended. */
const read = (script: FakeApi.Script, options: SessionStream.ListOptions) =>
  Effect.gen(function* () {
    const { layer, seen } = FakeApi.make(script, { requestsPerMinute: 1_000_000 })
    const recorder = yield* Coverage.make
    const taken: Array<string> = []
    const startedAt = yield* Clock.currentTimeMillis
    const result = yield* VirtualTime.run(
      SessionStream.summaries({ from, to, pageSize: 10, ...options }).pipe(
        Stream.runForEach(({ id }) => Effect.sync(() => taken.push(id))),
        Effect.provideService(Coverage.Current, recorder),
        Effect.provide(layer),
        Effect.result,
      ),
      10,
    )
    const failure: ElnudgeError.ElnudgeError | undefined = result._tag === "Failure" ? result.failure : undefined
    const millis = (yield* Clock.currentTimeMillis) - startedAt
    return { taken, failure, millis, seen, coverage: recorder.snapshot() }
  })

describe("listConcurrency", () => {
  it.effect("gives the same rows in the same order, sooner, for a few requests more", () =>
    Effect.gen(function* () {
      const list = rows(4_000)
      const script = slow(FakeList.script(list))
      const one = yield* read(script, {})
      const eight = yield* read(script, { listConcurrency: 8 })
      assert.deepStrictEqual(one.taken, idsOf(list))
      assert.deepStrictEqual(eight.taken, one.taken)
      assert.isAtLeast(one.millis / eight.millis, 6)
      assert.isAtMost(eight.seen.length, 1.15 * one.seen.length)
      const { list_requests, pages, ...content } = eight.coverage
      assert.strictEqual(list_requests, eight.seen.length)
      assert.strictEqual(pages, eight.seen.length)
      assert.deepInclude(content, { sessions: 4_000, duplicates: 0, out_of_order: 0, outside_window: 0 })
      assert.deepStrictEqual(content.window, one.coverage.window)
    }),
  )

  it.effect.each([1, 7, 60, 333, 599])("goes on where it stopped after %i rows, with any other concurrency", (count) =>
    Effect.gen(function* () {
      const list = rows(600)
      const script = slow(FakeList.script(list))
      for (const [first, second] of [
        [8, 1],
        [1, 8],
        [3, 16],
      ] as const) {
        const recorder = yield* Coverage.make
        const tracker = new WalkPosition.Tracker(recorder)
        const taken: Array<string> = []
        const part = (concurrency: number, of: WalkPosition.Tracker, most: number) =>
          VirtualTime.run(
            SessionStream.details({
              from,
              to,
              pageSize: 10,
              listConcurrency: concurrency,
              pick: () => false,
              tracker: of,
            }).pipe(
              Stream.take(most),
              Stream.runForEach((each) =>
                Effect.sync(() => {
                  taken.push(each.summary.id)
                  of.done(each)
                }),
              ),
              Effect.provideService(Coverage.Current, recorder),
              Effect.provide(FakeApi.make(script, { requestsPerMinute: 1_000_000 }).layer),
            ),
            10,
          )
        yield* part(first, tracker, count)
        const resumed = new WalkPosition.Tracker(recorder, tracker.position())
        yield* part(second, resumed, Infinity)
        assert.deepStrictEqual(taken, idsOf(list), `${first}, then ${second}`)
        assert.isTrue(resumed.position()?.complete)
        assert.deepInclude(recorder.snapshot(), { sessions: 600, duplicates: 0, out_of_order: 0 })
      }
    }),
  )

  it.effect("hands on what came before a page that fails, and the failure is no place to go on from", () =>
    Effect.gen(function* () {
      const list = rows(1_000)
      let lists = 0
      const script = slow(
        FakeList.script(list, (request) => (isList(request) && ++lists === 40 ? { status: 403 } : undefined)),
      )
      const { failure, taken } = yield* read(script, { listConcurrency: 5 })
      assert.deepStrictEqual(taken, idsOf(list).slice(0, taken.length))
      assert.isAbove(taken.length, 0)
      assert.strictEqual(failure?._tag, "Unauthorized")
      const request = failure?._tag === "Unauthorized" ? failure.request : undefined
      assert.isUndefined(request === undefined ? undefined : WalkPosition.ofRequest(request))
    }),
  )

  it.effect("gets over cursors that die", () =>
    Effect.gen(function* () {
      const list = rows(1_000)
      let withCursor = 0
      const script = slow(
        FakeList.script(list, ({ url }) =>
          url.searchParams.has("cursor") && ++withCursor % 3 === 0 ? { status: 410 } : undefined,
        ),
      )
      const { coverage, failure, taken } = yield* read(script, { listConcurrency: 5 })
      assert.isUndefined(failure)
      assert.deepStrictEqual(taken, idsOf(list))
      assert.isAbove(coverage.cursor_reentries, 5)
    }),
  )

  describe("where the API refuses windows that are past retention", () => {
    const refusing = (keptRows: number, isRefused: (to: number) => boolean) =>
      slow(
        FakeList.script(rows(1_000).slice(0, keptRows), ({ url }) =>
          isRefused(Date.parse(url.searchParams.get("to") ?? "")) ? { status: 404 } : undefined,
        ),
      )
    // The 600th row starts ten hours before noon.
    const kept = Date.UTC(2026, 9, 15, 2)

    it.effect("ends as a walk of the whole window does", () =>
      Effect.gen(function* () {
        const { failure, taken } = yield* read(
          refusing(600, (end) => end <= kept),
          { listConcurrency: 8 },
        )
        assert.isUndefined(failure)
        assert.deepStrictEqual(taken, idsOf(rows(600)))
      }),
    )

    it.effect.each([2, 3, 5])("loses nothing where slice %i is refused, but was no matter of retention", (slice) =>
      Effect.gen(function* () {
        let slices = 0
        const script = FakeList.script(rows(1_000), ({ url }) =>
          !url.searchParams.has("cursor") && ++slices === slice ? { status: 404 } : undefined,
        )
        const { failure, taken } = yield* read(slow(script), { listConcurrency: 8 })
        assert.isAtLeast(slices, slice)
        assert.isUndefined(failure)
        assert.deepStrictEqual(taken, idsOf(rows(1_000)))
      }),
    )

    it.effect("fails like any other where the whole window is", () =>
      Effect.gen(function* () {
        const { failure, taken } = yield* read(
          refusing(600, () => true),
          { listConcurrency: 8 },
        )
        assert.strictEqual(failure?._tag, "RetentionExceeded")
        assert.deepStrictEqual(taken, [])
      }),
    )
  })

  const gap = (list: ReadonlyArray<FakeList.Row>, at: number, by: number) => {
    const moved = list.toSpliced(at, 1)
    return moved.toSpliced(at + by, 0, ...list.slice(at, at + 1))
  }

  /** Pages the rows in the order that they are given in, within the window that is asked for. */
  const asListed =
    (list: ReadonlyArray<FakeList.Row>): FakeApi.Script =>
    ({ url: { searchParams } }) => {
      const [from, to] = ["from", "to"].map((name) => Date.parse(searchParams.get(name) ?? ""))
      const inWindow = list.filter(({ started_at }) => {
        const start = Date.parse(started_at)
        return start >= (from ?? 0) && start < (to ?? 0)
      })
      const start = Number(searchParams.get("cursor") ?? 0)
      const end = start + Number(searchParams.get("limit"))
      return FakeApi.page(inWindow.slice(start, end), end < inWindow.length ? String(end) : undefined)
    }

  it.effect(
    "fails where the API does not list what is left of the window any more, and says that nothing is whole",
    () =>
      Effect.gen(function* () {
        let requests = 0
        const gone = FakeList.script(rows(1_000), () => (++requests > 40 ? { status: 404 } : undefined))
        const { failure, taken } = yield* read(slow(gone), { listConcurrency: 8 })
        assert.strictEqual(failure?._tag, "RetentionExceeded")
        assert.isBelow(taken.length, 1_000)
      }),
  )

  it.effect("costs no more where neighbours are out of order all along", () =>
    Effect.gen(function* () {
      // A server that orders by whole seconds, and shows milliseconds.
      const at = (index: number) =>
        new Date(Date.UTC(2026, 9, 15) - 1000 * Math.floor(index / 3) + 100 * (index % 3)).toISOString()
      const list = Array.from({ length: 3_000 }, (_, index) =>
        FakeApi.row(0, { id: `sess_${index}`, started_at: at(index) }),
      )
      const { failure, seen, taken } = yield* read(slow(asListed(list)), { listConcurrency: 8 })
      assert.isUndefined(failure)
      assert.strictEqual(new Set(taken).size, 3_000)
      assert.isAtMost(seen.length, 1.2 * 300)
    }),
  )

  it.effect.each([1, 5, 15])("loses no row that is %i places out of order, and goes on from there", (places) =>
    Effect.gen(function* () {
      const list = Array.from({ length: 3_000 }, (_, index) => FakeApi.row(index))
      const disordered = [200, 900, 1_503].reduce((moved, at) => gap(moved, at, places), list)
      const script = slow(asListed(disordered))
      const recorder = yield* Coverage.make
      const taken: Array<string> = []
      let position: WalkPosition.WalkPosition | undefined
      for (const most of [2_000, Infinity]) {
        const tracker = new WalkPosition.Tracker(recorder, position)
        yield* VirtualTime.run(
          SessionStream.details({ from, to, pageSize: 50, listConcurrency: 8, pick: () => false, tracker }).pipe(
            Stream.take(most),
            Stream.runForEach((each) =>
              Effect.sync(() => {
                taken.push(each.summary.id)
                tracker.done(each)
              }),
            ),
            Effect.provideService(Coverage.Current, recorder),
            Effect.provide(FakeApi.make(script, { requestsPerMinute: 1_000_000 }).layer),
          ),
          10,
        )
        position = tracker.position()
      }
      assert.deepStrictEqual(taken.toSorted(), idsOf(list).toSorted())
      assert.isTrue(position?.complete)
      assert.isAbove(recorder.snapshot().out_of_order, 0)
    }),
  )

  it.effect("takes a page of any size", () =>
    Effect.gen(function* () {
      const big = Array.from({ length: 150_000 }, (_, index) => ({
        ...FakeApi.row(0, { id: `sess_${index}` }),
        started_at: new Date(Date.UTC(2026, 9, 15) - index * 1000).toISOString(),
      }))
      const { taken } = yield* read(() => FakeApi.page(big), { listConcurrency: 2 })
      assert.lengthOf(taken, 150_000)
    }),
  )

  it.effect("refuses to walk a list that does not know the end of a window", () =>
    Effect.gen(function* () {
      const list = FakeList.script(rows(1_000))
      const deaf: FakeApi.Script = (request, index) => {
        const url = new URL(request.url)
        url.searchParams.set("to", "2026-11-01T00:00:00Z")
        return list({ ...request, url }, index)
      }
      const { failure, taken } = yield* read(slow(deaf), { listConcurrency: 4 })
      assert.strictEqual(failure?._tag, "ResponseInvalid")
      assert.match(failure?.message ?? "", /cannot be walked in parts/)
      assert.deepStrictEqual(taken, idsOf(rows(1_000)).slice(0, taken.length))
    }),
  )

  it.effect("runs ahead of a consumer that stands still by no more than it says", () =>
    Effect.gen(function* () {
      const list = Array.from({ length: 4_000 }, (_, index) => FakeApi.row(index))
      for (const [concurrency, most] of [
        [2, 66],
        [8, 264],
      ] as const) {
        const { layer, seen } = FakeApi.make(FakeList.script(list), { requestsPerMinute: 10_000_000 })
        const fiber = yield* SessionStream.pages({ from, to, pageSize: 10, listConcurrency: concurrency }).pipe(
          Stream.runForEach(() => Effect.never),
          Effect.provide(layer),
          Effect.forkChild,
        )
        yield* VirtualTime.run(Effect.sleep("1 minute"), 100)
        // And those that were handed on together with the one that it stands at.
        assert.isAtMost(seen.length, most + 2 * concurrency)
        yield* Fiber.interrupt(fiber)
      }
    }),
  )

  it.effect("stops asking when its consumer stops, also while it waits for answers", () =>
    Effect.gen(function* () {
      const list = rows(1_000)
      const { givenUp, layer, seen } = FakeApi.make(slow(FakeList.script(list), 60_000), {
        requestsPerMinute: 1_000_000,
        attemptTimeout: "10 minutes",
      })
      const fiber = yield* SessionStream.summaries({ from, to, pageSize: 10, listConcurrency: 4 }).pipe(
        Stream.runDrain,
        Effect.provide(layer),
        Effect.forkChild,
      )
      yield* VirtualTime.run(Effect.sleep("90 seconds"), 1_000)
      yield* Fiber.interrupt(fiber)
      assert.lengthOf(seen, 5)
      assert.lengthOf(givenUp, 4)
      yield* TestClock.adjust("10 minutes")
      assert.lengthOf(seen, 5)
    }),
  )

  it.effect("is a whole number from 1 to 64", () =>
    Effect.gen(function* () {
      const { failure, seen } = yield* read(FakeList.script([]), { listConcurrency: 65 })
      assert.strictEqual(failure?._tag, "InvalidOption")
      assert.lengthOf(seen, 0)
    }),
  )
})
