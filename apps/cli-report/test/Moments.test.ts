import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Moments from "../src/html/Moments.ts"

const inZone = (text: string, zone: string) => Moments.instant(Date.parse(text), DateTime.zoneMakeNamedUnsafe(zone))

describe("Moments", () => {
  it.each([
    ["2026-10-01", "1 Oct 2026", "1 Oct"],
    ["0000-01-01", "1 Jan 0000", "1 Jan"],
    ["-0001-12-31", "31 Dec −0001", "31 Dec"],
    ["Y10000-01-01", "1 Jan 10000", "1 Jan"],
    ["2026-W40", "2026-W40", "W40"],
    ["1-Mon", "1-Mon", "Mon"],
  ])("writes the label %s as a day and on an axis", (label, day, period) => {
    assert.strictEqual(Moments.day(label), day)
    assert.strictEqual(Moments.period(label), period)
  })

  it("writes instants at the ends of the years of four digits", () => {
    assert.strictEqual(inZone("0000-01-01T00:00:00Z", "UTC"), "1 Jan 0000, 00:00")
    assert.strictEqual(inZone("0000-01-01T00:00:00Z", "America/New_York"), "31 Dec −0001, 19:03:58")
    assert.strictEqual(inZone("9999-12-31T23:59:59Z", "Asia/Tokyo"), "1 Jan 10000, 08:59:59")
  })
})
