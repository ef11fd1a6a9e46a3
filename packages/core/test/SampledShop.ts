/** Sessions by when they start, a list that pages them however many they are, and samples of it on the test's clock. */
import { type Session, WalkSample } from "@effect-elnudge/core"
import type { TimeSpan } from "@effect-elnudge/core/TimeSpan"
import { assert } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as FakeApi from "./FakeApi.ts"
import * as VirtualTime from "./VirtualTime.ts"

export const second = 1_000
export const hour = 3_600 * second
export const day = 24 * hour
export const october = Date.UTC(2026, 9, 1)
export const month = { from: october, to: october + 30 * day }

export const sum = (values: ReadonlyArray<number>) => values.reduce((total, value) => total + value, 0)

/** Every third session is nudged, once or twice. */
export const nudgesAt = (start: number): number => {
  const number = Math.floor(start / second)
  return number % 3 === 0 ? 1 + (number % 2) : 0
}

/** Sessions that start at these instants (epoch milliseconds), as the list has them. */
export const listing = (starts: ReadonlyArray<number>): FakeApi.Script => {
  const sorted = starts.toSorted((a, b) => b - a)
  /** How many start at or after the instant. */
  const since = (at: string | null): number => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((sorted[middle] ?? 0) >= Date.parse(at ?? "")) low = middle + 1
      else high = middle
    }
    return low
  }
  return ({ url: { searchParams } }) => {
    const [first, end] = [since(searchParams.get("to")), since(searchParams.get("from"))]
    const page = sorted.slice(first, Math.min(end, first + Number(searchParams.get("limit"))))
    const rows = page.map((start, index) =>
      FakeApi.row(0, {
        id: `sess_${first + index}`,
        started_at: new Date(start).toISOString(),
        nudge_count: nudgesAt(start),
      }),
    )
    return FakeApi.page(rows, first + page.length < end ? "more" : undefined)
  }
}

/** Takes the sample, and tells what was asked. */
export const take = (script: FakeApi.Script, span: TimeSpan, pages?: number) =>
  Effect.gen(function* () {
    const { layer, seen } = FakeApi.make(script, { requestsPerMinute: 1_000_000 })
    const options = { from: DateTime.makeUnsafe(span.from), to: DateTime.makeUnsafe(span.to), pages }
    const result = yield* VirtualTime.run(WalkSample.take(options).pipe(Effect.provide(layer), Effect.result))
    const windows = seen.map(({ url: { searchParams } }) => {
      const [from = 0, to = 0] = ["from", "to"].map((name) => Date.parse(searchParams.get(name) ?? ""))
      return { from, to }
    })
    return { result, windows }
  })

export const sampled = (script: FakeApi.Script, span: TimeSpan, pages?: number) =>
  Effect.map(take(script, span, pages), ({ result, windows }) => ({
    sample: Result.isSuccess(result) ? result.success : assert.fail(result.failure.message),
    windows,
  }))

export const failed = (script: FakeApi.Script, span: TimeSpan, pages?: number) =>
  Effect.map(take(script, span, pages), ({ result, windows }) => ({
    error: Result.isFailure(result) ? result.failure : assert.fail("it did not fail"),
    windows,
  }))

export const one = () => 1
export const nudgesOf = ({ nudge_count }: Session.Summary) => nudge_count

/** How busy a moment is, from 0 to 1. */
export type Shape = (at: number, window: TimeSpan) => number

export const anyTime: Shape = () => 1

export const hourOf = (at: number): number => (at % day) / hour

/** Quiet nights and a peak in the evening, as sharp as it says. */
export const daily =
  (depth: number) =>
  (at: number): number =>
    1 - depth * (0.5 + 0.5 * Math.cos(((hourOf(at) - 8) / 24) * 2 * Math.PI))

export const shapes: Readonly<Record<string, Shape>> = {
  "by day": daily(0.9),
  "by day, with nights without anybody": (at) => (hourOf(at) < 6 ? 0 : daily(0.8)(at)),
  "by day, and growing": (at, { from, to }) => daily(0.8)(at) * (0.3 + (0.7 * (at - from)) / (to - from)),
  "by day, and fuller at weekends": (at) => daily(0.8)(at) * (Math.floor(at / day + 3) % 7 >= 5 ? 1 : 0.5),
  "by day, since the middle of the window": (at, { from, to }) => (at < (from + to) / 2 ? 0 : daily(0.8)(at)),
}

export const startsOf = (shape: Shape, count: number, window: TimeSpan, seed: string) =>
  Effect.map(Random.Random, (random) => {
    const starts: Array<number> = []
    while (starts.length < count) {
      const at = window.from + second * Math.floor((random.nextDoubleUnsafe() * (window.to - window.from)) / second)
      if (random.nextDoubleUnsafe() < shape(at, window)) starts.push(at)
    }
    return starts
  }).pipe(Random.withSeed(seed))
