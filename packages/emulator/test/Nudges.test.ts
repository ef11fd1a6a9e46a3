import type { FaultScript } from "@effect-elnudge/emulator"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import * as NudgesApi from "@effect-elnudge/core/NudgesApi"
import * as SessionsApi from "@effect-elnudge/core/SessionsApi"
import { describe, expect, it, layer } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import * as LoopbackEmulator from "./LoopbackEmulator.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { bearer, get } = LoopbackEmulator
const { before, day, session } = SessionFixture

const decodePage = Schema.decodeEffect(Schema.fromJsonString(NudgesApi.NudgePage))

const decodeDetail = Schema.decodeEffect(Schema.fromJsonString(SessionsApi.SessionEnvelope))

const getNudges = Effect.fnUntraced(function* (query = "") {
  return yield* decodePage((yield* get(`/nudges${query}`)).body)
})

/** The numbers of the nudges, each of the session with that number. */
const numbersOf = ({ data }: NudgesApi.NudgePage) =>
  data.map(({ id, session_id }) => {
    expect(id).toBe(`nudge_of_${session_id}`)
    return Number(session_id.replace("sess_", ""))
  })

const numbers = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

layer(LoopbackEmulator.layer({ sessions: SessionFixture.sessions(260) }))("the list of nudges", (it) => {
  it.effect("has pages of 50, newest first, and the last one says that it is", () =>
    Effect.gen(function* () {
      const first = yield* getNudges(`?from=${before(60)}`)
      expect(numbersOf(first)).toEqual(numbers(50))
      expect(first.has_more).toBe(true)
      const second = yield* getNudges(`?cursor=${first.next_cursor}`)
      expect(numbersOf(second)).toEqual(numbers(60, 51))
      expect(second).toMatchObject({ has_more: false, next_cursor: null })
    }),
  )

  it.effect("has at most 200 rows a page, and includes from and excludes to", () =>
    Effect.gen(function* () {
      expect(numbersOf(yield* getNudges("?limit=200"))).toEqual(numbers(200))
      expect(numbersOf(yield* getNudges(`?from=${before(5)}&to=${before(3)}`))).toEqual([4, 5])
    }),
  )

  it.effect("gives the nudges of one session, or of one type", () =>
    Effect.gen(function* () {
      expect(numbersOf(yield* getNudges("?session_id=sess_7"))).toEqual([7])
      expect(numbersOf(yield* getNudges("?session_id=sess_7&type=exit_modal"))).toEqual([])
      const first = yield* getNudges("?type=toast&limit=3")
      expect(numbersOf(yield* getNudges(`?cursor=${first.next_cursor}`))).toEqual([4, 5, 6])
      expect(numbersOf(yield* getNudges("?type=sticky_bar"))).toEqual([])
    }),
  )

  it.effect.each(["limit=0", "limit=201", "limit=many", "from=yesterday", "to=", "cursor=", "cursor=e30"])(
    "refuses %s with a 400",
    (query) =>
      Effect.gen(function* () {
        const { body, status } = yield* get(`/nudges?${query}`)
        expect(status).toBe(400)
        expect(JSON.parse(body)).toMatchObject({ error: "BadRequest", message: expect.any(String) })
      }),
  )

  it.effect("refuses a cursor of the sessions, as they refuse one of the nudges", () =>
    Effect.gen(function* () {
      const sessions = yield* LoopbackEmulator.getPage("?limit=1")
      expect((yield* get(`/nudges?cursor=${sessions.next_cursor}`)).status).toBe(400)
      const nudges = yield* getNudges("?limit=1")
      expect((yield* get(`/sessions?cursor=${nudges.next_cursor}`)).status).toBe(400)
    }),
  )

  it.effect("needs the key", () =>
    Effect.gen(function* () {
      expect((yield* get("/nudges", bearer("sk_test_wrong"))).status).toBe(401)
      expect((yield* get("/nudges", {})).status).toBe(401)
    }),
  )
})

layer(
  LoopbackEmulator.layer({
    sessions: [-1, 0, 30 * day, 31 * day, 90 * day, 91 * day].map((minutes, index) =>
      session(`sess_${index}`, minutes),
    ),
  }),
)("the nudges in time", (it) => {
  it.effect("are those of the last 30 days unless told otherwise", () =>
    Effect.gen(function* () {
      expect(numbersOf(yield* getNudges())).toEqual([2])
      expect(numbersOf(yield* getNudges(`?from=${before(40 * day)}`))).toEqual([2, 3])
    }),
  )

  it.effect("are none that is yet to be shown or whose session is past retention, whatever the window", () =>
    Effect.gen(function* () {
      const window = `from=${before(200 * day)}&to=${before(-day)}`
      expect(numbersOf(yield* getNudges(`?${window}`))).toEqual([1, 2, 3, 4])
      expect(numbersOf(yield* getNudges(`?${window}&session_id=sess_5`))).toEqual([])
    }),
  )

  it.effect("are a 404 for a window past retention", () =>
    Effect.gen(function* () {
      const window = (to: string) => get(`/nudges?from=${before(120 * day)}&to=${to}`)
      expect((yield* window(before(90 * day))).status).toBe(404)
      expect((yield* window(before(90 * day - 1))).status).toBe(200)
    }),
  )
})

describe("the nudges", () => {
  it.effect("of all pages are those of all details", () =>
    Effect.gen(function* () {
      const end = DateTime.makeUnsafe("2026-10-15T12:00:00Z")
      const sessions = yield* Generator.make({ end, until: DateTime.add(end, { hours: 1 }), days: 1, count: 600 })
      yield* Effect.gen(function* () {
        const listed: Array<NudgesApi.NudgeItem> = []
        let query = `?from=${before(2 * day)}&limit=20`
        for (let pages = 0; query !== "" && pages < 100; pages++) {
          const { data, has_more, next_cursor } = yield* getNudges(query)
          listed.push(...data)
          query = has_more ? `?cursor=${next_cursor}` : ""
        }
        const details = yield* Effect.forEach(sessions, ({ id }) => get(`/sessions/${id}`))
        const found = yield* Effect.forEach(
          details.filter(({ status }) => status === 200),
          ({ body }) => decodeDetail(body),
        )
        const shown = found.flatMap(({ data }) =>
          data.nudges.map(({ nudge_id, ...nudge }) => ({ id: nudge_id, session_id: data.id, ...nudge })),
        )
        expect(listed.length).toBeGreaterThan(40)
        expect(shown).toHaveLength(listed.length)
        expect(shown).toEqual(expect.arrayContaining(listed))
      }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions, requestsPerMinute: 10_000 })))
    }),
  )

  it.effect("can be of sessions that are given only once", () =>
    Effect.gen(function* () {
      expect(numbersOf(yield* getNudges())).toEqual([1, 2])
      expect((yield* LoopbackEmulator.getPage()).ids).toHaveLength(2)
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions: SessionFixture.sessions(2).values() }))),
  )

  it.effect("arrive as time goes on, and neither move nor double those of a walk", () =>
    Effect.gen(function* () {
      const first = yield* getNudges("?limit=2")
      yield* TestClock.adjust("2 minutes")
      expect(numbersOf(yield* getNudges(`?cursor=${first.next_cursor}`))).toEqual([3])
      expect(numbersOf(yield* getNudges())).toEqual([0, 1, 2, 3])
    }).pipe(
      Effect.provide(
        LoopbackEmulator.layer({ sessions: [...SessionFixture.sessions(3), session("sess_0", -1)], speed: 1 }),
      ),
    ),
  )

  it.effect("share the key's limit with the other endpoints", () =>
    Effect.gen(function* () {
      expect((yield* get("/nudges")).status).toBe(200)
      expect((yield* get("/sessions")).status).toBe(429)
      expect((yield* get("/nudges")).status).toBe(429)
    }).pipe(Effect.provide(LoopbackEmulator.layer({ requestsPerMinute: 1 }))),
  )

  it.effect("take as long as was set", () =>
    Effect.gen(function* () {
      const { requests } = yield* Emulator.Emulator
      const roundTrip = get("/sessions").pipe(Effect.provide(LoopbackEmulator.layer()))
      const answer = yield* Effect.forkChild(get("/nudges"))
      while ((yield* requests).nudges === 0) yield* roundTrip
      yield* roundTrip
      expect(answer.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("10 minutes")
      expect((yield* Fiber.join(answer)).status).toBe(200)
    }).pipe(Effect.provide(LoopbackEmulator.layer({ latency: "10 minutes" }))),
  )

  it.effect("have the last page's cursor that was set", () =>
    Effect.gen(function* () {
      const lastOf = (lastCursor: Emulator.Options["lastCursor"]) =>
        Effect.map(get("/nudges"), ({ body }): unknown => JSON.parse(body)).pipe(
          Effect.provide(LoopbackEmulator.layer({ lastCursor })),
        )
      expect(yield* lastOf("empty")).toEqual({ data: [], next_cursor: "", has_more: false })
      expect(yield* lastOf("absent")).toEqual({ data: [], has_more: false })
      expect(yield* lastOf("null")).toEqual({ data: [], next_cursor: null, has_more: false })
    }),
  )

  it.effect("can have a last cursor that leads to an empty page", () =>
    Effect.gen(function* () {
      const only = yield* getNudges()
      expect(numbersOf(only)).toEqual([1])
      expect(numbersOf(yield* getNudges(`?cursor=${only.next_cursor}`))).toEqual([])
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions: SessionFixture.sessions(1), lastCursor: "string" }))),
  )
})

describe("faults of nudges", () => {
  const scripted = (rules: ReadonlyArray<FaultScript.Rule>) =>
    LoopbackEmulator.layer({ sessions: SessionFixture.sessions(3), faults: { rules } })
  const applied = Effect.flatMap(Emulator.Emulator, ({ faults }) =>
    Effect.map(faults, (acted) => acted.map(({ applied, fault, number }) => [fault, number, applied])),
  )

  it.effect("strike pages of nudges alone, and are counted over them", () =>
    Effect.gen(function* () {
      const paths = ["/sessions", "/nudges", "/sessions/sess_1", "/nudges?limit=1", "/nudges"]
      const statuses = yield* Effect.forEach(paths, (path) => Effect.map(get(path), ({ status }) => status))
      expect(statuses).toEqual([200, 200, 200, 429, 503])
      expect(yield* applied).toEqual([
        ["rate-limited", 4, true],
        ["server-error", 5, true],
      ])
      const { requests } = yield* Emulator.Emulator
      expect(yield* requests).toEqual({ list: 1, details: 1, nudges: 3 })
    }).pipe(
      Effect.provide(
        scripted([
          { on: "nudges", at: 2, fault: "rate-limited" },
          { on: "nudges", at: "3-", fault: "server-error" },
        ]),
      ),
    ),
  )

  it.effect("edit the body, cut it off, and refuse a cursor by its page", () =>
    Effect.gen(function* () {
      const first: unknown = JSON.parse((yield* get("/nudges?limit=1")).body)
      expect(first).toMatchObject({ data: [{ type: "something_new", session_id: "sess_1" }], has_more: true })
      const { next_cursor } = yield* getNudges("?limit=1&type=toast")
      const refused = yield* get(`/nudges?cursor=${next_cursor}`)
      expect(refused.status).toBe(410)
      expect((yield* Effect.exit(get("/nudges?limit=3")))._tag).toBe("Failure")
    }).pipe(
      Effect.provide(
        scripted([
          { on: "nudges", at: 1, fault: "unknown-value", path: "data[0].type" },
          { on: "nudges", page: 2, fault: "expired-cursor" },
          { on: "nudges", at: 4, fault: "cut-off" },
        ]),
      ),
    ),
  )

  it.effect("are those of every request as well", () =>
    Effect.gen(function* () {
      expect((yield* get("/nudges")).status).toBe(503)
      expect((yield* get("/nudges", bearer("sk_test_new"))).status).toBe(200)
      expect((yield* get("/nudges")).status).toBe(401)
      const skewed = yield* get("/nudges", bearer("sk_test_new"))
      expect(numbersOf(yield* decodePage(skewed.body))).toEqual([3])
    }).pipe(
      Effect.provide(
        scripted([
          { at: 1, fault: "server-error" },
          { at: "2-", fault: "key-rotated", keys: "sk_test_new" },
          { at: 4, fault: "clock-skew", seconds: -150 },
        ]),
      ),
    ),
  )

  it.effect("of the list and of its cursors do not strike them unless they say so", () =>
    Effect.gen(function* () {
      const { next_cursor } = yield* getNudges("?limit=1")
      expect(numbersOf(yield* getNudges(`?cursor=${next_cursor}`))).toEqual([2])
      expect(yield* applied).toEqual([])
    }).pipe(
      Effect.provide(scripted([{ fault: "expired-cursor" }, { page: 1, fault: "reset" }, { fault: "empty-page" }])),
    ),
  )
})
