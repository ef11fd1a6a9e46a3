import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as CliProcess from "./CliProcess.ts"
import * as RedisServer from "./RedisServer.ts"
import * as ServedShop from "./ServedShop.ts"

const { assertFails, serve } = ServedShop

// Refuses whoever is faster than the limit for more than a moment.
const limited = { requestsPerMinute: 3000, rateLimitAlgorithm: "token-bucket", burst: 30 } as const

const details = (from: string) => [
  "sessions",
  "--details",
  "--from",
  from,
  "--to",
  "2026-11-01",
  "--page-size",
  "20",
  "--rate-limit",
  "3000",
]

// From the sources, because the built program finds `redis` only where it is installed beside it.
const inRedis = (url: string): CliProcess.Options => ({
  env: { ELNUDGE_REDIS_URL: url },
  isProcess: true,
  nodeOptions: ["--conditions=@effect-elnudge/source"],
  program: fileURLToPath(new URL("../bin/elnudge-report.js", import.meta.url)),
})

/** Notes when each request arrives, in milliseconds. */
const arrivals = () => {
  const times: Array<number> = []
  return { times, fault: () => void times.push(Number(process.hrtime.bigint() / 1_000_000n)) }
}

const most = (times: ReadonlyArray<number>, millis: number): number =>
  Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + millis).length))

describe("A limit in Redis", () => {
  it.live.each<readonly [number, string]>([
    [2, "2026-10-01"],
    [4, "2026-10-16"],
  ])("is one limit of %i programs", ([programs, from]) => {
    const { fault, times } = arrivals()
    return serve({ ...limited, fault }, ({ run }) =>
      Effect.gen(function* () {
        const { url } = yield* RedisServer.start()
        const results = yield* Effect.forEach(
          Array.from({ length: programs }),
          () => run(details(from), inRedis(url)),
          { concurrency: programs },
        )
        for (const { exitCode, stderr } of results) {
          assert.strictEqual(exitCode, 0, stderr)
          assert.include(stderr, " 0 refused by the limit")
        }
        // In five seconds: 50 each second, 5 at once, and those that a busy machine let arrive late.
        assert.isAtMost(most(times, 5_000), 250 + 5 + 25)
      }),
    )
  })

  it.live("is not kept by programs that do not share it", () => {
    const { fault } = arrivals()
    return serve({ ...limited, fault }, ({ run }) =>
      Effect.gen(function* () {
        const servers = yield* Effect.all([RedisServer.start(), RedisServer.start()])
        const results = yield* Effect.forEach(servers, ({ url }) => run(details("2026-10-01"), inRedis(url)), {
          concurrency: 2,
        })
        assert.isNotEmpty(results.filter(({ stderr }) => !stderr.includes(" 0 refused by the limit")))
      }),
    )
  })

  it.live.each(["stop", "freeze"] as const)(
    "that is lost midway (%s) ends the run with 5, and no request goes without it",
    (how) =>
      Effect.gen(function* () {
        const reached = yield* Deferred.make<void>()
        let arrived = 0
        const fault = () => {
          if (++arrived === 40) Deferred.doneUnsafe(reached, Effect.void)
          return undefined
        }
        yield* serve({ ...limited, fault }, ({ run }) =>
          Effect.gen(function* () {
            const redis = yield* RedisServer.start("s3cret/+word")
            const lose = Effect.gen(function* () {
              yield* Deferred.await(reached)
              yield* redis[how]
              return arrived
            })
            const [result, atTheEnd] = yield* Effect.all([run(details("2026-10-01"), inRedis(redis.url)), lose], {
              concurrency: 2,
            })
            assert.strictEqual(result.exitCode, 5)
            assert.include(result.stderr, "The limit that is shared with other processes cannot be asked for: ")
            assert.include(result.stderr, "Check ELNUDGE_REDIS_URL")
            assert.isAtMost(result.stderr.trimEnd().split("\n").length, 2, result.stderr)
            assert.notInclude(result.stderr + result.stdout, "s3cret")
            // Those that had their turn already.
            assert.isAtMost(result.requests, atTheEnd + 9)
          }),
        )
      }),
  )

  it.live("that refuses the password ends the run with 5, and shows none", () =>
    serve(limited, ({ run }) =>
      Effect.gen(function* () {
        const { url } = yield* RedisServer.start("s3cret/+word")
        const wrong = yield* run(details("2026-10-01"), inRedis(url.replace("s3cret", "wr0ng")))
        assertFails(wrong, 5, "cannot be asked for: WRONGPASS")
        assert.notInclude(wrong.stderr, "wr0ng")
        const none = yield* run(details("2026-10-01"), inRedis(url.replace(/:[^:]*@/, "")))
        assertFails(none, 5, "cannot be asked for: NOAUTH")
        assert.strictEqual(wrong.requests + none.requests, 0)
      }),
    ),
  )

  it.live("is not learned", () =>
    serve(limited, ({ run }) =>
      Effect.gen(function* () {
        const { url } = yield* RedisServer.start()
        const result = yield* run(["cohorts", "--rate-limit", "auto"], inRedis(url))
        assertFails(result, 2, "a limit that is learned cannot be shared with other processes")
      }),
    ),
  )
})
