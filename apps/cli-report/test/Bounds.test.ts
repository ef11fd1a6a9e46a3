import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SavedCheckpoint } from "./SavedCheckpoint.ts"
import * as ServedShop from "./ServedShop.ts"

const { assertFails, october, serve, twoAtATime } = ServedShop

const rowsIn = (file: string): number => Schema.decodeSync(SavedCheckpoint)(readFileSync(file, "utf8")).position.rows

const goOn = "Allow more, or run it with a checkpoint (--checkpoint), from which the same run goes on."

describe("--max-requests", () => {
  // Eight details at once, and some answers that are asked for again: every attempt counts.
  const faults = { rules: [{ fault: "server-error", at: "3-4", retryAfter: 0 }] } as const

  it.live.each([1, 6, 20])("not one more than %d is sent: 7, with a checkpoint", (most) =>
    serve({ faults }, ({ folder, run }) =>
      Effect.gen(function* () {
        const file = join(folder, "place")
        const kept = ["attribution", ...october, "--checkpoint", file]
        const result = yield* run([...kept, "--max-requests", String(most)])
        assertFails(result, 7, `checkpoint: ${file} has`, `has used up its requests, ${most}`, goOn)
        // Those that were under way at the end may not have arrived.
        assert.isAtMost(result.requests, most)
        assert.include(result.stderr, `has ${rowsIn(file)} sessions`)
      }),
    ),
  )

  it.live("enough of them bound nothing", () =>
    serve({}, ({ run }) =>
      Effect.gen(function* () {
        const whole = yield* run(["cohorts", ...october])
        assert.strictEqual(whole.requests, 6)
        const bounded = yield* run(["cohorts", ...october, "--max-requests", "6"])
        assert.deepStrictEqual([bounded.exitCode, bounded.stdout], [0, whole.stdout], bounded.stderr)
      }),
    ),
  )

  it.live("are those of both windows of a comparison together", () =>
    serve({}, ({ run }) =>
      Effect.gen(function* () {
        const windows = ["--before", "2026-10-01..2026-10-16", "--after", "2026-10-16..2026-11-01"]
        const command = ["compare", "cohorts", ...windows, "--page-size", "20", "--rate-limit", "1000000"]
        const whole = yield* run(command)
        assert.isAbove(whole.requests, 5)
        const enough = yield* run([...command, "--max-requests", String(whole.requests)])
        assert.deepStrictEqual([enough.exitCode, enough.stdout], [0, whole.stdout], enough.stderr)
        const tooFew = yield* run([...command, "--max-requests", String(whole.requests - 1)])
        assertFails(tooFew, 7, `has used up its requests, ${whole.requests - 1}`)
        assert.strictEqual(tooFew.requests, whole.requests - 1)
      }),
    ),
  )
})

describe("--deadline", () => {
  // Longer than the test may take: nothing here waits for it, or for the deadline.
  const hold = { rules: [{ fault: "rate-limited", at: "5-", retryAfter: 110 }] } as const

  it.live("does not wait for a hold that ends after it: 7, with a checkpoint", () =>
    serve({ faults: hold }, ({ folder, run }) =>
      Effect.gen(function* () {
        const file = join(folder, "place")
        const result = yield* run(["cohorts", ...october, "--checkpoint", file, "--deadline", "90s"])
        assertFails(result, 7, `checkpoint: ${file} has 80 sessions`, "after the run's deadline", goOn)
        assert.deepStrictEqual([result.requests, rowsIn(file)], [5, 80])
      }),
    ),
  )

  it.live("does not wait for an answer that never comes", () =>
    serve({ faults: { rules: [{ fault: "stall", at: "3-" }] } }, ({ folder, run }) =>
      Effect.gen(function* () {
        const file = join(folder, "place")
        const result = yield* run(["cohorts", ...october, "--checkpoint", file, "--deadline", "2s"])
        assertFails(result, 7, `checkpoint: ${file} has ${rowsIn(file)} sessions`, "deadline is reached", goOn)
        assert.isAtMost(result.requests, 3)
      }),
    ),
  )
})

describe("a wait", () => {
  it.live("of days is refused at once: 5, with a checkpoint that says where it was", () =>
    serve({ faults: { rules: [{ fault: "rate-limited", at: 4, retryAfter: 277_403 }] } }, ({ folder, run }) =>
      Effect.gen(function* () {
        const file = join(folder, "place")
        const kept = ["cohorts", ...october, "--checkpoint", file]
        assertFails(yield* run(kept), 5, `checkpoint: ${file} has 60 sessions`, "Run it again after 20")
        const last = yield* run(kept)
        assert.deepStrictEqual([last.exitCode, last.requests, existsSync(file)], [0, 3, false], last.stderr)
      }),
    ),
  )

  const signals: ReadonlyArray<NodeJS.Signals> = ["SIGINT", "SIGTERM"]
  it.live.each(signals)("ends with %s: 130, with a checkpoint to go on from", (signal) =>
    Effect.suspend(() => {
      let pid = 0
      let isSent = false
      return serve({ faults: { rules: [{ fault: "rate-limited", at: 5, retryAfter: 110 }] } }, ({ folder, run }) =>
        Effect.gen(function* () {
          const file = join(folder, "place")
          const kept = ["cohorts", ...october, "--checkpoint", file]
          const whole = yield* run([...kept, "--verbose"], {
            onStart: (started) => {
              pid = started
            },
            onStderr: (text) => {
              if (isSent || !text.includes("held by a 429")) return
              isSent = true
              process.kill(pid, signal)
            },
          })
          assert.strictEqual(whole.exitCode, 130, whole.stderr)
          assert.include(whole.stderr, `checkpoint: ${file} has 80 sessions`)
          assert.include(whole.stderr, "interrupted")
          const last = yield* run(kept)
          assert.deepStrictEqual([last.exitCode, last.requests, existsSync(file)], [0, 2, false], last.stderr)
        }),
      )
    }),
  )
})

describe("bounds that are none", () => {
  const wrong: ReadonlyArray<readonly [flag: string, value: string]> = [
    ...["0", "-1", "1.5", "ten", ""].map((value) => ["--max-requests", value] as const),
    ...["0s", "-1m", "10", "5 m", "99999999d"].map((value) => ["--deadline", value] as const),
  ]

  it.live("are wrong usage: 2, without a request", () =>
    serve({}, ({ run }) =>
      Effect.forEach(
        wrong,
        Effect.fnUntraced(function* ([flag, value]) {
          const result = yield* run(["cohorts", `${flag}=${value}`])
          assertFails(result, 2, flag, "Expected")
          assert.strictEqual(result.requests, 0)
        }),
        twoAtATime,
      ),
    ),
  )
})
