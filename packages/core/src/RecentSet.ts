/**
 * A set with bounded memory: it remembers at least the last `capacity` values that were added, and at most twice
 * as many. It forgets whole generations, so that adding costs the same for ever.
 */
export class RecentSet {
  private current = new Set<string>()
  private previous = new Set<string>()
  private readonly capacity: number
  private turned = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** How many generations began so far, after the first; each but the first of them forgot one. */
  get turns(): number {
    return this.turned
  }

  /** Adds the value; false when it was remembered already. */
  add(value: string): boolean {
    if (this.previous.has(value)) return false
    // A set that did not grow had it: to look first would be one more look for each value that is new.
    const { size } = this.current
    this.current.add(value)
    if (this.current.size === size) return false
    if (size >= this.capacity) {
      this.current.delete(value)
      this.previous = this.current
      this.current = new Set([value])
      this.turned++
    }
    return true
  }
}
