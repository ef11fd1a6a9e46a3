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

describe("Session.millis and isBefore", () => {
  const Moment = Schema.Struct({
    seconds: Schema.Int.check(Schema.isBetween({ minimum: -62_167_219_200, maximum: 253_402_300_799 })),
    fraction: Schema.Literals(["", ".0", ".25", ".125", ".999", ".1234567"]),
    zone: Schema.Literals(["Z", "Z", "Z", "+02:00", "-0930"]),
  })
  const write = ({ fraction, seconds, zone }: typeof Moment.Type) =>
    `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction}${zone}`

  it.prop("read what Date.parse reads, in any form", { moment: Moment }, ({ moment }) => {
    const text = write(moment)
    assert.strictEqual(Session.millis(text), Date.parse(text))
    assert.strictEqual(isInstant(text), !Number.isNaN(Date.parse(text)))
  })

  it.prop("compare as Date.parse does", { a: Moment, b: Moment }, ({ a, b }) => {
    for (const [one, other] of [
      [write(a), write(b)],
      [write(a), write({ ...a, fraction: b.fraction })],
      [write(a), write({ ...a, zone: b.zone })],
    ] as const) {
      assert.strictEqual(Session.isBefore(one, other), Date.parse(one) < Date.parse(other))
    }
  })

  it("know midnight as the 24th hour of the day before", () => {
    assert.isFalse(Session.isBefore("2026-10-01T24:00:00Z", "2026-10-02T00:00:00Z"))
    assert.isTrue(Session.isBefore("2026-10-01T23:59:59Z", "2026-10-01T24:00:00Z"))
  })

  it("read nothing from what has the length of an instant, but is none", () => {
    for (const text of [
      "2026-10-01T10:14:3xZ",
      "2026-10-01 10:14:32Z",
      "2026-10-01T10:14:32.5x0Z",
      "2026-02-30T00:00:00Z",
    ]) {
      assert.isFalse(isInstant(text), text)
    }
  })
})
