/** What a walk will cost by each of the sources that it can read from, worked out from a sample of its sessions. */
import { type RequestLimiter, type Session, SessionsApi, WalkSample } from "@effect-elnudge/core"
import * as NudgeList from "@effect-elnudge/core/NudgeList"
import { documentedPerMinute } from "@effect-elnudge/core/Pace"
import { tailRows } from "@effect-elnudge/core/PageGuard"
import { slicePages } from "@effect-elnudge/core/SliceSchedule"

/** In the order in which they are shown, and preferred where they cost the same: what the vendor promises first. */
export const sources = ["list", "details", "nudges"] as const
/**
 * - `list`: the list of sessions alone
 * - `details`: the list, and the detail of each session that a report picks
 * - `nudges`: the list, the list of nudges, and the details of the sessions whose events a report needs
 */
export type Source = (typeof sources)[number]

/** Whole requests: the estimate, and between which two it lies nine times out of ten. */
export interface Requests {
  readonly estimate: number
  readonly low: number
  readonly high: number
  readonly isExact: boolean
  /** What the estimate is made of. */
  readonly list: number
  readonly details: number
  readonly nudges: number
}

export interface Cost {
  readonly source: Source
  readonly requests: Requests
  readonly isCheapest: boolean
}

/** Of all sessions of the window. */
export interface Needs {
  readonly sessions: WalkSample.Estimate
  /** Sessions that some report needs more of than the list has. */
  readonly details: WalkSample.Estimate
  /** Those of them that need their events, and not just their nudges. */
  readonly events: WalkSample.Estimate
  /** Displays of nudges, whatever the reports need of them. */
  readonly nudges: WalkSample.Estimate
}

/** What the reports say that they need. */
export interface Asked {
  readonly needsDetail: (session: Session.Summary) => boolean
  readonly needsEvents: (session: Session.Summary) => boolean
}

export interface Walk {
  readonly pageSize: number
  readonly listConcurrency: number
  /** Epoch milliseconds: nudges are shown up to now, also after the window. */
  readonly now: number
}

// A count below 0 takes no nudges from the list.
const nudgesOf = ({ nudge_count }: Session.Summary): number => Math.max(0, nudge_count)

/** A session of each kind that reports tell apart. */
const kinds: ReadonlyArray<Session.Summary> = [0, 1].flatMap((nudge_count) =>
  [false, true].map((converted) => ({
    id: "any",
    started_at: "2026-10-01T00:00:00Z",
    ended_at: "2026-10-01T00:10:00Z",
    page_count: 3,
    intent_score: 50,
    converted,
    nudge_count,
  })),
)

const picks =
  (isPicked: (session: Session.Summary) => boolean) =>
  (session: Session.Summary): number =>
    isPicked(session) ? 1 : 0

export const needs = (sample: WalkSample.WalkSample, { needsDetail, needsEvents }: Asked): Needs => ({
  sessions: WalkSample.total(sample, () => 1),
  details: WalkSample.total(sample, picks(needsDetail)),
  events: WalkSample.total(sample, picks(needsEvents)),
  nudges: WalkSample.total(sample, nudgesOf),
})

/**
 * How many more pages parts of the window take: each ends with a page that is not full, and has its last rows read once more by
 * the part below.
 */
const partsPart = (pageSize: number): number => (0.75 + Math.min(1, tailRows / pageSize)) / slicePages

/** A page that is not full costs as much as one that is, and so does one without a row. */
const pagesOf = (rows: number, size: number): number => Math.max(1, Math.ceil(rows / size))

/** Whether nudges do where a report would read a detail: of some sessions it needs no more. */
export const isOfNudges = ({ needsDetail, needsEvents }: Asked): boolean =>
  kinds.some((session) => needsDetail(session) && !needsEvents(session))

/** What each source would cost, out of those that can serve the reports; `hasNudgeList`: whether the API has one. */
export const costs = (
  sample: WalkSample.WalkSample,
  asked: Asked,
  { listConcurrency, now, pageSize }: Walk,
  hasNudgeList: boolean,
): ReadonlyArray<Cost> => {
  const { details, events, nudges, sessions } = needs(sample, asked)
  const { from, to } = sample.window
  const list = pagesOf(sessions.value, pageSize)
  const inParts = listConcurrency > 1 ? partsPart(pageSize) * list + listConcurrency : 0
  const after = 1 + Math.max(0, Math.min(NudgeList.afterEndMillis, now - to)) / (to - from)

  const requests = (
    more: { readonly details: number; readonly nudges: number },
    of: (session: Session.Summary) => number,
    slack: number,
  ): Requests => {
    const { high, isExact, low } = WalkSample.total(sample, (session) => 1 / pageSize + of(session))
    const parts = { list, details: Math.round(more.details), nudges: more.nudges }
    const estimate = parts.list + parts.details + parts.nudges
    // Where the window was read whole, only what nobody looked at can make a difference.
    const [least, most] = isExact ? [estimate, estimate] : [Math.floor(low), Math.ceil(high) + 1]
    return {
      estimate,
      low: Math.min(estimate, least),
      high: Math.max(estimate, most) + Math.ceil(slack),
      isExact: isExact && slack === 0,
      ...parts,
    }
  }

  const all: ReadonlyArray<Omit<Cost, "isCheapest">> = !kinds.some(asked.needsDetail)
    ? [{ source: "list", requests: requests({ details: 0, nudges: 0 }, () => 0, inParts) }]
    : [
        {
          source: "details",
          requests: requests({ details: details.value, nudges: 0 }, picks(asked.needsDetail), inParts),
        },
      ]
  const pagesOfNudges = pagesOf(nudges.value * after, SessionsApi.maxPageSize)
  const byNudges: Omit<Cost, "isCheapest"> = {
    source: "nudges",
    requests: requests(
      { details: events.value, nudges: pagesOfNudges },
      (session) => picks(asked.needsEvents)(session) + (nudgesOf(session) * after) / SessionsApi.maxPageSize,
      // One page more for nudges of sessions on the window's edges.
      inParts + 1 + (after - 1) * pagesOfNudges,
    ),
  }
  const served = hasNudgeList && isOfNudges(asked) ? [...all, byNudges] : all
  const least = Math.min(...served.map(({ requests }) => requests.estimate))
  const cheapest = served.find(({ requests }) => requests.estimate === least)
  return served.map((cost) => ({ ...cost, isCheapest: cost === cheapest }))
}

export interface Rate {
  readonly requestsPerMinute: number
  /** Whether it only begins there. */
  readonly isLearned: boolean
}

export const rate = (limit: RequestLimiter.Limit): Rate =>
  limit === "auto"
    ? { requestsPerMinute: documentedPerMinute, isLearned: true }
    : { requestsPerMinute: limit, isLearned: false }

/** How long so many requests take at the limit. */
export const seconds = (requests: number, { requestsPerMinute }: Rate): number => (requests * 60) / requestsPerMinute
