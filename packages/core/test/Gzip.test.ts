import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { constants, gzipSync } from "node:zlib"
import * as Gzip from "../src/Gzip.ts"

const inChunks = (bytes: Uint8Array, size: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(size * at, size * (at + 1)))

const unpacked = (bytes: Uint8Array, chunk = 65_536) =>
  Effect.map(Stream.runCollect(Gzip.unpack(Stream.fromIterable(inChunks(bytes, chunk)))), (parts) =>
    Buffer.concat([...parts]),
  )

const reasonOf = (bytes: Uint8Array, chunk?: number) =>
  Effect.map(Effect.flip(unpacked(bytes, chunk)), ({ reason }) => reason)

// The same at each run, and nothing that a packer finds a rule in.
const noise = (length: number): Buffer => {
  let state = 42
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return state >> 16
    }),
  )
}

const words = (length: number): Buffer =>
  Buffer.from(Array.from(noise(length), (byte) => ["nudge", " ", '{"id":"', "ü", "😀", "\n"][byte % 6] ?? "").join(""))

const text = Buffer.from("one session a line\n".repeat(40))

describe("Gzip.unpack", () => {
  const contents = [
    ["nothing", Buffer.alloc(0)],
    ["one byte", Buffer.from("a")],
    ["noise", noise(150_000)],
    ["words", words(60_000)],
    ["one byte, many times", Buffer.alloc(200_000, "a")],
    ["a long run of few bytes", Buffer.alloc(150_000, "abcde")],
  ] as const
  const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE]
  it.effect.each(contents)("gives back what was packed, however and in whatever chunks it comes: %s", ([, content]) =>
    Effect.gen(function* () {
      for (const strategy of strategies) {
        for (const level of [0, 1, 9]) {
          const packed = gzipSync(content, { level, strategy })
          for (const chunk of [packed.length + 1, 4_093]) {
            assert.isTrue(content.equals(yield* unpacked(packed, chunk)), `${strategy} ${level} ${chunk}`)
          }
        }
      }
      const start = content.subarray(0, 3_000)
      assert.isTrue(start.equals(yield* unpacked(gzipSync(start), 1)))
    }),
  )

  it.effect("takes several members for one file, empty ones too, and zeros behind the last", () =>
    Effect.gen(function* () {
      const parts = [text, Buffer.alloc(0), words(500), text]
      const file = Buffer.concat([...parts.map((part) => gzipSync(part)), Buffer.alloc(700)])
      for (const chunk of [1, 2, 17, 65_536]) {
        assert.isTrue(Buffer.concat(parts).equals(yield* unpacked(file, chunk)), `${chunk}`)
      }
    }),
  )

  it.effect("passes over what a head may hold: a name, a comment, extra fields, a check", () =>
    Effect.gen(function* () {
      const packed = gzipSync(text)
      const head = Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3])
      const extra = Buffer.concat([Buffer.from([3, 1]), Buffer.alloc(259, 0x1f)])
      const file = Buffer.concat([head, extra, Buffer.from("a.ndjson\0kept\0\x01\x02", "latin1"), packed.subarray(10)])
      for (const chunk of [1, 65_536]) assert.isTrue(text.equals(yield* unpacked(file, chunk)))
    }),
  )

  it.effect("refuses a file that is cut off, wherever it is, but not between its members", () =>
    Effect.gen(function* () {
      const first = gzipSync(text)
      const file = Buffer.concat([first, gzipSync(words(40))])
      for (let length = 1; length < file.length; length++) {
        if (length === first.length) continue
        const reason = yield* reasonOf(file.subarray(0, length))
        // Of one byte nobody can say what it begins.
        const isOfOneByte = length === 1 || length === first.length + 1
        const expected = isOfOneByte ? "is not one whole gzip file: " : "is not one whole gzip file: it is cut off"
        assert.isTrue(reason.startsWith(expected), `${length} of ${file.length}: ${reason}`)
      }
    }),
  )

  it.effect.each([
    ["is not gzip", Buffer.from('{"id":"sess_1"}\n'), "is not one whole gzip file: it does not begin like one"],
    ["is empty", Buffer.alloc(0), "is not one whole gzip file: it does not begin like one"],
    [
      "has text behind its end",
      Buffer.concat([gzipSync(text), Buffer.from('{"id":"sess_1"}\n')]),
      "is not one whole gzip file: what stands behind its end is not gzip",
    ],
    [
      "has a byte behind zeros",
      Buffer.concat([gzipSync(text), Buffer.alloc(9), Buffer.from("a")]),
      "is not one whole gzip file: what stands behind its end is not gzip",
    ],
    [
      "has half of a mark behind its end",
      Buffer.concat([gzipSync(text), Buffer.from([0x1f, 0])]),
      "is not one whole gzip file: what stands behind its end is not gzip",
    ],
  ] as const)("refuses a file that %s", ([, bytes, expected]) =>
    Effect.gen(function* () {
      for (const chunk of [1, 65_536]) assert.strictEqual(yield* reasonOf(bytes, chunk), expected)
    }),
  )

  it.effect("gives no other bytes in silence, whichever bit is wrong", () =>
    Effect.gen(function* () {
      const content = words(60)
      const packed = gzipSync(content)
      let refused = 0
      for (let bit = 0; bit < 8 * packed.length; bit++) {
        const wrong = Buffer.from(packed)
        wrong.writeUInt8(wrong.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        const exit = yield* Effect.exit(unpacked(wrong))
        if (exit._tag === "Success") assert.isTrue(content.equals(exit.value), `bit ${bit}`)
        else refused++
      }
      // All but those of the head, which say when and where it was packed.
      assert.isAbove(refused, 8 * (packed.length - 10))
    }),
  )
})
