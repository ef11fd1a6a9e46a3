import type { FaultScript } from "@effect-elnudge/emulator"
import { Emulator } from "@effect-elnudge/emulator"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as LoopbackEmulator from "./LoopbackEmulator.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { get, getPage } = LoopbackEmulator

const sessions = SessionFixture.sessions(12)
const idsTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => `sess_${first + index}`)

const scripted = (rule: FaultScript.Rule, options: Partial<Emulator.Options> = {}) =>
  LoopbackEmulator.layer({ sessions, faults: { rules: [rule] }, ...options })

const window = `from=${SessionFixture.before(10)}&limit=4`

/** Follows the cursors for at most so many pages: the ids, page by page. */
const walk = Effect.fnUntraced(function* (most = 6) {
  const pages: Array<ReadonlyArray<string>> = []
  let query = ""
  while (pages.length < most) {
    const { has_more, ids, next_cursor } = yield* getPage(`?${window}${query}`)
    pages.push(ids)
    if (!has_more) break
    query = `&cursor=${next_cursor}`
  }
  return pages
})

const walked = (rule: FaultScript.Rule) => walk().pipe(Effect.provide(scripted(rule)))

const applied = Effect.flatMap(Emulator.Emulator, ({ faults }) =>
  Effect.map(faults, (acted) => acted.map(({ applied, number }) => [number, applied])),
)

const [one, two, three] = [idsTo(4), idsTo(8, 5), idsTo(10, 9)]

describe("a page of the list", () => {
  const cases: ReadonlyArray<readonly [FaultScript.Rule, ReadonlyArray<ReadonlyArray<string>>]> = [
    [{ fault: "empty-page", at: 1 }, [[], one, two, three]],
    [{ fault: "empty-page", at: [2, 3] }, [one, [], [], two, three]],
    [{ fault: "empty-page" }, [[], [], [], [], [], []]],
    [{ fault: "repeated-cursor", at: 1 }, [one, one, two, three]],
    [{ fault: "repeated-cursor", at: 2 }, [one, two, two, three]],
    [{ fault: "repeated-cursor", page: 2 }, [one, two, two, two, two, two]],
    [{ fault: "repeated-cursor", page: 1 }, [one, one, two, three]],
    [{ fault: "forgotten-window", page: 2 }, [one, two, idsTo(12, 9)]],
    [{ fault: "forgotten-window", page: 3 }, [one, two, idsTo(12, 9)]],
    [{ fault: "pushed-down-rows", page: 2 }, [one, idsTo(7, 4), idsTo(10, 8)]],
    [{ fault: "pushed-down-rows", page: 3, rows: 3 }, [one, two, idsTo(9, 6), ["sess_10"]]],
    [{ fault: "pushed-down-rows", at: 2, rows: 200 }, [one, one, two, three]],
    [{ fault: "hidden-rows", ids: ["sess_2", "sess_3", "sess_9"], at: "1-2" }, [["sess_1", "sess_4"], two, three]],
    [{ fault: "duplicated-rows", page: 2 }, [one, [...two, "sess_5"], three]],
    [{ fault: "duplicated-rows", page: 3, rows: 3 }, [one, two, [...three, ...three]]],
    [{ fault: "reordered-rows", page: 2 }, [one, two.toReversed(), three]],
  ]
  it.effect.each(cases)("with %j comes as %j", ([rule, pages]) =>
    Effect.gen(function* () {
      expect(yield* walked(rule)).toEqual(pages)
    }),
  )

  it.effect("with an empty page has another cursor each time, and says that there is more", () =>
    Effect.gen(function* () {
      const first = yield* getPage(`?${window}`)
      const second = yield* getPage(`?cursor=${first.next_cursor}`)
      expect([first, second]).toMatchObject([
        { ids: [], has_more: true },
        { ids: [], has_more: true },
      ])
      expect(second.next_cursor).not.toBe(first.next_cursor)
    }).pipe(Effect.provide(scripted({ fault: "empty-page" }))),
  )

  it.effect("with a repeated cursor has the one that it was asked for with", () =>
    Effect.gen(function* () {
      const first = yield* getPage(`?${window}`)
      const second = yield* getPage(`?cursor=${first.next_cursor}`)
      expect(second).toEqual({ ids: two, has_more: true, next_cursor: first.next_cursor })
    }).pipe(Effect.provide(scripted({ fault: "repeated-cursor", at: 2 }))),
  )

  it.effect.each([
    [undefined, { next_cursor: null }],
    ["null", { next_cursor: null }],
    ["empty", { next_cursor: "" }],
    ["absent", {}],
  ] as const)("without a cursor, written %s, still says that there is more", ([cursor, written]) =>
    Effect.gen(function* () {
      const { body } = yield* get("/sessions?limit=1")
      const { data: _, ...rest } = { data: undefined, ...JSON.parse(body) }
      expect(rest).toEqual({ has_more: true, ...written })
    }).pipe(Effect.provide(scripted({ fault: "no-cursor", cursor }))),
  )

  it.effect("that has forgotten its window stays within retention", () =>
    Effect.gen(function* () {
      const old = SessionFixture.session("old", 2 * SessionFixture.day)
      const options = { sessions: [...sessions, old], retentionDays: 1 }
      const pages = yield* walk().pipe(Effect.provide(scripted({ fault: "forgotten-window" }, options)))
      expect(pages.flat()).toEqual(idsTo(12))
    }),
  )
})

describe("an order that is none within a second", () => {
  const tied = Array.from({ length: 12 }, (_, index) => SessionFixture.session(`sess_${index + 1}`, 1 + (index >> 2)))
  const layer = (seed?: string) =>
    LoopbackEmulator.layer({ sessions: tied, faults: { seed, rules: [{ fault: "unstable-order" }] } })
  const read = (seed?: string) => Effect.all([walk(), getPage(`?${window}`)]).pipe(Effect.provide(layer(seed)))
  const secondOf = (id: string) => (Number(id.slice(5)) - 1) >> 2

  it.effect("keeps the seconds and the pages' lengths, and brings some twice and some never", () =>
    Effect.gen(function* () {
      const query = `from=${SessionFixture.before(10)}&limit=6`
      const first = yield* getPage(`?${query}`)
      const second = yield* getPage(`?cursor=${first.next_cursor}`)
      const ids = [...first.ids, ...second.ids]
      expect(ids.map(secondOf)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
      expect([second.has_more, new Set(ids).size]).toEqual([false, 10])
      expect(yield* applied).toEqual([
        [1, true],
        [2, true],
      ])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is another one with each request, and the same with the same seed", () =>
    Effect.gen(function* () {
      const [pages, again] = yield* read()
      expect(pages.flat().toSorted()).toEqual(tied.map(({ id }) => id).toSorted())
      expect(again.ids).not.toEqual(pages[0])
      expect(yield* read()).toEqual([pages, again])
      expect(yield* read("other")).not.toEqual([pages, again])
    }),
  )
})

describe("whether it made a difference", () => {
  const cases: ReadonlyArray<readonly [FaultScript.Rule, boolean]> = [
    [{ fault: "hidden-rows", ids: ["sess_1"] }, true],
    [{ fault: "hidden-rows", ids: ["sess_9"] }, false],
    [{ fault: "duplicated-rows" }, true],
    [{ fault: "reordered-rows" }, true],
    [{ fault: "empty-page" }, true],
  ]
  it.effect.each(cases)("is told for %j: %s", ([rule, expected]) =>
    Effect.gen(function* () {
      yield* getPage("?limit=4")
      expect(yield* applied).toEqual([[1, expected]])
    }).pipe(Effect.provide(scripted(rule))),
  )

  it.effect.each(["hidden-rows", "duplicated-rows", "reordered-rows"] as const)(
    "is told for %s of a page without rows, and of a request that is refused",
    (fault) =>
      Effect.gen(function* () {
        yield* getPage(`?from=${SessionFixture.before(900)}&to=${SessionFixture.before(800)}`)
        expect((yield* get("/sessions?limit=0")).status).toBe(400)
        expect(yield* applied).toEqual([
          [1, false],
          [2, false],
        ])
      }).pipe(Effect.provide(scripted(fault === "hidden-rows" ? { fault, ids: ["sess_1"] } : { fault }))),
  )
})
