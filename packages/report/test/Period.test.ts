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

  // 18:22:59.999 and 18:23:00 are a day apart in +05:37, and so is what offsets of whole minutes or seconds cut.
  it.each([
    ["+05:37", "2026-10-01T18:22:59.999Z", "2026-10-01T18:23:00Z", "2026-10-02"],
    ["-00:01", "2026-10-02T00:00:59.999Z", "2026-10-02T00:01:00Z", "2026-10-02"],
    ["+23:59", "2026-10-01T00:00:59.999Z", "2026-10-01T00:01:00Z", "2026-10-02"],
    ["-23:59", "2026-10-02T23:58:59.999Z", "2026-10-02T23:59:00Z", "2026-10-02"],
    // Local mean time, +00:17:30 and −04:56:02; Liberia until 1972, −00:44:30; Amsterdam until 1937.
    ["Europe/Brussels", "1889-12-31T23:42:29.999Z", "1889-12-31T23:42:30Z", "1890-01-01"],
    ["America/New_York", "1800-01-01T04:56:01.999Z", "1800-01-01T04:56:02Z", "1800-01-01"],
    ["Africa/Monrovia", "1971-01-01T00:44:29.999Z", "1971-01-01T00:44:30Z", "1971-01-01"],
    // Half an hour of summer time on Lord Howe Island: +11:00, and +10:30 from 2026-04-04T15:00Z on.
    ["Australia/Lord_Howe", "2026-04-03T12:59:59.999Z", "2026-04-03T13:00:00Z", "2026-04-04"],
    ["Australia/Lord_Howe", "2026-04-05T13:29:59.999Z", "2026-04-05T13:30:00Z", "2026-04-06"],
    // Samoa left out 30 December 2011.
    ["Pacific/Apia", "2011-12-30T09:59:59.999Z", "2011-12-30T10:00:00Z", "2011-12-31"],
  ])("begins the day of %s to the millisecond", (zone, last, first, day) => {
    const label = labelerIn("day", zone)
    assert.isTrue(label(at(last)) < day, label(at(last)))
    assert.strictEqual(label(at(first)), day)
    assert.strictEqual(labelerIn("hour", zone)(at(first)), "00")
    assert.strictEqual(labelerIn("hour", zone)(at(last)), "23")
    // The same whichever of the two is asked first.
    const again = labelerIn("day", zone)
    assert.deepStrictEqual([again(at(first)), again(at(last))], [day, label(at(last))])
  })

  it("agrees with the calendar of Intl around every clock change of odd zones, second by second", () => {
    for (const [zone, change] of [
      ["Europe/Amsterdam", "1937-07-01T00:00:00Z"],
      ["Africa/Monrovia", "1972-01-07T00:44:30Z"],
      ["Asia/Kathmandu", "1985-12-31T18:30:00Z"],
      ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"],
      ["Europe/Dublin", "1916-10-01T02:00:00Z"],
      // Back by 5:21 within a quarter of an hour, over a midnight.
      ["Europe/Vienna", "1893-03-31T22:54:39Z"],
    ] as const) {
      const hour = labelerIn("hour", zone)
      const calendar = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" })
      for (let instant = at(change) - 1_000_000; instant < at(change) + 1_000_000; instant += 1000) {
        if (hour(instant) !== calendar.format(instant)) assert.fail(`${zone} ${instant}: ${hour(instant)}`)
      }
    }
  })

  it.each([
    ["UTC", "0000-01-01T00:00:00Z", "0000-01-01", "-0001-W52"],
    ["UTC", "0000-01-03T00:00:00Z", "0000-01-03", "0000-W01"],
    ["UTC", "0099-12-31T23:59:59Z", "0099-12-31", "0099-W53"],
    ["America/New_York", "0000-01-01T00:00:00Z", "-0001-12-31", "-0001-W52"],
    ["UTC", "9999-12-31T23:59:59.999Z", "9999-12-31", "9999-W52"],
    ["Asia/Tokyo", "9999-12-31T23:59:59Z", "Y10000-01-01", "9999-W52"],
    ["UTC", "0001-01-01T00:00:00Z", "0001-01-01", "0001-W01"],
    ["UTC", "1582-10-10T00:00:00Z", "1582-10-10", "1582-W40"],
  ])("names the days and weeks that stand for no time, in %s %s", (zone, instant, day, week) => {
    assert.strictEqual(labelerIn("day", zone)(at(instant)), day)
    assert.strictEqual(labelerIn("week", zone)(at(instant)), week)
    assert.match(labelerIn("hour", zone)(at(instant)), /^\d\d$/)
    assert.match(labelerIn("weekday", zone)(at(instant)), /^[1-7]-/)
  })

  it("has labels that sort by time as text, to the ends of what an instant can be", () => {
    const instants = [
      "0000-01-01T00:00:00Z",
      "0000-01-02T12:00:00Z",
      "0009-06-01T00:00:00Z",
      "1969-12-31T23:59:59Z",
      "2026-10-01T00:00:00Z",
      "9999-12-30T00:00:00Z",
      "9999-12-31T23:59:59Z",
    ]
    for (const zone of ["UTC", "Asia/Tokyo", "America/New_York", "+05:37", "-23:59", "+23:59"]) {
      for (const unit of ["day", "week"] as const) {
        const labels = instants.map((instant) => labelerIn(unit, zone)(at(instant)))
        assert.deepStrictEqual(labels.toSorted(), labels)
      }
    }
  })

  it("counts days, and takes their labels back", () => {
    for (const [label, number] of [
      ["1970-01-01", 0],
      ["2026-10-01", 20_727],
      ["0000-01-01", -719_528],
      ["-0001-12-31", -719_529],
      ["9999-12-31", 2_932_896],
      ["Y10000-01-01", 2_932_897],
    ] as const) {
      assert.strictEqual(Period.firstDay(label), number)
      assert.strictEqual(Period.dayLabel(number), label)
    }
    assert.strictEqual(Period.weekLabel(20_727), "2026-W40")
    assert.isNaN(Period.firstDay("1-Mon"))
    for (let monday = -719_533; monday < 2_933_000; monday += 7 * 1009) {
      assert.strictEqual(Period.firstDay(Period.weekLabel(monday + 6)), monday)
    }
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
