/** A list without an order within a second: 3,000 sessions are 3,000, or the coverage says how many may be missing. */
import { Coverage, type ElnudgeError, SessionStream, WalkPosition, WalkSample } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as FakeNudges from "./FakeNudges.ts"
import * as NudgedWalk from "./NudgedWalk.ts"
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
  ["in parts at the same time", rows(1_000, 3), { pageSize: 10, listConcurrency: 8 }],
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

  it.effect("goes on by time where a cursor dies, though the order does not know milliseconds", () =>
    Effect.gen(function* () {
      const list = FakeList.unordered(rows(900, 3, 100))
      const run = yield* read((request, index) =>
        index % 3 === 1 && request.url.searchParams.has("cursor") ? { status: 410 } : list(request, index),
      )
      assertWhole(run, 900)
      assert.isAbove(run.coverage.cursor_reentries, 0)
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

/** The cursor names the last row by its start and its id, but what starts in the same second has no order. */
const afterLastRow =
  (list: ReadonlyArray<FakeList.Row>): FakeApi.Script =>
  (request, index) => {
    const url = new URL(request.url)
    const last = list.find(({ id }) => id === url.searchParams.get("cursor"))
    const isAfter = ({ id, started_at }: FakeList.Row) =>
      last === undefined || started_at < last.started_at || (started_at === last.started_at && id < last.id)
    url.searchParams.delete("cursor")
    const answer = FakeList.unorderedPage(
      list.filter(isAfter),
      ({ started_at }) => started_at,
      { ...request, url },
      index,
    )
    if (typeof answer !== "object" || !("body" in answer)) return answer
    const page: { readonly data: ReadonlyArray<FakeList.Row>; readonly has_more: boolean } = JSON.parse(
      answer.body ?? "",
    )
    return FakeApi.page(page.data, page.has_more ? page.data.at(-1)?.id : undefined)
  }

describe("a list without an order within a second, with a cursor that names the last row", () => {
  it.effect.each([3, 5, 20, 150])(
    "is read whole, though rows are lost where none comes twice: %i in a second",
    (count) =>
      Effect.gen(function* () {
        const { coverage, failure, taken } = yield* read(afterLastRow(rows(3_000, count)))
        assert.isUndefined(failure)
        // What is known late to be lost further up comes late.
        assert.strictEqual(new Set(taken.map(({ id }) => id)).size, 3_000)
        assert.deepInclude(coverage, { sessions: 3_000, possibly_missing: 0 })
      }),
  )

  // No page of it has both: a row of two in a second comes twice, or the other one is lost.
  const shuffled: ReadonlyArray<readonly [string, number, SessionStream.ListOptions]> = [
    ["two in a second", 2, { pageSize: 7 }],
    ["two in a second, in parts at the same time", 2, { pageSize: 7, listConcurrency: 4 }],
    ["three in a second, in parts at the same time", 3, { pageSize: 10, listConcurrency: 8 }],
  ]
  it.effect.each(shuffled)("is read whole, where that row has another place by then: %s", ([, count, options]) =>
    Effect.gen(function* () {
      const { coverage, failure, taken } = yield* read(FakeList.afterPlaceOfLastRow(rows(300, count)), options)
      assert.isUndefined(failure)
      assert.strictEqual(new Set(taken.map(({ id }) => id)).size, 300)
      assert.deepInclude(coverage, { sessions: 300, possibly_missing: 0 })
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

  /** Requests are numbered through all clients, from an own number on. */
  const numbered = (from: number, isFailing: (nth: number) => boolean = () => false, shape = FakeList.unordered) => {
    let count = from
    let seconds = 0
    const unordered = shape(list)
    const script: FakeApi.Script = (request) => {
      const isOfSecond = secondsOf(request) <= 1
      if (isOfSecond) seconds++
      return isOfSecond && isFailing(seconds) ? { status: 403 } : unordered(request, count++)
    }
    return script
  }

  it.effect("brings every row once, wherever the walk stopped", () =>
    Effect.gen(function* () {
      for (let cut = 0; cut <= list.length; cut++) {
        const script = numbered(100 * cut)
        const first = yield* part(script, cut)
        const second = yield* part(script, Infinity, first)
        const ids = [...first.taken, ...second.taken]
        assert.deepStrictEqual([ids.length, new Set(ids).size], [40, 40], `cut at ${cut}`)
        assert.deepInclude(second.coverage, { sessions: 40, possibly_missing: 0 }, `cut at ${cut}`)
      }
    }),
  )

  it.effect("brings every row once, wherever the walk stopped, where none has to come twice for one that is lost", () =>
    Effect.gen(function* () {
      const shop = rows(150, 3)
      for (let cut = 0; cut <= shop.length; cut += 5) {
        const script = numbered(
          100 * cut,
          () => false,
          () => FakeList.afterPlaceOfLastRow(shop),
        )
        const first = yield* part(script, cut)
        const second = yield* part(script, Infinity, first)
        const ids = [...first.taken, ...second.taken]
        assert.deepStrictEqual([ids.length, new Set(ids).size], [150, 150], `cut at ${cut}`)
        assert.deepInclude(second.coverage, { sessions: 150, possibly_missing: 0 }, `cut at ${cut}`)
      }
    }),
  )

  it.effect("brings every row once where a walk failed while it asked for a second again", () =>
    Effect.gen(function* () {
      for (let nth = 1; nth <= 2; nth++) {
        let isDown = true
        const script = numbered(0, (each) => isDown && each >= nth)
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

  it.effect("goes on from what was saved before a position knew its page in progress", () =>
    Effect.gen(function* () {
      const first = yield* part(FakeList.script(list), 17)
      const known = first.position?.known.map(({ id, started_at }) => ({ id, started_at })) ?? []
      assert.isTrue(first.position?.known.some(({ in_progress }) => in_progress === true))
      const position = first.position && { ...first.position, known }
      const second = yield* part(FakeList.script(list), Infinity, { ...first, position })
      assert.deepStrictEqual([...first.taken, ...second.taken].toSorted(), list.map(({ id }) => id).toSorted())
      assert.deepInclude(second.coverage, { sessions: 40, possibly_missing: 0 })
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

describe("follow, in a list without an order within a second", () => {
  const follow = Effect.fnUntraced(function* (isRefused: boolean) {
    yield* TestClock.setTime(noon + 7_200_000)
    const list = FakeList.unordered(rows(90, 3))
    const script: FakeApi.Script = (request, index) =>
      isRefused && secondsOf(request) <= 1 ? { status: 400 } : list(request, index)
    const recorder = yield* Coverage.make
    const taken: Array<string> = []
    const fiber = yield* SessionStream.follow({
      from: DateTime.makeUnsafe(noon - 3_600_000),
      pageSize: 20,
      pick: () => false,
    }).pipe(
      Stream.runForEach(({ summary }) => Effect.sync(() => taken.push(summary.id))),
      Effect.provideService(Coverage.Current, recorder),
      Effect.provide(FakeApi.make(script, { requestsPerMinute: 1_000_000 }).layer),
      Effect.forkChild,
    )
    yield* VirtualTime.run(Effect.sleep("5 minutes"), 10_000)
    yield* Fiber.interrupt(fiber)
    assert.lengthOf(taken, new Set(taken).size)
    return { taken, coverage: recorder.snapshot() }
  })

  it.effect("hands every session on once", () =>
    Effect.gen(function* () {
      const { coverage, taken } = yield* follow(false)
      assert.lengthOf(taken, 90)
      assert.deepInclude(coverage, { sessions: 90, possibly_missing: 0 })
    }),
  )

  it.effect("says how many may be missing where the second cannot be had", () =>
    Effect.gen(function* () {
      const { coverage, taken } = yield* follow(true)
      assert.isBelow(taken.length, 90)
      assert.strictEqual(coverage.possibly_missing, 90 - taken.length)
    }),
  )
})

describe("the list of nudges, without an order within a second", () => {
  it.effect("has all of them, so that no detail is read", () =>
    Effect.gen(function* () {
      const list = rows(900, 3).map((row) => ({ ...row, nudge_count: 1 }))
      const nudges = list.map(({ id, started_at }, index) =>
        FakeNudges.nudge(index, { session_id: id, shown_at: started_at }),
      )
      const shop = FakeNudges.script({ rows: list, nudges })
      const script: FakeApi.Script = (request, index) =>
        FakeNudges.isOfNudges(request)
          ? FakeList.unorderedPage(nudges, ({ shown_at }) => shown_at, request, index)
          : shop(request, index)
      const run = yield* NudgedWalk.read(script)
      assert.isUndefined(run.failure)
      assert.deepStrictEqual(run.details, [])
      assert.deepInclude(run.coverage, { sessions: 900, nudges_from_list: 900, nudges_differ: 0, possibly_missing: 0 })
      assert.isAbove(again(run.ofNudges).length, 0)
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
