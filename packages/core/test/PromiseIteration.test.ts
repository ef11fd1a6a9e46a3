/** What an iteration does with its stream, whatever stream it is: it is begun once, pulled once at a time, and freed. */
import * as Iteration from "@effect-elnudge/core/promise/Iteration"
import * as UnderWay from "@effect-elnudge/core/promise/UnderWay"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as PromiseFace from "./PromiseFace.ts"

const { now, settle } = PromiseFace

const iterate = <A>(stream: Stream.Stream<A>, signal?: AbortSignal) => {
  const underWay = UnderWay.make()
  return { iteration: Iteration.make(stream, { context: Context.empty(), underWay, signal }), underWay }
}

describe("An iteration", () => {
  it("begins its stream once, and asks it for one thing at a time, however many wait", async () => {
    let begun = 0
    let asking = 0
    let most = 0
    const slow = (rows: readonly [number, number, number]) =>
      Effect.promise(async () => {
        most = Math.max(most, ++asking)
        await settle()
        asking--
        return rows
      })
    const stream = Stream.unwrap(
      Effect.promise(async () => {
        begun++
        await settle()
        return Stream.make([1, 2, 3] as const, [4, 5, 6] as const).pipe(Stream.mapEffect(slow), Stream.flattenArray)
      }),
    )
    const { iteration } = iterate(stream)
    // Two wait, and three come: the third is for whoever asks next.
    const first = await Promise.all([iteration.next(), iteration.next()])
    // Longer than the stream would take for what nobody has asked for.
    for (let time = 0; time < 3; time++) await settle()
    const rest = await Promise.all([1, 2, 3, 4, 5, 6].map(() => iteration.next()))
    assert.deepStrictEqual(
      [...first, ...rest].map(({ value }) => value),
      [1, 2, 3, 4, 5, 6, undefined, undefined],
    )
    assert.deepStrictEqual([begun, most], [1, 1])
  })

  it("hands on many rows that are there at once, for many who wait", async () => {
    const count = 20_000
    const { iteration } = iterate(
      Stream.unwrap(Effect.promise(() => settle().then(() => Stream.rechunk(Stream.range(1, count), 1)))),
    )
    const results = await Promise.all(Array.from({ length: count + 1 }, () => iteration.next()))
    assert.deepStrictEqual(results.at(-2), { done: false, value: count })
    assert.deepStrictEqual(results.at(-1), { done: true, value: undefined })
  })

  it("stops what it has asked for when it is left", async () => {
    let isStopped = false
    const never = Effect.onInterrupt(Effect.never, () =>
      Effect.sync(() => {
        isStopped = true
      }),
    )
    const { iteration } = iterate(Stream.fromEffect(never))
    const waiting = iteration.next()
    await settle()
    await iteration.return()
    assert.isTrue(isStopped)
    assert.deepStrictEqual(await waiting, { done: true, value: undefined })
  })

  it("rejects at once on an abort, while close waits until what it held is free", async () => {
    const free = Deferred.makeUnsafe<void>()
    const held = Stream.unwrap(
      Effect.as(
        Effect.acquireRelease(Effect.void, () => Deferred.await(free)),
        Stream.never,
      ),
    )
    const controller = new AbortController()
    const { iteration, underWay } = iterate(held, controller.signal)
    const waiting = iteration.next()
    assert.strictEqual(await now(waiting), "pending")
    controller.abort("enough")
    assert.strictEqual(await now(waiting), "enough")
    const closed = underWay.close()
    assert.strictEqual(await now(closed), "pending")
    Deferred.doneUnsafe(free, Effect.void)
    assert.strictEqual(await now(closed), "fulfilled")
  })

  it("is left at the end of its block", async () => {
    let isFree = false
    const held = Stream.unwrap(
      Effect.as(
        Effect.acquireRelease(Effect.void, () =>
          Effect.sync(() => {
            isFree = true
          }),
        ),
        Stream.make(1, 2),
      ),
    )
    {
      await using iteration = iterate(held).iteration
      assert.deepStrictEqual(await iteration.next(), { done: false, value: 1 })
      assert.isFalse(isFree)
    }
    assert.isTrue(isFree)
  })
})
