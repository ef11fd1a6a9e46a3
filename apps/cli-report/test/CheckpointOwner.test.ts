import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { FaultScript } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ServedShop from "./ServedShop.ts"

const { assertCut, assertFails, october, serve } = ServedShop

const newKey = "sk_test_of_tomorrow"

const rotatedAfter = (requests: number, more: ReadonlyArray<object> = []) =>
  FaultScript.decode([{ fault: "key-rotated", at: `${requests + 1}-`, keys: newKey }, ...more])

// One detail after the other, so that every request of a first run arrives.
const oneByOne = ["attribution", ...october, "--format", "csv", "--concurrency", "1"]

describe("a checkpoint and another key", () => {
  it.live("goes on where the key is another one of the same site", () =>
    Effect.gen(function* () {
      const faults = yield* rotatedAfter(9)
      yield* serve({ faults }, ({ folder, run }) =>
        Effect.gen(function* () {
          const command = [...oneByOne, "--checkpoint", join(folder, "place")]
          assertCut(yield* run([...command, "--max-requests", "9"]), join(folder, "place"))
          const rest = yield* run(command, { env: { ELNUDGE_API_KEY: newKey } })
          assert.strictEqual(rest.exitCode, 0, rest.stderr)
          assert.match(rest.stdout, /^nudge_type,/)
        }),
      )
    }),
  )

  it.live("is refused where that key's API does not know what the checkpoint has", () =>
    Effect.gen(function* () {
      const faults = yield* rotatedAfter(9, [{ fault: "session-gone", on: "detail" }])
      yield* serve({ faults }, ({ folder, run }) =>
        Effect.gen(function* () {
          const command = [...oneByOne, "--checkpoint", join(folder, "place")]
          assertCut(yield* run([...command, "--max-requests", "9"]), join(folder, "place"))
          const other = yield* run(command, { env: { ELNUDGE_API_KEY: newKey } })
          assertFails(other, 2, "is of another query: its site is one that has session sess_")
          assert.strictEqual(other.requests, 1)
        }),
      )
    }),
  )
})

describe("a checkpoint that is in use", () => {
  const command = (folder: string) => [
    "sessions",
    "--details",
    ...october,
    "--output",
    join(folder, "out"),
    "--checkpoint",
    join(folder, "place"),
  ]

  it.live("is no place for a second run, which leaves the first alone", () =>
    Effect.gen(function* () {
      const isHalfway = yield* Deferred.make<void>()
      let isHeld = true
      const fault = ({ number }: { readonly number: number }) => {
        if (number === 40) Deferred.doneUnsafe(isHalfway, Effect.void)
        return number >= 40 && isHeld ? ({ _tag: "RateLimited", retryAfter: "1" } as const) : undefined
      }
      yield* serve({ fault }, ({ folder, run }) =>
        Effect.gen(function* () {
          const first = yield* Effect.forkChild(run(command(folder), { isProcess: true }))
          yield* Deferred.await(isHalfway)
          const second = yield* run([...command(folder), "--max-requests", "1"])
          assertFails(second, 2, "another run, process ", "goes on from", "Wait for it, or give another file")
          const sameOutput = yield* run([...command(folder).slice(0, -1), join(folder, "other"), "--max-requests", "1"])
          assertFails(sameOutput, 2, "out.partial is in use: another run, process ")
          isHeld = false
          const { exitCode, stderr } = yield* Fiber.join(first)
          assert.strictEqual(exitCode, 0, stderr)
          assert.include(stderr, "120 sessions, 120 details")
          assert.deepStrictEqual(readdirSync(folder), ["out"])
        }),
      )
    }),
  )

  it.live("is taken over from a process that is gone", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        for (const left of ["999999999\n", "no number", "0", "-1"]) {
          writeFileSync(join(folder, "place.lock"), left)
          const { exitCode, stderr } = yield* run(command(folder))
          assert.strictEqual(exitCode, 0, stderr)
          assert.isFalse(existsSync(join(folder, "place.lock")))
        }
      }),
    ),
  )
})
