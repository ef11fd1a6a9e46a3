import { Period } from "@effect-elnudge/report"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"

const at = (text: string) => Date.parse(text)

const labelerIn = (unit: Period.Unit, zone = "UTC") => Period.labeler(unit, DateTime.zoneMakeNamedUnsafe(zone))

describe("Period", () => {
  it.each<readonly [Period.Unit, string]>([
    ["day", "2026-10-01"],
    ["week", "2026-W40"],
    ["hour", "23"],
    ["weekday", "4-Thu"],
  ])("names the %s of an instant", (unit, label) => {
    assert.strictEqual(labelerIn(unit)(at("2026-10-01T23:59:59.999Z")), label)
  })

  // ISO 8601's own hard cases: the week belongs to the year of its Thursday.
  it.each([
    ["2021-01-03T12:00:00Z", "2020-W53"],
    ["2021-01-04T00:00:00Z", "2021-W01"],
    ["2024-12-30T00:00:00Z", "2025-W01"],
    ["2026-12-31T00:00:00Z", "2026-W53"],
    ["2027-01-03T23:59:59Z", "2026-W53"],
    ["2023-01-01T00:00:00Z", "2022-W52"],
    ["1969-12-31T23:59:59Z", "1970-W01"],
  ])("puts %s into the ISO week %s", (instant, label) => {
    assert.strictEqual(labelerIn("week")(at(instant)), label)
  })

  it.each([
    ["UTC", "2026-10-24", "22"],
    ["Europe/Berlin", "2026-10-25", "00"],
    ["America/St_Johns", "2026-10-24", "19"],
    ["Asia/Kathmandu", "2026-10-25", "04"],
    ["Pacific/Kiritimati", "2026-10-25", "12"],
  ])("takes the calendar of %s", (zone, day, hour) => {
    const instant = at("2026-10-24T22:15:00Z")
    assert.strictEqual(labelerIn("day", zone)(instant), day)
    assert.strictEqual(labelerIn("hour", zone)(instant), hour)
  })

  it("passes through the hour that a clock change gives twice", () => {
    const label = labelerIn("hour", "Europe/Berlin")
    assert.deepStrictEqual(
      ["2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"].map((instant) => label(at(instant))),
      ["02", "02", "03"],
    )
  })

  it("agrees with the calendar of Intl for every quarter of an hour of a year with clock changes", () => {
    const zone = "America/New_York"
    const label = labelerIn("day", zone)
    const calendar = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" })
    for (let instant = at("2026-01-01T00:00:00Z"); instant < at("2027-01-01T00:00:00Z"); instant += 900_000) {
      if (label(instant + 1) !== calendar.format(instant)) assert.fail(`${instant}: ${label(instant + 1)}`)
    }
    assert.strictEqual(label(at("2026-03-08T06:59:59Z")), "2026-03-08")
  })

  it("says which first and last period the window cuts", () => {
    const week = labelerIn("week")
    const cut = (from: string, to: string) => [...Period.cutBy(week, { from: at(from), to: at(to) })]
    assert.deepStrictEqual(cut("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"), ["2026-W40", "2026-W44"])
    assert.deepStrictEqual(cut("2026-09-28T00:00:00Z", "2026-11-02T00:00:00Z"), [])
    assert.deepStrictEqual(cut("2026-09-28T00:00:00Z", "2026-11-02T00:00:00.001Z"), ["2026-W45"])
    assert.deepStrictEqual(cut("2026-09-28T00:00:01Z", "2026-09-30T00:00:00Z"), ["2026-W40"])
  })
})
