import { SessionFile } from "@effect-elnudge/core"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import { gzipSync } from "node:zlib"
import * as FakeApi from "./FakeApi.ts"

const line = (id: string) => JSON.stringify({ ...FakeApi.exampleDetail, id })

/** `count` sessions, one a line, from `sess_<first>` on. */
const lines = (first: number, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, at) => line(`sess_${String(first + at).padStart(4, "0")}`))

const textOf = (all: ReadonlyArray<string>): Uint8Array => new TextEncoder().encode(`${all.join("\n")}\n`)

type Change = (file: string) => Effect.Effect<void, unknown, FileSystem.FileSystem>

/** The file system, where `change` happens to `file` just before a file is opened for the `opening`-th time. */
const changing = (file: string, opening: number, change: Change) =>
  Effect.map(FileSystem.FileSystem, (fileSystem) => {
    let openings = 0
    const changed = Effect.provideService(Effect.orDie(change(file)), FileSystem.FileSystem, fileSystem)
    return FileSystem.FileSystem.of({
      ...fileSystem,
      open: (path, options) =>
        Effect.suspend(() => {
          openings++
          return openings === opening
            ? Effect.andThen(changed, fileSystem.open(path, options))
            : fileSystem.open(path, options)
        }),
    })
  })

const write =
  (content: Uint8Array): Change =>
  (file) =>
    Effect.flatMap(FileSystem.FileSystem, (fileSystem) => fileSystem.writeFile(file, content))

/** As `mv` does: another file in its place. */
const replace = (content: Uint8Array): Change =>
  Effect.fnUntraced(function* (file) {
    const fileSystem = yield* FileSystem.FileSystem
    yield* fileSystem.writeFile(`${file}.new`, content)
    yield* fileSystem.rename(`${file}.new`, file)
  })

/** In place, and with the time of its last change put back. */
const rewriteUnseen = (content: Uint8Array): Change =>
  Effect.fnUntraced(function* (file) {
    const fileSystem = yield* FileSystem.FileSystem
    const time = new Date("2026-11-01T00:00:00Z")
    yield* fileSystem.writeFile(file, content)
    yield* fileSystem.utimes(file, time, time)
  })

const rowsIn = lines(0, 40)
const other = lines(100, 40)

/** Both ways to read: where all ids differ, and where some do not. */
const kinds = [
  ["all ids differ", rowsIn],
  ["an id comes twice", [...rowsIn, rowsIn[3] ?? ""]],
] as const

const swapped = ([first = "", second = "", ...rest]: ReadonlyArray<string>) => [second, first, ...rest]

const changes: ReadonlyArray<readonly [string, (content: ReadonlyArray<string>) => Change]> = [
  ["grew", (content) => write(textOf([...content, line("sess_9999")]))],
  ["was cut short", (content) => write(textOf(content.slice(0, -1)))],
  ["was replaced by another", (content) => replace(textOf([line("sess_9999"), ...content]))],
  ["was replaced by the same", (content) => replace(textOf(content))],
  ["was written anew with the same size", (content) => write(textOf(other.slice(0, content.length)))],
  ["was taken away", () => (file) => Effect.flatMap(FileSystem.FileSystem, (system) => system.remove(file))],
]

const problemOf = (files: ReadonlyArray<string>, system: FileSystem.FileSystem, pins?: SessionFile.Pins) =>
  Stream.runDrain(SessionFile.reads(files, { pins })).pipe(
    Effect.provideService(FileSystem.FileSystem, system),
    Effect.flip,
    Effect.map(({ message, problem }) => [problem, message] as const),
  )

const inFolder = Effect.fnUntraced(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* fileSystem.makeTempDirectoryScoped()
  const old = new Date("2026-11-01T00:00:00Z")
  return Effect.fnUntraced(function* (name: string, content: Uint8Array) {
    const file = path.join(folder, name)
    yield* fileSystem.writeFile(file, content)
    yield* fileSystem.utimes(file, old, old)
    return file
  })
})

const provided = Effect.provide(NodeServices.layer)

describe("A file that changes while it is read", () => {
  for (const [kind, content] of kinds) {
    it.effect.each(changes)(`is an error, where ${kind}: it %s`, ([, changeOf]) =>
      Effect.gen(function* () {
        const make = yield* inFolder()
        for (const name of ["sessions.ndjson", "sessions.ndjson.gz"]) {
          const isPacked = name.endsWith(".gz")
          const bytes = isPacked ? new Uint8Array(gzipSync(textOf(content))) : textOf(content)
          const file = yield* make(name, bytes)
          // The second opening is the second reading, of ids or of lines.
          const [problem, message] = yield* problemOf([file], yield* changing(file, 2, changeOf(content)))
          assert.strictEqual(problem, "changed")
          assert.include(message, `${file}: changed while it was read: `)
        }
      }).pipe(provided),
    )

    it.effect(`is an error, where ${kind} and its size and time are as before`, () =>
      Effect.gen(function* () {
        const make = yield* inFolder()
        const file = yield* make("sessions.ndjson", textOf(content))
        const change = rewriteUnseen(textOf(swapped(content)))
        const last = kind === "all ids differ" ? 2 : 3
        const [problem] = yield* problemOf([file], yield* changing(file, last, change))
        assert.strictEqual(problem, "changed")
      }).pipe(provided),
    )
  }

  it.effect("is an error too where another file is read meanwhile, whichever comes first", () =>
    Effect.gen(function* () {
      const make = yield* inFolder()
      const first = yield* make("new.ndjson", textOf(rowsIn))
      const second = yield* make("old.ndjson", textOf(other))
      const more = replace(textOf([line("sess_9999"), ...rowsIn]))
      for (const files of [
        [first, second],
        [second, first],
      ]) {
        yield* make("new.ndjson", textOf(rowsIn))
        const [problem] = yield* problemOf(files, yield* changing(first, 2, more))
        assert.strictEqual(problem, "changed")
      }
    }).pipe(provided),
  )

  it.effect("is an error in the middle of a reading", () =>
    Effect.gen(function* () {
      const make = yield* inFolder()
      const file = yield* make("sessions.ndjson", textOf(rowsIn))
      const fileSystem = yield* FileSystem.FileSystem
      const appended = Effect.provideService(
        Effect.orDie(write(textOf([...rowsIn, line("sess_9999")]))(file)),
        FileSystem.FileSystem,
        fileSystem,
      )
      const [problem] = yield* SessionFile.reads([file]).pipe(
        Stream.runForEach(({ summary }) => (summary.id === "sess_0000" ? appended : Effect.void)),
        Effect.flip,
        Effect.map((error) => [error._tag === "SessionFileError" ? error.problem : error._tag]),
      )
      assert.strictEqual(problem, "changed")
    }).pipe(provided),
  )

  it.effect("is an error of a later reading, where both go by the same pins", () =>
    Effect.gen(function* () {
      const make = yield* inFolder()
      const file = yield* make("sessions.ndjson", textOf(rowsIn))
      const fileSystem = yield* FileSystem.FileSystem
      const pins = yield* SessionFile.pin([file])
      const read = Stream.runCollect(SessionFile.reads([file], { pins }))
      assert.lengthOf(yield* read, rowsIn.length)
      yield* replace(textOf(rowsIn))(file)
      assert.deepStrictEqual(yield* problemOf([file], fileSystem, pins), [
        "changed",
        `${file}: changed while it was read: another file took its place.`,
      ])
      assert.lengthOf(yield* Stream.runCollect(SessionFile.reads([file])), rowsIn.length)
    }).pipe(provided),
  )

  it.effect("has no part in a file that was changed before", () =>
    Effect.gen(function* () {
      const make = yield* inFolder()
      const file = yield* make("sessions.ndjson", textOf(rowsIn))
      yield* write(textOf(other))(file)
      const reads = yield* Stream.runCollect(SessionFile.reads([file]))
      assert.strictEqual(reads[0]?.summary.id, "sess_0100")
    }).pipe(provided),
  )
})
