import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import type * as FlagValues from "../src/FlagValues.ts"
import * as WalkPlan from "../src/WalkPlan.ts"

const flags: WalkPlan.WalkFlags = {
  from: Option.none(),
  to: Option.none(),
  since: Option.none(),
  site: Option.none(),
  timeZone: DateTime.zoneMakeNamedUnsafe("UTC"),
  input: [],
  listConcurrency: 1,
  concurrency: 8,
  pageSize: 200,
  rateLimit: 1000,
  share: 1,
  plan: Option.none(),
  retentionDays: Option.none(),
  checkpoint: Option.none(),
  deadline: Option.none(),
  maxRequests: Option.none(),
  quiet: false,
  verbose: false,
}

const date = (year: number, month: number, day: number): Option.Option<FlagValues.Moment> =>
  Option.some({ _tag: "Date", year, month, day })

const instant = (text: string): Option.Option<FlagValues.Moment> =>
  Option.some({ _tag: "Instant", at: DateTime.makeUnsafe(text) })

const windowOf = (overrides: Partial<WalkPlan.WalkFlags>) =>
  Effect.map(WalkPlan.make({ ...flags, ...overrides }), ({ from, to }) =>
    [from, to].map((moment) => (moment === undefined ? undefined : DateTime.formatIso(moment))),
  )

describe("WalkPlan.shortfall", () => {
  const covered = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }
  const at = (text: string) => DateTime.makeUnsafe(text)
  const files = ["sessions.ndjson"]

  it("says that files hold less than was asked for", () => {
    const asked = { files, from: at("2026-09-30T23:59:59Z"), to: at("2026-10-15T00:00:00Z") }
    assert.lengthOf(WalkPlan.shortfall(asked, covered), 1)
    const beyond = { files, from: undefined, to: at("2026-11-01T00:00:01Z") }
    assert.match(WalkPlan.shortfall(beyond, covered)[0] ?? "", /from 2026-10-01T00:00:00Z to 2026-11-01T00:00:00Z only/)
  })

  it("says nothing where they hold it, where nobody knows, and of the API", () => {
    const asked = { files, from: at("2026-10-01T00:00:00Z"), to: at("2026-11-01T00:00:00Z") }
    assert.deepStrictEqual(WalkPlan.shortfall(asked, covered), [])
    assert.deepStrictEqual(WalkPlan.shortfall({ ...asked, from: at("2020-01-01T00:00:00Z") }, null), [])
    assert.deepStrictEqual(
      WalkPlan.shortfall({ files: [], from: at("2020-01-01T00:00:00Z"), to: undefined }, covered),
      [],
    )
  })
})

describe("WalkPlan", () => {
  it.effect("leaves the default window to the walk", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* windowOf({}), [undefined, undefined])
    }),
  )

  it.effect.each<readonly [string, string, string]>([
    ["UTC", "2026-10-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z"],
    ["Europe/Berlin", "2026-09-30T22:00:00.000Z", "2026-10-31T23:00:00.000Z"],
    ["America/New_York", "2026-10-01T04:00:00.000Z", "2026-11-01T04:00:00.000Z"],
  ])("begins and ends dates at midnight in %s", ([zone, from, to]) =>
    Effect.gen(function* () {
      const timeZone = DateTime.zoneMakeNamedUnsafe(zone)
      assert.deepStrictEqual(yield* windowOf({ timeZone, from: date(2026, 10, 1), to: date(2026, 11, 1) }), [from, to])
    }),
  )

  it.effect("leaves instants alone, whatever the zone", () =>
    Effect.gen(function* () {
      const timeZone = DateTime.zoneMakeNamedUnsafe("Asia/Tokyo")
      const from = instant("2026-10-01T10:00:00Z")
      assert.deepStrictEqual(yield* windowOf({ timeZone, from }), ["2026-10-01T10:00:00.000Z", undefined])
    }),
  )

  it.effect("counts --since back from the end, or from now", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 23))
      const since = Option.some(Duration.days(7))
      assert.deepStrictEqual(yield* windowOf({ since }), ["2026-11-16T00:00:00.000Z", "2026-11-23T00:00:00.000Z"])
      assert.deepStrictEqual(yield* windowOf({ since, to: date(2026, 11, 1) }), [
        "2026-10-25T00:00:00.000Z",
        "2026-11-01T00:00:00.000Z",
      ])
    }),
  )

  it.effect.each<readonly [Partial<WalkPlan.WalkFlags>, RegExp, string?]>([
    [{ from: date(2026, 11, 1), to: date(2026, 11, 1) }, /window is empty/],
    [{ since: Option.some(Duration.zero), to: date(2026, 11, 1) }, /window is empty/],
    [{ from: date(2026, 11, 1), since: Option.some(Duration.days(1)) }, /--from and --since/],
    [{ plan: Option.some("growth"), retentionDays: Option.some(30) }, /--plan and --retention-days/],
    [{ rateLimit: "auto", share: 0.5 }, /share of a limit that is not known/, "InvalidOption"],
    [{ rateLimit: 10, share: 0.1 }, /share of 0.1 of 10 requests a minute/, "InvalidOption"],
  ])("refuses flags that contradict each other: %#", ([overrides, reason, tag = "UsageError"]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(WalkPlan.make({ ...flags, ...overrides }))
      assert.strictEqual(error._tag, tag)
      assert.match(error.message, reason)
    }),
  )

  it.effect("gives the run its share of the limit", () =>
    Effect.gen(function* () {
      const limitOf = (overrides: Partial<WalkPlan.WalkFlags>) =>
        Effect.map(WalkPlan.make({ ...flags, ...overrides }), ({ rateLimit }) => rateLimit)
      assert.strictEqual(yield* limitOf({}), 1000)
      assert.strictEqual(yield* limitOf({ share: 0.25 }), 250)
      assert.strictEqual(yield* limitOf({ rateLimit: "auto" }), "auto")
    }),
  )

  it.effect("warns of a start that the plan does not keep, and only then", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 23))
      const notes = (overrides: Partial<WalkPlan.WalkFlags>) =>
        Effect.map(WalkPlan.make({ ...flags, ...overrides }), (plan) => plan.notes)
      const old = { from: date(2026, 10, 1) }
      assert.deepStrictEqual(yield* notes(old), [])
      assert.deepStrictEqual(yield* notes({ ...old, plan: Option.some("scale") }), [])
      assert.deepStrictEqual(yield* notes({ ...old, plan: Option.some("growth"), input: ["x"] }), [])
      const [note] = yield* notes({ ...old, plan: Option.some("growth") })
      assert.match(note ?? "", /keeps 30 days.*2026-10-24T00:00:00Z/)
      assert.lengthOf(yield* notes({ ...old, retentionDays: Option.some(53) }), 0)
      assert.lengthOf(yield* notes({ ...old, retentionDays: Option.some(52) }), 1)
    }),
  )
})
