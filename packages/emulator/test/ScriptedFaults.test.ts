import type { FaultScript } from "@effect-elnudge/emulator"
import { Emulator } from "@effect-elnudge/emulator"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as LoopbackEmulator from "./LoopbackEmulator.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { bearer, get, getPage } = LoopbackEmulator

const sessions = SessionFixture.sessions(3)

const scripted = (rules: ReadonlyArray<FaultScript.Rule>, options: Partial<Emulator.Options> = {}) =>
  LoopbackEmulator.layer({ sessions, faults: { rules }, ...options })

const faults = Effect.flatMap(Emulator.Emulator, ({ faults }) => faults)
const applied = Effect.map(faults, (acted) => acted.map(({ applied }) => applied))

const rightList = get("/sessions").pipe(
  Effect.map(({ body }) => body),
  Effect.provide(LoopbackEmulator.layer({ sessions })),
)

describe("an answer of its own", () => {
  const retryAfters: ReadonlyArray<readonly [FaultScript.Rule, string | null]> = [
    [{ fault: "rate-limited" }, null],
    [{ fault: "rate-limited", retryAfter: 7 }, "7"],
    [{ fault: "rate-limited", retryAfter: 0.25 }, "0.25"],
    [{ fault: "rate-limited", retryAfter: 277_403 }, "277403"],
    [{ fault: "rate-limited", retryAfter: "soon" }, "soon"],
    [{ fault: "rate-limited", retryAfter: { date: 90 } }, "Thu, 15 Oct 2026 12:01:30 GMT"],
    [{ fault: "rate-limited", retryAfter: { date: -90 } }, "Thu, 15 Oct 2026 11:58:30 GMT"],
  ]
  it.effect.each(retryAfters)("%j says %j", ([rule, header]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(SessionFixture.now)
      const { body, headers, status } = yield* get("/sessions")
      expect([status, headers.get("retry-after")]).toEqual([429, header])
      expect(JSON.parse(body)).toEqual({ error: "RateLimitExceeded", message: "Too many requests" })
      if (header?.endsWith("GMT") === true) expect(headers.get("date")).toBe("Thu, 15 Oct 2026 12:00:00 GMT")
    }).pipe(Effect.provide(scripted([rule]))),
  )

  const others: ReadonlyArray<readonly [FaultScript.Rule, number, string]> = [
    [{ fault: "server-error" }, 503, "<h1>503</h1>"],
    [{ fault: "server-error", status: 500 }, 500, "<h1>500</h1>"],
    [{ fault: "server-error", status: 502 }, 502, "<h1>502</h1>"],
    [{ fault: "server-error", status: 504 }, 504, "<h1>504</h1>"],
    [{ fault: "key-revoked" }, 401, "Unauthorized"],
    [{ fault: "key-revoked", status: 403 }, 403, "Unauthorized"],
    [{ fault: "session-gone", session: "sess_1" }, 404, "NotFound"],
    [{ fault: "answer", status: 418, body: "teapot" }, 418, "teapot"],
  ]
  it.effect.each(others)("%j is a %d with %s", ([rule, status, text]) =>
    Effect.gen(function* () {
      const answer = yield* get("/sessions/sess_1")
      expect(answer.status).toBe(status)
      expect(answer.body).toContain(text)
      expect(answer.headers.get("content-type")).toContain(rule.fault === "server-error" ? "text/html" : "json")
      expect(yield* applied).toEqual([true])
    }).pipe(Effect.provide(scripted([rule]))),
  )

  it.effect("a server's error can say when to come back, and any answer has the headers that it was given", () =>
    Effect.gen(function* () {
      expect((yield* get("/sessions")).headers.get("retry-after")).toBe("3")
      const { headers, status } = yield* get("/sessions")
      expect([status, headers.get("location")]).toEqual([302, "https://example.com/"])
      expect((yield* get("/sessions")).headers.get("content-type")).toBe("text/plain")
    }).pipe(
      Effect.provide(
        scripted([
          { at: 1, fault: "server-error", retryAfter: 3 },
          { at: 2, fault: "answer", status: 302, body: "", headers: { location: "https://example.com/" } },
          { fault: "answer", status: 200, body: "{}", headers: { "Content-Type": "text/plain" } },
        ]),
      ),
    ),
  )

  it.effect("a session that is gone is still listed, and the others are still there", () =>
    Effect.gen(function* () {
      expect((yield* getPage()).ids).toContain("sess_2")
      expect((yield* get("/sessions/sess_2")).status).toBe(404)
      expect((yield* get("/sessions/sess_1")).status).toBe(200)
    }).pipe(Effect.provide(scripted([{ session: "sess_2", fault: "session-gone" }]))),
  )

  it.effect.each([400, 404, 410] as const)("an expired cursor is a %d, and a request without one goes on", (status) =>
    Effect.gen(function* () {
      const { next_cursor } = yield* getPage("?limit=1")
      expect((yield* get(`/sessions?cursor=${next_cursor}`)).status).toBe(status)
      expect((yield* getPage("?limit=1")).ids).toEqual(["sess_1"])
    }).pipe(Effect.provide(scripted([{ fault: "expired-cursor", status }]))),
  )
})

it.effect("fractions are refused, and whole seconds are not", () =>
  Effect.gen(function* () {
    const from = "2026-10-01T00:00:00"
    expect((yield* get(`/sessions?from=${from}.250Z`)).status).toBe(400)
    expect((yield* get(`/sessions?from=${from}Z`)).status).toBe(200)
  }).pipe(Effect.provide(scripted([{ fault: "refused-fractions" }]))),
)

describe("an edit of the JSON", () => {
  const edited = (rule: FaultScript.Rule, path: string) =>
    Effect.gen(function* () {
      const { body, status } = yield* get(path)
      const json: unknown = JSON.parse(body)
      return { json, status, applied: yield* applied }
    }).pipe(Effect.provide(scripted([rule])))

  const [session] = sessions.slice(1)
  const detail = { ...session }
  const cases: ReadonlyArray<readonly [FaultScript.Rule, Record<string, unknown>]> = [
    [{ fault: "wrong-type", path: "data.intent_score" }, { intent_score: "40" }],
    [
      { fault: "wrong-type", path: ["data.id", "data.converted", "data.events"] },
      { id: 7, converted: "false", events: {} },
    ],
    [
      { fault: "unknown-value", path: "data.nudges[*].type" },
      { nudges: [{ ...session?.nudges[0], type: "something_new" }] },
    ],
    [{ fault: "unknown-value", path: "data.id", value: "x" }, { id: "x" }],
    [{ fault: "null", path: "data.started_at" }, { started_at: null }],
    [{ fault: "set", path: "data.page_count", value: { a: [1e300] } }, { page_count: { a: [1e300] } }],
  ]
  it.effect.each(cases)("%j makes it %j", ([rule, change]) =>
    Effect.gen(function* () {
      expect(yield* edited(rule, "/sessions/sess_2")).toEqual({
        json: { data: { ...detail, ...change } },
        status: 200,
        applied: [true],
      })
    }),
  )

  it.effect("can leave out a field, of the list too", () =>
    Effect.gen(function* () {
      const { json } = yield* edited({ fault: "missing-field", path: "data[*].started_at" }, "/sessions")
      expect(json).toMatchObject({ data: [{ id: "sess_1" }, { id: "sess_2" }, { id: "sess_3" }] })
      expect(JSON.stringify(json)).not.toContain("started_at")
    }),
  )

  it.effect("leaves an answer without the path as it is, and says so", () =>
    Effect.gen(function* () {
      const missing = yield* edited({ fault: "null", path: "data[3].id" }, "/sessions")
      expect(missing).toEqual({ json: JSON.parse(yield* rightList), status: 200, applied: [false] })
      const refused = yield* edited({ fault: "null", path: "data.id" }, "/sessions/none")
      expect(refused).toMatchObject({ json: { error: "NotFound" }, status: 404, applied: [false] })
    }),
  )
})

describe("the clock", () => {
  it.effect("is off in the Date header, the dates to come back at and what is taken for now", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(SessionFixture.now)
      const { headers } = yield* get("/sessions")
      expect(headers.get("date")).toBe("Thu, 15 Oct 2026 11:57:30 GMT")
      const refused = yield* get("/sessions")
      expect(refused.headers.get("date")).toBe("Thu, 15 Oct 2026 11:57:30 GMT")
      expect(refused.headers.get("retry-after")).toBe("Thu, 15 Oct 2026 11:57:40 GMT")
      expect((yield* getPage()).ids).toEqual(["sess_3"])
      expect((yield* get("/sessions/sess_2")).status).toBe(404)
    }).pipe(
      Effect.provide(
        scripted([
          { fault: "clock-skew", seconds: -150 },
          { at: 2, fault: "rate-limited", retryAfter: { date: 10 } },
        ]),
      ),
    ),
  )

  it.effect("that jumps takes sessions out of retention in the middle of a walk", () =>
    Effect.gen(function* () {
      const window = `?from=${SessionFixture.before(SessionFixture.day)}`
      expect((yield* getPage(window)).ids).toEqual(["sess_1", "old"])
      expect((yield* get("/sessions/old")).status).toBe(404)
      expect((yield* get("/sessions/sess_1")).status).toBe(200)
    }).pipe(
      Effect.provide(
        scripted([{ at: "2-", fault: "clock-skew", seconds: 7200 }], {
          sessions: [SessionFixture.session("sess_1", 1), SessionFixture.session("old", SessionFixture.day - 60)],
          retentionDays: 1,
        }),
      ),
    ),
  )
})

describe("the key", () => {
  const statusWith = (key: string) => Effect.map(get("/sessions", bearer(key)), ({ status }) => status)

  it.effect("is revoked from a request on", () =>
    Effect.gen(function* () {
      const statuses = yield* Effect.forEach([1, 2, 3, 4], () => statusWith(Emulator.defaultKey))
      expect(statuses).toEqual([200, 200, 401, 401])
    }).pipe(Effect.provide(scripted([{ at: "3-", fault: "key-revoked" }]))),
  )

  it.effect("is rotated from a request on: only the new one is accepted, and that counts where one is refused", () =>
    Effect.gen(function* () {
      expect(yield* statusWith("sk_test_new")).toBe(401)
      expect(yield* statusWith(Emulator.defaultKey)).toBe(200)
      expect(yield* statusWith(Emulator.defaultKey)).toBe(401)
      expect(yield* statusWith("sk_test_new")).toBe(200)
      expect((yield* faults).map(({ applied, number }) => [number, applied])).toEqual([
        [3, true],
        [4, false],
      ])
    }).pipe(Effect.provide(scripted([{ at: "3-", fault: "key-rotated", keys: "sk_test_new" }]))),
  )

  it.effect("can be rotated with a time in which both are accepted", () =>
    Effect.gen(function* () {
      const keys = [Emulator.defaultKey, "sk_test_new"]
      expect(yield* Effect.forEach([...keys, "sk_test_other"], statusWith)).toEqual([200, 200, 401])
    }).pipe(Effect.provide(scripted([{ fault: "key-rotated", keys: [Emulator.defaultKey, "sk_test_new"] }]))),
  )
})

describe("what happened", () => {
  it.effect("is told by rule, fault, request and address, without the key", () =>
    Effect.gen(function* () {
      expect(yield* faults).toEqual([])
      yield* get("/sessions?limit=1")
      yield* get("/sessions/sess_1")
      yield* get("/sessions/sess_1")
      expect(yield* faults).toEqual([
        { rule: 1, fault: "rate-limited", number: 1, url: "/v1/sessions?limit=1", applied: true },
        { rule: 0, fault: "null", number: 2, url: "/v1/sessions/sess_1", applied: true },
      ])
      expect(JSON.stringify(yield* faults)).not.toContain(Emulator.defaultKey)
    }).pipe(
      Effect.provide(
        scripted([
          { on: "detail", times: 1, fault: "null", path: "data.id" },
          { at: 1, fault: "rate-limited" },
        ]),
      ),
    ),
  )

  it.effect("does not hold what the hook did, which comes first", () =>
    Effect.gen(function* () {
      expect((yield* get("/sessions")).status).toBe(502)
      expect((yield* get("/sessions")).status).toBe(429)
      expect((yield* faults).map(({ number }) => number)).toEqual([2])
    }).pipe(
      Effect.provide(
        scripted([{ fault: "rate-limited" }], {
          fault: ({ number }) => (number === 1 ? { _tag: "ServerError", status: 502 } : undefined),
        }),
      ),
    ),
  )
})
