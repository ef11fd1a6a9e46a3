import { Generator } from "@effect-elnudge/emulator"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Effect, Fiber, FileSystem, Layer, Path } from "effect"
import * as Worker from "../Worker.ts"
import * as EmulatedClient from "./EmulatedClient.ts"

describe("Worker", () => {
  it.live("stores every settled session once, over workers that are stopped", () =>
    Effect.gen(function* () {
      const now = yield* DateTime.now
      const sessions = yield* Generator.make({ end: DateTime.subtract(now, { hours: 1 }), days: 3, count: 400 })
      const served = Layer.provideMerge(EmulatedClient.layer({ sessions }), NodeServices.layer)
      const stored: Array<string> = []
      yield* Effect.gen(function* () {
        const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
        const file = (yield* Path.Path).join(folder, "worker.checkpoint")
        const from = DateTime.subtract(now, { days: 5 })
        for (const most of [100, 250, 400]) {
          const isEnough = yield* Deferred.make<void>()
          const store = (
            reads: { readonly length: number } & Iterable<{ readonly summary: { readonly id: string } }>,
          ) =>
            Effect.suspend(() => {
              for (const { summary } of reads) stored.push(summary.id)
              return stored.length >= most ? Effect.asVoid(Deferred.succeed(isEnough, undefined)) : Effect.void
            })
          const fiber = yield* Effect.forkChild(Worker.program(file, store, { from, pageSize: 50 }))
          yield* Effect.raceFirst(Deferred.await(isEnough), Fiber.join(fiber))
          yield* Fiber.interrupt(fiber)
        }
      }).pipe(Effect.scoped, Effect.provide(served))
      assert.deepStrictEqual(stored.toSorted(), sessions.map(({ id }) => id).toSorted())
    }),
  )
})
