import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as TextFile from "../src/TextFile.ts"
import * as TextLines from "../src/TextLines.ts"

const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from([...part]))))

const good = "one\ntwo ü😀\n\u{feff}three"

// Each stands in the third line.
const notText = [
  ["Latin-1", bytes("a\nb\nca", [0xe9], "f\nd")],
  ["half a character", bytes("a\nb\nca", [0xc3], "\nd")],
  ["half a character at the end", bytes("a\nb\nca", [0xf0, 0x9f, 0x98])],
  ["a surrogate", bytes("a\nb\n", [0xed, 0xa0, 0x80], "\nd")],
  ["a character that is longer than it need be", bytes("a\nb\n", [0xc0, 0xaf])],
  ["a byte that goes on from none", bytes("a\nb\n", [0x80], "\nd")],
  ["a byte that no character has", bytes("a\nb\nx", [0xff])],
] as const

const chunksOf = (all: Uint8Array, size: number) =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.subarray(size * at, size * (at + 1))),
  )

const linesOf = (all: Uint8Array, size: number) =>
  Effect.map(Stream.runCollect(TextLines.read(chunksOf(all, size))), (arrays) => arrays.flat())

describe("A file of text", () => {
  it.effect("is its characters, without a byte order mark at its beginning", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(TextFile.decode(bytes(good)), Result.succeed(good))
      assert.deepStrictEqual(TextFile.decode(bytes(`\u{feff}${good}`)), Result.succeed(good))
      for (const size of [1, 2, 3, 1_000]) {
        assert.deepStrictEqual(yield* linesOf(bytes(`\u{feff}${good}`), size), good.split("\n"))
      }
    }),
  )

  it.effect.each(notText)("is an error with its line where it holds %s", ([, all]) =>
    Effect.gen(function* () {
      const whole = TextFile.decode(all)
      assert.isTrue(Result.isFailure(whole))
      if (Result.isFailure(whole)) assert.strictEqual(whole.failure.message, "is not UTF-8 (line 3)")
      for (const size of [1, 2, 3, 1_000]) {
        const error = yield* Effect.flip(linesOf(all, size))
        assert.deepStrictEqual([error.line, error.reason], [3, "is not UTF-8"])
      }
    }),
  )

  it.effect("is read up to a size, whether it says it beforehand or not", () =>
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const file = yield* fileSystem.makeTempFileScoped()
      yield* fileSystem.writeFileString(file, "0123456789")
      assert.strictEqual(yield* TextFile.read(file, 10), "0123456789")
      const silent = FileSystem.FileSystem.of({
        ...fileSystem,
        stat: (path) => Effect.map(fileSystem.stat(path), (info) => ({ ...info, size: ByteSize.bytes(0) })),
      })
      for (const system of [fileSystem, silent]) {
        const error = yield* TextFile.read(file, 9).pipe(
          Effect.provideService(FileSystem.FileSystem, system),
          Effect.flip,
        )
        assert.strictEqual(error.message, "is larger than 9 bytes")
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect.each(["/dev/zero", "/dev/null"])("is not read from a device: %s", (device) =>
    Effect.gen(function* () {
      const system = FileSystem.FileSystem.of({
        ...(yield* FileSystem.FileSystem),
        open: () => Effect.die("it was opened"),
        readFile: () => Effect.die("it was read"),
      })
      const error = yield* Effect.flip(Effect.provideService(TextFile.read(device), FileSystem.FileSystem, system))
      assert.strictEqual(error.message, "is a device, not a file")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("has no line that is longer than any answer of the API", () =>
    Effect.gen(function* () {
      const chunk = new Uint8Array(1024 * 1024).fill(0x20)
      const endless = Stream.concat(Stream.make(bytes("a\n")), Stream.forever(Stream.make(chunk)))
      const error = yield* Effect.flip(Stream.runDrain(TextLines.read(endless)))
      assert.deepStrictEqual([error.line, error.message], [2, "is larger than 67108864 bytes (line 2)"])
    }),
  )
})
