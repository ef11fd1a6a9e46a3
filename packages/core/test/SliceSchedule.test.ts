import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
// Not part of the package's index: how the window is cut is nobody's contract.
import { SliceSchedule } from "@effect-elnudge/core/SliceSchedule"

const hour = 3_600_000
const day = 24 * hour
const limit = 20

/** Starts in epoch milliseconds, newest first: so many in each hour, counted back from the end. */
const traffic = (perHour: ReadonlyArray<number>): ReadonlyArray<number> =>
  perHour.flatMap((count, index) =>
    Array.from({ length: count }, (_, nth) => (perHour.length - index) * hour - 1 - Math.floor((nth * hour) / count)),
  )

interface Walked {
  readonly starts: ReadonlyArray<number>
  readonly requests: number
  readonly rounds: number
  readonly mostHeld: number
  readonly mostAtOnce: number
}

/** Walks a list whose answers take one to three rounds each, as `delays` say. */
const walk = (
  starts: ReadonlyArray<number>,
  span: { readonly from: number; readonly to: number },
  concurrency: number,
  delays: ReadonlyArray<number>,
): Walked => {
  const schedule = new SliceSchedule<ReadonlyArray<number>>(span, concurrency, limit)
  type Slice = NonNullable<ReturnType<typeof schedule.next>>
  const reached = new Map<Slice, number>()
  let underWay: ReadonlyArray<{ readonly slice: Slice; readonly due: number }> = []
  const handedOn: Array<number> = []
  let requests = 0
  let mostHeld = 0
  let mostAtOnce = 0
  for (let round = 0; round < 100_000; round++) {
    const due = underWay.filter((each) => each.due <= round)
    underWay = underWay.filter((each) => each.due > round)
    for (const { slice } of due) {
      const before = reached.get(slice) ?? slice.to
      const rest = starts.filter((start) => start < before && start >= slice.askedFrom)
      const page = rest.slice(0, limit)
      const oldest = page.at(-1)
      reached.set(slice, oldest ?? before)
      const isLast = page.length === rest.length || (oldest !== undefined && oldest < slice.from)
      schedule.arrived(
        slice,
        page.filter((start) => start >= slice.from),
        { starts: page, isLast },
      )
    }
    mostHeld = Math.max(mostHeld, schedule.pagesHeld)
    let isLast = false
    for (let hasMore = true; hasMore && !isLast;) {
      const taken = schedule.take(concurrency)
      assert.isAtMost(taken.pages.length, concurrency)
      handedOn.push(...taken.pages.flat())
      hasMore = taken.pages.length > 0
      isLast = taken.isLast
    }
    for (let slice = schedule.next(); slice !== undefined; slice = schedule.next()) {
      underWay = [...underWay, { slice, due: round + (delays[requests++ % delays.length] ?? 1) }]
    }
    mostAtOnce = Math.max(mostAtOnce, underWay.length)
    if (isLast) return { starts: handedOn, requests, rounds: round, mostHeld, mostAtOnce }
  }
  return assert.fail("the walk never ends")
}

const Traffic = Schema.Array(Schema.Literals([0, 0, 1, 3, 10, 60, 200])).check(Schema.isMaxLength(72))
const Delays = Schema.NonEmptyArray(Schema.Literals([1, 1, 1, 2, 3])).check(Schema.isMaxLength(12))

describe("SliceSchedule", () => {
  it.prop(
    "brings every row once, in the list's order, within its bounds, however long the answers take",
    { perHour: Traffic, concurrency: Schema.Literals([1, 2, 5, 16]), delays: Delays },
    ({ concurrency, delays, perHour }) => {
      const starts = traffic(perHour)
      const walked = walk(starts, { from: 0, to: perHour.length * hour + day }, concurrency, delays)
      assert.deepStrictEqual(walked.starts, starts)
      assert.isAtMost(walked.mostAtOnce, concurrency)
      assert.isAtMost(walked.mostHeld, 32 * concurrency + 1)
    },
  )

  const skewed = traffic(Array.from({ length: 30 * 24 }, (_, hourOf) => 10 + 90 * (hourOf % 24 >= 8 ? 1 : 0)))
  const oneByOne = Math.ceil(skewed.length / limit)

  it.each([
    [8, 7],
    [16, 12],
  ])(
    "is with %i at once at least %i times as fast on traffic that varies tenfold, for 6 percent more requests",
    (concurrency, faster) => {
      const { requests, rounds } = walk(skewed, { from: 0, to: 30 * day }, concurrency, [1])
      assert.isAtLeast(oneByOne / rounds, faster)
      assert.isAtMost(requests / oneByOne, 1.06)
    },
  )

  it("finds the end of a window that is nearly empty with few requests", () => {
    const busyHour = traffic([4_000])
    const { requests, starts } = walk(
      busyHour.map((start) => start + 89 * day),
      { from: 0, to: 90 * day },
      16,
      [1],
    )
    assert.lengthOf(starts, 4_000)
    assert.isAtMost(requests, 250)
  })

  it("asks for nothing below a slice that ends the walk", () => {
    const schedule = new SliceSchedule<string>({ from: 0, to: 30 * day }, 4, limit)
    const first = schedule.next()
    assert.isUndefined(schedule.next())
    if (first === undefined) return assert.fail("nothing to ask for")
    schedule.arrived(first, "page", {
      starts: Array.from({ length: limit }, (_, nth) => 30 * day - nth * hour),
      isLast: false,
    })
    const [second, third] = [schedule.next(), schedule.next()]
    if (second === undefined || third === undefined) return assert.fail("one at a time")
    schedule.arrived(second, "failed", { starts: [], isLast: true })
    schedule.endAfter(second)
    schedule.arrived(third, "never seen", { starts: [], isLast: true })
    assert.deepStrictEqual(schedule.take(4), { pages: ["page", "failed"], isLast: true })
    assert.isUndefined(schedule.next())
  })
})
