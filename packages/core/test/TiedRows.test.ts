/** A list without an order within a second: 3,000 sessions are 3,000, or the coverage says how many may be missing. */
import { Coverage, type ElnudgeError, SessionStream, WalkPosition, WalkSample } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as VirtualTime from "./VirtualTime.ts"

const from = DateTime.makeUnsafe("2026-10-01T00:00:00Z")
const to = DateTime.makeUnsafe("2026-11-01T00:00:00Z")
const noon = Date.UTC(2026, 9, 15, 12)

/** So many in each second, from noon back; with `millis` a part of a second apart. */
const rows = (count: number, perSecond: number, millis = 0) =>
  Array.from({ length: count }, (_, index) =>
    FakeApi.row(0, {
      id: `sess_${index}`,
      started_at: new Date(noon - 1000 * Math.floor(index / perSecond) - millis * (index % perSecond)).toISOString(),
    }),
  )

const secondsOf = ({ url }: FakeApi.SeenRequest): number =>
  (Date.parse(url.searchParams.get("to") ?? "") - Date.parse(url.searchParams.get("from") ?? "")) / 1000

/** The requests for one second of the list by itself. */
const again = (seen: ReadonlyArray<FakeApi.SeenRequest>) => seen.filter((request) => secondsOf(request) <= 1)

/** Reads all and tells what came and what was asked. */
const read = (script: FakeApi.Script, options: SessionStream.ListOptions = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.UTC(2026, 10, 2))
    const { layer, seen } = FakeApi.make(script, { requestsPerMinute: 1_000_000 })
    const recorder = yield* Coverage.make
    const result = yield* VirtualTime.run(
      Stream.runCollect(SessionStream.summaries({ from, to, ...options })).pipe(
        Effect.provideService(Coverage.Current, recorder),
        Effect.provide(layer),
        Effect.result,
      ),
    )
    const taken = result._tag === "Success" ? result.success.map(({ id, started_at }) => ({ id, started_at })) : []
    const failure: ElnudgeError.ElnudgeError | undefined = result._tag === "Failure" ? result.failure : undefined
    return { taken, failure, seen, coverage: recorder.snapshot() }
  })

type Run = Effect.Success<ReturnType<typeof read>>

const assertWhole = ({ coverage, failure, taken }: Run, count: number) => {
  assert.isUndefined(failure)
  assert.strictEqual(new Set(taken.map(({ id }) => id)).size, count)
  assert.lengthOf(taken, count)
  assert.deepInclude(coverage, { sessions: count, possibly_missing: 0 })
  const seconds = taken.map(({ started_at }) => Math.floor(Date.parse(started_at) / 1000))
  assert.deepStrictEqual(
    seconds,
    seconds.toSorted((a, b) => b - a),
  )
}

const shops: ReadonlyArray<readonly [string, ReadonlyArray<FakeList.Row>, SessionStream.ListOptions]> = [
  ["three in each second", rows(3_000, 3), {}],
  ["with milliseconds, which the order does not know", rows(3_000, 3, 100), {}],
  ["pages of seven", rows(300, 3), { pageSize: 7 }],
  ["in parts at the same time", rows(3_000, 3), { pageSize: 20, listConcurrency: 8 }],
  ["all in one second, on two pages", rows(300, 300), {}],
  ["more in a second than a page holds", rows(2_000, 650), {}],
  ["a second that ends on the last page", rows(210, 15), {}],
]

describe("a list without an order within a second", () => {
  it.effect.each(shops)("is read whole: %s", ([, list, options]) =>
    Effect.gen(function* () {
      const run = yield* read(FakeList.unordered(list), options)
      assertWhole(run, list.length)
      assert.isAbove(again(run.seen).length, 0)
    }),
  )

  it.effect.each(shops)("costs nothing where there is an order: %s", ([, list, options]) =>
    Effect.gen(function* () {
      const run = yield* read(FakeList.script(list), options)
      assertWhole(run, list.length)
      assert.lengthOf(again(run.seen), 0)
      if (options.listConcurrency === undefined) {
        assert.lengthOf(run.seen, Math.ceil(list.length / (options.pageSize ?? 200)))
      }
    }),
  )

  it.effect("asks once for a second that fits on a page", () =>
    Effect.gen(function* () {
      const { seen } = yield* read(FakeList.unordered(rows(3_000, 3)))
      const windows = again(seen).map(({ url }) => url.searchParams.get("from"))
      assert.lengthOf(new Set(windows), windows.length)
      assert.isAtMost(windows.length, 14)
    }),
  )

  const refusals: ReadonlyArray<readonly [string, FakeApi.Answer]> = [
    ["past retention", { status: 404 }],
    ["too short a window", { status: 400 }],
    ["the newest page, whatever is asked", FakeApi.page(rows(200, 3), "more")],
    ["nothing", FakeApi.page([])],
  ]
  it.effect.each(refusals)("says how many may be missing where the second cannot be had: %s", ([, answer]) =>
    Effect.gen(function* () {
      const list = FakeList.unordered(rows(3_000, 3))
      const run = yield* read((request, index) => (secondsOf(request) <= 1 ? answer : list(request, index)))
      assert.isUndefined(run.failure)
      const lost = 3_000 - run.taken.length
      assert.isAbove(lost, 0)
      assert.strictEqual(run.coverage.possibly_missing, lost)
    }),
  )

  it.effect("says how many may be missing of a second whose cursors die", () =>
    Effect.gen(function* () {
      const list = FakeList.unordered(rows(900, 300))
      const run = yield* read((request, index) =>
        secondsOf(request) <= 1 && request.url.searchParams.has("cursor") ? { status: 410 } : list(request, index),
      )
      assert.isUndefined(run.failure)
      assert.isAtLeast(run.coverage.possibly_missing, 900 - run.taken.length)
    }),
  )

  it.effect("asks no more than ten times for a second that never adds up", () =>
    Effect.gen(function* () {
      // Whatever is asked, each page begins with the last row of the one before.
      const list = rows(450, 450)
      const script: FakeApi.Script = ({ url }) => {
        const start = Number(url.searchParams.get("cursor") ?? 0)
        const end = start + 199
        return FakeApi.page(list.slice(Math.max(0, start - 1), end), end < list.length ? `${end}` : undefined)
      }
      const run = yield* read(script)
      assert.lengthOf(run.taken, 450)
      assert.isAtMost(again(run.seen).length, 30)
      assert.isAbove(run.coverage.possibly_missing, 0)
    }),
  )

  it.effect("is no reason to ask where rows slide down the list, but for the last of the page before", () =>
    Effect.gen(function* () {
      const list = rows(600, 1)
      // A row that is listed late pushes the others down.
      const script: FakeApi.Script = ({ url }) => {
        const late = url.searchParams.has("cursor") ? [FakeApi.row(0, { id: "late" })] : []
        const [begin, end] = [
          Date.parse(url.searchParams.get("from") ?? ""),
          Date.parse(url.searchParams.get("to") ?? ""),
        ]
        const listed = [...late, ...list].filter(
          ({ started_at }) => Date.parse(started_at) >= begin && Date.parse(started_at) < end,
        )
        const start = Number(url.searchParams.get("cursor") ?? 0)
        return FakeApi.page(
          listed.slice(start, start + 200),
          start + 200 < listed.length ? `${start + 200}` : undefined,
        )
      }
      const run = yield* read(script)
      assert.deepInclude(run.coverage, { sessions: 600, duplicates: 1, possibly_missing: 0 })
      assert.lengthOf(again(run.seen), 1)
    }),
  )
})

const codec = Schema.fromJsonString(WalkPosition.WalkPosition)

describe("a position in a list without an order within a second", () => {
  const list = rows(40, 5)

  /** At most so many rows, over clients whose requests are numbered together. */
  const part = Effect.fnUntraced(function* (
    script: FakeApi.Script,
    count: number,
    before?: { readonly position: WalkPosition.WalkPosition | undefined; readonly coverage: Coverage.Coverage },
  ) {
    const recorder = before === undefined ? yield* Coverage.make : yield* Coverage.resume(before.coverage)
    const resumed = before?.position && Schema.decodeSync(codec)(Schema.encodeSync(codec)(before.position))
    const tracker = new WalkPosition.Tracker(recorder, resumed)
    const taken: Array<string> = []
    const result = yield* VirtualTime.run(
      SessionStream.details({ from, to, pageSize: 7, pick: () => false, tracker }).pipe(
        Stream.take(count),
        Stream.runForEach((each) =>
          Effect.sync(() => {
            taken.push(each.summary.id)
            tracker.done(each)
          }),
        ),
        Effect.provideService(Coverage.Current, recorder),
        Effect.provide(FakeApi.make(script).layer),
        Effect.result,
      ),
    )
    return { taken, failed: result._tag === "Failure", position: tracker.position(), coverage: recorder.snapshot() }
  })

  const numbered = (seed: string, isFailing: (request: FakeApi.SeenRequest, nth: number) => boolean = () => false) => {
    let count = 0
    let repairs = 0
    const list = FakeList.unordered(rows(40, 5), seed)
    const script: FakeApi.Script = (request) => {
      if (secondsOf(request) <= 1) repairs++
      return isFailing(request, repairs) ? { status: 403 } : list(request, count++)
    }
    return script
  }

  it.effect("brings every row once, wherever the walk stopped", () =>
    Effect.gen(function* () {
      for (let cut = 0; cut <= list.length; cut++) {
        const script = numbered(`cut ${cut}`)
        const first = yield* part(script, cut)
        const second = yield* part(script, Infinity, first)
        const ids = [...first.taken, ...second.taken]
        assert.deepStrictEqual([ids.length, new Set(ids).size], [40, 40], `cut at ${cut}`)
        assert.deepInclude(second.coverage, { sessions: 40, possibly_missing: 0 }, `cut at ${cut}`)
      }
    }),
  )

  it.effect("brings every row once where a walk failed while it asked for a second again", () =>
    Effect.gen(function* () {
      for (let nth = 1; nth <= 4; nth++) {
        let isDown = true
        const script = numbered("down", (request, repairs) => isDown && secondsOf(request) <= 1 && repairs >= nth)
        const first = yield* part(script, Infinity)
        assert.isTrue(first.failed)
        isDown = false
        const second = yield* part(script, Infinity, first)
        const ids = [...first.taken, ...second.taken]
        assert.deepStrictEqual([ids.length, new Set(ids).size], [40, 40], `the second ${nth}`)
        assert.deepInclude(second.coverage, { sessions: 40, possibly_missing: 0 })
      }
    }),
  )

  it.effect("asks for no second where the order is stable, wherever the walk stopped", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const stable = FakeList.script(list)
      const script: FakeApi.Script = (request, index) => {
        asked.push(secondsOf(request))
        return stable(request, index)
      }
      for (let cut = 0; cut <= list.length; cut++) {
        const second = yield* part(script, Infinity, yield* part(script, cut))
        assert.strictEqual(second.coverage.sessions, 40)
      }
      assert.isTrue(asked.every((seconds) => seconds > 1))
    }),
  )
})

describe("a sample of a list without an order within a second", () => {
  it.effect("counts what it reads whole, because it goes on behind the second that a page ended in", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(FakeList.unordered(rows(900, 4)), { requestsPerMinute: 1_000_000 })
      const sample = yield* VirtualTime.run(Effect.provide(WalkSample.take({ from, to, pages: 12 }), layer))
      assert.deepInclude(
        WalkSample.total(sample, () => 1),
        { value: 900, isExact: true },
      )
    }),
  )
})
