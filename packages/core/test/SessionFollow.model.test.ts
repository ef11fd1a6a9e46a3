import { describe, it } from "@effect/vitest"
import { inject } from "vitest"
import * as FollowCheck from "./FollowCheck.ts"
import * as FollowModel from "./FollowModel.ts"

const stop = (from: FollowModel.Stop["from"], more: Partial<FollowModel.Stop> = {}): FollowModel.Stop => ({
  afterSeconds: 4_000,
  from,
  pauseMinutes: 0,
  clockMinutes: 0,
  ...more,
})

/** Behaviours that once failed, or that a mutation of the stream was found by. */
const regressions: ReadonlyArray<readonly [string, Partial<FollowModel.Behaviour>]> = [
  ["nothing fails", { sessions: 200, openEnds: 20, listedLateMinutes: 44, toldLateSeconds: 50, long: 50, gone: 5 }],
  ["more in a second than on a page", { burst: 60, grain: 1_000, pageSize: 1, stops: [stop("earlier position")] }],
  [
    "pages fail below others that came",
    {
      sessions: 200,
      hours: 1,
      faults: 30,
      pageSize: 7,
      stops: [stop("tracker", { afterSeconds: 60, pauseMinutes: 120 })],
    },
  ],
  [
    "done by an earlier stream while this one reads in vain",
    { sessions: 200, faults: 30, outageMinutes: 50, lag: 40, stops: Array.from({ length: 6 }, () => stop("tracker")) },
  ],
  [
    "done by an earlier stream when this one has read it",
    {
      seed: 9,
      sessions: 200,
      concurrency: 8,
      slowSeconds: 300,
      lag: 4,
      stops: Array.from({ length: 6 }, () => stop("tracker")),
    },
  ],
  [
    "gone since an earlier stream handed it on",
    { gone: 100, onUnavailable: "skip", lag: 40, stops: [stop("tracker"), stop("tracker"), stop("position")] },
  ],
  [
    "a clock that is ahead, and behind, and right",
    { sessions: 200, stops: [stop("tracker", { clockMinutes: 90 }), stop("position", { clockMinutes: -90 })] },
  ],
  [
    "killed at any moment",
    {
      sessions: 200,
      hours: 5,
      shifted: 10,
      deadCursors: 20,
      pageSize: 7,
      latencyMillis: 3_000,
      lag: 4,
      stops: Array.from({ length: 6 }, () => stop("earlier position", { afterSeconds: 6_000 })),
    },
  ],
]

describe("follow, against a model of shops, APIs that fail, and programs that are stopped", () => {
  it.effect.each(regressions)("takes every session in once: %s", ([, behaviour]) =>
    FollowCheck.check({ ...FollowModel.calm, ...behaviour }),
  )

  it.effect.prop(
    "takes every session in once, at its end, and counts what was done",
    { behaviour: FollowModel.Behaviour },
    ({ behaviour }) => FollowCheck.check(behaviour),
    { arbitrary: { runs: 2 * inject("times"), seed: "elnudge-7" } },
  )
})
