/** What a run of reports will take, before it is begun: made from a few pages of its window. */
import { Coverage, ElnudgeClient, type ElnudgeError, TimeWindow, WalkSample } from "@effect-elnudge/core"
import type { TimeSpan } from "@effect-elnudge/core"
import * as WallClock from "@effect-elnudge/core/WallClock"
import * as Effect from "effect/Effect"
import * as WalkCost from "./WalkCost.ts"
import * as WalkPlan from "./WalkPlan.ts"

/** What is odd about the window's beginning. */
export interface Retention {
  readonly keptDays: number | undefined
  /** What is older is likely gone; undefined where nobody said how long it is kept. Epoch milliseconds. */
  readonly oldestKept: number | undefined
  /** Of the window, where probes met a 404. */
  readonly refused: TimeSpan.TimeSpans
  /** From the window's beginning on, where probes found nothing for long. */
  readonly emptyBeginning: TimeSpan.TimeSpan | undefined
}

export interface RunForecast {
  readonly sample: WalkSample.WalkSample
  /** What was sent for it, retries included. */
  readonly spent: { readonly requests: number; readonly list: number; readonly nudges: number }
  readonly needs: WalkCost.Needs
  readonly costs: ReadonlyArray<WalkCost.Cost>
  /** Why there is no list of nudges to read from; undefined where there is one, or nobody needs it. */
  readonly noNudgeList: string | undefined
  readonly rate: WalkCost.Rate
  readonly found: ReturnType<typeof WalkSample.found>
  /** A stretch without a session is told from here on. Milliseconds. */
  readonly leastEmptyMillis: number
  readonly retention: Retention
}

const second = 1_000
const hour = 3_600 * second
const day = 24 * hour

const millisOf = ({ from, to }: TimeSpan.TimeSpan): number => to - from

/** How long it takes until so many sessions have come, at the mean rate. */
const millisFor = (count: number, { sessions }: WalkCost.Needs, window: TimeSpan.TimeSpan): number =>
  (count * millisOf(window)) / Math.max(1, sessions.value)

// What is empty for less may be a night, or chance.
const leastEmptyHours = 6
const leastEmptySessions = 30

// The oldest page is chosen so that a hundred are expected, and at night some are still to be expected of fifty.
const leastBeginning = 50

const emptyBeginning = (sample: WalkSample.WalkSample, needs: WalkCost.Needs): TimeSpan.TimeSpan | undefined =>
  WalkSample.found(
    sample,
    Math.min(millisOf(sample.window), millisFor(leastBeginning, needs, sample.window)),
  ).empty.find(({ from }) => from === sample.window.from)

/** The part of the window's time that was read. */
export const readShare = ({ unread, window }: WalkSample.WalkSample): number =>
  1 - unread.reduce((sum, span) => sum + millisOf(span), 0) / millisOf(window)

// The endpoint is outside the contract: however it refuses, the details do as well.
const lookForNudges = (sample: WalkSample.WalkSample) =>
  Effect.flatMap(ElnudgeClient.ElnudgeClient, ({ listNudges }) =>
    listNudges({ window: TimeWindow.ofSpan(sample.window), limit: 1 }),
  ).pipe(
    Effect.as<string | undefined>(undefined),
    Effect.catchTags({
      NudgesUnavailable: ({ status }) => Effect.succeed(`the API has none (${status})`),
      ResponseInvalid: () => Effect.succeed("what the API answers is none"),
      RequestRefused: () => Effect.succeed("the API refuses to list them"),
      UnsafeAddress: () => Effect.succeed("the API refuses to list them"),
      Unauthorized: (error): Effect.Effect<string, ElnudgeError.Unauthorized> =>
        error.status === 403 ? Effect.succeed("the key may not list them (403)") : Effect.fail(error),
    }),
  )

/** Fails as the walk would. */
export const make = Effect.fn("RunForecast.make")(function* (plan: WalkPlan.WalkPlan, asked: WalkCost.Asked) {
  const recorder = yield* Coverage.make
  const { noNudgeList, sample } = yield* Effect.gen(function* () {
    const sample = yield* WalkSample.take({ from: plan.from, to: plan.to })
    return { sample, noNudgeList: WalkCost.isOfNudges(asked) ? yield* lookForNudges(sample) : undefined }
  }).pipe(WalkPlan.withClient(plan), Effect.provideService(Coverage.Current, recorder))
  const now = yield* WallClock.now
  const needs = WalkCost.needs(sample, asked)
  const leastEmptyMillis = Math.max(leastEmptyHours * hour, millisFor(leastEmptySessions, needs, sample.window))
  const found = WalkSample.found(sample, leastEmptyMillis)
  const keptDays = plan.retentionDays
  const { list_requests, nudge_requests, requests } = recorder.snapshot()
  const forecast: RunForecast = {
    sample,
    spent: { requests, list: list_requests, nudges: nudge_requests },
    needs,
    costs: WalkCost.costs(sample, asked, { ...plan, now }, noNudgeList === undefined),
    noNudgeList,
    rate: WalkCost.rate(plan.rateLimit),
    found,
    leastEmptyMillis,
    retention: {
      keptDays,
      oldestKept: keptDays === undefined ? undefined : second * Math.floor((now - keptDays * day) / second),
      refused: sample.probes.filter(({ isRefused }) => isRefused).map(({ from, to }) => ({ from, to })),
      emptyBeginning: emptyBeginning(sample, needs),
    },
  }
  return forecast
})
