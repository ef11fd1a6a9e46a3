import { Generator } from "@effect-elnudge/emulator"
import * as Session from "@effect-elnudge/core/Session"
import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const end = DateTime.makeUnsafe("2026-10-15T12:00:00Z")
const endMillis = DateTime.toEpochMillis(end)
const day = 86_400_000

const isDetail = Schema.is(Session.Detail)

describe("Generator.make", () => {
  it.effect("gives the same sessions for the same seed", () =>
    Effect.gen(function* () {
      const first = yield* Generator.make({ end, count: 50, seed: "a" })
      const second = yield* Generator.make({ end, count: 50, seed: "a" })
      expect(second).toEqual(first)
    }),
  )

  it.effect("gives other sessions for another seed", () =>
    Effect.gen(function* () {
      const first = yield* Generator.make({ end, count: 50, seed: "a" })
      const second = yield* Generator.make({ end, count: 50, seed: "b" })
      expect(second).not.toEqual(first)
    }),
  )

  it.effect("has a seed and a number of sessions of its own", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end })
      expect(sessions).toHaveLength(2000)
      expect(sessions).toEqual(yield* Generator.make({ end, seed: "elnudge", count: 2000, days: 30 }))
    }),
  )

  it.effect("gives as many sessions as asked for, under ids of their own", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end, count: 300 })
      expect(new Set(sessions.map(({ id }) => id)).size).toBe(300)
      expect(yield* Generator.make({ end, count: 0 })).toEqual([])
    }),
  )

  it.effect("gives what a report needs to see: purchases, nudges of every type, every outcome and every band", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end })
      const nudges = sessions.flatMap((session) => session.nudges)
      expect(new Set(nudges.map(({ type }) => type))).toEqual(Session.nudgeTypes)
      expect(new Set(nudges.map(({ outcome }) => outcome))).toEqual(Session.outcomes)
      expect(nudges.some(({ influenced_conversion }) => influenced_conversion)).toBe(true)
      expect(new Set(sessions.map(({ intent_score }) => Math.min(4, Math.floor(intent_score / 20)))).size).toBe(5)
      expect(sessions.some(({ converted, nudge_count }) => converted && nudge_count === 0)).toBe(true)
    }),
  )

  const generated = {
    seed: Schema.String,
    days: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 90 })),
  }

  it.effect.prop("gives sessions of the model, scores within 0 to 100", generated, ({ days, seed }) =>
    Effect.gen(function* () {
      for (const session of yield* Generator.make({ end, seed, days, count: 40 })) {
        expect(isDetail(session), session.id).toBe(true)
        expect(session.intent_score).toBeGreaterThanOrEqual(0)
        expect(session.intent_score).toBeLessThanOrEqual(100)
      }
    }),
  )

  it.effect.prop("starts sessions within the window and ends them before its end", generated, ({ days, seed }) =>
    Effect.gen(function* () {
      for (const { ended_at, id, started_at } of yield* Generator.make({ end, seed, days, count: 40 })) {
        expect(Session.millis(started_at), id).toBeGreaterThanOrEqual(endMillis - days * day)
        expect(Session.millis(started_at), id).toBeLessThan(endMillis)
        expect(Session.millis(ended_at ?? "open"), id).toBeLessThanOrEqual(endMillis)
        expect(Session.millis(ended_at ?? "open"), id).toBeGreaterThan(Session.millis(started_at))
      }
    }),
  )

  it.effect.prop("keeps events and nudges within their session", generated, ({ days, seed }) =>
    Effect.gen(function* () {
      for (const { ended_at, events, id, nudges, started_at } of yield* Generator.make({
        end,
        seed,
        days,
        count: 40,
      })) {
        const instants = [...events.map((event) => event.occurred_at), ...nudges.map((nudge) => nudge.shown_at)]
        for (const instant of instants.map(Session.millis)) {
          expect(instant, id).toBeGreaterThanOrEqual(Session.millis(started_at))
          expect(instant, id).toBeLessThanOrEqual(Session.millis(ended_at ?? "open"))
        }
      }
    }),
  )

  it.effect.prop("agrees with itself on purchases, counts and flags", generated, ({ days, seed }) =>
    Effect.gen(function* () {
      for (const session of yield* Generator.make({ end, seed, days, count: 40 })) {
        expect(session.nudges).toHaveLength(session.nudge_count)
        expect(new Set(session.nudges.map(({ nudge_id }) => nudge_id)).size).toBe(session.nudge_count)
        expect(session.events.filter(({ type }) => type === "PURCHASE")).toHaveLength(session.converted ? 1 : 0)
        const flagged = session.nudges.filter(({ influenced_conversion }) => influenced_conversion)
        expect(flagged.length).toBeLessThanOrEqual(session.converted ? 1 : 0)
        expect(flagged.every(({ outcome }) => outcome !== "shown")).toBe(true)
      }
    }),
  )
})
