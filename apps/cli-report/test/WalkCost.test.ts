import type { Session, WalkSample } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as ShellWords from "../src/ShellWords.ts"
import * as WalkCost from "../src/WalkCost.ts"

const day = 86_400_000
const window = { from: 0, to: 30 * day }

const session = (index: number, nudge_count: number, converted: boolean): Session.Summary => ({
  id: `sess_${index}`,
  started_at: "1970-01-02T00:00:00Z",
  ended_at: null,
  page_count: 1,
  intent_score: 1,
  converted,
  nudge_count,
})

const whole = (sessions: ReadonlyArray<Session.Summary>): WalkSample.WalkSample => ({
  window,
  probes: [{ ...window, sessions, isRefused: false }],
  unread: [],
})

/** The middle third of the window. */
const part = (sessions: ReadonlyArray<Session.Summary>): WalkSample.WalkSample => ({
  window,
  probes: [{ from: 10 * day, to: 20 * day, sessions, isRefused: false }],
  unread: [
    { from: 0, to: 10 * day },
    { from: 20 * day, to: 30 * day },
  ],
})

const isNudged = ({ nudge_count }: Session.Summary) => nudge_count > 0
const isBuyer = ({ converted }: Session.Summary) => converted

const attribution: WalkCost.Asked = {
  needsDetail: isNudged,
  needsEvents: (session) => isNudged(session) && isBuyer(session),
}
const list: WalkCost.Asked = { needsDetail: () => false, needsEvents: () => false }
const times: WalkCost.Asked = { needsDetail: isBuyer, needsEvents: isBuyer }

const longAfter = { pageSize: 200, listConcurrency: 1, now: 60 * day }

const Kinds = Schema.Array(
  Schema.Struct({ nudges: Schema.Literals([0, 0, 1, 2, 7]), converted: Schema.Boolean }),
).check(Schema.isMaxLength(600))

describe("WalkCost.costs", () => {
  it.prop(
    "are the requests of a walk, where the whole window was read",
    { kinds: Kinds, pageSize: Schema.Literals([1, 7, 200]) },
    ({ kinds, pageSize }) => {
      const sessions = kinds.map(({ converted, nudges }, index) => session(index, nudges, converted))
      const pages = Math.max(1, Math.ceil(sessions.length / pageSize))
      const walk = { ...longAfter, pageSize }
      const [alone, ...others] = WalkCost.costs(whole(sessions), list, walk, true)
      assert.deepStrictEqual(others, [])
      const exactly = { isExact: true, list: pages, nudges: 0 }
      const of = (estimate: number) => ({ ...exactly, estimate, low: estimate, high: estimate })
      assert.deepStrictEqual(alone, { source: "list", requests: { ...of(pages), details: 0 }, isCheapest: true })
      const [byDetails, byNudges] = WalkCost.costs(whole(sessions), attribution, walk, true)
      const details = sessions.filter(isNudged).length
      assert.deepStrictEqual(byDetails?.requests, { ...of(pages + details), details })
      const shown = sessions.reduce((sum, { nudge_count }) => sum + nudge_count, 0)
      const buyers = sessions.filter(attribution.needsEvents).length
      const { high = 0, isExact, low = 0 } = byNudges?.requests ?? {}
      // What is shown after the window's end, or of a session before it, is on no page that was read.
      assert.isFalse(isExact)
      assert.strictEqual(low, pages + buyers + Math.max(1, Math.ceil((shown * (30 + 1 / 12)) / 30 / 200)))
      assert.isTrue(high > low && high <= low + 3)
    },
  )

  it.prop(
    "have one that is cheapest, and it is promised where the list of nudges saves nothing",
    { kinds: Kinds, hasNudgeList: Schema.Boolean },
    ({ hasNudgeList, kinds }) => {
      const sessions = kinds.map(({ converted, nudges }, index) => session(index, nudges, converted))
      for (const sample of [whole(sessions), part(sessions)]) {
        const costs = WalkCost.costs(sample, attribution, longAfter, hasNudgeList)
        assert.deepStrictEqual(
          costs.map(({ source }) => source),
          hasNudgeList ? ["details", "nudges"] : ["details"],
        )
        const cheapest = costs.filter(({ isCheapest }) => isCheapest)
        assert.lengthOf(cheapest, 1)
        const least = Math.min(...costs.map(({ requests }) => requests.estimate))
        assert.strictEqual(cheapest[0]?.source, costs.find(({ requests }) => requests.estimate === least)?.source)
        for (const { requests } of costs) {
          const { estimate, high, low } = requests
          assert.isTrue(low <= estimate && estimate <= high)
          assert.strictEqual(estimate, requests.list + requests.details + requests.nudges)
        }
      }
    },
  )

  it("take three times as much where a third was read", () => {
    const sessions = Array.from({ length: 1_000 }, (_, index) => session(index, index % 2, index % 10 === 1))
    const [byDetails, byNudges] = WalkCost.costs(part(sessions), attribution, { ...longAfter, now: window.to }, true)
    assert.deepInclude(byDetails?.requests, { list: 15, details: 1_500, nudges: 0, isExact: false })
    assert.deepInclude(byNudges?.requests, { list: 15, details: 300, nudges: 8 })
  })

  it("have nudges only where they spare a detail", () => {
    const sources = (asked: WalkCost.Asked, hasNudgeList: boolean) =>
      WalkCost.costs(whole([]), asked, longAfter, hasNudgeList).map(({ source }) => source)
    assert.deepStrictEqual(sources(times, true), ["details"])
    assert.deepStrictEqual(sources(attribution, true), ["details", "nudges"])
    assert.deepStrictEqual(sources(attribution, false), ["details"])
    assert.deepStrictEqual(sources(list, true), ["list"])
    assert.deepStrictEqual([times, attribution, list].map(WalkCost.isOfNudges), [false, true, false])
  })
})

describe("WalkCost.rate", () => {
  it("is what the limit says, or the documented one that learning begins with", () => {
    assert.deepStrictEqual(WalkCost.rate(50), { requestsPerMinute: 50, isLearned: false })
    assert.deepStrictEqual(WalkCost.rate("auto"), { requestsPerMinute: 1_000, isLearned: true })
    assert.strictEqual(WalkCost.seconds(100, WalkCost.rate(50)), 120)
  })
})

describe("ShellWords.join", () => {
  it.each([
    [["run", "a,b", "--to=2026-10-01T00:00:00Z"], "run a,b --to=2026-10-01T00:00:00Z"],
    [["two words", "", "$HOME", "it's"], String.raw`'two words' '' '$HOME' 'it'\''s'`],
    [["*", "a\nb", "`id`", "~"], "'*' 'a\nb' '`id`' '~'"],
  ])("writes %j as a shell reads it back", (words, text) => {
    assert.strictEqual(ShellWords.join(words), text)
  })
})
