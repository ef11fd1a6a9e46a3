import { type ElnudgeError, WalkSample } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as FakeApi from "./FakeApi.ts"
import * as SampledShop from "./SampledShop.ts"
import * as VirtualTime from "./VirtualTime.ts"

const {
  anyTime,
  daily,
  day,
  failed,
  hour,
  hourOf,
  listing,
  month,
  nudgesAt,
  nudgesOf,
  one,
  sampled,
  second,
  startsOf,
  sum,
} = SampledShop

describe("WalkSample.take", () => {
  const Small = Schema.Array(
    Schema.Struct({
      /** Before this burst of sessions, in seconds. */
      pause: Schema.Literals([1, 60, 7_200, 200_000]),
      sessions: Schema.Literals([1, 5, 40, 90]),
      /** How many start in one second. */
      perSecond: Schema.Literals([1, 3, 20]),
    }),
  ).check(Schema.isMaxLength(10))

  it.effect.prop("has all of a window that fits on its pages, each session once", { bursts: Small }, ({ bursts }) =>
    Effect.gen(function* () {
      let at = month.from
      const starts = bursts.flatMap(({ pause, perSecond, sessions }) => {
        at += pause * second
        const burst = Array.from({ length: sessions }, (_, index) => at + second * Math.floor(index / perSecond))
        at = burst.at(-1) ?? at
        return burst
      })
      const listed = starts.filter((start) => start < month.to)
      const { sample, windows } = yield* sampled(listing(starts), month)
      const ids = sample.probes.flatMap(({ sessions }) => sessions.map(({ id }) => id))
      assert.strictEqual(new Set(ids).size, ids.length)
      assert.deepStrictEqual(sample.unread, [])
      assert.isAtMost(windows.length, 9)
      const exactly = (value: number) => ({ value, standardError: 0, low: value, high: value, isExact: true })
      assert.deepStrictEqual(WalkSample.total(sample, one), exactly(listed.length))
      assert.deepStrictEqual(WalkSample.total(sample, nudgesOf), exactly(sum(listed.map(nudgesAt))))
    }),
  )

  it.effect("asks once where there is nothing, or no more than a page", () =>
    Effect.gen(function* () {
      for (const count of [0, 1, 200]) {
        const starts = Array.from({ length: count }, (_, index) => month.to - (index + 1) * hour)
        const { sample, windows } = yield* sampled(listing(starts), month)
        assert.deepStrictEqual(windows, [month])
        assert.deepInclude(WalkSample.total(sample, one), { value: count, isExact: true })
      }
    }),
  )

  it.effect("asks for whole pages of whole seconds, inside the window and never twice for the same", () =>
    Effect.gen(function* () {
      const window = { from: month.from + 1, to: month.to - 1 }
      const starts = yield* startsOf(daily(0.9), 20_000, window, "seconds")
      const { sample, windows } = yield* sampled(listing(starts), window)
      assert.lengthOf(windows, 9)
      assert.deepStrictEqual(windows[0], month)
      for (const { from, to } of windows) {
        assert.isTrue(from % second === 0 && to % second === 0, `from ${from} to ${to}`)
        assert.isTrue(from >= month.from && from < to && to <= month.to)
      }
      const stretches = sample.probes.map(({ from, to }) => ({ from, to }))
      assert.isTrue(stretches.every(({ from }, index) => from >= (stretches[index - 1]?.to ?? window.from)))
      const again = yield* sampled(listing(starts), window)
      assert.deepStrictEqual(again.windows, windows)
    }),
  )

  it.effect("looks at every part of the month, and of the day", () =>
    Effect.gen(function* () {
      const starts = yield* startsOf(anyTime, 300_000, month, "parts")
      const { windows } = yield* sampled(listing(starts), month, 30)
      const counts = (placeOf: (at: number) => number) =>
        Array.from({ length: 6 }, (_, part) => windows.filter(({ to }) => Math.floor(placeOf(to)) === part).length)
      // Five each, evenly spread; besides them the newest page and the oldest end.
      assert.isTrue(counts((at) => hourOf(at) / 4).every((count) => count >= 4 && count <= 7))
      assert.isTrue(counts((at) => (at - month.from) / (5 * day)).every((count) => count >= 3 && count <= 7))
    }),
  )

  it.effect("looks at the window's oldest end last", () =>
    Effect.gen(function* () {
      const starts = yield* startsOf(anyTime, 30_000, month, "oldest")
      const { sample, windows } = yield* sampled(listing(starts), month)
      const last = windows.at(-1)
      assert.strictEqual(last?.from, month.from)
      // 1,000 sessions a day: half a page of them takes a tenth of one.
      assert.isTrue(last !== undefined && last.to > month.from + hour && last.to < month.from + 4 * hour)
      assert.strictEqual(sample.probes[0]?.from, month.from)
    }),
  )

  it.effect("takes a 404 of an older part for what it is, and one of the newest for the walk's own", () =>
    Effect.gen(function* () {
      const kept = month.from + 20 * day
      const starts = (yield* startsOf(daily(0.8), 30_000, month, "kept")).filter((start) => start >= kept)
      const list = listing(starts)
      const refusing: FakeApi.Script = (request, index) =>
        Date.parse(request.url.searchParams.get("to") ?? "") <= kept ? { status: 404 } : list(request, index)
      const { sample } = yield* sampled(refusing, month)
      const refused = sample.probes.filter(({ isRefused }) => isRefused)
      assert.isAtLeast(refused.length, 1)
      assert.strictEqual(refused[0]?.from, month.from)
      assert.isTrue(refused.every(({ sessions, to }) => sessions.length === 0 && to <= kept))
      const { high, low } = WalkSample.total(sample, one)
      assert.isTrue(low <= starts.length && starts.length <= high)
      const { error, windows } = yield* failed(() => ({ status: 404 }), month)
      assert.strictEqual(error._tag, "RetentionExceeded")
      assert.lengthOf(windows, 1)
    }),
  )

  const failures: ReadonlyArray<readonly [FakeApi.Answer, ElnudgeError.ListError["_tag"]]> = [
    [{ status: 401 }, "Unauthorized"],
    [{ status: 400 }, "RequestRefused"],
    [{ status: 500 }, "ServerUnavailable"],
    [{ status: 200, body: "{}" }, "ResponseInvalid"],
  ]
  it.effect.each(failures)("fails as a walk does: %#", ([answer, tag]) =>
    Effect.gen(function* () {
      const list = listing(yield* startsOf(anyTime, 5_000, month, "failures"))
      const script: FakeApi.Script = (request, index) => (index >= 3 ? answer : list(request, index))
      assert.strictEqual((yield* failed(script, month)).error._tag, tag)
    }),
  )

  it.effect.each([0, 2, 31, 4.5, Number.NaN])("refuses %d pages before any request", (pages) =>
    Effect.gen(function* () {
      const { error, windows } = yield* failed(listing([]), month, pages)
      assert.strictEqual(error._tag, "InvalidOption")
      assert.lengthOf(windows, 0)
    }),
  )

  const strange: ReadonlyArray<readonly [string, FakeApi.Script]> = [
    ["more in a second than a page holds", listing(Array.from({ length: 900 }, () => month.from + 20 * day))],
    ["pages without rows, and more to come", () => FakeApi.page([], "more")],
    ["rows of another window", () => FakeApi.page([FakeApi.row(0, { started_at: "2026-08-01T00:00:00Z" })], "more")],
  ]
  it.effect.each(strange)("never says that it has all where there are %s", ([, script]) =>
    Effect.gen(function* () {
      const { sample, windows } = yield* sampled(script, month)
      assert.isAtMost(windows.length, 9)
      const asked = new Set(windows.map(({ from, to }) => `${from} ${to}`))
      assert.strictEqual(asked.size, windows.length, "the same once more")
      assert.isFalse(WalkSample.total(sample, one).isExact)
    }),
  )

  it.effect("looks elsewhere where it cannot go on", () =>
    Effect.gen(function* () {
      const burst = Array.from({ length: 900 }, () => month.from + 20 * day)
      const before = Array.from({ length: 300 }, (_, index) => month.from + (48 + index) * hour)
      const { sample } = yield* sampled(listing([...burst, ...before]), month)
      assert.isAtLeast(WalkSample.total(sample, one).value, 250)
      assert.isFalse(WalkSample.total(sample, one).isExact)
    }),
  )

  it.effect("is not misled by a row out of place: what lies between is still unread", () =>
    Effect.gen(function* () {
      const list = listing(Array.from({ length: 1_000 }, (_, index) => month.to - (index + 1) * 600 * second))
      const stray = FakeApi.row(0, { id: "stray", started_at: "2026-10-01T00:00:00Z" })
      const isFirst = ({ url }: FakeApi.SeenRequest) => Date.parse(url.searchParams.get("to") ?? "") === month.to
      const Page = Schema.fromJsonString(Schema.Struct({ data: Schema.Array(Schema.Unknown) }))
      const script: FakeApi.Script = (request, index) => {
        const answer = list(request, index)
        if (!isFirst(request) || typeof answer !== "object" || !("body" in answer)) return answer
        const { data } = Schema.decodeSync(Page)(answer.body ?? "")
        return FakeApi.page([...data.slice(0, -1), stray], "more")
      }
      const { sample } = yield* sampled(script, month)
      const read = new Set(sample.probes.flatMap(({ sessions }) => sessions.map(({ id }) => id)))
      assert.isAtLeast(read.size, 1_000)
    }),
  )

  it.effect("stops asking when it is interrupted", () =>
    Effect.gen(function* () {
      const { givenUp, layer, seen } = FakeApi.make(() => "hang")
      const fiber = yield* Effect.forkChild(WalkSample.take().pipe(Effect.provide(layer)))
      yield* VirtualTime.run(Effect.sleep("1 second"))
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual([seen.length, givenUp.length], [1, 1])
    }),
  )
})
