import { Emulator } from "@effect-elnudge/emulator"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import * as LoopbackEmulator from "./LoopbackEmulator.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { get, getPage } = LoopbackEmulator
const { before, session } = SessionFixture

const json = (path: string) => Effect.map(get(path), ({ body }): unknown => JSON.parse(body))

describe("the emulator's now", () => {
  const sessions = [session("started", 10), session("in_a_minute", -1), session("in_an_hour", -60)]

  it.effect("stands still where it was set", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("2 hours")
      expect((yield* getPage()).ids).toEqual(["started"])
      expect((yield* get("/sessions/in_a_minute")).status).toBe(404)
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions }))),
  )

  it.effect("goes on from where it was set at a speed of 1", () =>
    Effect.gen(function* () {
      expect((yield* getPage()).ids).toEqual(["started"])
      yield* TestClock.adjust("61 seconds")
      expect((yield* getPage()).ids).toEqual(["in_a_minute", "started"])
      expect((yield* get("/sessions/in_a_minute")).status).toBe(200)
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions, speed: 1 }))),
  )

  it.effect("is a minute further every second at a speed of 60", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("60 seconds")
      expect((yield* get("/sessions/in_an_hour")).status).toBe(200)
      yield* TestClock.adjust("1 second")
      expect((yield* getPage()).ids).toEqual(["in_an_hour", "in_a_minute", "started"])
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions, speed: 60 }))),
  )

  it.effect("is the clock's where it was not set", () =>
    Effect.gen(function* () {
      expect((yield* getPage()).ids).toEqual([])
      yield* TestClock.setTime(SessionFixture.now)
      expect((yield* getPage()).ids).toEqual(["started"])
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions, now: undefined }))),
  )

  it.effect("starts with the clock's and goes at its own speed where only that was set", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      expect((yield* getPage()).ids).toEqual(["in_a_minute", "started"])
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions, now: undefined, speed: 2 })), (test) =>
      Effect.andThen(TestClock.setTime(SessionFixture.now), test),
    ),
  )

  it.effect("takes sessions out of retention as it goes on", () =>
    Effect.gen(function* () {
      expect((yield* get("/sessions/old")).status).toBe(200)
      yield* TestClock.adjust("2 minutes")
      expect((yield* get("/sessions/old")).status).toBe(404)
    }).pipe(
      Effect.provide(LoopbackEmulator.layer({ sessions: [session("old", 24 * 60 - 1)], retentionDays: 1, speed: 1 })),
    ),
  )
})

describe("a session that is open", () => {
  // A page and a nudge five minutes ago; the cart and the purchase in five minutes, the end in ten.
  const open = {
    ...session("open", 5),
    device: "phone",
    ended_at: before(-10),
    page_count: 1,
    intent_score: 90,
    converted: true,
    events: [
      { type: "PAGE_VIEW", url: "/", occurred_at: before(5) },
      { type: "ADD_TO_CART", url: "/cart", occurred_at: before(-5) },
      { type: "PURCHASE", url: "/done", occurred_at: before(-5) },
    ],
  }
  const { events: _, nudges: __, ...summary } = open
  const list = json("/sessions")
  const detail = json("/sessions/open")
  const listing = (row: unknown) => ({ data: [row], next_cursor: null, has_more: false })

  it.effect("changes while it is listed, and the detail agrees with the list", () =>
    Effect.gen(function* () {
      const early = { ended_at: before(5), intent_score: 30, converted: false, page_count: 1, nudge_count: 1 }
      expect(yield* list).toEqual(listing({ ...summary, ...early }))
      expect(yield* detail).toEqual({ data: { ...open, ...early, events: open.events.slice(0, 1) } })
      yield* TestClock.adjust("5 minutes")
      expect(yield* list).toEqual(listing({ ...summary, ended_at: before(-5) }))
      expect(yield* detail).toEqual({ data: { ...open, ended_at: before(-5) } })
      yield* TestClock.adjust("5 minutes")
      expect(yield* list).toEqual(listing(summary))
      expect(yield* detail).toEqual({ data: open })
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions: [open], speed: 1 }))),
  )
})

describe("sessions that arrive during a walk", () => {
  const sessions = [...SessionFixture.sessions(6), session("arrival", -1)]

  it.effect("are in the next walk, and neither move nor double a row of this one", () =>
    Effect.gen(function* () {
      const first = yield* getPage("?limit=4")
      expect(first.ids).toEqual(["sess_1", "sess_2", "sess_3", "sess_4"])
      yield* TestClock.adjust("2 minutes")
      const second = yield* getPage(`?cursor=${first.next_cursor}`)
      expect(second).toEqual({ ids: ["sess_5", "sess_6"], has_more: false, next_cursor: null })
      expect((yield* getPage("?limit=2")).ids).toEqual(["arrival", "sess_1"])
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions, speed: 1 }))),
  )
})

describe("latency", () => {
  const slow = LoopbackEmulator.layer({ sessions: SessionFixture.sessions(1), latency: "10 minutes" })

  /** A whole request to another emulator: whatever was going on in this process has had its turn. */
  const roundTrip = get("/sessions").pipe(Effect.provide(LoopbackEmulator.layer()))

  it.effect.each([
    { path: "/sessions", status: 200 },
    { path: "/sessions/sess_1", status: 200 },
    { path: "/sessions/missing", status: 404 },
    { path: "/sessions?limit=0", status: 400 },
  ])("holds the answer to $path for as long as was set", ({ path, status }) =>
    Effect.gen(function* () {
      const { requests } = yield* Emulator.Emulator
      const answer = yield* Effect.forkChild(get(path))
      while ((yield* requests).list + (yield* requests).details === 0) yield* roundTrip
      yield* roundTrip
      yield* TestClock.adjust("9 minutes")
      yield* roundTrip
      expect(answer.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 minute")
      expect((yield* Fiber.join(answer)).status).toBe(status)
    }).pipe(Effect.provide(slow)),
  )
})

describe("a limit by token bucket", () => {
  const limit = (requestsPerMinute: number, burst?: number) =>
    LoopbackEmulator.layer({ requestsPerMinute, rateLimitAlgorithm: "token-bucket", burst })
  const answer = Effect.map(get("/sessions"), ({ headers, status }) => [status, headers.get("retry-after")])

  it.effect("lets the burst through at once and then the rate, and says when the next will be let through", () =>
    Effect.gen(function* () {
      expect([yield* answer, yield* answer, yield* answer]).toEqual([
        [200, null],
        [200, null],
        [429, "20"],
      ])
      yield* TestClock.adjust("19500 millis")
      expect(yield* answer).toEqual([429, "1"])
      yield* TestClock.adjust("500 millis")
      expect([yield* answer, yield* answer]).toEqual([
        [200, null],
        [429, "20"],
      ])
      yield* TestClock.adjust("1 hour")
      expect([yield* answer, yield* answer, yield* answer]).toEqual([
        [200, null],
        [200, null],
        [429, "20"],
      ])
    }).pipe(Effect.provide(limit(3, 2))),
  )

  it.effect("says a second where it is less", () =>
    Effect.gen(function* () {
      expect([yield* answer, yield* answer]).toEqual([
        [200, null],
        [429, "1"],
      ])
    }).pipe(Effect.provide(limit(6000, 1))),
  )

  it.effect("has a burst of 10, and never more than the rate of a minute, unless told otherwise", () =>
    Effect.gen(function* () {
      const burst = Effect.map(Effect.all(Array.from({ length: 12 }, () => answer)), (answers) =>
        answers.findIndex(([status]) => status === 429),
      )
      expect(yield* burst.pipe(Effect.provide(limit(100)))).toBe(10)
      expect(yield* burst.pipe(Effect.provide(limit(4)))).toBe(4)
    }),
  )
})

describe("a limit by fixed window", () => {
  it.effect("begins with its first request and lets nothing more through before its minute is over", () =>
    Effect.gen(function* () {
      const answer = Effect.map(get("/sessions"), ({ headers, status }) => [status, headers.get("retry-after")])
      expect(yield* answer).toEqual([200, null])
      yield* TestClock.adjust("30 seconds")
      expect([yield* answer, yield* answer]).toEqual([
        [200, null],
        [429, "30"],
      ])
      yield* TestClock.adjust("30 seconds")
      expect([yield* answer, yield* answer, yield* answer]).toEqual([
        [200, null],
        [200, null],
        [429, "60"],
      ])
    }).pipe(Effect.provide(LoopbackEmulator.layer({ requestsPerMinute: 2 }))),
  )
})

describe("the last page's cursor", () => {
  const nextOf = (lastCursor: Emulator.Options["lastCursor"]) =>
    json("/sessions").pipe(Effect.provide(LoopbackEmulator.layer({ lastCursor })))

  it.effect("is null, empty or absent, as was set", () =>
    Effect.gen(function* () {
      expect(yield* nextOf(undefined)).toEqual({ data: [], next_cursor: null, has_more: false })
      expect(yield* nextOf("null")).toEqual({ data: [], next_cursor: null, has_more: false })
      expect(yield* nextOf("empty")).toEqual({ data: [], next_cursor: "", has_more: false })
      expect(yield* nextOf("absent")).toEqual({ data: [], has_more: false })
    }),
  )

  it.effect("can be one that leads to an empty page", () =>
    Effect.gen(function* () {
      const only = yield* getPage()
      expect(only).toMatchObject({ ids: ["sess_1", "sess_2"], has_more: false })
      const after = yield* getPage(`?cursor=${only.next_cursor}`)
      expect(after).toMatchObject({ ids: [], has_more: false, next_cursor: expect.any(String) })
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions: SessionFixture.sessions(2), lastCursor: "string" }))),
  )
})
