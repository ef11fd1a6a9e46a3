/**
 * Gzip (RFC 1952), unpacked as it comes. Several members, one after the other, are one file, and zeros may follow the
 * last. Here and not by the platform: where a member ends, a `DecompressionStream` does not say.
 */
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Inflate, InflateError } from "./Inflate.ts"

/** What is packed is not whole, or no gzip at all. */
export class GzipError extends Data.TaggedError("GzipError")<{
  /** It completes a sentence that begins with the file. */
  readonly reason: string
}> {}

// What a byte does to the checksum, and, 256 places on each, what it does one, two and three bytes later.
const crcTable = new Int32Array(4 * 256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  crcTable[byte] = crc
}
for (let at = 256; at < crcTable.length; at++) {
  const before = crcTable[at - 256] ?? 0
  crcTable[at] = (before >>> 8) ^ (crcTable[before & 0xff] ?? 0)
}

const crcOf = (place: number, byte: number): number => crcTable[256 * place + (byte & 0xff)] ?? 0

/** The checksum of some bytes, after those that led to `before`. */
const crc32 = (before: number, bytes: Uint8Array): number => {
  let crc = ~before
  let at = 0
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^= (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    crc = crcOf(3, crc) ^ crcOf(2, crc >>> 8) ^ crcOf(1, crc >>> 16) ^ crcOf(0, crc >>> 24)
  }
  for (; at < bytes.length; at++) crc = crcOf(0, crc ^ (bytes[at] ?? 0)) ^ (crc >>> 8)
  return ~crc
}

const hasExtra = 4
const hasName = 8
const hasComment = 16
const hasCheck = 2

const isMember = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Where the packed bytes of a member begin; undefined where its head is not all there. */
const headLength = (bytes: Uint8Array): number | undefined => {
  if (bytes.length < 10) return undefined
  const flags = bytes[3] ?? 0
  let at = 10
  if ((flags & hasExtra) !== 0) {
    if (bytes.length < at + 2) return undefined
    at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0)
  }
  for (const flag of [hasName, hasComment]) {
    if ((flags & flag) === 0) continue
    const end = bytes.indexOf(0, at)
    if (end === -1) return undefined
    at = end + 1
  }
  if ((flags & hasCheck) !== 0) at += 2
  return at <= bytes.length ? at : undefined
}

/** No name or comment is so long. */
const longestHead = 1024 * 1024

const errorOf = (why: string) => new GzipError({ reason: `is not one whole gzip file: ${why}` })

const fail = (why: string): never => {
  throw errorOf(why)
}

const notGzip = "it does not begin like one"
const foreignEnd = "what stands behind its end is not gzip"
const cutOff = "it is cut off"

/** One file's bytes: packed ones go in, and what they hold comes out. It throws {@link GzipError}. */
class Unpacker {
  private rest: Uint8Array = new Uint8Array(0)
  private inflate: Inflate | undefined
  private members = 0
  private crc = 0
  private length = 0

  /** What the chunk adds; without one, nothing more comes. */
  take(chunk?: Uint8Array): ReadonlyArray<Uint8Array> {
    const out: Array<Uint8Array> = []
    if (chunk !== undefined) this.push(chunk)
    const isEnded = chunk === undefined
    if (isEnded) this.inflate?.end()
    while (this.inflate === undefined ? this.begin(isEnded) : this.goOn(this.inflate, isEnded, out));
    return out
  }

  private push(chunk: Uint8Array): void {
    if (this.inflate !== undefined) return this.inflate.push(chunk)
    const both = new Uint8Array(this.rest.length + chunk.length)
    both.set(this.rest)
    both.set(chunk, this.rest.length)
    this.rest = both
  }

  /** Whether a member begins. */
  private begin(isEnded: boolean): boolean {
    const { members, rest } = this
    if (members > 0 && rest[0] !== 0x1f) {
      if (rest.some((byte) => byte !== 0)) fail(foreignEnd)
      this.rest = rest.subarray(0, Math.min(rest.length, 1))
      return false
    }
    if (rest.length < 4 && !isEnded) return false
    if (!isMember(rest)) fail(members === 0 ? notGzip : foreignEnd)
    if (rest.length > 3 && (rest[2] !== 8 || (rest[3] ?? 0) > 31)) fail("it is of a kind that nobody has defined")
    const head = headLength(rest)
    if (head === undefined) {
      if (isEnded) fail(cutOff)
      return rest.length > longestHead ? fail(notGzip) : false
    }
    this.inflate = new Inflate()
    this.inflate.push(rest.subarray(head))
    if (isEnded) this.inflate.end()
    this.rest = new Uint8Array(0)
    this.crc = 0
    this.length = 0
    return true
  }

  /** Whether the member is at its end. */
  private goOn(inflate: Inflate, isEnded: boolean, out: Array<Uint8Array>): boolean {
    for (let bytes = inflate.pull(); bytes !== undefined; bytes = inflate.pull()) {
      this.crc = crc32(this.crc, bytes)
      this.length = (this.length + bytes.length) >>> 0
      out.push(bytes)
    }
    const { rest } = inflate
    if (!inflate.isDone || rest.length < 8) {
      if (isEnded) fail(cutOff)
      return false
    }
    const end = new DataView(rest.buffer, rest.byteOffset)
    if (end.getUint32(0, true) !== this.crc >>> 0 || end.getUint32(4, true) !== this.length) {
      fail("what it holds does not fit its checksum")
    }
    this.members++
    this.inflate = undefined
    this.rest = rest.slice(8)
    return true
  }
}

const toError = (cause: unknown): GzipError => {
  if (cause instanceof GzipError) return cause
  return errorOf(cause instanceof InflateError ? cause.message : "it cannot be unpacked")
}

/** What a file's packed bytes hold. */
export const unpack = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E | GzipError, R> =>
  Stream.suspend(() => {
    const unpacker = new Unpacker()
    const take = (chunk?: Uint8Array) =>
      Effect.fromResult(Result.try({ try: () => unpacker.take(chunk), catch: toError }))
    return Stream.concat(Stream.mapEffect(bytes, take), Stream.fromEffect(Effect.suspend(() => take()))).pipe(
      Stream.filter(Arr.isReadonlyArrayNonEmpty),
      Stream.flattenArray,
    )
  })
