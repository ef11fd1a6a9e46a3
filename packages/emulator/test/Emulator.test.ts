import { Emulator } from "@effect-elnudge/emulator"
import { describe, expect, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as LoopbackEmulator from "./LoopbackEmulator.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { bearer, get, getPage } = LoopbackEmulator
const { before, day, session } = SessionFixture

const idsTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => `sess_${first + index}`)

const paths = ["/sessions", "/sessions?limit=0", "/sessions/sess_1", "/sessions/sess_missing"]

it.effect("gives the detail of every id that it lists, however long", () =>
  Effect.gen(function* () {
    for (const id of ["x".repeat(101), "é".repeat(1_000)]) {
      const { body, status } = yield* get(`/sessions/${encodeURIComponent(id)}`)
      expect(status).toBe(200)
      expect(body).toContain(id)
    }
  }).pipe(
    Effect.provide(
      LoopbackEmulator.layer({ sessions: ["x".repeat(101), "é".repeat(1_000)].map((id) => session(id, day)) }),
    ),
  ),
)

describe("the key", () => {
  it.effect.each(paths)("is needed for %s", (path) =>
    Effect.gen(function* () {
      for (const headers of [{}, bearer("sk_test_wrong"), bearer(""), { authorization: Emulator.defaultKey }]) {
        const { body, status } = yield* get(path, headers)
        expect(status).toBe(401)
        expect(body).toBe('{"error":"Unauthorized","message":"The API key is missing or not valid"}')
      }
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions: SessionFixture.sessions(1) }))),
  )

  it.effect("is the one that the emulator was given", () =>
    Effect.gen(function* () {
      expect((yield* get("/sessions", bearer("sk_live_mine"))).status).toBe(200)
      expect((yield* get("/sessions", bearer(Emulator.defaultKey))).status).toBe(401)
    }).pipe(Effect.provide(LoopbackEmulator.layer({ key: "sk_live_mine" }))),
  )
})

layer(LoopbackEmulator.layer({ sessions: SessionFixture.sessions(260) }))("the list", (it) => {
  it.effect("has pages of 50, newest first, and the last one says that it is", () =>
    Effect.gen(function* () {
      const first = yield* getPage(`?from=${before(60)}`)
      expect(first).toMatchObject({ ids: idsTo(50), has_more: true })
      const second = yield* getPage(`?cursor=${first.next_cursor}`)
      expect(second).toEqual({ ids: idsTo(60, 51), has_more: false, next_cursor: null })
    }),
  )

  it.effect("stays in its window and keeps its page size with the cursor alone", () =>
    Effect.gen(function* () {
      const first = yield* getPage(`?from=${before(14)}&to=${before(9)}&limit=3`)
      expect(first).toMatchObject({ ids: idsTo(12, 10), has_more: true })
      const second = yield* getPage(`?cursor=${first.next_cursor}`)
      expect(second).toEqual({ ids: idsTo(14, 13), has_more: false, next_cursor: null })
    }),
  )

  it.effect("gives the same page where the window is sent along with the cursor", () =>
    Effect.gen(function* () {
      const window = `?from=${before(14)}&to=${before(9)}&limit=3`
      const { next_cursor } = yield* getPage(window)
      expect(yield* getPage(`${window}&cursor=${next_cursor}`)).toEqual(yield* getPage(`?cursor=${next_cursor}`))
    }),
  )

  it.effect("includes from and excludes to", () =>
    Effect.gen(function* () {
      expect((yield* getPage(`?from=${before(5)}&to=${before(3)}`)).ids).toEqual(idsTo(5, 4))
    }),
  )

  it.effect("has at most 200 rows a page", () =>
    Effect.gen(function* () {
      expect((yield* getPage("?limit=200")).ids).toEqual(idsTo(200))
      expect((yield* getPage("?limit=1")).ids).toEqual(idsTo(1))
    }),
  )

  it.effect("is empty for a window without sessions", () =>
    Effect.gen(function* () {
      const empty = { ids: [], has_more: false, next_cursor: null }
      expect(yield* getPage(`?from=${before(900)}&to=${before(800)}`)).toEqual(empty)
    }),
  )

  it.effect.each([
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=1.5",
    "limit=many",
    "limit=",
    "from=yesterday",
    "from=",
    "to=2026-13-01T00:00:00Z",
    "cursor=",
    "cursor=sess_1",
    "cursor=e30",
  ])("refuses %s with a 400", (query) =>
    Effect.gen(function* () {
      const { body, status } = yield* get(`/sessions?${query}`)
      expect(status).toBe(400)
      expect(JSON.parse(body)).toMatchObject({ error: "BadRequest", message: expect.any(String) })
    }),
  )
})

layer(
  LoopbackEmulator.layer({
    sessions: [
      session("future", -1),
      session("now", 0),
      session("days_30", 30 * day),
      session("days_31", 31 * day),
      session("days_90", 90 * day),
      session("days_91", 91 * day),
    ],
  }),
)("time", (it) => {
  it.effect("gives the last 30 days unless told otherwise", () =>
    Effect.gen(function* () {
      // `to` is now, and exclusive.
      expect((yield* getPage()).ids).toEqual(["days_30"])
      expect((yield* getPage(`?from=${before(40 * day)}`)).ids).toEqual(["days_30", "days_31"])
    }),
  )

  it.effect("lists nothing that has not started or is past retention, whatever the window", () =>
    Effect.gen(function* () {
      const { ids } = yield* getPage(`?from=${before(200 * day)}&to=${before(-day)}`)
      expect(ids).toEqual(["now", "days_30", "days_31", "days_90"])
    }),
  )

  it.effect("answers a list's window past retention with a 404", () =>
    Effect.gen(function* () {
      const window = (to: string) => get(`/sessions?from=${before(120 * day)}&to=${to}`)
      expect((yield* window(before(90 * day))).status).toBe(404)
      expect((yield* window(before(90 * day - 1))).status).toBe(200)
    }),
  )

  it.effect.each([
    { id: "now", status: 200 },
    { id: "days_90", status: 200 },
    { id: "days_91", status: 404 },
    { id: "future", status: 404 },
    { id: "missing", status: 404 },
  ])("answers the detail of $id with $status", ({ id, status }) =>
    Effect.gen(function* () {
      expect((yield* get(`/sessions/${id}`)).status).toBe(status)
    }),
  )
})

describe("retention", () => {
  it.effect("can be shorter", () =>
    Effect.gen(function* () {
      expect((yield* getPage(`?from=${before(80 * day)}`)).ids).toEqual(["new"])
      expect((yield* get("/sessions/old")).status).toBe(404)
      expect((yield* get("/sessions/new")).status).toBe(200)
    }).pipe(
      Effect.provide(
        LoopbackEmulator.layer({ sessions: [session("new", 29 * day), session("old", 31 * day)], retentionDays: 30 }),
      ),
    ),
  )
})

describe("the body", () => {
  const stored = {
    ...session("sess_1", 5),
    device: { kind: "phone" },
    events: [{ type: "RAGE_CLICK", url: "/", occurred_at: before(5), x: 12 }],
    nudges: session("sess_1", 5).nudges.map((nudge) => Object.assign({ color: "red" }, nudge)),
  }
  const { events: _, nudges: __, ...summary } = stored

  it.effect("holds the fields that nobody knows, in the list and in the detail", () =>
    Effect.gen(function* () {
      const list = yield* get("/sessions")
      expect(JSON.parse(list.body)).toEqual({ data: [summary], next_cursor: null, has_more: false })
      const detail = yield* get("/sessions/sess_1")
      expect(JSON.parse(detail.body)).toEqual({ data: stored })
      expect(detail.headers.get("content-type")).toBe("application/json")
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions: [stored] }))),
  )

  it.effect.each(["a/b", "a?b", "ü 😀", "%41"])("is found for the id '%s' when it is encoded in the path", (id) =>
    Effect.gen(function* () {
      expect(JSON.parse((yield* get(`/sessions/${encodeURIComponent(id)}`)).body)).toEqual({ data: session(id, 5) })
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions: [session(id, 5)] }))),
  )
})

describe("the limit", () => {
  it.effect("refuses what goes beyond it with a 429 that says when to come back, and lets it through then", () =>
    Effect.gen(function* () {
      expect((yield* get("/sessions")).status).toBe(200)
      expect((yield* get("/sessions/sess_1")).status).toBe(200)
      const refused = yield* get("/sessions")
      expect(refused.status).toBe(429)
      expect(refused.headers.get("retry-after")).toBe("60")
      expect(JSON.parse(refused.body)).toMatchObject({ error: "RateLimitExceeded", message: expect.any(String) })
      yield* TestClock.adjust("59 seconds")
      const still = yield* get("/sessions/sess_1")
      expect([still.status, still.headers.get("retry-after")]).toEqual([429, "1"])
      yield* TestClock.adjust("1 second")
      expect((yield* get("/sessions")).status).toBe(200)
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions: SessionFixture.sessions(1), requestsPerMinute: 2 }))),
  )

  it.effect("is not used up by requests without the key", () =>
    Effect.gen(function* () {
      expect((yield* get("/sessions", bearer("sk_test_wrong"))).status).toBe(401)
      expect((yield* get("/sessions")).status).toBe(200)
      expect((yield* get("/sessions")).status).toBe(429)
    }).pipe(Effect.provide(LoopbackEmulator.layer({ requestsPerMinute: 1 }))),
  )

  it.effect("is each emulator's own", () =>
    Effect.gen(function* () {
      const options = { requestsPerMinute: 1 }
      const once = get("/sessions").pipe(Effect.map(({ status }) => status))
      const both = Effect.gen(function* () {
        const mine = yield* once
        const others = yield* Effect.all([once, once]).pipe(Effect.provide(LoopbackEmulator.layer(options)))
        return [mine, ...others, yield* once]
      })
      expect(yield* both.pipe(Effect.provide(LoopbackEmulator.layer(options)))).toEqual([200, 200, 429, 429])
    }),
  )
})

describe("the request counts", () => {
  it.effect("hold lists, details and nudges apart, and count what was refused", () =>
    Effect.gen(function* () {
      const { requests } = yield* Emulator.Emulator
      expect(yield* requests).toEqual({ list: 0, details: 0, nudges: 0 })
      yield* get("/sessions?limit=1")
      yield* get("/sessions?limit=0")
      yield* get("/sessions", {})
      yield* get("/sessions/sess_1")
      yield* get("/sessions/missing")
      yield* get("/nudges?limit=0")
      expect(yield* requests).toEqual({ list: 3, details: 2, nudges: 1 })
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions: SessionFixture.sessions(1) }))),
  )
})

describe("the address", () => {
  it.effect("is on loopback and ends with the version of the API", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      expect(baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/)
    }).pipe(Effect.provide(LoopbackEmulator.layer())),
  )
})
