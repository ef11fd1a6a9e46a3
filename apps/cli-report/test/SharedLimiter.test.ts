import { createServer } from "node:net"
import { RequestLimiter } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as SharedLimiter from "../src/SharedLimiter.ts"
import * as CommandLine from "./CommandLine.ts"
import * as RedisServer from "./RedisServer.ts"
import * as ServedShop from "./ServedShop.ts"

const { assertFails, serve } = ServedShop

const month = ["cohorts", "--from", "2026-10-01", "--to", "2026-11-01"]

/** Where a Redis should be, but nobody says a word; and that somebody has called. */
const silence = Effect.gen(function* () {
  const called = yield* Deferred.make<void>()
  const port = yield* Effect.acquireRelease(
    Effect.callback<{ readonly number: number; readonly close: Effect.Effect<void> }>((resume) => {
      const server = createServer((socket) => {
        socket.on("error", () => undefined)
        Deferred.doneUnsafe(called, Effect.void)
        closing.push(() => socket.destroy())
      })
      const closing: Array<() => void> = [() => server.close()]
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const number = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ number, close: Effect.sync(() => closing.forEach((close) => close())) }))
      })
    }),
    ({ close }) => close,
  )
  return { called: Deferred.await(called), url: `redis://:s3cret@127.0.0.1:${port.number}` }
})

describe("ELNUDGE_REDIS_URL", () => {
  it.live.each([
    "s3cret",
    "redis:",
    "redis:///0",
    "http://s3cret@localhost",
    "redis://:s3cret@localhost:70000",
    "redis://:s3cret@localhost/zero",
  ])("that is no address of a Redis is 2, and is not shown: %s", (url) =>
    Effect.gen(function* () {
      const env = { ELNUDGE_API_KEY: "sk_test_x", ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1", ELNUDGE_REDIS_URL: url }
      const result = yield* CommandLine.run(month, { env })
      assertFails(result, 2, "ELNUDGE_REDIS_URL is not the address of a Redis", "redis://localhost:6379")
      assert.notInclude(result.stderr, "s3cret")
    }),
  )

  it.live("where nobody listens is 5, and nothing is sent", () =>
    serve({}, ({ run }) =>
      Effect.gen(function* () {
        const url = `redis://:s3cret@127.0.0.1:${yield* RedisServer.freePort}`
        const result = yield* run(month, { env: { ELNUDGE_REDIS_URL: url } })
        assertFails(result, 5, "cannot be asked for: ECONNREFUSED.", "Check ELNUDGE_REDIS_URL and the Redis there")
        assert.notInclude(result.stderr, "s3cret")
        assert.strictEqual(result.requests, 0)
      }),
    ),
  )

  it.live("that is empty is none, and files need none", () =>
    serve({}, ({ run }) =>
      Effect.gen(function* () {
        const empty = yield* run(month, { env: { ELNUDGE_REDIS_URL: "" } })
        assert.strictEqual(empty.exitCode, 0, empty.stderr)
        const files = yield* run(["cohorts", "--input", "/dev/null"], { env: { ELNUDGE_REDIS_URL: "redis://nowhere" } })
        assert.notInclude(files.stderr, "cannot be asked for")
      }),
    ),
  )

  it.live("where nobody answers ends at once when it is interrupted", () =>
    Effect.gen(function* () {
      const { called, url } = yield* silence
      const env = { ELNUDGE_API_KEY: "sk_test_x", ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1", ELNUDGE_REDIS_URL: url }
      const result = yield* CommandLine.run(month, { env, interruptAfter: called })
      assertFails(result, 130, "interrupted")
    }),
  )

  it.effect("where nobody answers is given up after five seconds", () =>
    Effect.gen(function* () {
      const { called, url } = yield* silence
      const limiters = Effect.flatMap(RequestLimiter.RequestLimiter, Effect.succeed).pipe(
        Effect.provide(
          SharedLimiter.layer.pipe(
            Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ ELNUDGE_REDIS_URL: url }))),
          ),
        ),
      )
      const fiber = yield* Effect.forkChild(Effect.flip(limiters))
      yield* called
      yield* TestClock.adjust(4_999)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      const error = yield* Fiber.join(fiber)
      assert.deepInclude(error, { _tag: "LimiterUnavailable", reason: "no answer within 5s" })
    }),
  )
})

describe("--rate-limit and --share", () => {
  it.live("auto reads what a known limit reads", () =>
    serve({ requestsPerMinute: 1000 }, ({ run }) =>
      Effect.gen(function* () {
        const [known, auto] = yield* Effect.all(
          [run([...month, "--share", "0.5"]), run([...month, "--rate-limit", "auto"])],
          { concurrency: 2 },
        )
        assert.strictEqual(auto.exitCode, 0, auto.stderr)
        assert.strictEqual(auto.stdout, known.stdout)
      }),
    ),
  )

  const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [["--rate-limit", "automatic"], "Expected a whole number of at least 2, or auto"],
    [["--share", "0"], "Expected a number above 0, of at most 1, such as 0.5"],
    [["--share", "1.5"], "of at most 1"],
    [["--share", "half"], "--share"],
    [["--rate-limit", "auto", "--share", "0.5"], "a share of a limit that is not known"],
    [["--rate-limit", "10", "--share", "0.1"], "a share of 0.1 of 10 requests a minute"],
  ]
  it.live.each(wrong)("refuse what is none with 2: %j", ([args, part]) =>
    Effect.gen(function* () {
      const env = { ELNUDGE_API_KEY: "sk_test_x", ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1" }
      assertFails(yield* CommandLine.run([...month, ...args], { env }), 2, part)
    }),
  )
})
