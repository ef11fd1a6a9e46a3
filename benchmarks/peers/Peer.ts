/** What every peer is asked to do, and what it answers: the same fold of the same sessions. */

export interface Options {
  /** With `/v1` at its end. */
  readonly baseUrl: string
  readonly from: string
  readonly to: string
  readonly pageSize: number
  /** Details at once. */
  readonly concurrency: number
}

/** Sessions and conversions by bands of twenty points, from the lowest on. */
export type Bands = ReadonlyArray<readonly [sessions: number, conversions: number]>

export interface Answer {
  readonly bands: Bands
  /** Of the details that were read; 0 where none were. */
  readonly events: number
  readonly nudges: number
}

export interface Peer {
  /** The list and no detail. */
  readonly list: (options: Options) => Promise<Answer>
  /** The list, and the detail of each session. */
  readonly details: (options: Options) => Promise<Answer>
}

export const key = "sk_test_benchmark_0123456789abcdef"

interface Scored {
  readonly intent_score: number
  readonly converted: boolean
}

interface Detailed extends Scored {
  readonly events: ReadonlyArray<unknown>
  readonly nudges: ReadonlyArray<unknown>
}

/** The fold of those that have none of their own. */
export class Tally {
  private readonly sessions = [0, 0, 0, 0, 0]
  private readonly conversions = [0, 0, 0, 0, 0]
  private events = 0
  private nudges = 0

  take({ converted, intent_score }: Scored): void {
    const band = Math.min(4, Math.floor(intent_score / 20))
    this.sessions[band] = (this.sessions[band] ?? 0) + 1
    if (converted) this.conversions[band] = (this.conversions[band] ?? 0) + 1
  }

  takeDetail(session: Detailed): void {
    this.take(session)
    this.events += session.events.length
    this.nudges += session.nudges.length
  }

  answer(): Answer {
    const { conversions, events, nudges, sessions } = this
    return { bands: sessions.map((count, band) => [count, conversions[band] ?? 0]), events, nudges }
  }
}
