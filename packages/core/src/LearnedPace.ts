/**
 * The pace of a limit that nobody knows. It begins at what the vendor documents and grows while requests wait for it. A
 * refusal shows what the API really takes: the most requests in any stretch of time that ends with the hold. From a little
 * below that it climbs back to it, stays near for a while, and then tries more and more. A pure function of what it is
 * told: the same departures and refusals give the same pace.
 */
import { type Departure, documentedPerMinute, Metronome, type Pace, timerMillis } from "./Pace.ts"

const second = 1_000

/** In requests a millisecond. */
const documented = documentedPerMinute / (60 * second)
/** However often it was refused: about 2 a minute. */
const slowest = 2 / (60 * second)

/** It doubles in so much waiting, until the first refusal. */
const doublingMillis = 2.2 * second
/** After a refusal: below what was taken by this part, and back at it after so much waiting; then above it as fast. */
const stepBack = 0.05
const recoveryMillis = 15 * second
/** Retry-After counts whole seconds, rounded up: on average half a second too much. */
const roundingMillis = second / 2
/** While it grows, the time before says little about the limit: so much of it counts. */
const recentMillis = 2 * second
/** From fewer requests nothing is concluded but that it was too fast. */
const enough = 8

/** How often it is noted how many requests were taken, and how many of these notes are kept: a little over a minute. */
const noteMillis = second / 4
const mostNotes = 256

interface Note {
  readonly at: number
  /** Requests sent before this moment and not refused, as far as it was known. */
  readonly taken: number
}

interface Refusal extends Departure {
  /** Requests sent before it and not refused. */
  readonly taken: number
  readonly until: number
  /** The pace that was refused. */
  readonly perMilli: number
}

export class LearnedPace implements Pace {
  private readonly metronome = new Metronome()
  /** What the API was seen to take, in requests a millisecond; undefined before the first refusal. */
  private seen: number | undefined
  /** How long requests waited for this pace since it was set. */
  private waitedMillis = 0
  private sent = 0
  private lost = 0
  private notes: Array<Note> = []
  private refusal: Refusal | undefined
  /** Departures before this one belong to the last refusal, whatever becomes of them. */
  private resumedFrom = 0

  /** Requests a millisecond. */
  get perMilli(): number {
    if (this.seen === undefined) return documented * 2 ** (this.waitedMillis / doublingMillis)
    const progress = this.waitedMillis / recoveryMillis - 1
    return this.seen * (1 + stepBack * progress ** 3)
  }

  wait(now: number): number {
    this.resume(now)
    if (this.notes.length === 0) this.begin(now)
    return this.metronome.wait(now, this.catchUpMillis())
  }

  depart(now: number): Departure {
    this.metronome.tick(now, 1 / this.perMilli)
    const departure: Departure = { index: this.sent++, at: now }
    const last = this.notes.at(-1)
    if (last === undefined || now - last.at >= noteMillis) this.note({ at: now, taken: departure.index - this.lost })
    return departure
  }

  waited(millis: number): void {
    this.waitedMillis += millis
  }

  refused({ at, index }: Departure, until: number): void {
    const { refusal } = this
    if (index >= this.resumedFrom) {
      this.refusal = { index, at, taken: index - this.lost, until, perMilli: this.perMilli }
      this.resumedFrom = this.sent
    } else if (refusal !== undefined) {
      // It was under way when the API began to refuse: nothing new, but it may say that it lasts longer.
      const taken = index < refusal.index ? refusal.taken - 1 : refusal.taken
      this.refusal = { ...refusal, taken, until: Math.max(refusal.until, until) }
    }
    this.lost++
  }

  // Four requests at most, as the documented limit allows; less of a slow pace, whose timers are precise enough.
  private catchUpMillis(): number {
    return Math.max(timerMillis, Math.min(4 / this.perMilli, second / 10))
  }

  private begin(now: number): void {
    this.metronome.restart(now, this.catchUpMillis())
    this.note({ at: now, taken: this.sent - this.lost })
  }

  private note(note: Note): void {
    this.notes.push(note)
    if (this.notes.length > mostNotes) this.notes.shift()
  }

  /** After a hold: what was taken until its end is what the API takes. */
  private resume(now: number): void {
    const { refusal } = this
    if (refusal === undefined || now < refusal.until) return
    this.refusal = undefined
    const taken = refusal.taken - (this.notes[0]?.taken ?? 0)
    if (taken > 0) {
      const most = Math.min(this.mostTaken(refusal), refusal.perMilli)
      this.seen = Math.max(slowest, taken < enough ? Math.min(most, refusal.perMilli / 2) : most)
      this.waitedMillis = 0
    }
    // Too little to conclude from is kept, holds included, until it is enough.
    if (taken >= enough) this.notes = []
    this.begin(now)
  }

  private mostTaken({ at, taken, until }: Refusal): number {
    const heldMillis = until - at
    const over = (note: Note, held: number) => (taken - note.taken) / (at - note.at + Math.max(0, held))
    const earlier = this.notes.filter((note) => note.at < at)
    const whole = earlier.map((note) => over(note, heldMillis - roundingMillis))
    const recent = this.seen === undefined ? earlier.findLast((note) => note.at <= at - recentMillis) : undefined
    return Math.max(0, ...whole, ...(recent === undefined ? [] : [over(recent, heldMillis - second)]))
  }
}
