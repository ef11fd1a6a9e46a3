import { SessionStream } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { inject } from "vitest"
import * as LiveShop from "./LiveShop.ts"

const minute = 60_000
const start = Date.UTC(2026, 9, 1)
const days = 28

/** To list the last so many minutes again and again: how many sessions it leaves as they were before their end. */
const lookback = (visits: ReadonlyArray<LiveShop.Visit>, minutes: number) => {
  const stale = visits.filter((visit) => LiveShop.lastOf(visit) > visit.startedAt + minutes * minute).length
  let requests = 0
  const starts = visits.map(({ startedAt }) => startedAt).toSorted((a, b) => a - b)
  let [first, last] = [0, 0]
  for (let now = start; now < start + days * 24 * 60 * minute; now += minute) {
    while ((starts[last] ?? Number.POSITIVE_INFINITY) < now) last++
    while ((starts[first] ?? Number.POSITIVE_INFINITY) < now - minutes * minute) first++
    requests += Math.max(1, Math.ceil((last - first) / 200))
  }
  return { stale: stale / visits.length, requests }
}

describe("SessionStream.follow", () => {
  it.effect.each(inject("times") > 1 ? [1, 10] : [1])(
    "leaves none stale, for fewer requests than to list again and again; %s a minute",
    (rate) =>
      Effect.gen(function* () {
        const span = days * 24 * 60 * minute
        const visits = yield* LiveShop.draw(40_232 * rate, start, span - 1440 * minute, "forty thousand")
        const shop = LiveShop.make(visits)
        yield* TestClock.setTime(start)
        let current = 0
        const fiber = yield* SessionStream.follow({ from: DateTime.makeUnsafe(start), pick: () => false }).pipe(
          Stream.runForEach(() => Effect.sync(() => void current++)),
          Effect.provide(shop.layer),
          Effect.forkChild,
        )
        for (let passed = 0; passed < days * 24 * 60; passed++) yield* TestClock.adjust(minute)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(current, visits.length)
        const longest = visits.reduce((most, visit) => Math.max(most, LiveShop.lastOf(visit) - visit.startedAt), 0)
        const own = shop.requests.list + shop.requests.details
        const short = lookback(visits, 30)
        const long = lookback(visits, Math.ceil(longest / minute) + 31)
        assert.isAbove(short.stale, 0.05)
        assert.strictEqual(long.stale, 0)
        assert.isBelow(own, 0.45 * long.requests)
      }),
  )
})
