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
    if (this.current.has(value) || this.previous.has(value)) return false
    if (this.current.size >= this.capacity) {
      this.previous = this.current
      this.current = new Set()
      this.turned++
    }
    this.current.add(value)
    return true
  }
}
