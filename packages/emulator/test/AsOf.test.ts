import * as Session from "@effect-elnudge/core/Session"
import { AsOf, Generator } from "@effect-elnudge/emulator"
import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const minute = 60_000
const noon = Date.UTC(2026, 9, 15, 12)
const at = (minutes: number) => new Date(noon + minutes * minute).toISOString()

// Half an hour: a page at 0, the cart at 10, a second page and the purchase at 20.
const buyer: Session.Detail = {
  id: "sess_1",
  started_at: at(0),
  ended_at: at(30),
  page_count: 2,
  intent_score: 80,
  converted: true,
  nudge_count: 2,
  events: [
    { type: "PURCHASE", url: "/done", occurred_at: at(20) },
    { type: "PAGE_VIEW", url: "/", occurred_at: at(0) },
    { type: "ADD_TO_CART", url: "/cart", occurred_at: at(10) },
    { type: "PAGE_VIEW", url: "/done", occurred_at: at(20) },
  ],
  nudges: [
    { nudge_id: "n2", type: "toast", shown_at: at(15), outcome: "clicked", influenced_conversion: true },
    { nudge_id: "n1", type: "toast", shown_at: at(5), outcome: "dismissed", influenced_conversion: false },
  ],
}
const [purchase, landing, cart] = buyer.events
const [clicked, dismissed] = buyer.nudges

describe("a session as of an instant", () => {
  it("is not there before it starts", () => {
    expect(AsOf.asOf(buyer, noon - 1)).toBeUndefined()
  })

  it("begins with what happened at its start", () => {
    expect(AsOf.asOf(buyer, noon)).toEqual({
      ...buyer,
      ended_at: at(0),
      page_count: 1,
      intent_score: 20,
      converted: false,
      nudge_count: 0,
      events: [landing],
      nudges: [],
    })
  })

  it("ends for now with its last event, and knows of no purchase that is yet to come", () => {
    expect(AsOf.asOf(buyer, noon + 19 * minute)).toEqual({
      ...buyer,
      ended_at: at(10),
      page_count: 1,
      intent_score: 40,
      converted: false,
      events: [landing, cart],
      nudges: [{ ...clicked, influenced_conversion: false }, dismissed],
    })
  })

  it("is converted and credits its nudge from the purchase on, while it is still open", () => {
    expect(AsOf.asOf(buyer, noon + 20 * minute)).toEqual({ ...buyer, ended_at: at(20) })
  })

  it("is itself from its end on", () => {
    expect(AsOf.asOf(buyer, noon + 30 * minute - 1)).not.toBe(buyer)
    expect(AsOf.asOf(buyer, noon + 30 * minute)).toBe(buyer)
  })

  it("keeps fields that nobody knows", () => {
    const stored = { ...buyer, device: "phone", nudges: buyer.nudges.map((nudge) => ({ ...nudge, color: "red" })) }
    expect(AsOf.asOf(stored, noon + 6 * minute)).toMatchObject({ device: "phone", nudges: [{ color: "red" }] })
  })

  it("counts neither more pages nor more nudges than it will have", () => {
    const counted = AsOf.asOf({ ...buyer, page_count: 1, nudge_count: 1 }, noon + 25 * minute)
    expect(counted).toMatchObject({ page_count: 1, nudge_count: 1 })
  })

  it("does not become converted by a purchase that the end does not know", () => {
    expect(AsOf.asOf({ ...buyer, converted: false }, noon + 25 * minute)).toMatchObject({ converted: false })
  })

  it("without an end has none while it is open, and is itself after the last that happened", () => {
    const open = { ...buyer, ended_at: null }
    expect(AsOf.asOf(open, noon + 19 * minute)).toMatchObject({ ended_at: null, nudge_count: 2, converted: false })
    expect(AsOf.asOf(open, noon + 20 * minute)).toBe(open)
    const lateNudge = { ...open, events: [purchase ?? expect.fail("no purchase")], started_at: at(20) }
    expect(AsOf.settledAt({ ...lateNudge, nudges: [] })).toBe(noon + 20 * minute)
    expect(AsOf.settledAt({ ...lateNudge, events: [] })).toBe(noon + 20 * minute)
    expect(AsOf.settledAt({ ...open, events: [] })).toBe(noon + 15 * minute)
  })

  it("without events has nothing until its end", () => {
    const silent = { ...buyer, events: [], nudges: [] }
    expect(AsOf.asOf(silent, noon + minute)).toMatchObject({ ended_at: at(0), page_count: 0, intent_score: 0 })
  })

  const isDetail = Schema.is(Session.Detail)
  const end = DateTime.makeUnsafe(noon)

  it.effect.prop("only grows, up to what it is in the end", { seed: Schema.String }, ({ seed }) =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end, seed, days: 1, count: 20 })
      // Most sessions are a page and nothing else.
      for (const session of sessions.filter(({ events, nudges }) => events.length + nudges.length > 2)) {
        const moments = [
          session.started_at,
          session.ended_at ?? "open",
          ...session.events.map(({ occurred_at }) => occurred_at),
          ...session.nudges.map(({ shown_at }) => shown_at),
        ].map(Session.millis)
        const instants = moments.flatMap((moment) => [moment, moment + 500]).sort((a, b) => a - b)
        const states = instants.map((now) => AsOf.asOf(session, now) ?? expect.fail("it has started"))
        expect(states.at(-1)).toBe(session)
        states.forEach((state, index) => {
          const next = states[index + 1] ?? session
          const now = instants[index] ?? Number.NaN
          expect(isDetail(state)).toBe(true)
          expect(Session.millis(state.ended_at ?? "open")).toBeLessThanOrEqual(Math.max(now, 0))
          expect(Session.millis(state.ended_at ?? "open")).toBeLessThanOrEqual(Session.millis(next.ended_at ?? "open"))
          expect(state.page_count).toBeLessThanOrEqual(next.page_count)
          expect(state.intent_score).toBeLessThanOrEqual(next.intent_score)
          expect(state.nudge_count).toBe(state.nudges.length)
          expect(state.converted).toBe(state.events.some(({ type }) => type === "PURCHASE"))
          expect(next.events).toEqual(expect.arrayContaining([...state.events]))
          expect(next.nudges.map(({ nudge_id }) => nudge_id)).toEqual(
            expect.arrayContaining(state.nudges.map(({ nudge_id }) => nudge_id)),
          )
          expect(state.nudges.some(({ influenced_conversion }) => influenced_conversion)).toBe(
            state.converted && session.nudges.some(({ influenced_conversion }) => influenced_conversion),
          )
        })
      }
    }),
  )
})
