import { readFileSync } from "node:fs"
import { Checkpoint, Coverage, WalkPosition } from "@effect-elnudge/core"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"

const query = { command: "lift", from: "2026-10-01T00:00:00Z", to: "default" }

const contents: Checkpoint.Contents<WalkPosition.WalkPosition> = {
  position: {
    ...WalkPosition.start({ from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }),
    cursor: "c2",
    rows: 1,
    oldest: "2026-10-15T12:00:00Z",
    known: [{ id: "sess_1", started_at: "2026-10-15T12:00:00.000Z" }],
  },
  coverage: new Coverage.Recorder().snapshot(),
  state: { lift: [1, { a: null }] },
}

const older = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8")
const [olderWalk, olderFollow] = [older("checkpoint-1.json"), older("follow-1.json")]

/** A file's name in a folder of its own, and the names of all that the folder holds. */
const inFolder = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* fileSystem.makeTempDirectoryScoped()
  return { file: path.join(folder, "run.checkpoint"), names: fileSystem.readDirectory(folder), fileSystem }
})

const provided = Effect.provide(NodeServices.layer)

describe("Checkpoint", () => {
  it.effect("gives back what was written, to the same query in any order, and only once it is there", () =>
    Effect.gen(function* () {
      const { file, fileSystem, names } = yield* inFolder
      assert.deepStrictEqual(yield* Checkpoint.ofWalk.read(file, query), Option.none())
      yield* Checkpoint.ofWalk.write(file, query, { ...contents, state: "older" })
      yield* Checkpoint.ofWalk.write(file, query, contents)
      const reversed = Object.fromEntries(Object.entries(query).toReversed())
      const { coverage, position, state } = Option.getOrThrow(yield* Checkpoint.ofWalk.read(file, reversed))
      assert.deepStrictEqual({ coverage, position, state }, contents)
      assert.deepStrictEqual(yield* names, ["run.checkpoint"])
      assert.strictEqual((yield* fileSystem.stat(file)).mode & 0o777, 0o600)
      yield* Checkpoint.remove(file)
      yield* Checkpoint.remove(file)
      assert.deepStrictEqual(yield* names, [])
    }).pipe(Effect.scoped, provided),
  )

  it.effect("goes on from a file of before nudges were counted, when the hash was of the values", () =>
    Effect.gen(function* () {
      const { file, fileSystem } = yield* inFolder
      yield* fileSystem.writeFileString(file, olderWalk)
      const walk = Option.getOrThrow(
        yield* Checkpoint.ofWalk.read(file, { "2": "\u{fffd}", "10": "x", from: "2026-10-01" }),
      )
      assert.deepStrictEqual(walk.state, { count: 2 })
      assert.deepInclude(walk.coverage, { requests: 1, nudge_requests: 0 })
      yield* fileSystem.writeFileString(file, olderFollow)
      assert.isTrue(Option.isSome(yield* Checkpoint.ofFollow.read(file, { shop: "a" })))
    }).pipe(Effect.scoped, provided),
  )

  it.effect.each([
    [{ ...query, to: "2026-11-01T00:00:00Z" }, "its to is default, now it is 2026-11-01T00:00:00Z"],
    [{ command: "lift", from: query.from }, "its to is default, now it is none"],
    [{ ...query, bands: "0,50" }, "its bands is none, now it is 0,50"],
  ] as const)("refuses another query and names what differs: %j", ([other, expected]) =>
    Effect.gen(function* () {
      const { file } = yield* inFolder
      yield* Checkpoint.ofWalk.write(file, query, contents)
      const error = yield* Effect.flip(Checkpoint.ofWalk.read(file, other))
      assert.strictEqual(error._tag, "CheckpointMismatch")
      assert.include(error.message, expected)
      assert.isTrue(Option.isSome(yield* Checkpoint.ofWalk.read(file, query)))
    }).pipe(Effect.scoped, provided),
  )

  it.effect.each([
    ["nothing", () => ""],
    ["half a file", (text: string) => text.slice(0, text.length / 2)],
    ["another version", (text: string) => text.replace("checkpoint-1", "checkpoint-2")],
    ["a query's hash that was tampered with", (text: string) => text.replace(/"query_hash":"./, '"query_hash":"x')],
    ["a query that was tampered with", (text: string) => text.replace('"command":"lift"', '"command":"lifu"')],
    ["negative rows", (text: string) => text.replace('"rows":1', '"rows":-1')],
    ["more rows", (text: string) => text.replace('"rows":1', '"rows":3')],
    ["another state", (text: string) => text.replace('"lift":[1', '"lift":[3')],
    ["a second state", (text: string) => text.replace('"state":', '"state":0,"state":')],
    ["a space", (text: string) => text.replace('"rows":1', '"rows": 1')],
    ["the same values in other lines", (text: string) => `${JSON.stringify(JSON.parse(text), null, 2)}\n`],
    ["another line", (text: string) => `${text}\n`],
    ["no hash", (text: string) => text.replace(/"content_hash":"\w*",/, "")],
    ["another hash", (text: string) => text.replace(/"content_hash":"../, '"content_hash":"zz')],
    ["a window of nothing", (text: string) => text.replace('"window":{"from":"2026-10-01', '"window":{"from":"soon')],
  ] as const)("refuses %s, and leaves the file alone", ([, damage]) =>
    Effect.gen(function* () {
      const { file, fileSystem } = yield* inFolder
      yield* Checkpoint.ofWalk.write(file, query, contents)
      const damaged = damage(yield* fileSystem.readFileString(file))
      yield* fileSystem.writeFileString(file, damaged)
      const error = yield* Effect.flip(Checkpoint.ofWalk.read(file, query))
      assert.deepInclude(error, { _tag: "CheckpointUnusable", problem: "invalid", file })
      assert.notInclude(error.message, "\n")
      assert.strictEqual(yield* fileSystem.readFileString(file), damaged)
    }).pipe(Effect.scoped, provided),
  )

  it.effect("takes no file with a bit that fell over for one that says something else", () =>
    Effect.gen(function* () {
      const { file, fileSystem } = yield* inFolder
      yield* Checkpoint.ofWalk.write(file, query, contents)
      const bytes = yield* fileSystem.readFile(file)
      for (let at = 0; at < bytes.length; at += 2) {
        const flipped = bytes.map((byte, index) => (index === at ? byte ^ (1 << ((at / 2) % 8)) : byte))
        yield* fileSystem.writeFile(file, flipped)
        const read = yield* Effect.exit(Checkpoint.ofWalk.read(file, query))
        assert.isTrue(Exit.isFailure(read), `byte ${at}`)
      }
    }).pipe(Effect.scoped, provided),
  )

  it.effect("says what cannot be read or written", () =>
    Effect.gen(function* () {
      const { file, fileSystem } = yield* inFolder
      yield* fileSystem.makeDirectory(file)
      const unreadable = yield* Effect.flip(Checkpoint.ofWalk.read(file, query))
      assert.deepInclude(unreadable, { _tag: "CheckpointUnusable", problem: "unreadable" })
      const unwritable = yield* Effect.flip(Checkpoint.ofWalk.write(`${file}/missing/x`, query, contents))
      assert.deepInclude(unwritable, { _tag: "CheckpointUnusable", problem: "unwritable" })
    }).pipe(Effect.scoped, provided),
  )
})
