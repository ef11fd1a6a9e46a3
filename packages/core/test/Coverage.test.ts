import { Coverage, Session, SessionRead } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const at = (day: number): number => Date.UTC(2026, 9, day)

const summary = (id: string, day: number): Session.Summary => ({
  id,
  started_at: Session.instant(at(day)),
  ended_at: Session.instant(at(day) + 60_000),
  page_count: 1,
  intent_score: 1,
  converted: false,
  nudge_count: 0,
})

const read = (day: number): SessionRead.SessionRead => ({
  summary: summary(`sess_${day}`, day),
  detail: SessionRead.notNeeded,
  readAt: at(day + 1),
})

/** A run over one day of October with something to count. */
const run = (day: number, more: (recorder: Coverage.Recorder) => void = () => undefined) =>
  Effect.map(Coverage.make, (recorder) => {
    recorder.covers({ from: at(day), to: at(day + 1) })
    recorder.request("ListSessions", false)
    recorder.request("GetSession", true)
    recorder.request("ListNudges", false)
    recorder.rateLimited(at(day))
    recorder.waited("paced_ms", 10)
    recorder.page(1)
    recorder.page(0)
    recorder.duplicate()
    recorder.listed({ duplicates: 0, outside_window: 0, out_of_order: 0, possibly_missing: 3 })
    recorder.taken({ ...read(day), detail: { _tag: "Unavailable", reason: "not_found" } })
    recorder.taken({ ...read(day), detail: { _tag: "Nudges", nudges: [] }, nudgesDiffer: true })
    more(recorder)
    return recorder.snapshot()
  })

describe("Coverage.combine", () => {
  it.effect("adds every count, and joins windows that touch", () =>
    Effect.gen(function* () {
      const first = yield* run(1)
      const second = yield* run(2, (recorder) => recorder.waited("held_ms", 5))
      const both = Coverage.combine(first, second)
      assert.deepStrictEqual(Coverage.combine(second, first), both)
      assert.deepStrictEqual(both.window, { from: "2026-10-01T00:00:00Z", to: "2026-10-03T00:00:00Z" })
      assert.deepStrictEqual(both.gaps, [])
      const { gaps: _, window: __, details_unavailable, unknown_values, held_ms, ...counts } = both
      assert.deepStrictEqual(details_unavailable, { past_retention: 0, not_found: 2 })
      assert.deepStrictEqual(unknown_values, {})
      assert.strictEqual(held_ms, 5)
      for (const [name, count] of Object.entries(counts)) {
        assert.strictEqual(count, 2 * Number(Object.entries(first).find(([key]) => key === name)?.[1]), name)
      }
      assert.strictEqual(counts.paced_ms, 20)
      assert.strictEqual(counts.sessions, 4)
      assert.strictEqual(counts.possibly_missing, 6)
    }),
  )

  it.effect("names what lies between windows as a gap, and forgets none when it goes on", () =>
    Effect.gen(function* () {
      const parts = [yield* run(7), yield* run(1), yield* run(4)]
      const [first, ...rest] = parts
      assert.isDefined(first)
      const all = rest.reduce(Coverage.combine, first)
      assert.deepStrictEqual(all.gaps, [
        { from: "2026-10-02T00:00:00Z", to: "2026-10-04T00:00:00Z" },
        { from: "2026-10-05T00:00:00Z", to: "2026-10-07T00:00:00Z" },
      ])
      assert.deepStrictEqual(
        Coverage.spans(all),
        [1, 4, 7].map((day) => ({ from: at(day), to: at(day + 1) })),
      )
    }),
  )

  it.effect("adds up unknown values by name", () =>
    Effect.gen(function* () {
      const first = { ...(yield* run(1)), unknown_values: { "outcome:b": 1, "outcome:a": 2 } }
      const second = { ...(yield* run(2)), unknown_values: { "outcome:b": 3 } }
      assert.deepStrictEqual(Coverage.combine(first, second).unknown_values, { "outcome:a": 2, "outcome:b": 4 })
    }),
  )

  it.effect("keeps a value that is called like the rest apart from the rest", () =>
    Effect.gen(function* () {
      const recorder = yield* Coverage.make
      const outcomes = ["(more)", "“(more)”", ...Array.from({ length: 50 }, (_, index) => `odd ${index}`)]
      for (const outcome of outcomes) {
        const nudge = {
          nudge_id: "n",
          type: "toast",
          shown_at: "2026-10-01T00:00:00Z",
          outcome,
          influenced_conversion: false,
        }
        const summary = {
          id: "sess_1",
          started_at: "2026-10-01T00:00:00Z",
          ended_at: "2026-10-01T00:00:00Z",
          page_count: 1,
          intent_score: 1,
          converted: false,
          nudge_count: 1,
        }
        const session = { ...summary, events: [], nudges: [nudge] }
        recorder.taken({ summary, detail: { _tag: "Read", session }, readAt: 0 })
      }
      const { unknown_values } = recorder.snapshot()
      assert.deepInclude(unknown_values, { "outcome:“(more)”": 1, "outcome:““(more)””": 1, "outcome:(more)": 2 })
      const both = Coverage.combine(recorder.snapshot(), recorder.snapshot()).unknown_values
      assert.deepInclude(both, { "outcome:“(more)”": 2, "outcome:““(more)””": 2, "outcome:(more)": 4 })
    }),
  )

  it.effect("names at most 50 unknown values, the same whatever the order of the parts", () =>
    Effect.gen(function* () {
      const named = (kind: string, numbers: ReadonlyArray<number>) =>
        Object.fromEntries(numbers.map((number) => [`${kind}:${String(number).padStart(3, "0")}`, 1]))
      const [a, b, c] = [
        { ...named("outcome", [...Array(40).keys()]), "outcome:(more)": 7 },
        named(
          "event_type",
          Array.from({ length: 30 }, (_, index) => 100 + index),
        ),
        named(
          "outcome",
          Array.from({ length: 45 }, (_, index) => 5 + index),
        ),
      ]
      const empty = yield* Coverage.make
      const of = (unknown_values: Coverage.Coverage["unknown_values"]) => ({ ...empty.snapshot(), unknown_values })
      const orders = [
        Coverage.combine(Coverage.combine(of(a), of(b)), of(c)),
        Coverage.combine(of(a), Coverage.combine(of(b), of(c))),
        Coverage.combine(Coverage.combine(of(c), of(a)), of(b)),
      ].map(({ unknown_values }) => unknown_values)
      for (const order of orders) assert.strictEqual(JSON.stringify(order), JSON.stringify(orders[0]))
      const names = Object.keys(orders[0] ?? {})
      assert.strictEqual(names.filter((name) => !name.endsWith("(more)")).length, 50)
      assert.deepStrictEqual(
        names.filter((name) => name.endsWith("(more)")),
        ["outcome:(more)"],
      )
      const total = Object.values(orders[0] ?? {}).reduce((sum, count) => sum + count, 0)
      assert.strictEqual(total, 40 + 7 + 30 + 45)
    }),
  )

  it.effect("is what the schema says it is", () =>
    Effect.gen(function* () {
      const coverage = yield* run(1)
      const json: unknown = JSON.parse(JSON.stringify(coverage))
      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(Coverage.Coverage)(json), coverage)
    }),
  )

  it.effect("counts requests by what they are for, and all of them", () =>
    Effect.gen(function* () {
      const coverage = yield* run(1, (recorder) => recorder.request("ListNudges", true))
      assert.deepInclude(coverage, {
        requests: 4,
        list_requests: 1,
        detail_requests: 1,
        nudge_requests: 2,
        retries: 2,
      })
      const resumed = yield* Coverage.resume(coverage)
      assert.strictEqual(resumed.sent(), 4)
      assert.deepStrictEqual(resumed.snapshot(), coverage)
    }),
  )

  it.effect("reads what was saved before there was a count, as 0", () =>
    Effect.gen(function* () {
      const {
        nudge_requests: _,
        nudges_differ: __,
        nudges_from_list: ___,
        possibly_missing: ____,
        ...older
      } = { ...(yield* run(1)), requests: 2 }
      const read = yield* Schema.decodeUnknownEffect(Coverage.Coverage)(older)
      assert.deepStrictEqual(read, {
        ...older,
        nudge_requests: 0,
        nudges_differ: 0,
        nudges_from_list: 0,
        possibly_missing: 0,
      })
    }),
  )

  const day = (from: number, to: number) => ({ from: Session.instant(at(from)), to: Session.instant(at(to)) })
  const nonsense: ReadonlyArray<readonly [string, Partial<Coverage.Coverage>, RegExp]> = [
    ["a window that runs backwards", { window: day(9, 1) }, /begins before it ends.*\["window"\]/s],
    ["an empty window", { window: day(1, 1) }, /begins before it ends/],
    ["a gap that runs backwards", { window: day(1, 9), gaps: [day(5, 3)] }, /begins before it ends.*\["gaps"\]/s],
    ["gaps out of order", { window: day(1, 9), gaps: [day(5, 6), day(2, 3)] }, /gaps in order/],
    ["gaps that touch", { window: day(1, 9), gaps: [day(2, 3), day(3, 4)] }, /gaps in order/],
    ["a gap at the edge", { window: day(1, 9), gaps: [day(1, 3)] }, /inside the window/],
    ["a gap beyond the window", { window: day(1, 9), gaps: [day(8, 10)] }, /inside the window/],
    ["gaps of no window", { window: null, gaps: [day(2, 3)] }, /inside the window/],
    ["requests of no kind", { requests: 4 }, /requests to be the sum of its kinds/],
    ["more retries than requests", { retries: 4 }, /retries not to be more than requests/],
    ["more 429s than requests", { rate_limited: 4 }, /rate_limited not to be more than requests/],
    ["more empty pages than pages", { empty_pages: 3 }, /empty_pages not to be more than pages/],
    ["more details than sessions", { details: 3 }, /details not to be more than sessions/],
    [
      "more nudges from the list than sessions",
      { nudges_from_list: 3 },
      /nudges_from_list not to be more than sessions/,
    ],
    [
      "more unavailable details than sessions",
      { details_unavailable: { past_retention: 2, not_found: 1 } },
      /details_unavailable not to be more than sessions/,
    ],
    [
      "more changed details than details",
      { changed_since_listed: 1 },
      /changed_since_listed not to be more than details/,
    ],
    ["more unsettled sessions than sessions", { unsettled: 3 }, /unsettled not to be more than sessions/],
    ["a time below 0", { paced_ms: -1 }, /\["paced_ms"\]/],
    ["a count below 0", { sessions: -1 }, /\["sessions"\]/],
    ["a fraction of a row", { duplicates: 0.5 }, /\["duplicates"\]/],
    ["a count that is no longer exact", { requests: 2 ** 53 }, /\["requests"\]/],
  ]
  it.effect.each(nonsense)("does not take %s", ([, change, reason]) =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(
        Schema.decodeUnknownEffect(Coverage.Coverage)({ ...(yield* run(1)), ...change }),
      )
      assert.match(message, reason)
    }),
  )
})
