import { describe, it } from "@effect/vitest"
import { inject } from "vitest"
import * as ApiModel from "./ApiModel.ts"
import * as ModelCheck from "./ModelCheck.ts"

const calm: ApiModel.Behaviour = {
  sessions: 12,
  perSecond: 1,
  pageSize: 3,
  concurrency: 2,
  listConcurrency: 1,
  isUnordered: false,
  goneEvery: 0,
  lateEvery: 0,
  cursorsDie: 0,
  lateUntil: 1,
  lastCursor: null,
  plan: [],
  stops: [],
}

/** Behaviours that once failed, or that a mutation of the client was found by. */
const regressions: ReadonlyArray<readonly [string, Partial<ApiModel.Behaviour>]> = [
  [
    "an error ahead of where the client stopped",
    { sessions: 4, perSecond: 2, pageSize: 5, plan: [{ at: 4, fault: "403" }], stops: [2] },
  ],
  ["a stop inside a page that follows a whole one", { stops: [4, 0, 1] }],
  [
    "a cursor that dies where several start in one second",
    { perSecond: 8, pageSize: 7, plan: [{ at: 8, fault: "dead cursor" }] },
  ],
  [
    "a cursor that dies at once, more in a second than a page holds",
    {
      perSecond: 8,
      plan: [
        { at: 4, fault: "dead cursor" },
        { at: 5, fault: "dead cursor" },
        { at: 9, fault: "dead cursor" },
      ],
    },
  ],
  [
    "a row out of place, then a cursor that dies",
    {
      pageSize: 5,
      plan: [
        { at: 0, fault: "row out of place" },
        ...Array.from({ length: 12 }, (_, index) => ({ at: index + 1, fault: "dead cursor" as const })),
      ],
    },
  ],
  [
    "pages that are reversed, and a cursor that dies after a stop",
    {
      plan: [
        { at: 0, fault: "reordered rows" },
        { at: 4, fault: "reordered rows" },
        { at: 8, fault: "dead cursor" },
      ],
      stops: [4],
    },
  ],
  ["no cursor that ever lives", { sessions: 40, pageSize: 7, cursorsDie: 1, stops: [3, 2] }],
  [
    "a row out of place in a slice, after stops and dead cursors",
    {
      sessions: 18,
      perSecond: 2,
      pageSize: 5,
      concurrency: 1,
      listConcurrency: 5,
      cursorsDie: 3,
      lastCursor: "left over",
      plan: [{ at: 16, fault: "row out of place" }],
      stops: [1, 1],
    },
  ],
  [
    "eight in a second, in another order with each request, over pages and stops",
    { sessions: 40, perSecond: 8, pageSize: 5, isUnordered: true, stops: [3, 1, 2] },
  ],
  [
    "several in a second without an order, in slices whose cursors die",
    { sessions: 40, perSecond: 3, pageSize: 7, listConcurrency: 5, isUnordered: true, cursorsDie: 3, stops: [2] },
  ],
  ["the first page again, after a stop", { plan: [{ at: 6, fault: "duplicated row" }], stops: [3, 2] }],
]

describe("the client, against a model of the API that fails in every way", () => {
  it.effect.each(regressions)("survives, or fails as it should: %s", ([, behaviour]) =>
    ModelCheck.check({ ...calm, ...behaviour }),
  )

  it.effect.prop(
    "gives exactly the model's sessions, or the right error, and goes on from there",
    { behaviour: ApiModel.Behaviour },
    ({ behaviour }) => ModelCheck.check(behaviour),
    { arbitrary: { runs: 100 * inject("times"), seed: "elnudge-5" } },
  )
})
