/**
 * How far a {@link SessionStream.follow} has come, session by session, so that another run can go on from there: none is
 * missing, and none comes again that was taken in.
 */
import * as Schema from "effect/Schema"
import type * as Coverage from "./Coverage.ts"
import * as Session from "./Session.ts"
import type { SessionRead } from "./SessionRead.ts"
import type { TimeSpan } from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"

const OpenSession = Schema.Struct({
  /** Its row in the list. */
  summary: Session.Summary,
  /** What was listed when it was found. */
  window: TimeWindow.TimeWindow,
  /** When it is to be read again. */
  due_at: Session.Instant,
  /** Since when its detail cannot be had. */
  failing_since: Schema.optionalKey(Session.Instant),
})

/** A position as it is kept in a file; instants are ISO 8601, UTC. */
export const FollowPosition = Schema.Struct({
  /** Every session that started before this was taken in, or is one of `open`: the start of the newest one listed. */
  listed_to: Session.Instant,
  /** The ids of those that start from there on and were listed all the same; with their starts. */
  listed: Schema.Array(Schema.Struct({ id: Session.Id, started_at: Session.Instant })),
  /** Listed and not settled when they were read last, or handed on and not taken in: they are read again by id. */
  open: Schema.Array(OpenSession),
  /** How many sessions were taken in. */
  sessions: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
})
export type FollowPosition = typeof FollowPosition.Type

/** A session that is to be read again by id. Instants are epoch milliseconds. */
export interface Open {
  readonly summary: Session.Summary
  readonly window: TimeSpan
  readonly dueAt: number
  /** Since when its detail cannot be had. */
  readonly failingSince?: number | undefined
  /** Whether an earlier stream handed it on: it may still be said to be done. */
  readonly isReturned?: boolean | undefined
}

/**
 * Follows one stream for `SessionStream.follow({ tracker })`: whoever takes its sessions in says so with `done`, and may ask
 * for the `position` at any time. A stream that failed or was cut off goes on from its tracker, too. One stream at a time.
 */
export class Tracker {
  private from: number | undefined
  /** What was listed from there on, with its start. */
  private readonly listed = new Map<string, number>()
  private readonly open = new Map<string, Open>()
  /** Handed on, and not taken in yet. */
  private readonly owed = new Map<string, Open>()
  private sessions = 0
  private recorder: Coverage.Recorder | undefined

  /** `resumed` is what an earlier tracker gave; what a stream says of its `from` is not asked then. */
  constructor(resumed?: FollowPosition) {
    if (resumed === undefined) return
    this.from = Session.millis(resumed.listed_to)
    this.sessions = resumed.sessions
    for (const { id, started_at } of resumed.listed) this.listed.set(id, Session.millis(started_at))
    for (const { due_at, failing_since, summary, window } of resumed.open) {
      this.open.set(summary.id, {
        summary,
        window: TimeWindow.toSpan(window),
        dueAt: Session.millis(due_at),
        failingSince: failing_since === undefined ? undefined : Session.millis(failing_since),
      })
    }
  }

  /** A stream begins; `from` (epoch milliseconds) counts for the first one. The recorder counts what is done. */
  begin(from: number, recorder: Coverage.Recorder | undefined): void {
    this.from ??= from
    this.recorder = recorder
    // What another stream handed on and nobody took in comes again.
    for (const [id, owed] of this.owed) this.open.set(id, { ...owed, isReturned: true })
    this.owed.clear()
  }

  /** From where on the list was not taken in yet, but for some rows: epoch milliseconds. */
  get listedTo(): number {
    return this.from ?? Number.POSITIVE_INFINITY
  }

  /** A row of the list came; false where it is known already. */
  list({ id, started_at }: Session.Summary): boolean {
    if (this.listed.has(id) || this.open.has(id) || this.owed.has(id)) return false
    this.listed.set(id, Session.millis(started_at))
    return true
  }

  /**
   * All that the API has from `listedTo` on, up to an instant, was listed. Goes on from the newest of them, and not from that
   * instant: where the clock ran ahead, there is more to come. False where none was new.
   */
  advance(to: number): boolean {
    const before = this.listedTo
    let newest = before
    // There may be some from further up, of a list that failed before it was down here.
    for (const start of this.listed.values()) if (start < to) newest = Math.max(newest, start)
    this.from = newest
    for (const [id, start] of this.listed) if (start < newest) this.listed.delete(id)
    return newest > before
  }

  /** Whether the clock is behind what the list has told. */
  isAheadOf(now: number): boolean {
    return this.listed.size > 0 && this.listedTo > now
  }

  /** How many sessions are to be read again. */
  get openCount(): number {
    return this.open.size
  }

  /** Those that are to be read by now (epoch milliseconds), the longest due first. */
  due(now: number): ReadonlyArray<Open> {
    return [...this.open.values()].filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt)
  }

  /** Whether the session is still to be read again. */
  isOpen(id: string): boolean {
    return this.open.has(id)
  }

  /** The session is to be read again. */
  keep(open: Open): void {
    const { isReturned } = this.open.get(open.summary.id) ?? open
    this.open.set(open.summary.id, { ...open, isReturned })
  }

  /** The session is handed on; until it is done it counts as one to be read again at once. */
  handOn(owed: Open): void {
    this.open.delete(owed.summary.id)
    this.owed.set(owed.summary.id, owed)
  }

  /** The session was taken in: written, stored, or left out for good. */
  done(read: SessionRead): void {
    const { id } = read.summary
    const wasReturned = this.open.get(id)?.isReturned === true
    if (wasReturned) this.open.delete(id)
    else if (!this.owed.delete(id)) return
    this.sessions++
    this.recorder?.taken(read)
  }

  /** Leaves a session out for good that is to be read again, such as one whose detail never fits the contract. */
  skip(id: string): void {
    this.open.delete(id)
  }

  /** How many sessions were taken in. */
  get taken(): number {
    return this.sessions
  }

  /** Undefined before the stream began. */
  position(): FollowPosition | undefined {
    if (this.from === undefined) return undefined
    return {
      listed_to: Session.instant(this.from),
      listed: Array.from(this.listed, ([id, start]) => ({ id, started_at: Session.instant(start) })),
      open: [...this.open.values(), ...this.owed.values()].map(({ dueAt, failingSince, summary, window }) => ({
        summary,
        window: TimeWindow.ofSpan(window),
        due_at: Session.instant(dueAt),
        ...(failingSince === undefined ? {} : { failing_since: Session.instant(failingSince) }),
      })),
      sessions: this.sessions,
    }
  }
}
