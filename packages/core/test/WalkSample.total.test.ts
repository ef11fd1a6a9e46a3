import { TimeWindow, WalkSample } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as FakeApi from "./FakeApi.ts"
import * as SampledShop from "./SampledShop.ts"

const { hour, month, one, second } = SampledShop

describe("WalkSample.total", () => {
  const session = (start: number) => ({ ...FakeApi.row(0), started_at: new Date(start).toISOString() })
  const probe = (from: number, to: number, sessions: number): WalkSample.Probe => ({
    from: from * hour,
    to: to * hour,
    sessions: Array.from({ length: sessions }, (_, index) => session(from * hour + index * second)),
    isRefused: false,
  })
  const sampleOf = (
    probes: ReadonlyArray<WalkSample.Probe>,
    ...unread: ReadonlyArray<readonly [number, number]>
  ): WalkSample.WalkSample => ({
    window: { from: 0, to: 100 * hour },
    probes,
    unread: unread.map(([from, to]) => ({ from: from * hour, to: to * hour })),
  })

  it("takes what was not read to be as dense as what was read on either side", () => {
    // 10 an hour below, 30 above: 20 in the 78 hours between, and 10 in the eight hours before.
    const sample = sampleOf([probe(8, 10, 20), probe(88, 100, 360)], [0, 8], [10, 88])
    const { isExact, value } = WalkSample.total(sample, one)
    assert.closeTo(value, 20 + 360 + 80 + 78 * 20, 1e-9)
    assert.isFalse(isExact)
  })

  it("is as sure as its probes agree, and never below what was read", () => {
    const like = WalkSample.total(
      sampleOf([probe(0, 10, 100), probe(40, 50, 100), probe(90, 100, 100)], [10, 40], [50, 90]),
      one,
    )
    assert.deepInclude(like, { standardError: 0, low: like.value, high: like.value, isExact: false })
    const unlike = WalkSample.total(
      sampleOf([probe(0, 10, 10), probe(40, 50, 300), probe(90, 100, 100)], [10, 40], [50, 90]),
      one,
    )
    assert.isAbove(unlike.standardError, 0)
    assert.strictEqual(unlike.low, 410)
    assert.isAbove(unlike.high, unlike.value + unlike.standardError)
  })

  it("is less sure where probes stand for much, and where a gap is as short as they are", () => {
    // Densities 10 and 20 an hour: a variance of 50. Each stands for 10 hours of the gap; it is two probes long.
    const { low, standardError, value } = WalkSample.total(
      sampleOf([probe(0, 10, 100), probe(30, 40, 200)], [10, 30]),
      one,
    )
    assert.closeTo(value, 600, 1e-9)
    assert.closeTo(standardError, Math.sqrt(50 * (10 ** 2 + 10 ** 2 + 20 * 10)), 1e-9)
    assert.strictEqual(low, 300)
  })

  it("says of one probe that anything may be", () => {
    const { high, low, value } = WalkSample.total(sampleOf([probe(90, 100, 100)], [0, 90]), one)
    assert.closeTo(value, 1_000, 1e-9)
    assert.deepStrictEqual([low, high > 3 * value], [100, true])
  })

  it("is nothing of nothing", () => {
    const nothing = { value: 0, standardError: 0, low: 0, high: 0 }
    assert.deepStrictEqual(WalkSample.total(sampleOf([], [0, 100]), one), { ...nothing, isExact: false })
    assert.deepStrictEqual(WalkSample.total(sampleOf([probe(0, 100, 0)]), one), { ...nothing, isExact: true })
  })
})

describe("WalkSample.found", () => {
  const at = (hours: number) => month.from + hours * hour
  const iso = (hours: number) => TimeWindow.ofSpan({ from: at(hours), to: at(hours) }).from
  const probe = (from: number, to: number, hours: ReadonlyArray<number>, isRefused = false): WalkSample.Probe => ({
    from: at(from),
    to: at(to),
    sessions: hours.map((start) => ({ ...FakeApi.row(0), id: `at ${start}`, started_at: iso(start) })),
    isRefused,
  })
  const found = (probes: ReadonlyArray<WalkSample.Probe>, leastHours: number) => {
    const sample = { window: { from: at(0), to: at(100) }, probes, unread: [] }
    const { empty, first, last } = WalkSample.found(sample, leastHours * hour)
    return [first?.id, last?.id, empty.map(({ from, to }) => [(from - at(0)) / hour, (to - at(0)) / hour])]
  }

  it("names the first and the last session, and the stretches without any that are long", () => {
    const probes = [probe(0, 30, [21, 20, 12]), probe(30, 60, [35, 50]), probe(60, 100, [61, 75])]
    assert.deepStrictEqual(found(probes, 10), [
      "at 12",
      "at 75",
      [
        [0, 12],
        [21, 35],
        [35, 50],
        [50, 61],
        [61, 75],
        [75, 100],
      ],
    ])
    assert.deepStrictEqual(found(probes, 15), [
      "at 12",
      "at 75",
      [
        [35, 50],
        [75, 100],
      ],
    ])
  })

  it("says nothing of what was not read, or was refused", () => {
    const probes = [probe(0, 20, [], true), probe(20, 40, [39]), probe(60, 80, [61]), probe(80, 95, [])]
    assert.deepStrictEqual(found(probes, 10), [
      "at 39",
      "at 61",
      [
        [20, 39],
        [61, 95],
      ],
    ])
  })

  it("is nothing but emptiness where there is nobody", () => {
    assert.deepStrictEqual(found([probe(0, 50, []), probe(50, 100, [])], 10), [undefined, undefined, [[0, 100]]])
    assert.deepStrictEqual(found([], 10), [undefined, undefined, []])
  })
})
