import { CohortReport, Fold, Period } from "@effect-elnudge/report"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Periods from "../src/html/Periods.ts"

const at = (text: string) => Date.parse(text)

const spanOf = (from: string, to: string) => ({ from: at(from), to: at(to) })

const zoneOf = (name: string) => DateTime.zoneMakeNamedUnsafe(name)

/** One session at each instant. */
const rowsOf = (unit: Period.Unit, zone: string, instants: ReadonlyArray<string>) =>
  Fold.run(
    CohortReport.make({ by: { unit, labeler: Period.labeler(unit, zoneOf(zone)) } }),
    instants.map((started_at, index) => ({
      summary: {
        id: `sess_${index}`,
        started_at,
        ended_at: started_at,
        page_count: 1,
        intent_score: 50,
        converted: false,
        nudge_count: 0,
      },
      detail: { _tag: "NotNeeded" as const },
      readAt: at("9999-12-31T23:59:59Z"),
    })),
  )

const axisOf = (
  unit: Period.Unit,
  zone: string,
  span: ReturnType<typeof spanOf> | null,
  instants: ReadonlyArray<string>,
) => Periods.axis(unit, zoneOf(zone), span, rowsOf(unit, zone, instants))

describe("the axis of a window", () => {
  it("has every period that an instant of the window is in, in every zone", () => {
    const span = spanOf("2026-03-20T17:12:00Z", "2026-04-20T05:40:00Z")
    for (const zone of ["UTC", "+05:37", "-03:00", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu"]) {
      for (const unit of Period.units) {
        const label = Period.labeler(unit, zoneOf(zone))
        const expected = new Set<string>()
        for (let instant = span.from; instant < span.to; instant += 300_000) expected.add(label(instant))
        assert.deepStrictEqual(axisOf(unit, zone, span, ["2026-04-01T10:00:00Z"]), [...expected].sort(), zone)
      }
    }
  })

  it("leaves out the day that a zone left out", () => {
    const days = axisOf("day", "Pacific/Apia", spanOf("2011-12-29T10:00:00Z", "2012-01-01T10:00:00Z"), [
      "2011-12-29T12:00:00Z",
    ])
    assert.deepStrictEqual(days, ["2011-12-29", "2011-12-31", "2012-01-01"])
  })

  it("of all times begins and ends with a session", () => {
    const always = spanOf("0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
    const days = axisOf("day", "Asia/Tokyo", always, ["2026-10-01T10:00:00Z", "2026-10-20T10:00:00Z"])
    assert.lengthOf(days, 20)
    const ends = ["0000-01-01T00:00:00Z", "2026-10-01T10:00:00Z", "9999-12-31T23:59:58Z"]
    assert.deepStrictEqual(axisOf("day", "Asia/Tokyo", always, ends), ["0000-01-01", "2026-10-01", "Y10000-01-01"])
    assert.deepStrictEqual(axisOf("week", "America/New_York", always, ends), ["-0001-W52", "2026-W40", "9999-W52"])
  })
})

describe("where no window is known", () => {
  const instants = ["01", "02", "06", "07"].flatMap((day) =>
    Array.from({ length: 30 }, () => `2026-10-${day}T12:00:00Z`),
  )

  it("the axis has every day and week between two sessions", () => {
    const days = ["01", "02", "03", "04", "05", "06", "07"].map((day) => `2026-10-${day}`)
    assert.deepStrictEqual(axisOf("day", "UTC", null, instants), days)
    const far = ["2026-09-01T12:00:00Z", ...instants]
    assert.deepStrictEqual(
      axisOf("week", "UTC", null, far),
      [36, 37, 38, 39, 40, 41].map((week) => `2026-W${week}`),
    )
    assert.deepStrictEqual(axisOf("hour", "UTC", null, instants), ["12"])
    const ends = ["0000-01-01T00:00:00Z", "9999-12-31T00:00:00Z"]
    assert.deepStrictEqual(axisOf("day", "UTC", null, ends), ["0000-01-01", "9999-12-31"])
  })

  it("days without a session between two that have some are asked about", () => {
    assert.deepStrictEqual(Periods.silences(zoneOf("UTC"), [], rowsOf("day", "UTC", instants)), [
      { where: "within", first: "2026-10-03", last: "2026-10-05", days: 3 },
    ])
  })
})

describe("the stretches without a session", () => {
  const many = (instant: string, sessions: number) => Array.from({ length: sessions }, () => instant)

  const silencesOf = (zone: string, spans: ReadonlyArray<ReturnType<typeof spanOf>>, instants: ReadonlyArray<string>) =>
    Periods.silences(zoneOf(zone), spans, rowsOf("day", zone, instants))

  it("of a window of all times are counted, not gone through day by day", () => {
    const always = spanOf("0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z")
    assert.deepStrictEqual(silencesOf("UTC", [always], many("2026-10-01T10:00:00Z", 30)), [
      { where: "before", first: "0000-01-01", last: "2026-09-30", days: 740_255 },
      // The last millisecond of 9999 is not in the window, which cuts its last day.
      { where: "after", first: "2026-10-02", last: "9999-12-30", days: 2_912_168 },
    ])
  })

  it("are of whole days of the zone, and none where nobody walked", () => {
    const instants = ["01", "02", "05", "06"].flatMap((day) => many(`2026-10-${day}T12:00:00Z`, 40))
    const whole = spanOf("2026-10-01T00:00:00Z", "2026-10-07T00:00:00Z")
    const within = { where: "within" as const, first: "2026-10-03", last: "2026-10-04", days: 2 }
    assert.deepStrictEqual(silencesOf("UTC", [whole], instants), [within])
    const apart = [
      spanOf("2026-10-01T00:00:00Z", "2026-10-03T12:00:00Z"),
      spanOf("2026-10-04T12:00:00Z", "2026-10-07T00:00:00Z"),
    ]
    assert.deepStrictEqual(silencesOf("UTC", apart, instants), [])
    assert.deepStrictEqual(silencesOf("Pacific/Kiritimati", [whole], instants), [
      { where: "within", first: "2026-10-04", last: "2026-10-05", days: 2 },
    ])
  })
})
