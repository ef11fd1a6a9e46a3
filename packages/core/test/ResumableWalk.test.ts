import { Checkpoint, Coverage, Lease, ResumableWalk, SessionStream } from "@effect-elnudge/core"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as VirtualTime from "./VirtualTime.ts"

const from = DateTime.makeUnsafe("2026-10-01T00:00:00Z")
const to = DateTime.makeUnsafe("2026-11-01T00:00:00Z")
const list = Array.from({ length: 60 }, (_, index) => FakeApi.row(index))
const ids = list.map(({ id }) => id)
const query = { what: "test" }

const inFolder = Effect.gen(function* () {
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
  return (yield* Path.Path).join(folder, "walk.checkpoint")
})

const open = (file: string) => ResumableWalk.open({ file, query, state: Schema.Array(Schema.String) })

const details = (walk: ResumableWalk.ResumableWalk<ReadonlyArray<string>>, script: FakeApi.Script) =>
  SessionStream.details({ from, to, pageSize: 7, tracker: walk.tracker }).pipe(
    Stream.provide(FakeApi.make(script).layer),
    Stream.provideService(Coverage.Current, walk.recorder),
  )

describe("ResumableWalk", () => {
  it.effect("keeps a state that takes time, of just the sessions that are done, from many fibers at once", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      for (let runs = 0; runs < 20; runs++) {
        const walk = yield* open(file)
        const taken = [...(walk.earlier ?? [])]
        assert.strictEqual(taken.length, walk.saved() ?? 0)
        if (walk.isComplete) break
        const state = Effect.suspend(() => {
          const now = [...taken]
          return Effect.as(Effect.sleep(300), now)
        })
        // Each run is cut off after some more sessions, while saves are under way.
        const cut = taken.length + 9
        const result = walk.during(state, (saveWhenDue) =>
          details(walk, FakeList.script(list)).pipe(
            Stream.mapEffect(
              (read) =>
                Effect.sync(() => {
                  taken.push(read.summary.id)
                  walk.tracker.done(read)
                }).pipe(
                  Effect.andThen(saveWhenDue),
                  Effect.andThen(Effect.sleep(250)),
                  Effect.andThen(Effect.suspend(() => (taken.length >= cut ? Effect.fail("cut off") : Effect.void))),
                ),
              { concurrency: 4 },
            ),
            Stream.runDrain,
          ),
        )
        yield* VirtualTime.run(Effect.result(result), 100)
      }
      const walk = yield* open(file)
      assert.isTrue(walk.isComplete)
      assert.deepStrictEqual([...(walk.earlier ?? [])].toSorted(), ids.toSorted())
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("fails where its state does, and leaves what was saved", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      const walk = yield* open(file)
      const failed = yield* VirtualTime.run(
        Effect.flip(walk.during(Effect.fail("no state"), () => Stream.runDrain(details(walk, FakeList.script(list))))),
      )
      assert.strictEqual(failed, "no state")
      assert.isUndefined((yield* open(file)).earlier)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("refuses a state that is none of its own, and a file that was edited", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      const walk = yield* open(file)
      yield* VirtualTime.run(
        walk.during(Effect.succeed(["a"]), () => Stream.runDrain(details(walk, FakeList.script([])))),
      )
      const other = yield* Effect.flip(ResumableWalk.open({ file, query, state: Schema.Null }))
      assert.deepInclude(other, { _tag: "CheckpointUnusable", problem: "invalid" })
      const fileSystem = yield* FileSystem.FileSystem
      yield* fileSystem.writeFileString(file, (yield* fileSystem.readFileString(file)).replace('["a"]', '["b"]'))
      const edited = yield* Effect.flip(open(file))
      assert.match(edited.message, /changed after it was written/)
      yield* Checkpoint.remove(file)
      assert.isUndefined((yield* open(file)).earlier)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("writes nothing, and takes nothing away, where another run has its file by now", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      const lost = new Lease.LeaseLost({ file, lock: `${file}.lock`, holder: { pid: 7 } })
      const lease: Lease.Lease = { check: Effect.fail(lost) }
      const walk = yield* ResumableWalk.open({ file, query, state: Schema.Null, lease })
      const run = walk.during(Effect.succeed(null), () =>
        SessionStream.details({ from, to, tracker: walk.tracker }).pipe(
          Stream.provide(FakeApi.make(FakeList.script(list)).layer),
          Stream.runForEach((read) => Effect.sync(() => walk.tracker.done(read))),
        ),
      )
      assert.strictEqual(yield* VirtualTime.run(Effect.flip(run)), lost)
      const fileSystem = yield* FileSystem.FileSystem
      assert.isFalse(yield* fileSystem.exists(file))
      yield* fileSystem.writeFileString(file, "of another run")
      assert.strictEqual(yield* Effect.flip(walk.finish), lost)
      assert.strictEqual(yield* fileSystem.readFileString(file), "of another run")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
