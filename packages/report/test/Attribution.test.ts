import { Attribution } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import * as SessionFixture from "./SessionFixture.ts"

const { buyer, detail, nudge, purchase } = SessionFixture

const idsOf = ({ candidates }: Attribution.Attribution) => candidates.map(({ nudge: { nudge_id } }) => nudge_id)

describe("Attribution.isInteraction", () => {
  it.for([
    { outcome: "clicked", expected: true },
    { outcome: "chat_opened", expected: true },
    { outcome: "dismissed", expected: true },
    { outcome: "shown", expected: false },
    { outcome: "hovered", expected: false },
    { outcome: "CLICKED", expected: false },
    { outcome: "", expected: false },
  ])("takes '$outcome' for an interaction: $expected", ({ expected, outcome }) => {
    expect(Attribution.isInteraction(outcome, Attribution.vendorRule)).toBe(expected)
  })

  it("leaves dismissals out, and nothing else, when they do not count", () => {
    const rule = { ...Attribution.vendorRule, dismissCounts: false }
    expect(Attribution.isInteraction("dismissed", rule)).toBe(false)
    expect(Attribution.isInteraction("clicked", rule)).toBe(true)
    expect(Attribution.isInteraction("chat_opened", rule)).toBe(true)
  })
})

describe("Attribution.attribute", () => {
  it("credits the toast of the API document's example, 11 min 14 s before the purchase", () => {
    const attribution = Attribution.attribute(SessionFixture.example)
    expect(attribution.status).toBe("yes")
    expect(idsOf(attribution)).toEqual(["nudge_1"])
    expect(attribution.purchasedAt).toBe(Date.parse("2026-10-01T10:27:44Z"))
    expect(attribution.candidates.map(({ shownAt }) => shownAt)).toEqual([Date.parse("2026-10-01T10:16:30Z")])
  })

  it.for([
    { shown_at: "2026-10-01T10:00:00Z", status: "yes" },
    { shown_at: "2026-10-01T09:59:59.999Z", status: "maybe" },
    { shown_at: "2026-10-01T10:30:00Z", status: "yes" },
    { shown_at: "2026-10-01T10:30:00.001Z", status: "no" },
  ])("says $status for a click on what was shown at $shown_at before a purchase at 10:30", ({ shown_at, status }) => {
    const session = buyer({
      events: [purchase("2026-10-01T10:30:00Z")],
      nudges: [nudge({ shown_at, outcome: "clicked" })],
    })
    expect(Attribution.attribute(session).status).toBe(status)
  })

  it("takes the window from the rule", () => {
    const session = buyer({ nudges: [nudge({ shown_at: "2026-10-01T10:10:00Z", outcome: "clicked" })] })
    const tenMinutes = { windowMillis: 10 * 60_000, dismissCounts: true }
    expect(Attribution.attribute(session, tenMinutes).status).toBe("yes")
    expect(Attribution.attribute(session, { ...tenMinutes, windowMillis: 10 * 60_000 - 1 }).status).toBe("maybe")
  })

  it("never credits a nudge that was shown after the purchase, but an older one beside it", () => {
    const session = buyer({
      nudges: [
        nudge({ nudge_id: "after", shown_at: "2026-10-01T10:20:01Z", outcome: "clicked" }),
        nudge({ nudge_id: "before", shown_at: "2026-10-01T10:05:00Z", outcome: "clicked" }),
      ],
    })
    expect(idsOf(Attribution.attribute(session))).toEqual(["before"])
  })

  it("orders candidates by instant, not by their order in the session or as text", () => {
    const session = buyer({
      nudges: [
        nudge({ nudge_id: "third", shown_at: "2026-10-01T10:10:45.500Z", outcome: "clicked" }),
        nudge({ nudge_id: "second", shown_at: "2026-10-01T10:10:45Z", outcome: "dismissed" }),
        nudge({ nudge_id: "first", shown_at: "2026-10-01T12:05:00+02:00", outcome: "chat_opened" }),
      ],
    })
    expect(idsOf(Attribution.attribute(session))).toEqual(["first", "second", "third"])
  })

  it("breaks a tie by nudge_id in code-unit order", () => {
    const ids = ["nudge_2", "nudge_10", "nudge_a", "nudge_B"]
    const session = buyer({ nudges: ids.map((nudge_id) => nudge({ nudge_id, outcome: "clicked" })) })
    expect(idsOf(Attribution.attribute(session))).toEqual(["nudge_10", "nudge_2", "nudge_B", "nudge_a"])
  })

  it("takes the earliest of several purchases by instant, where text order would take another", () => {
    const session = buyer({
      events: [
        purchase("2026-10-01T10:20:45.500Z"),
        purchase("2026-10-01T10:20:45Z"),
        purchase("2026-10-01T10:50:00Z"),
      ],
      nudges: [nudge({ shown_at: "2026-10-01T10:20:45.250Z", outcome: "clicked" })],
    })
    const attribution = Attribution.attribute(session)
    expect(attribution.purchasedAt).toBe(Date.parse("2026-10-01T10:20:45Z"))
    expect(attribution.status).toBe("no")
  })

  it("takes no other event for the purchase", () => {
    const cart = { ...purchase("2026-10-01T10:05:00Z"), type: "ADD_TO_CART" }
    const session = buyer({ events: [cart, purchase("2026-10-01T10:20:00Z")] })
    expect(Attribution.attribute(session).purchasedAt).toBe(Date.parse("2026-10-01T10:20:00Z"))
  })

  it("does not take a nudge with an unknown outcome, or one that was only shown, for a candidate", () => {
    const session = buyer({
      nudges: [nudge({ outcome: "hovered" }), nudge({ nudge_id: "nudge_2", outcome: "shown" })],
    })
    expect(Attribution.attribute(session)).toMatchObject({ status: "no", candidates: [] })
  })

  it("credits what is left when dismissals do not count", () => {
    const session = buyer({
      nudges: [
        nudge({ nudge_id: "clicked", shown_at: "2026-10-01T10:05:00Z", outcome: "clicked" }),
        nudge({ nudge_id: "dismissed", shown_at: "2026-10-01T10:15:00Z", outcome: "dismissed" }),
      ],
    })
    expect(idsOf(Attribution.attribute(session))).toEqual(["clicked", "dismissed"])
    expect(idsOf(Attribution.attribute(session, { ...Attribution.vendorRule, dismissCounts: false }))).toEqual([
      "clicked",
    ])
  })

  it("calls a session that did not convert not converted, whatever its events say", () => {
    const session = detail({ events: [purchase()], nudges: [nudge({ outcome: "clicked" })] })
    expect(Attribution.attribute(session)).toEqual({
      status: "not_converted",
      purchasedAt: undefined,
      candidates: [],
    })
  })

  it.for([
    { outcome: "clicked", status: "unknown_time" },
    { outcome: "shown", status: "no" },
    { outcome: "hovered", status: "no" },
  ])("says $status for a converted session without PURCHASE whose nudge was '$outcome'", ({ outcome, status }) => {
    const session = detail({ converted: true, nudges: [nudge({ outcome })] })
    expect(Attribution.attribute(session)).toEqual({ status, purchasedAt: undefined, candidates: [] })
  })

  it("says no for a converted session without nudges", () => {
    expect(Attribution.attribute(buyer()).status).toBe("no")
  })

  it("leaves the session's own arrays as they were", () => {
    const session = buyer({
      nudges: [
        nudge({ nudge_id: "later", shown_at: "2026-10-01T10:15:00Z", outcome: "clicked" }),
        nudge({ nudge_id: "earlier", shown_at: "2026-10-01T10:05:00Z", outcome: "clicked" }),
      ],
    })
    const before = structuredClone(session)
    Attribution.attribute(session)
    expect(session).toEqual(before)
  })
})
