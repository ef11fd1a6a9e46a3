import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { LearnedPace } from "../src/LearnedPace.ts"
import * as Pace from "../src/Pace.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** When requests depart that nobody keeps from it, except for pauses: so long before which request. */
const departures = (pace: Pace.Pace, count: number, pauses: ReadonlyMap<number, number> = new Map()) => {
  let now = 0
  return Array.from({ length: count }, (_, index) => {
    now += pauses.get(index) ?? 0
    const wait = pace.wait(now)
    if (wait > 0) {
      now += wait
      pace.waited(wait)
    }
    return pace.depart(now).at
  })
}

const mostInAnyMinute = (times: ReadonlyArray<number>): number => {
  const sorted = times.toSorted((a, b) => a - b)
  let first = 0
  return sorted.reduce((most, time, last) => {
    while ((sorted[first] ?? time) <= time - 60_000) first++
    return Math.max(most, last - first + 1)
  }, 0)
}

describe("Pace.steady", () => {
  const limit = between(2, 5_000)
  const pause = Schema.Tuple([between(0, 400), between(0, 90_000)])

  it.prop(
    "lets no 60 seconds hold more than the limit, with pauses, and where requests arrive up to 250 ms late",
    [
      Arbitrary.schema(limit),
      Arbitrary.array(Arbitrary.schema(pause), { maxLength: 6 }),
      Arbitrary.array(Arbitrary.schema(between(0, 250)), { minLength: 1, maxLength: 50 }),
    ],
    ([requestsPerMinute, pauses, delays]) => {
      const times = departures(Pace.steady(requestsPerMinute), requestsPerMinute * 2 + 10, new Map(pauses))
      assert.isAtMost(mostInAnyMinute(times), requestsPerMinute)
      const arrivals = times.map((time, index) => time + (delays[index % delays.length] ?? 0))
      assert.isAtMost(mostInAnyMinute(arrivals), requestsPerMinute)
    },
  )

  it.prop("uses at least 98 percent of the limit", { requestsPerMinute: limit }, ({ requestsPerMinute }) => {
    const times = departures(Pace.steady(requestsPerMinute), requestsPerMinute * 3)
    const minutes = (times.at(-1) ?? 0) / 60_000
    assert.isAtLeast((times.length - 1) / minutes / requestsPerMinute, 0.98)
  })

  it.each([
    [2, 1],
    [99, 1],
    [300, 4],
    [1_000, 5],
    [3_000, 5],
    [600_000, 100],
  ])("of %i a minute lets %i go at once", (requestsPerMinute, burst) => {
    const times = departures(Pace.steady(requestsPerMinute), burst + 1)
    assert.deepStrictEqual(
      times.map((time) => time > 0.001),
      [...Array.from({ length: burst }, () => false), true],
    )
  })

  it("makes up for timers that fire late", () => {
    const pace = Pace.steady(3_000)
    let now = 0
    for (let sent = 0; sent < 3_000; sent++) {
      const wait = pace.wait(now)
      if (wait > 0) now += wait + 60
      pace.depart(now)
    }
    assert.isAtMost(now, 61_000)
  })
})

describe("LearnedPace", () => {
  const perMinute = ({ perMilli }: LearnedPace): number => Math.round(perMilli * 60_000)

  it("begins at what is documented, and grows by waiting alone", () => {
    const pace = new LearnedPace()
    assert.strictEqual(perMinute(pace), 1_000)
    for (let now = 0; now < 60_000; now += 1_000) {
      assert.isAtMost(pace.wait(now), 0)
      pace.depart(now)
    }
    assert.strictEqual(perMinute(pace), 1_000)
    pace.waited(5_000)
    assert.isAbove(perMinute(pace), 2_000)
  })

  /** So many requests, one each so many milliseconds; the last one is refused. */
  const refuse = (pace: LearnedPace, count: number, everyMillis: number, heldMillis: number, from = 0) => {
    let now = from
    for (let sent = 1; sent < count; sent++) {
      pace.wait(now)
      pace.depart(now)
      now += everyMillis
    }
    pace.wait(now)
    const until = now + heldMillis
    pace.refused(pace.depart(now), until)
    return until
  }

  it("takes what was taken until the end of the hold, stays 5 percent below, and comes back in 15 seconds of waiting", () => {
    const pace = new LearnedPace()
    pace.waited(3_000)
    const resumed = refuse(pace, 1_001, 20, 40_500)
    assert.isAtMost(pace.wait(resumed), 0)
    // 1,000 in 20 seconds and a hold of 40.5, half a second of which is rounding.
    assert.strictEqual(perMinute(pace), 950)
    pace.waited(15_000)
    assert.strictEqual(perMinute(pace), 1_000)
    pace.waited(15_000)
    assert.strictEqual(perMinute(pace), 1_050)
  })

  it("lets one request go after a hold, and makes up for nothing", () => {
    const pace = new LearnedPace()
    const resumed = refuse(pace, 100, 60, 1_000)
    assert.isAtMost(pace.wait(resumed), 0)
    pace.depart(resumed)
    assert.isAtLeast(pace.wait(resumed), 1)
  })

  it("counts a hold once, whatever else was under way, and to its end", () => {
    const paces = [false, true].map((isLate) => {
      const pace = new LearnedPace()
      pace.waited(3_000)
      for (let now = 0; now < 20_000; now += 20) {
        pace.wait(now)
        pace.depart(now)
      }
      const underWay = [0, 1, 2].map((late) => pace.depart(20_000 + late))
      pace.refused({ index: 1_000, at: 20_000 }, isLate ? 40_000 : 60_000)
      if (isLate) for (const departure of underWay.slice(1)) pace.refused(departure, 60_000)
      pace.wait(60_000)
      return perMinute(pace)
    })
    assert.deepStrictEqual(paces, [958, 958])
  })

  it("is no faster for what lies before an idle hour", () => {
    const pace = new LearnedPace()
    pace.waited(4_000)
    for (let now = 0; now < 10_000; now += 50) {
      pace.wait(now)
      pace.depart(now)
    }
    const resumed = refuse(pace, 101, 100, 1_000, 3_600_000)
    pace.wait(resumed)
    // Ten a second, as in the ten seconds before, and not one a minute, as in the hour.
    assert.isAtLeast(perMinute(pace), 500)
    assert.isAtMost(perMinute(pace), 600)
  })

  it("is no faster than what was refused", () => {
    const pace = new LearnedPace()
    // 19 in 0.57 seconds would be 2,000 a minute.
    pace.wait(refuse(pace, 20, 30, 500))
    assert.strictEqual(perMinute(pace), 950)
  })

  it("does not count what was refused before as taken, in whatever order the answers come", () => {
    const pace = new LearnedPace()
    const departures = Array.from({ length: 40 }, (_, index) => {
      pace.wait(index * 500)
      return pace.depart(index * 500)
    })
    const [last, ...earlier] = departures.toReversed()
    if (last === undefined) return assert.fail("nothing departed")
    for (const departure of [last, ...earlier.slice(0, 19)]) pace.refused(departure, 20_000)
    pace.wait(20_000)
    // 20 of 40 in 19.5 seconds.
    assert.strictEqual(perMinute(pace), Math.round((20 / 19.5) * 60 * 0.95))
  })

  it("learns nothing from what was sent before a hold and is refused after it", () => {
    const pace = new LearnedPace()
    pace.wait(0)
    const late = pace.depart(0)
    const resumed = refuse(pace, 20, 60, 1_000, 60)
    pace.wait(resumed)
    const before = pace.perMilli
    pace.refused(late, resumed + 1_000)
    pace.wait(resumed + 1_000)
    assert.strictEqual(pace.perMilli, before)
  })

  it("halves where too little was taken to tell, and stops at 2 a minute", () => {
    const pace = new LearnedPace()
    // 4 in 0.24 seconds would be 1,000 a minute.
    let now = refuse(pace, 5, 60, 500)
    pace.wait(now)
    assert.strictEqual(perMinute(pace), 475)
    for (let round = 0; round < 30; round++) {
      now = refuse(pace, 2, 1, 1_000, now)
      pace.wait(now)
    }
    assert.isAtLeast(perMinute(pace), 2)
  })

  it("concludes nothing from a key that is refused from its first request on", () => {
    const pace = new LearnedPace()
    let now = 0
    for (let round = 0; round < 10; round++) now = refuse(pace, 1, 0, 1_000, now)
    pace.wait(now)
    assert.strictEqual(perMinute(pace), 1_000)
  })

  const step = Schema.Struct({
    waitMillis: between(0, 5_000),
    isRefused: Schema.Literals([false, false, false, true]),
    heldMillis: between(0, 60_000),
    late: between(0, 20),
  })

  it.prop(
    "is the same for the same course of things, and always a pace",
    [Arbitrary.array(Arbitrary.schema(step), { maxLength: 200 })],
    ([steps]) => {
      const course = () => {
        const pace = new LearnedPace()
        const sent: Array<Pace.Departure> = []
        let now = 0
        return steps.map(({ heldMillis, isRefused, late, waitMillis }) => {
          now += waitMillis
          const wait = pace.wait(now)
          assert.isTrue(Number.isFinite(wait))
          if (wait > 0) {
            now += wait
            pace.waited(wait)
          }
          sent.push(pace.depart(now))
          const refused = sent.at(-1 - late)
          if (isRefused && refused !== undefined) pace.refused(refused, now + heldMillis)
          assert.isAtLeast(pace.perMilli * 60_000, 1.9)
          assert.isTrue(Number.isFinite(pace.perMilli))
          return [now, pace.perMilli]
        })
      }
      assert.deepStrictEqual(course(), course())
    },
  )
})
