import { Coverage, Session } from "@effect-elnudge/core"
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

/** A run over one day of October with something to count. */
const run = (day: number, more: (recorder: Coverage.Recorder) => void = () => undefined) =>
  Effect.map(Coverage.make, (recorder) => {
    recorder.covers({ from: at(day), to: at(day + 1) })
    recorder.request("ListSessions", false)
    recorder.request("GetSession", true)
    recorder.rateLimited(at(day))
    recorder.waited("paced_ms", 10)
    recorder.page(1)
    recorder.page(0)
    recorder.summary(summary(`sess_${day}`, day), at(day + 1))
    recorder.duplicate()
    recorder.detailUnavailable("not_found")
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
      assert.strictEqual(counts.sessions, 2)
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

  it.effect("is what the schema says it is", () =>
    Effect.gen(function* () {
      const coverage = yield* run(1)
      const json: unknown = JSON.parse(JSON.stringify(coverage))
      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(Coverage.Coverage)(json), coverage)
    }),
  )
})
