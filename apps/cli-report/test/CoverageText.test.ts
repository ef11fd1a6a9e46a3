import { Coverage } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as CoverageText from "../src/CoverageText.ts"

const costOf = (recorder: Coverage.Recorder) =>
  CoverageText.make(recorder.snapshot()).filter((line) => line.startsWith("requests: "))

describe("CoverageText", () => {
  it.effect("tells what the requests were for, and names nudges only where there were some", () =>
    Effect.gen(function* () {
      const recorder = yield* Coverage.make
      assert.deepStrictEqual(costOf(recorder), [])
      recorder.request("ListSessions", false)
      recorder.request("GetSession", false)
      recorder.request("GetSession", true)
      const rest =
        "1 repeated, 0 refused by the limit; requests waited 0.0 s for their turn and 0.0 s after refusals and faults, summed"
      assert.deepStrictEqual(costOf(recorder), [`requests: 3 (1 list, 2 detail), ${rest}`])
      recorder.request("ListNudges", false)
      assert.deepStrictEqual(costOf(recorder), [`requests: 4 (1 list, 2 detail, 1 nudges), ${rest}`])
    }),
  )

  it.effect("names unknown values so that none is taken for another note", () =>
    Effect.gen(function* () {
      const unknown_values = { "outcome:": 1, "outcome:hovered": 2, "nudge_type:a, 7 duplicate rows dropped": 3 }
      const coverage = { ...(yield* Coverage.make).snapshot(), unknown_values }
      assert.include(
        CoverageText.make(coverage),
        "noted: 1 unknown outcome:“”, 2 unknown outcome:hovered, 3 unknown nudge_type:“a, 7 duplicate rows dropped”",
      )
    }),
  )

  it.effect("says right after the coverage how many sessions may be missing", () =>
    Effect.gen(function* () {
      const linesOf = Effect.fnUntraced(function* (possibly_missing: number) {
        const recorder = yield* Coverage.make
        recorder.listed({ duplicates: 0, outside_window: 0, out_of_order: 0, possibly_missing })
        return CoverageText.make(recorder.snapshot())
      })
      assert.lengthOf(yield* linesOf(0), 1)
      assert.match((yield* linesOf(1))[1] ?? "", /^note: up to 1 session may be missing: /)
      assert.match((yield* linesOf(6))[1] ?? "", /^note: up to 6 sessions may be missing: /)
    }),
  )

  it.effect("stands in the JSON of a run after the requests for details", () =>
    Effect.gen(function* () {
      const names = Object.keys((yield* Coverage.make).snapshot())
      const first = names.indexOf("requests")
      assert.deepStrictEqual(names.slice(first, first + 4), [
        "requests",
        "list_requests",
        "detail_requests",
        "nudge_requests",
      ])
    }),
  )
})
