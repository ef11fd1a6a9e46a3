import { RequestBudget } from "@effect-elnudge/core"
import { Generator } from "@effect-elnudge/emulator"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, FileSystem, Layer, Path } from "effect"
import * as Resume from "../Resume.ts"
import * as EmulatedClient from "./EmulatedClient.ts"

const now = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

describe("Resume", () => {
  it.live("hands every session on once, over runs that each may send 90 requests", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end: now, days: 31, count: 300 })
      const served = Layer.provideMerge(EmulatedClient.layer({ sessions, now }), NodeServices.layer)
      const stored: Array<string> = []
      yield* Effect.gen(function* () {
        const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
        const file = (yield* Path.Path).join(folder, "october.checkpoint")
        const run = Effect.gen(function* () {
          const budget = yield* RequestBudget.make({ maxRequests: 90 })
          const program = Resume.program(file, (reads) =>
            Effect.sync(() => stored.push(...reads.map(({ summary }) => summary.id))).pipe(Effect.asVoid),
          )
          return yield* Effect.provideService(Effect.result(program), RequestBudget.Current, budget)
        })
        const ends = []
        for (let runs = 0; runs < 8 && ends.at(-1) !== "Success"; runs++) {
          const result = yield* run
          ends.push(result._tag === "Failure" ? result.failure._tag : "Success")
        }
        assert.deepStrictEqual(ends, [...Array.from({ length: ends.length - 1 }, () => "RequestsUsedUp"), "Success"])
        assert.isAtLeast(ends.length, 4)
        assert.isFalse(yield* (yield* FileSystem.FileSystem).exists(file))
      }).pipe(Effect.scoped, Effect.provide(served))
      assert.deepStrictEqual(stored.toSorted(), sessions.map(({ id }) => id).toSorted())
    }),
  )
})
