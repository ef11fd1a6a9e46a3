import { Session } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

const isInstant = Schema.is(Session.Instant)

describe("Session.Instant", () => {
  it.each([
    "2026-10-01T10:14:32Z",
    "2026-10-01T10:14:32.5Z",
    "2026-10-01T10:14:32.123456789Z",
    "2026-10-01T12:14:32+02:00",
    "2026-10-01T10:14Z",
    "2024-02-29T23:59:59Z",
    "2000-02-29T00:00:00Z",
    "2026-12-31T23:59:59.999Z",
  ])("is %s", (text) => assert.isTrue(isInstant(text)))

  it.each([
    "",
    "yesterday",
    "2026-10-01",
    "2026-10-01T10:14:32",
    "2026-10-01 10:14:32Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-10-00T00:00:00Z",
    "2026-10-01T25:00:00Z",
    "2026-10-01T10:61:00Z",
    1_759_313_672_000,
    null,
  ])("is not %j", (value) => assert.isFalse(isInstant(value)))
})

describe("Session.isUnsettled", () => {
  const session = (ended_at: string | null): Session.Summary => ({
    id: "sess_1",
    started_at: "2026-10-01T10:00:00Z",
    ended_at,
    page_count: 1,
    intent_score: 1,
    converted: false,
    nudge_count: 0,
  })
  const ended = Session.millis("2026-10-01T10:10:00Z")
  const unsettledAt = (readAt: number) => Session.isUnsettled(session("2026-10-01T10:10:00Z"), readAt)

  it("holds until 30 minutes after the end, also where our clock is behind", () => {
    assert.isTrue(unsettledAt(ended - 60_000))
    assert.isTrue(unsettledAt(ended + 30 * 60_000 - 1))
    assert.isFalse(unsettledAt(ended + 30 * 60_000))
  })

  it("holds for a session without an end, for ever", () => {
    assert.isTrue(Session.isUnsettled(session(null), Number.POSITIVE_INFINITY))
  })
})
