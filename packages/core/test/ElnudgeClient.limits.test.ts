import { ElnudgeClient } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FakeApi from "./FakeApi.ts"
import * as LimitedServer from "./LimitedServer.ts"
import * as VirtualTime from "./VirtualTime.ts"

const listSessions = Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listSessions())

/** So many pages, by 16 clients of one key at once. */
const pages = (count: number, stepMillis: number) =>
  VirtualTime.run(
    Effect.forEach(Array.from({ length: count }), () => listSessions, { concurrency: 16, discard: true }),
    stepMillis,
  )

const okPage = FakeApi.page([])

describe("ElnudgeClient's limit", () => {
  it.effect.each<readonly [number, number, number]>([
    [1000, 0.5, 500],
    [100, 0.29, 29],
    [1000, 1 / 3, 333],
  ])("of %f a minute with a share of %f is %f a minute", ([requestsPerMinute, share, expected]) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => okPage, { requestsPerMinute, share })
      yield* Effect.provide(pages(expected * 2, 1_000), layer)
      const firstMinute = seen.filter(({ at }) => at < 60_000).length
      assert.isAtMost(firstMinute, expected)
      assert.isAtLeast(firstMinute, expected * 0.98 - 1)
    }),
  )

  it.effect.each<readonly [Partial<ElnudgeClient.Options>, RegExp]>([
    [{ share: 0 }, /share of 0\b/],
    [{ share: 1.01 }, /share of 1.01/],
    [{ share: Number.NaN }, /share of NaN/],
    [{ requestsPerMinute: 10, share: 0.19 }, /share of 0.19 of 10 requests a minute/],
    [{ requestsPerMinute: "auto", share: 0.5 }, /share of a limit that is not known/],
    [{ requestsPerMinute: Number.POSITIVE_INFINITY }, /rate limit of Infinity/],
  ])("refuses what is none: %j", ([options, reason]) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => okPage, options)
      const error = yield* listSessions.pipe(Effect.provide(layer), Effect.flip)
      assert.strictEqual(error._tag, "InvalidOption")
      assert.match(error.message, reason)
      assert.lengthOf(seen, 0)
    }),
  )

  it.effect("is learned from the refusals of the requests themselves", () =>
    Effect.gen(function* () {
      const server = LimitedServer.fixedWindow(100)
      let refusals = 0
      const script: FakeApi.Script = ({ at }) => {
        const wait = server.take(at)
        if (wait === 0) return okPage
        refusals++
        return { status: 429, headers: { "retry-after": String(wait / 1000) } }
      }
      const { layer, seen } = FakeApi.make(script, { requestsPerMinute: "auto" })
      yield* Effect.provide(pages(350, 100), layer)
      assert.lengthOf(seen, 350 + refusals)
      // The first window is used up in seconds; what follows is spread over its minute.
      const after = (seconds: number) => seen.filter(({ at }) => at >= 60_000 && at < 60_000 + seconds * 1000).length
      assert.isAtMost(after(10), 25)
      assert.isAtLeast(after(50), 70)
      assert.isAtMost(refusals, 10)
    }),
  )

  it.effect("is not asked for ever where a 429 says nothing of when", () =>
    Effect.gen(function* () {
      const server = LimitedServer.fixedWindow(1000)
      let refusals = 0
      const script: FakeApi.Script = ({ at }) => {
        if (server.take(at) === 0) return okPage
        refusals++
        return { status: 429 }
      }
      const { layer } = FakeApi.make(script, { requestsPerMinute: "auto" })
      yield* Effect.provide(pages(1_500, 50), layer)
      assert.isAtMost(refusals, 60)
    }),
  )
})
