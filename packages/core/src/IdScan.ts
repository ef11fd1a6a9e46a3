/**
 * Whether the ids of some files are all different: seen in their bytes, for a fraction of what it costs to read the
 * lines. Where it is not sure, it says so: ids need not stand first in a line, and may be written in other ways.
 */
import { FingerprintSet } from "./FingerprintSet.ts"

const seedHigh = 0x811c9dc5 | 0
const seedLow = 0x9e3779b9 | 0

const mixHigh = (high: number, code: number): number => Math.imul(high ^ code, 0x01000193)
const mixLow = (low: number, code: number): number => Math.imul(low ^ (low >>> 15) ^ code, 0x85ebca6b)

/** Which ids came, and in which order, in a few bytes. */
export class IdSequence {
  private high = seedHigh
  private low = seedLow
  private count = 0

  add(id: string): void {
    let [high, low] = [seedHigh, seedLow]
    for (let at = 0; at < id.length; at++) {
      high = mixHigh(high, id.charCodeAt(at))
      low = mixLow(low, id.charCodeAt(at))
    }
    this.addPrint(high, low)
  }

  /** One that {@link add} would find for an id of ASCII characters. */
  addPrint(high: number, low: number): void {
    this.high = mixHigh(this.high, high)
    this.low = mixLow(this.low, low)
    this.count++
  }

  isSame(other: IdSequence): boolean {
    return this.count === other.count && this.high === other.high && this.low === other.low
  }
}

const usualStart = new TextEncoder().encode('{"id":"')
const inId = usualStart.length
const behindId = inId + 1

// Where white space may stand: before the brace, the key, the colon and the value.
const mayBeSpace: ReadonlySet<number> = new Set([0, 1, 5, 6])

const lineFeed = 0x0a
const quote = 0x22
const backslash = 0x5c

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0d

/** The scan of some files, one after the other. */
export class IdScan {
  readonly sequence = new IdSequence()
  private readonly seen = new FingerprintSet()
  private isSure = true
  // How much of a line's usual start was found.
  private step = 0
  private high = seedHigh
  private low = seedLow

  /** Takes in what follows; false where it is not, or no longer, sure. */
  push(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length && this.isSure; at++) {
      if (this.step === behindId) {
        at = bytes.indexOf(lineFeed, at)
        if (at === -1) break
        this.step = 0
      } else {
        this.isSure = this.take(bytes[at] ?? 0)
      }
    }
    return this.isSure
  }

  /** Ends a file, whose last line may have no end of its own. */
  endFile(): boolean {
    if (this.step !== 0 && this.step !== behindId) this.isSure = false
    this.step = 0
    return this.isSure
  }

  private take(code: number): boolean {
    if (this.step === inId) {
      if (code === quote) {
        this.step = behindId
        this.sequence.addPrint(this.high, this.low)
        return this.seen.add(this.high, this.low)
      }
      if (code === backslash || code < 0x20 || code > 0x7e) return false
      this.high = mixHigh(this.high, code)
      this.low = mixLow(this.low, code)
      return true
    }
    if (code === usualStart[this.step]) {
      this.step++
      if (this.step === inId) {
        this.high = seedHigh
        this.low = seedLow
      }
      return true
    }
    return (isSpace(code) && mayBeSpace.has(this.step)) || (code === lineFeed && this.step === 0)
  }
}
