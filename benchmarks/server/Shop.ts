/**
 * The data that every subject reads: any number of sessions of 30 days, each worked out from its place in the list, so
 * that five million need no memory but their start times. The same numbers on every machine.
 */

export interface Spec {
  readonly sessions: number
  /** `skewed`: evenings ten times as busy as nights, and a sale day five times as busy as the others. */
  readonly traffic: "even" | "skewed"
  /** Of all sessions. @default 0.35 */
  readonly nudgedShare?: number | undefined
}

export const firstSecond = Date.UTC(2025, 9, 1) / 1000
const secondsInHour = 3_600
export const days = 30
export const lastSecond = firstSecond + days * 24 * secondsInHour
const saleDay = 23

export const nudgeTypes = ["chat_bubble", "toast", "exit_modal", "sticky_bar"] as const
export type NudgeType = (typeof nudgeTypes)[number]
export type Outcome = "shown" | "clicked" | "dismissed" | "chat_opened"

export interface Nudge {
  readonly id: string
  readonly type: NudgeType
  /** Epoch seconds. */
  readonly shownAt: number
  readonly outcome: Outcome
  readonly influenced: boolean
}

/** What is known of a session by its place in the list; 0 is the newest. Times are epoch seconds. */
export interface Session {
  readonly id: string
  readonly startedAt: number
  readonly endedAt: number
  readonly pageCount: number
  readonly score: number
  readonly converted: boolean
  readonly interacted: boolean
  readonly nudgeCount: number
}

/** 32 bits that look random (the finisher of MurmurHash3). */
const mixed = (index: number, salt: number): number => {
  let h = (index + Math.imul(salt, 0x9e3779b9)) | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

const share = (index: number, salt: number): number => mixed(index, salt) / 2 ** 32

const busyness = (traffic: Spec["traffic"], hour: number): number => {
  if (traffic === "even") return 1
  // From 1 at four in the morning to 10 at four in the afternoon.
  const daily = 5.5 - 4.5 * Math.cos(((hour - 4) / 12) * Math.PI)
  return Math.floor(hour / 24) === saleDay ? 5 * daily : daily
}

/** The start times, newest first, in epoch seconds. */
const startsOf = ({ sessions, traffic }: Spec): Uint32Array => {
  const starts = new Uint32Array(sessions)
  const weights = Array.from({ length: days * 24 }, (_, hour) => busyness(traffic, hour))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  let hour = weights.length - 1
  let after = 0
  for (let index = 0; index < sessions; index++) {
    const wanted = ((index + 0.5) / sessions) * sum
    while (hour > 0 && after + (weights[hour] ?? 0) < wanted) after += weights[hour--] ?? 0
    const part = Math.min(1, (wanted - after) / (weights[hour] ?? 1))
    starts[index] = firstSecond + Math.floor((hour + 1 - part) * secondsInHour)
  }
  return starts
}

// Of the nudged: of 35 % of all sessions these are 0.6 % and 1.4 % of all.
const interactedBuyerShare = 0.006 / 0.35
const buyerShare = 0.014 / 0.35

export const idOf = (index: number): string => `sess_${index.toString(36).padStart(10, "0")}`

export const indexOf = (id: string): number => (/^sess_[\da-z]{10}$/.test(id) ? Number.parseInt(id.slice(5), 36) : -1)

/** What a shop knows. Where 35 % of its sessions are nudged, 0.6 % of all were interacted with and bought. */
export class Shop {
  readonly spec: Spec
  private readonly starts: Uint32Array

  constructor(spec: Spec) {
    this.spec = spec
    this.starts = startsOf(spec)
  }

  session(index: number): Session {
    const startedAt = this.starts[index] ?? 0
    const kind = share(index, 1)
    const score = mixed(index, 2) % 101
    const { nudgedShare = 0.35 } = this.spec
    const isNudged = kind < nudgedShare
    const converted = isNudged ? kind < nudgedShare * buyerShare : share(index, 3) < 0.005 + score * 0.0005
    const interacted = isNudged && (converted ? kind < nudgedShare * interactedBuyerShare : share(index, 4) < 0.25)
    return {
      id: idOf(index),
      startedAt,
      endedAt: startedAt + 240 + (mixed(index, 5) % 1_500),
      pageCount: 1 + (mixed(index, 6) % 9),
      score,
      converted,
      interacted,
      nudgeCount: isNudged ? 1 + Math.floor(share(index, 7) ** 3 * 3) : 0,
    }
  }

  /** The first of them is the one that was interacted with, where any was. */
  nudges(index: number): ReadonlyArray<Nudge> {
    const { converted, interacted, nudgeCount, startedAt } = this.session(index)
    return Array.from({ length: nudgeCount }, (_, place): Nudge => {
      const isActedOn = interacted && place === 0
      return {
        id: `nudg_${index.toString(36).padStart(10, "0")}${place}`,
        type: nudgeTypes[mixed(index, 20 + place) % nudgeTypes.length] ?? "toast",
        shownAt: startedAt + 20 + place * 50 + (mixed(index, 30 + place) % 40),
        outcome: isActedOn
          ? ((["clicked", "dismissed", "chat_opened"] as const)[mixed(index, 8) % 3] ?? "clicked")
          : "shown",
        influenced: isActedOn && converted,
      }
    })
  }

  /** When it was bought, in epoch seconds: after every nudge, and before the end. */
  purchasedAt(index: number): number | undefined {
    const { converted, startedAt } = this.session(index)
    return converted ? startedAt + 200 + (mixed(index, 9) % 30) : undefined
  }

  /** How many sessions start at or after an instant (epoch seconds): the place of the first that does not. */
  countFrom(second: number): number {
    let low = 0
    let high = this.starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.starts[middle] ?? 0) >= second) low = middle + 1
      else high = middle
    }
    return low
  }
}
