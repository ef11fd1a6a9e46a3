import { TimeWindow } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"

const at = (text: string) => DateTime.makeUnsafe(text)

describe("TimeWindow", () => {
  it.effect("is the last 30 days by default, in whole seconds", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 1, 6, 30, 0, 250))
      assert.deepStrictEqual(yield* TimeWindow.pin(), {
        from: "2026-10-02T06:30:00Z",
        to: "2026-11-01T06:30:00Z",
      })
    }),
  )

  it.effect("begins 30 days before a given end", () =>
    Effect.gen(function* () {
      const window = yield* TimeWindow.pin({ to: at("2026-03-31T00:00:00Z") })
      assert.deepStrictEqual(window, { from: "2026-03-01T00:00:00Z", to: "2026-03-31T00:00:00Z" })
    }),
  )

  it.effect("turns instants of other zones into UTC", () =>
    Effect.gen(function* () {
      const window = yield* TimeWindow.pin({ from: at("2026-10-01T02:00:00+02:00"), to: at("2026-10-02T00:00:00Z") })
      assert.strictEqual(window.from, "2026-10-01T00:00:00Z")
    }),
  )

  it.effect("is refused where it reaches beyond the years of four digits, and taken up to them", () =>
    Effect.gen(function* () {
      for (const options of [
        { to: at("0000-01-10T00:00:00Z") },
        { from: at("-000001-12-31T23:59:59.999Z"), to: at("2026-10-02T00:00:00Z") },
        { from: at("2026-10-02T00:00:00Z"), to: at("+010000-01-01T00:00:00Z") },
      ]) {
        const error = yield* Effect.flip(TimeWindow.pin(options))
        assert.strictEqual(error._tag, "InvalidOption")
        assert.include(error.message, "years go from 0000 to 9999")
      }
      const all = { from: "0000-01-01T00:00:00Z", to: "9999-12-31T23:59:59.999Z" }
      assert.deepStrictEqual(yield* TimeWindow.pin({ from: at(all.from), to: at(all.to) }), all)
    }),
  )

  it.effect.each(["2026-10-02T00:00:00Z", "2026-10-03T00:00:00Z"])("is refused when it is empty: from %s", (from) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(TimeWindow.pin({ from: at(from), to: at("2026-10-02T00:00:00Z") }))
      assert.strictEqual(error._tag, "InvalidOption")
      assert.include(error.message, "2026-10-02T00:00:00Z")
    }),
  )
})
