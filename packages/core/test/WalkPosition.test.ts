import { Coverage, type ElnudgeError, SessionRead, SessionStream, WalkPosition } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as VirtualTime from "./VirtualTime.ts"

const from = DateTime.makeUnsafe("2026-10-01T00:00:00Z")
const to = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

const rows = (count: number, overrides: (index: number) => Readonly<Record<string, unknown>> = () => ({})) =>
  Array.from({ length: count }, (_, index) => FakeApi.row(index, overrides(index)))

const codec = Schema.toCodecJson(WalkPosition.WalkPosition)

interface Part {
  readonly taken: ReadonlyArray<string>
  readonly position: WalkPosition.WalkPosition | undefined
  readonly coverage: Coverage.Coverage
  readonly requests: number
  readonly failure: ElnudgeError.ElnudgeError | undefined
}

/** Takes at most `count` rows in, from where an earlier part stopped. The position goes through its JSON. */
const part = (
  script: FakeApi.Script,
  count: number,
  before?: Pick<Part, "position" | "coverage">,
  options: SessionStream.DetailOptions = {},
) =>
  Effect.gen(function* () {
    const { layer, seen } = FakeApi.make(script)
    const recorder = before === undefined ? yield* Coverage.make : yield* Coverage.resume(before.coverage)
    const text = JSON.stringify(before?.position && Schema.encodeSync(codec)(before.position))
    const resumed = text === undefined ? undefined : Schema.decodeUnknownSync(codec)(JSON.parse(text))
    const tracker = new WalkPosition.Tracker(recorder, resumed)
    const taken: Array<string> = []
    const stream = SessionStream.details({ from, to, pageSize: 3, concurrency: 2, tracker, ...options }).pipe(
      Stream.take(count),
      Stream.runForEach((read) =>
        Effect.sync(() => {
          taken.push(read.summary.id)
          tracker.done(read)
        }),
      ),
      Effect.provideService(Coverage.Current, recorder),
      Effect.provide(layer),
    )
    const result = yield* VirtualTime.run(Effect.result(stream), 1000)
    const failure = result._tag === "Failure" ? result.failure : undefined
    const ended: Part = {
      taken,
      position: tracker.position(),
      coverage: recorder.snapshot(),
      requests: seen.length,
      failure,
    }
    return ended
  })

const content = ({ coverage }: Part) => {
  const { details, details_unavailable, duplicates, outside_window, sessions, unknown_values, window } = coverage
  return { details, details_unavailable, duplicates, outside_window, sessions, unknown_values, window }
}

const idsOf = (list: ReadonlyArray<FakeList.Row>) => list.map(({ id }) => id)

describe("a walk that goes on from its position", () => {
  const list = rows(11, (index) => (index % 4 === 0 ? { device: "phone" } : {}))
  const script = FakeList.script(list, ({ url }) => (url.pathname.endsWith("/sess_7") ? { status: 404 } : undefined))

  const policies = [
    ["emit", idsOf(list)],
    ["skip", idsOf(list).filter((id) => id !== "sess_7")],
  ] as const

  it.effect.each(policies)(
    "takes every row once and covers what one walk covers, wherever it stopped: %s",
    ([onUnavailable, ids]) =>
      Effect.gen(function* () {
        const whole = yield* part(script, Infinity, undefined, { onUnavailable })
        assert.deepStrictEqual(whole.taken, ids)
        assert.isTrue(whole.position?.complete)
        for (let cut = 0; cut <= ids.length; cut++) {
          const first = yield* part(script, cut, undefined, { onUnavailable })
          assert.lengthOf(first.taken, cut)
          const second = yield* part(script, Infinity, first, { onUnavailable })
          assert.deepStrictEqual([...first.taken, ...second.taken], whole.taken, `cut at ${cut}`)
          assert.deepStrictEqual(content(second), content(whole), `cut at ${cut}`)
          // The page in progress, and the details that were under way.
          assert.isAtMost(second.requests + first.requests, whole.requests + 1 + 2 * 2)
        }
      }),
  )

  it.effect("asks for nothing when it was complete", () =>
    Effect.gen(function* () {
      const whole = yield* part(script, Infinity)
      const again = yield* part(script, Infinity, whole)
      assert.deepInclude(again, { taken: [], requests: 0, failure: undefined })
      assert.deepStrictEqual(again.coverage, whole.coverage)
    }),
  )

  it.effect("keeps its window, whatever is asked for now", () =>
    Effect.gen(function* () {
      const first = yield* part(script, 4)
      const later = DateTime.add(to, { days: 7 })
      const second = yield* part(script, Infinity, first, { from: later, to: DateTime.add(later, { days: 1 }) })
      assert.deepStrictEqual([...first.taken, ...second.taken], idsOf(list))
    }),
  )

  it.effect("goes on by time where the cursor died in the meantime", () =>
    Effect.gen(function* () {
      const first = yield* part(script, 5)
      const dead = FakeList.script(list, (request, index) =>
        request.url.searchParams.has("cursor") && index === 0 ? { status: 410 } : script(request, index),
      )
      const second = yield* part(dead, Infinity, first)
      assert.deepStrictEqual([...first.taken, ...second.taken], idsOf(list))
      assert.deepInclude(second.coverage, { cursor_reentries: 1, duplicates: 0, sessions: 11 })
    }),
  )

  it.effect("drops rows that slid down the list since, and refuses those of which it cannot tell", () =>
    Effect.gen(function* () {
      const many = rows(2500)
      const first = yield* part(FakeList.script(many), 2400, undefined, { pageSize: 200, pick: () => false })
      const position = first.position
      if (position === undefined) return assert.fail("no position")
      assert.isAtMost(position.known.length, 1000)
      const answer = (data: ReadonlyArray<FakeList.Row>) => () => FakeApi.page(data)
      const near = yield* part(answer(many.slice(1500)), Infinity, first, { pageSize: 200, pick: () => false })
      assert.deepStrictEqual(near.taken, idsOf(many.slice(2400)))
      const far = yield* part(answer(many.slice(500, 600)), Infinity, first, { pageSize: 200, pick: () => false })
      assert.strictEqual(far.failure?._tag, "ResponseInvalid")
      assert.match(far.failure?.message ?? "", /cannot be told whether it came before/)
      assert.lengthOf(far.taken, 0)
    }),
  )

  it.effect("remembers all rows of its oldest instant", () =>
    Effect.gen(function* () {
      const tied = rows(1500, () => ({ started_at: "2026-10-15T12:00:00Z" })).toSorted((a, b) => (a.id < b.id ? -1 : 1))
      const options = { pageSize: 200, pick: () => false }
      const first = yield* part(FakeList.script(tied), 1399, undefined, options)
      const second = yield* part(FakeList.script(tied), Infinity, first, options)
      assert.deepStrictEqual([...first.taken, ...second.taken], idsOf(tied))
    }),
  )
})

describe("a refused cursor", () => {
  const refusing = (list: ReadonlyArray<FakeList.Row>, status: number) =>
    FakeList.script(list, ({ url }) => (url.searchParams.has("cursor") ? { status } : undefined))

  it.effect.each([400, 404, 410])("is no end: the rest is asked for by time (%d)", (status) =>
    Effect.gen(function* () {
      const list = rows(11)
      const { coverage, failure, taken } = yield* part(refusing(list, status), Infinity)
      assert.isUndefined(failure)
      assert.deepStrictEqual(taken, idsOf(list))
      assert.deepInclude(coverage, { sessions: 11, duplicates: 0, out_of_order: 0 })
      assert.isAbove(coverage.cursor_reentries, 2)
    }),
  )

  it.effect("finds the other sessions of the second at which it broke off", () =>
    Effect.gen(function* () {
      const list = rows(7, (index) => ({ started_at: `2026-10-15T12:00:0${Math.floor((6 - index) / 2)}.${index}00Z` }))
      const sorted = list.toSorted((a, b) => (a.started_at > b.started_at ? -1 : 1))
      const { taken } = yield* part(refusing(list, 410), Infinity)
      assert.deepStrictEqual(taken, idsOf(sorted))
    }),
  )

  it.effect("goes on through a second of many known rows, which are no sign of a loop", () =>
    Effect.gen(function* () {
      const list = rows(120, (index) => ({
        id: `sess_${String(index).padStart(3, "0")}`,
        started_at: `2026-10-15T12:00:0${index < 110 ? 1 : 0}Z`,
      }))
      const once = FakeList.script(list, (_, index) => (index === 25 ? { status: 410 } : undefined))
      const options = { pick: () => false }
      const { coverage, failure, taken } = yield* part(once, Infinity, undefined, options)
      assert.isUndefined(failure)
      assert.deepStrictEqual(taken, idsOf(list))
      assert.deepInclude(coverage, { cursor_reentries: 1, duplicates: 0 })
    }),
  )

  it.effect("ends the walk where the list was out of order, because no time tells what came", () =>
    Effect.gen(function* () {
      const list = rows(11)
      const early = { ...FakeApi.row(1), started_at: "2026-10-02T00:00:00Z" }
      const script: FakeApi.Script = (request, index) =>
        index === 0
          ? FakeApi.page([FakeApi.row(0), early, FakeApi.row(2)], "sess_2")
          : FakeList.script(list, () => (index === 1 ? { status: 410 } : undefined))(request, index)
      const { failure, position, taken } = yield* part(script, Infinity, undefined, { pick: () => false })
      assert.deepInclude(failure, { _tag: "CursorRejected", isUnordered: true })
      assert.match(failure?.message ?? "", /cannot be asked for by time/)
      assert.lengthOf(taken, 3)
      assert.isNull(position?.rest_before)
    }),
  )

  it.effect("ends the walk where asking by time brings nothing new: more rows in a second than a page holds", () =>
    Effect.gen(function* () {
      const list = rows(5, () => ({ started_at: "2026-10-15T12:00:00Z" }))
      const { failure, requests, taken } = yield* part(refusing(list, 410), Infinity, undefined, { pick: () => false })
      assert.deepInclude(failure, { _tag: "CursorRejected", stalledAt: "2026-10-15T12:00:01Z" })
      assert.match(failure?.message ?? "", /brought nothing new/)
      assert.lengthOf(taken, 3)
      assert.strictEqual(requests, 4)
    }),
  )
})

describe("WalkPosition.Tracker", () => {
  it("has no position before the walk began, and ignores what it was not told of", () => {
    const recorder = new Coverage.Recorder()
    const tracker = new WalkPosition.Tracker(recorder)
    assert.isUndefined(tracker.position())
    const window = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }
    assert.deepStrictEqual(tracker.begin(window), WalkPosition.start(window))
    tracker.done({ summary: FakeApi.row(1), detail: SessionRead.notNeeded, readAt: 0 })
    assert.deepStrictEqual(tracker.position(), WalkPosition.start(window))
    assert.strictEqual(recorder.snapshot().sessions, 0)
  })

  it("takes rows in any order, and goes back to the first page that is not whole", () => {
    const tracker = new WalkPosition.Tracker()
    const window = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }
    tracker.begin(window)
    const none = { duplicates: 0, outside_window: 0, out_of_order: 0, possibly_missing: 0 }
    const place = (cursor: string | undefined) => ({ to: window.to, cursor, restBefore: null })
    tracker.page(place(undefined), rows(2), none, place("b"))
    tracker.page(place("b"), [FakeApi.row(2)], none, undefined)
    const done = (index: number) =>
      tracker.done({ summary: FakeApi.row(index), detail: SessionRead.notNeeded, readAt: 0 })
    done(2)
    done(0)
    assert.deepInclude(tracker.position(), { cursor: null, rows: 2, complete: false })
    done(1)
    done(1)
    assert.deepInclude(tracker.position(), {
      rows: 3,
      complete: true,
      oldest: FakeApi.row(2).started_at.replace(".000", ""),
    })
  })
})

describe("what a position remembers", () => {
  it("stays small where the oldest row came first", () => {
    const tracker = new WalkPosition.Tracker()
    const window = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }
    tracker.begin(window)
    const list = [FakeApi.row(0, { started_at: "2026-10-02T00:00:00Z" }), ...rows(3000).slice(1)]
    const none = { duplicates: 0, outside_window: 0, out_of_order: 0, possibly_missing: 0 }
    tracker.page({ to: window.to, cursor: undefined, restBefore: null }, list, none, undefined)
    for (const summary of list) tracker.done({ summary, detail: SessionRead.notNeeded, readAt: 0 })
    const first = tracker.position()?.known
    tracker.page({ to: window.to, cursor: "b", restBefore: null }, [FakeApi.row(3000)], none, undefined)
    assert.lengthOf(first ?? [], 1001)
    assert.lengthOf(tracker.position()?.known ?? [], 1001)
  })
})

describe("a tracker that nobody asks", () => {
  it("forgets as one that is asked all the time, and stays as exact", () => {
    const window = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }
    const none = { duplicates: 0, outside_window: 0, out_of_order: 0, possibly_missing: 0 }
    const list = rows(9000)
    const positionOf = (isAsked: boolean) => {
      const tracker = new WalkPosition.Tracker()
      tracker.begin(window)
      for (let start = 0; start < list.length; start += 200) {
        const page = list.slice(start, start + 200)
        tracker.page({ to: window.to, cursor: `c${start}`, restBefore: null }, page, none, undefined)
        for (const summary of page) tracker.done({ summary, detail: SessionRead.notNeeded, readAt: 0 })
        if (isAsked) tracker.position()
      }
      return tracker.position()
    }
    assert.deepStrictEqual(positionOf(false), positionOf(true))
    assert.lengthOf(positionOf(false)?.known ?? [], 1000)
  })
})

describe("WalkPosition.ofRequest", () => {
  it.effect("goes on where a stream of summaries failed", () =>
    Effect.gen(function* () {
      const list = rows(8)
      const broken = FakeList.script(list, (_, index) => (index >= 2 ? { status: 401 } : undefined))
      const taken: Array<string> = []
      const take = (script: FakeApi.Script, resume?: WalkPosition.WalkPosition) =>
        VirtualTime.run(
          SessionStream.summaries({ from, to, pageSize: 3, resume }).pipe(
            Stream.runForEach(({ id }) => Effect.sync(() => taken.push(id))),
            Effect.flip,
            Effect.provide(FakeApi.make(script).layer),
            Effect.option,
          ),
        )
      const failed = yield* take(broken)
      const error = failed._tag === "Some" ? failed.value : undefined
      const request = error !== undefined && "request" in error ? error.request : undefined
      assert.lengthOf(taken, 6)
      const ended = yield* take(FakeList.script(list), request && WalkPosition.ofRequest(request))
      assert.strictEqual(ended._tag, "None")
      assert.deepStrictEqual(taken, idsOf(list))
    }),
  )

  it("is undefined for a detail", () => {
    assert.isUndefined(WalkPosition.ofRequest({ _tag: "GetSession", id: "sess_1" }))
  })
})
