/** Deflate (RFC 1951), unpacked as it comes, up to its own end and no byte further. */

/** What is packed is not what a packer wrote. */
export class InflateError extends Error {}

const windowBytes = 32 * 1024
const outputBytes = 64 * 1024
/** The longest that one symbol adds. */
const longestMatch = 258

/** What is longer is copied faster than byte by byte. */
const longestLoop = 32

/** What a table of codes takes of the input at most, with what its end may hold. */
const headerBytes = 320

const lengthExtra = Array.from({ length: 29 }, (_, code) => (code < 8 || code === 28 ? 0 : (code >> 2) - 1))
const distanceExtra = Array.from({ length: 30 }, (_, code) => (code < 4 ? 0 : (code >> 1) - 1))

const basesOf = (first: number, extra: ReadonlyArray<number>): Array<number> => {
  let base = first
  return extra.map((bits) => {
    const own = base
    base += 1 << bits
    return own
  })
}

// The last code has a length of its own, which is not what the one before it would lead to.
const lengthBase = basesOf(3, lengthExtra.slice(0, 28)).concat(longestMatch)
const distanceBase = basesOf(1, distanceExtra)

const orderOfLengths = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** The symbols by the bits that come next: `symbol << 4 | length`, and 0 where no code begins so. */
interface Codes {
  readonly table: Uint16Array
  readonly mask: number
}

const reversed = (code: number, length: number): number => {
  let bits = 0
  for (let at = 0; at < length; at++) bits |= ((code >> at) & 1) << (length - 1 - at)
  return bits
}

/** The canonical code whose symbols have these lengths. */
const codesOf = (lengths: Uint8Array): Codes => {
  const counts = new Uint16Array(16)
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1
  counts[0] = 0
  const longest = counts.findLastIndex((count) => count > 0)
  const next = new Uint16Array(16)
  let code = 0
  let left = 1
  for (let length = 1; length < 16; length++) {
    left = 2 * left - (counts[length] ?? 0)
    if (left < 0) throw new InflateError("its codes are more than there can be")
    code = (code + (counts[length - 1] ?? 0)) << 1
    next[length] = code
  }
  // A single code of one bit is the only one that may leave others unused.
  if (left > 0 && longest > 1) throw new InflateError("its codes are not complete")
  const size = 1 << Math.max(longest, 1)
  const table = new Uint16Array(size)
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] ?? 0
    if (length === 0) continue
    const own = next[length] ?? 0
    next[length] = own + 1
    for (let at = reversed(own, length); at < size; at += 1 << length) table[at] = (symbol << 4) | length
  }
  return { table, mask: size - 1 }
}

const fixedLiterals = codesOf(
  Uint8Array.from({ length: 288 }, (_, at) => (at < 144 ? 8 : at < 256 ? 9 : at < 280 ? 7 : 8)),
)
const fixedDistances = codesOf(new Uint8Array(32).fill(5))

type State = "block" | "stored" | "codes" | "done"

/** One stream: bytes go in with `push`, and come out of `pull`. */
export class Inflate {
  private input: Uint8Array = new Uint8Array(0)
  private at = 0
  private isEnded = false
  private bits = 0
  private bitCount = 0
  private state: State = "block"
  private isLast = false
  private storedLeft = 0
  private literals = fixedLiterals
  private distances = fixedDistances
  // What went before, for matches to look back at; then what is new.
  private readonly output = new Uint8Array(windowBytes + outputBytes + longestMatch)
  private from = windowBytes
  private to = windowBytes
  private oldest = windowBytes

  push(chunk: Uint8Array): void {
    this.giveBack()
    const left = this.input.subarray(this.at)
    if (left.length === 0) this.input = chunk
    else {
      this.input = new Uint8Array(left.length + chunk.length)
      this.input.set(left)
      this.input.set(chunk, left.length)
    }
    this.at = 0
  }

  /** Nothing more will be pushed. */
  end(): void {
    this.isEnded = true
  }

  get isDone(): boolean {
    return this.state === "done"
  }

  /** What was pushed and is behind the end of the stream. */
  get rest(): Uint8Array {
    return this.input.subarray(this.at)
  }

  /** The next bytes; undefined where more must be pushed first, and at the end. Throws {@link InflateError}. */
  pull(): Uint8Array | undefined {
    while (this.state !== "done" && this.to < windowBytes + outputBytes && this.step());
    if (this.to === this.from) return undefined
    const bytes = this.output.slice(this.from, this.to)
    this.from = this.to
    if (this.to >= windowBytes + outputBytes) {
      this.output.copyWithin(0, this.to - windowBytes, this.to)
      this.oldest = Math.max(0, this.oldest - (this.to - windowBytes))
      this.from = windowBytes
      this.to = windowBytes
    }
    return bytes
  }

  /** Whether it came on. */
  private step(): boolean {
    switch (this.state) {
      case "block":
        return this.block()
      case "stored":
        return this.stored()
      case "codes":
        return this.codes()
      case "done":
        return false
    }
  }

  private has(bytes: number): boolean {
    return this.isEnded || this.input.length - this.at >= bytes
  }

  /** Where nothing more comes, zeros do, until {@link checkEnd} sees it. */
  private fill(count: number): void {
    while (this.bitCount < count) {
      this.bits |= (this.input[this.at++] ?? 0) << this.bitCount
      this.bitCount += 8
    }
  }

  private take(count: number): number {
    this.fill(count)
    const value = this.bits & ((1 << count) - 1)
    this.bits >>>= count
    this.bitCount -= count
    return value
  }

  private checkEnd(): void {
    if (this.at - (this.bitCount >> 3) > this.input.length) throw new InflateError("it is cut off")
  }

  /** Gives back whole bytes that were taken for their bits: they are where the input goes on. */
  private giveBack(): void {
    this.at -= this.bitCount >> 3
    this.bitCount &= 7
    this.bits &= (1 << this.bitCount) - 1
  }

  /** Passes over what is left of a byte. */
  private align(): void {
    this.giveBack()
    this.bits = 0
    this.bitCount = 0
  }

  private endBlock(): void {
    this.state = this.isLast ? "done" : "block"
    if (this.isLast) this.align()
  }

  private block(): boolean {
    if (!this.has(headerBytes)) return false
    this.isLast = this.take(1) === 1
    const kind = this.take(2)
    this.checkEnd()
    switch (kind) {
      case 0: {
        this.align()
        const length = this.take(16)
        const check = this.take(16)
        this.checkEnd()
        if ((length ^ check) !== 0xffff) throw new InflateError("a length does not fit its check")
        this.storedLeft = length
        this.state = "stored"
        return true
      }
      case 1:
        this.literals = fixedLiterals
        this.distances = fixedDistances
        this.state = "codes"
        return true
      case 2:
        this.tables()
        this.state = "codes"
        return true
      default:
        throw new InflateError("a block is of no known kind")
    }
  }

  private tables(): void {
    const literalCount = this.take(5) + 257
    const distanceCount = this.take(5) + 1
    const lengthCount = this.take(4) + 4
    if (literalCount > 286 || distanceCount > 30) throw new InflateError("its codes are more than there can be")
    const own = new Uint8Array(19)
    for (const symbol of orderOfLengths.slice(0, lengthCount)) own[symbol] = this.take(3)
    const codes = codesOf(own)
    const lengths = new Uint8Array(literalCount + distanceCount)
    for (let at = 0; at < lengths.length;) {
      this.fill(7)
      const entry = codes.table[this.bits & codes.mask] ?? 0
      if (entry === 0) throw new InflateError("bits are no code")
      this.take(entry & 15)
      const symbol = entry >> 4
      if (symbol < 16) {
        lengths[at++] = symbol
        continue
      }
      if (symbol === 16 && at === 0) throw new InflateError("a length repeats none")
      const value = symbol === 16 ? (lengths[at - 1] ?? 0) : 0
      const times = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7)
      if (at + times > lengths.length) throw new InflateError("its lengths are more than its codes")
      lengths.fill(value, at, at + times)
      at += times
    }
    this.checkEnd()
    if (lengths[256] === 0) throw new InflateError("a block has no end")
    this.literals = codesOf(lengths.subarray(0, literalCount))
    this.distances = codesOf(lengths.subarray(literalCount))
  }

  private stored(): boolean {
    const count = Math.min(this.storedLeft, this.input.length - this.at, windowBytes + outputBytes - this.to)
    this.output.set(this.input.subarray(this.at, this.at + count), this.to)
    this.at += count
    this.to += count
    this.storedLeft -= count
    if (this.storedLeft === 0) this.endBlock()
    else if (count === 0 && this.isEnded) throw new InflateError("it is cut off")
    return this.storedLeft === 0 || count > 0
  }

  private codes(): boolean {
    const { distances, input, literals, output } = this
    const literalTable = literals.table
    const distanceTable = distances.table
    // A length and a distance with their extra bits take 48 bits at most.
    const stop = this.isEnded ? Number.POSITIVE_INFINITY : input.length - 8
    let { at, bitCount, bits, to } = this
    let isAtEnd = false
    while (to < windowBytes + outputBytes && at <= stop) {
      while (bitCount < 15) {
        bits |= (input[at++] ?? 0) << bitCount
        bitCount += 8
      }
      const entry = literalTable[bits & literals.mask] ?? 0
      if (entry === 0) throw new InflateError("bits are no code")
      bits >>>= entry & 15
      bitCount -= entry & 15
      const symbol = entry >> 4
      if (at - (bitCount >> 3) > input.length) throw new InflateError("it is cut off")
      if (symbol < 256) {
        output[to++] = symbol
        continue
      }
      if (symbol === 256) {
        isAtEnd = true
        break
      }
      while (bitCount < 5) {
        bits |= (input[at++] ?? 0) << bitCount
        bitCount += 8
      }
      const extra = lengthExtra[symbol - 257]
      if (extra === undefined) throw new InflateError("bits are no code")
      const length = (lengthBase[symbol - 257] ?? 0) + (bits & ((1 << extra) - 1))
      bits >>>= extra
      bitCount -= extra
      while (bitCount < 15) {
        bits |= (input[at++] ?? 0) << bitCount
        bitCount += 8
      }
      const far = distanceTable[bits & distances.mask] ?? 0
      if (far === 0) throw new InflateError("bits are no code")
      bits >>>= far & 15
      bitCount -= far & 15
      while (bitCount < 13) {
        bits |= (input[at++] ?? 0) << bitCount
        bitCount += 8
      }
      const more = distanceExtra[far >> 4]
      if (more === undefined) throw new InflateError("bits are no code")
      const distance = (distanceBase[far >> 4] ?? 0) + (bits & ((1 << more) - 1))
      bits >>>= more
      bitCount -= more
      if (to - distance < this.oldest) throw new InflateError("it looks back to before its beginning")
      if (at - (bitCount >> 3) > input.length) throw new InflateError("it is cut off")
      if (length > longestLoop && distance >= length) {
        output.copyWithin(to, to - distance, to - distance + length)
        to += length
      } else {
        for (const end = to + length; to < end; to++) output[to] = output[to - distance] ?? 0
      }
    }
    const isOn = to !== this.to || isAtEnd
    this.at = at
    this.bits = bits
    this.bitCount = bitCount
    this.to = to
    if (isAtEnd) this.endBlock()
    return isOn
  }
}
