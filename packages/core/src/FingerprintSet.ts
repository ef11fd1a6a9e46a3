/**
 * A set of fingerprints of 63 bits, in two arrays of numbers: 16 to 32 bytes for each. Two that are the same may
 * be of different things, once in millions of sets of a million; no number may depend on it.
 */
export class FingerprintSet {
  private mask = 1023
  private size = 0
  private highs = new Int32Array(1024)
  private lows = new Int32Array(1024)

  /** Adds the fingerprint; false when it was there already. */
  add(high: number, low: number): boolean {
    if (2 * this.size > this.mask) this.grow()
    // A zero marks a place that is free.
    const isNew = this.put(high | 1, low | 0)
    if (isNew) this.size++
    return isNew
  }

  private put(high: number, low: number): boolean {
    const { highs, lows, mask } = this
    let at = (low ^ (low >>> 15)) & mask
    for (; highs[at] !== 0; at = (at + 1) & mask) if (lows[at] === low && highs[at] === high) return false
    highs[at] = high
    lows[at] = low
    return true
  }

  private grow(): void {
    const { highs, lows } = this
    const places = 2 * highs.length
    this.mask = places - 1
    this.highs = new Int32Array(places)
    this.lows = new Int32Array(places)
    for (let at = 0; at < highs.length; at++) {
      const high = highs[at] ?? 0
      if (high !== 0) this.put(high, lows[at] ?? 0)
    }
  }
}
