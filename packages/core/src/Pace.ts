/**
 * When the next request of a key may go. Times are milliseconds of a clock that only goes forward; nothing is reserved
 * before it is due, so that a wait that is given up costs nothing.
 */

/** The vendor's limit, for each key. */
export const documentedPerMinute = 1_000

/** A request that may go: the how-manieth of its key, and when it went. */
export interface Departure {
  readonly index: number
  readonly at: number
}

export interface Pace {
  /** How long until the next request is due; it may go where this is 0 or less. */
  readonly wait: (now: number) => number
  /** The next request goes. */
  readonly depart: (now: number) => Departure
  /** A request stood at the head of the line for so long, and no 429 was why. */
  readonly waited: (millis: number) => void
  /** The API refused a request with a 429, and holds the key until `until`. */
  readonly refused: (departure: Departure, until: number) => void
}

/** Requests at even distances. A timer that fires late is made up for, by at most so many milliseconds. */
export class Metronome {
  private due = Number.NEGATIVE_INFINITY

  wait(now: number, catchUpMillis: number): number {
    return this.due - catchUpMillis - now
  }

  tick(now: number, intervalMillis: number): void {
    // From when it was due, not from when somebody woke up to it.
    this.due = Math.max(this.due, now) + intervalMillis
  }

  /** One request may go at `now`, and nothing of the past is made up for. */
  restart(now: number, catchUpMillis: number): void {
    this.due = now + catchUpMillis
  }
}

const minuteMillis = 60_000

/** Timers tick in milliseconds: where requests are due more often than that, this much is made up for. */
export const timerMillis = 10

/** So much of a minute's requests is left out, because requests that leave evenly arrive unevenly. */
const jitterMillis = 250

/** How a limit is used: how many requests may go at once, and the distance of those that follow. */
export interface Rhythm {
  readonly burst: number
  readonly intervalMillis: number
}

/**
 * The rhythm for N requests a minute: at most 5 at once (fewer below 400 a minute, where they would cost more than 1 % of
 * the limit; more above 30,000), and so many that follow that no 60 seconds hold more than N, wherever they begin and also
 * where the network makes some requests 250 ms later than others.
 */
export const rhythm = (requestsPerMinute: number): Rhythm => {
  const timer = (requestsPerMinute * timerMillis) / minuteMillis
  const burst = Math.floor(Math.max(1, timer, Math.min(5, 1 + requestsPerMinute / 100)))
  const jitter = (requestsPerMinute * jitterMillis) / minuteMillis
  return { burst, intervalMillis: minuteMillis / (requestsPerMinute - burst + 1 - jitter) }
}

/** The pace of a limit that is known: at least 2 requests a minute. */
export const steady = (requestsPerMinute: number): Pace => {
  const { burst, intervalMillis } = rhythm(requestsPerMinute)
  const catchUpMillis = (burst - 1) * intervalMillis
  const metronome = new Metronome()
  let index = 0
  return {
    wait: (now) => metronome.wait(now, catchUpMillis),
    depart: (now) => {
      metronome.tick(now, intervalMillis)
      return { index: index++, at: now }
    },
    waited: () => undefined,
    refused: () => undefined,
  }
}
