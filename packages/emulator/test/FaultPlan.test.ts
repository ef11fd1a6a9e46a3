import type { FaultScript } from "@effect-elnudge/emulator"
import * as FaultPlan from "@effect-elnudge/emulator/FaultPlan"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

/** Puts requests to a plan, one after the other: paths below `/v1/sessions`, or those of nudges. */
const asking = (plan: FaultPlan.FaultPlan) => {
  const counts = { list: 0, detail: 0, nudges: 0 }
  let number = 0
  return Effect.fnUntraced(function* (path: string) {
    const kind = path.startsWith("nudges") ? "nudges" : path.startsWith("/") ? "detail" : "list"
    const url = kind === "nudges" ? `/v1/${path}` : `/v1/sessions${path}`
    return yield* plan.decide({ url, kind, number: ++number, numberOfKind: ++counts[kind] })
  })
}

/** Which requests the rules act on: the rules' places, request by request. */
const acting = Effect.fnUntraced(function* (script: FaultScript.FaultScript, paths: ReadonlyArray<string>) {
  const plan = FaultPlan.make(script)
  yield* Effect.forEach(paths, asking(plan))
  const acted = yield* plan.acted
  return paths.map((_, index) => acted.filter(({ number }) => number === index + 1).map(({ rule }) => rule))
})

/** Which requests one rule acts on, by their numbers. */
const hits = (rule: FaultScript.Rule, paths: ReadonlyArray<string>, seed?: string) =>
  Effect.map(acting({ seed, rules: [rule] }, paths), (rules) =>
    rules.flatMap((acted, index) => (acted.length > 0 ? [index + 1] : [])),
  )

const withInstants = ["?from=2026-10-01T00:00:00.5Z", "nudges?to=2026-10-01T00:00:00.000Z", "?to=2026-10-01T00:00:00Z"]

const mixed = ["", "/a", "?cursor=x", "/b", "/a", "?limit=5", "/c", ""]

describe("a rule", () => {
  const cases: ReadonlyArray<readonly [FaultScript.Rule, ReadonlyArray<number>]> = [
    [{ fault: "reset" }, [1, 2, 3, 4, 5, 6, 7, 8]],
    [{ fault: "reset", at: [2, "5-6", "8-"] }, [2, 5, 6, 8]],
    [{ fault: "reset", at: "every 3" }, [3, 6]],
    [{ fault: "reset", on: "list" }, [1, 3, 6, 8]],
    [{ fault: "reset", on: "list", at: "2-3" }, [3, 6]],
    [{ fault: "reset", on: "detail", at: "every 2" }, [4, 7]],
    [{ fault: "reset", attempt: 1 }, [1, 2, 3, 4, 6, 7]],
    [{ fault: "reset", attempt: "2-" }, [5, 8]],
    [{ fault: "reset", session: "a" }, [2, 5]],
    [{ fault: "reset", session: ["b", "c"] }, [4, 7]],
    [{ fault: "reset", session: "a", at: "3-" }, [5]],
    [{ fault: "reset", page: 1 }, [1, 6, 8]],
    [{ fault: "reset", times: 3 }, [1, 2, 3]],
    [{ fault: "reset", on: "detail", times: 1, at: "2-" }, [4]],
    [{ fault: "reset", probability: 0 }, []],
    [{ fault: "session-gone" }, [2, 4, 5, 7]],
    [{ fault: "empty-page", at: 4 }, [8]],
    [{ fault: "expired-cursor" }, [3]],
    [{ fault: "forgotten-window" }, [3]],
    [{ fault: "pushed-down-rows", at: 1 }, []],
    [{ fault: "refused-fractions" }, []],
  ]
  it.effect.each(cases)("%j is for %j", ([rule, expected]) =>
    Effect.gen(function* () {
      expect(yield* hits(rule, mixed)).toEqual(expected)
    }),
  )

  it.effect.each<readonly [FaultScript.Rule, ReadonlyArray<number>]>([
    [{ fault: "reset" }, [1, 2, 3, 4, 5]],
    [{ fault: "reset", on: "nudges" }, [2, 4, 5]],
    [{ fault: "reset", on: "nudges", at: "2-" }, [4, 5]],
    [{ fault: "reset", on: "nudges", page: 1 }, [2, 5]],
    [{ fault: "reset", page: 1 }, [1]],
    [{ fault: "reset", on: "nudges", attempt: 2 }, [5]],
    [{ fault: "expired-cursor" }, []],
    [{ fault: "expired-cursor", on: "nudges" }, [4]],
    [{ fault: "empty-page" }, [1]],
  ])("among nudges, %j is for %j", ([rule, expected]) =>
    Effect.gen(function* () {
      expect(yield* hits(rule, ["", "nudges", "/a", "nudges?cursor=x", "nudges"])).toEqual(expected)
    }),
  )

  it.effect("of fractions is for instants that have one", () =>
    Effect.gen(function* () {
      expect(yield* hits({ fault: "refused-fractions" }, ["", ...withInstants])).toEqual([2, 3])
    }),
  )

  it.effect("knows a session whose id is encoded in the path", () =>
    Effect.gen(function* () {
      expect(yield* hits({ fault: "reset", session: "a/ü" }, ["/a%2F%C3%BC", "/a", "/%zz"])).toEqual([1])
      expect(yield* hits({ fault: "reset", session: "%zz" }, ["/%zz"])).toEqual([1])
    }),
  )

  it.effect("knows the page of a walk, also of two walks at once", () =>
    Effect.gen(function* () {
      const plan = FaultPlan.make({ rules: [{ fault: "reset", page: "3-" }] })
      const ask = asking(plan)
      ;(yield* ask("?from=1")).leadsTo("one-2")
      ;(yield* ask("?from=2")).leadsTo("two-2")
      ;(yield* ask("?cursor=one-2")).leadsTo("one-3")
      ;(yield* ask("?cursor=two-2")).leadsTo("two-2")
      yield* ask("?cursor=two-2")
      yield* ask("?cursor=one-3")
      yield* ask("?cursor=unheard-of")
      expect((yield* plan.acted).map(({ url }) => url)).toEqual(["/v1/sessions?cursor=one-3"])
    }),
  )
})

describe("several rules", () => {
  it.effect("the first that fits acts", () =>
    Effect.gen(function* () {
      const rules: FaultScript.FaultScript["rules"] = [
        { fault: "reset", on: "detail", times: 2 },
        { fault: "empty-page", at: 2 },
        { fault: "stall" },
      ]
      expect(yield* acting({ rules }, mixed)).toEqual([[2], [0], [1], [0], [2], [2], [2], [2]])
    }),
  )

  it.effect("a clock that is off and another key go along with any of them", () =>
    Effect.gen(function* () {
      const plan = FaultPlan.make({
        rules: [
          { fault: "reset", at: 2 },
          { fault: "clock-skew", seconds: 60 },
          { fault: "clock-skew", seconds: -0.5, at: "2-" },
          { fault: "key-rotated", keys: "new", at: "2-3" },
          { fault: "key-rotated", keys: ["newer", "newest"], at: "3-" },
        ],
      })
      const decisions = yield* Effect.forEach(["", "", "", ""], asking(plan))
      expect(decisions.map(({ skewMillis }) => skewMillis)).toEqual([60_000, 59_500, 59_500, 59_500])
      expect(decisions.map(({ keys }) => keys?.rule)).toEqual([undefined, ["new"], ["new"], ["newer", "newest"]])
      expect(decisions.map(({ answer }) => answer?.rule.fault)).toEqual([undefined, "reset", undefined, undefined])
    }),
  )
})

describe("a probability", () => {
  const rule: FaultScript.Rule = { fault: "reset", probability: 0.3 }
  const pages = Array.from({ length: 1000 }, () => "")
  const details = Array.from({ length: 1000 }, (_, index) => `/s${index}`)

  it.effect.each([
    ["pages", pages],
    ["details", details],
    ["nudges", pages.map(() => "nudges")],
  ] as const)("is the share of the %s that it says", ([, paths]) =>
    Effect.gen(function* () {
      const { length } = yield* hits(rule, paths)
      expect(length).toBeGreaterThan(250)
      expect(length).toBeLessThan(350)
    }),
  )

  it.effect("draws the same with the same seed, and others with another", () =>
    Effect.gen(function* () {
      expect(yield* hits(rule, pages, "a")).toEqual(yield* hits(rule, pages, "a"))
      expect(yield* hits(rule, pages, "a")).not.toEqual(yield* hits(rule, pages, "b"))
      expect(yield* hits(rule, pages)).toEqual(yield* hits(rule, pages, "elnudge"))
    }),
  )

  it.effect("draws for each rule and for each attempt anew", () =>
    Effect.gen(function* () {
      const rules = [rule, { ...rule, fault: "stall" } satisfies FaultScript.Rule]
      const both = (yield* acting({ rules }, pages)).map((acted) => acted[0])
      expect(both.filter((place) => place === 1).length).toBeGreaterThan(150)
      const again = yield* hits(rule, [...details, ...details])
      const [first, second] = [again.filter((n) => n <= 1000), again.flatMap((n) => (n > 1000 ? [n - 1000] : []))]
      expect(second).not.toEqual(first)
    }),
  )

  it.effect("draws the same for a detail, whatever the order", () =>
    Effect.gen(function* () {
      const struck = (paths: ReadonlyArray<string>) =>
        Effect.map(hits(rule, paths), (numbers) => new Set(numbers.map((number) => paths[number - 1])))
      expect(yield* struck(details.toReversed())).toEqual(yield* struck(details))
    }),
  )
})
