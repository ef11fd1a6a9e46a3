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
import * as WalkPosition from "./WalkPosition.ts"

const OpenSession = Schema.Struct({
  /** As it was read last. */
  session: Session.Summary,
  /** Of the walk that listed it. */
  window: TimeWindow.TimeWindow,
  /** When it is to be read again. */
  due_at: Session.Instant,
})

export const FollowPosition = Schema.Struct({
  /** Every session that started before this was taken in, or is one of `open`. */
  listed_to: Session.Instant,
  /** The walk that leads on from there; null between two. */
  walk: Schema.NullOr(WalkPosition.WalkPosition),
  /** Listed and not settled when they were read last, or handed on and not taken in: they are read again by id. */
  open: Schema.Array(OpenSession),
  /** How many sessions were taken in. */
  sessions: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
})
export type FollowPosition = typeof FollowPosition.Type

/** A session that is to be read again by id. Instants are epoch milliseconds. */
export interface Open {
  readonly session: Session.Summary
  /** Of the walk that listed it. */
  readonly window: TimeSpan
  readonly dueAt: number
}

/** One walk along the part of the list whose sessions are old enough. */
export interface Walk {
  readonly window: TimeSpan
  readonly tracker: WalkPosition.Tracker
}

/**
 * Follows one stream for `SessionStream.follow({ tracker })`: whoever takes its sessions in says so with `done`, and may ask
 * for the `position` at any time. A stream that failed or was cut off goes on from its tracker, too. One stream at a time.
 */
export class Tracker {
  private listedTo: number | undefined
  private walk: Walk | undefined
  private readonly open = new Map<string, Open>()
  /** Handed on, and not taken in yet. */
  private readonly owed = new Map<string, Open>()
  private sessions = 0

  /** `resumed` is what an earlier tracker gave; the recorder has what was covered until then. */
  constructor(recorder?: Coverage.Recorder, resumed?: FollowPosition) {
    if (resumed === undefined) return
    this.listedTo = Session.millis(resumed.listed_to)
    this.sessions = resumed.sessions
    if (resumed.walk !== null) {
      const window = TimeWindow.toSpan(resumed.walk.window)
      this.walk = { window, tracker: new WalkPosition.Tracker(recorder, resumed.walk) }
    }
    for (const { due_at, session, window } of resumed.open) {
      this.open.set(session.id, { session, window: TimeWindow.toSpan(window), dueAt: Session.millis(due_at) })
    }
  }

  /** From where sessions are followed, unless this goes on from a position. In epoch milliseconds. The stream calls this. */
  begin(from: number): void {
    this.listedTo ??= from
    // What another stream handed on and nobody took in comes again.
    for (const [id, owed] of this.owed) this.open.set(id, owed)
    this.owed.clear()
  }

  /** The walk to do next: the one under way, or one up to `to` (epoch milliseconds) if that leads any further. */
  walkTo(to: number, recorder: Coverage.Recorder | undefined): Walk | undefined {
    // What is under way goes on where it stopped, which a tracker only knows from its beginning.
    const begun = this.walk?.tracker.position()
    if (this.walk !== undefined && begun !== undefined) {
      this.walk = { ...this.walk, tracker: new WalkPosition.Tracker(recorder, begun) }
    } else if (this.listedTo !== undefined && to > this.listedTo) {
      const window = { from: this.listedTo, to }
      this.walk = { window, tracker: new WalkPosition.Tracker(recorder, WalkPosition.start(TimeWindow.ofSpan(window))) }
    }
    return this.walk
  }

  /** The walk came to its end. */
  walked(): void {
    this.listedTo = this.walk?.window.to ?? this.listedTo
    this.walk = undefined
  }

  /** How many sessions are to be read again. */
  get openCount(): number {
    return this.open.size
  }

  /** Those that are to be read by now (epoch milliseconds), the longest due first. */
  due(now: number): ReadonlyArray<Open> {
    return [...this.open.values()].filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt)
  }

  /** The session is not settled. */
  keep(open: Open): void {
    this.open.set(open.session.id, open)
  }

  /** The session is handed on; until it is done it counts as one to be read again at once. */
  handOn(owed: Open): void {
    this.open.delete(owed.session.id)
    this.owed.set(owed.session.id, owed)
  }

  /** The session was taken in: written, stored, or left out for good. */
  done({ summary: { id } }: SessionRead): void {
    if (this.owed.delete(id)) this.sessions++
  }

  /** How many sessions were taken in. */
  get taken(): number {
    return this.sessions
  }

  /** Undefined before the stream began. */
  position(): FollowPosition | undefined {
    if (this.listedTo === undefined) return undefined
    return {
      listed_to: Session.instant(this.listedTo),
      walk: this.walk?.tracker.position() ?? null,
      open: [...this.open.values(), ...this.owed.values()].map(({ dueAt, session, window }) => ({
        session,
        window: TimeWindow.ofSpan(window),
        due_at: Session.instant(dueAt),
      })),
      sessions: this.sessions,
    }
  }
}
