import type { Faults } from "@effect-elnudge/emulator"
import { Emulator } from "@effect-elnudge/emulator"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as LoopbackEmulator from "./LoopbackEmulator.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { get, getPage } = LoopbackEmulator

const sessions = SessionFixture.sessions(3)
const ids = sessions.map(({ id }) => id)

/** An emulator whose first request meets the fault. */
const firstMeets = (fault: Faults.Fault) =>
  LoopbackEmulator.layer({ sessions, fault: ({ number }) => (number === 1 ? fault : undefined) })

describe("faults", () => {
  it.effect("a refusal of too many requests says when to come back", () =>
    Effect.gen(function* () {
      const { body, headers, status } = yield* get("/sessions")
      expect([status, headers.get("retry-after")]).toEqual([429, "7"])
      expect(JSON.parse(body)).toEqual({ error: "RateLimitExceeded", message: "Too many requests" })
      expect((yield* getPage()).ids).toEqual(ids)
    }).pipe(Effect.provide(firstMeets({ _tag: "RateLimited", retryAfter: "7" }))),
  )

  it.effect("a refusal of too many requests can leave that out", () =>
    Effect.gen(function* () {
      const { headers, status } = yield* get("/sessions/sess_1")
      expect([status, headers.has("retry-after")]).toEqual([429, false])
    }).pipe(Effect.provide(firstMeets({ _tag: "RateLimited" }))),
  )

  it.effect.each([500, 502, 503, 504] as const)("a server's error %d is a page of HTML", (status) =>
    Effect.gen(function* () {
      const response = yield* get("/sessions")
      expect(response.status).toBe(status)
      expect(response.headers.get("content-type")).toContain("text/html")
      expect(response.body).toContain(`<h1>${status}</h1>`)
      expect((yield* getPage()).ids).toEqual(ids)
    }).pipe(Effect.provide(firstMeets({ _tag: "ServerError", status }))),
  )

  it.effect.each([
    { _tag: "CutOff", path: "/sessions" },
    { _tag: "CutOff", path: "/sessions/sess_1" },
    { _tag: "Reset", path: "/sessions" },
    { _tag: "Reset", path: "/sessions/sess_1" },
  ] as const)("$_tag on $path makes the request fail, and not the one after it", ({ _tag, path }) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(get(path))
      expect(error.cause).toBeInstanceOf(TypeError)
      const { body, status } = yield* get(path)
      expect(status).toBe(200)
      expect(body).toContain('"id":"sess_1"')
    }).pipe(Effect.provide(firstMeets({ _tag }))),
  )

  it.effect("a cut-off answer begins with the status and half the body of the right one", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const headers = LoopbackEmulator.bearer(Emulator.defaultKey)
      const response = yield* Effect.promise(() => fetch(`${baseUrl}/sessions/sess_none`, { headers }))
      expect(response.status).toBe(404)
      const error = yield* Effect.flip(Effect.tryPromise(() => response.text()))
      expect(error.cause).toBeInstanceOf(TypeError)
    }).pipe(Effect.provide(firstMeets({ _tag: "CutOff" }))),
  )

  it.effect("a reset breaks the connection before any answer", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const headers = LoopbackEmulator.bearer(Emulator.defaultKey)
      const error = yield* Effect.flip(Effect.tryPromise(() => fetch(`${baseUrl}/sessions`, { headers })))
      expect(error.cause).toBeInstanceOf(TypeError)
    }).pipe(Effect.provide(firstMeets({ _tag: "Reset" }))),
  )

  it.effect("any other answer is given as it is", () =>
    Effect.gen(function* () {
      const { body, headers, status } = yield* get("/sessions")
      expect(status).toBe(302)
      expect(headers.get("location")).toBe("https://example.com/")
      expect(headers.get("content-type")).toBe("application/json")
      expect(body).toBe("not at all JSON")
    }).pipe(
      Effect.provide(
        firstMeets({
          _tag: "Answer",
          status: 302,
          body: "not at all JSON",
          headers: { location: "https://example.com/" },
        }),
      ),
    ),
  )

  it.effect("an answer needs no headers", () =>
    Effect.gen(function* () {
      const { body, status } = yield* get("/sessions/sess_1")
      expect({ body, status }).toEqual({ body: '{"data":[]}', status: 200 })
    }).pipe(Effect.provide(firstMeets({ _tag: "Answer", status: 200, body: '{"data":[]}' }))),
  )

  it.effect("come before the key is checked, and are counted", () =>
    Effect.gen(function* () {
      const { requests } = yield* Emulator.Emulator
      expect((yield* get("/sessions", {})).status).toBe(503)
      expect((yield* get("/sessions", {})).status).toBe(401)
      expect(yield* requests).toEqual({ list: 2, details: 0, nudges: 0 })
    }).pipe(Effect.provide(firstMeets({ _tag: "ServerError", status: 503 }))),
  )

  it.effect("are chosen by the number of the request, its path and its query", () => {
    const seen: Array<Faults.FaultRequest> = []
    const fault = (request: Faults.FaultRequest) => {
      seen.push(request)
      return undefined
    }
    return Effect.gen(function* () {
      yield* get("/sessions?limit=2")
      yield* get("/sessions/sess_1")
      yield* get("/sessions/a%2Fb")
      expect(seen).toEqual([
        { number: 1, url: "/v1/sessions?limit=2" },
        { number: 2, url: "/v1/sessions/sess_1" },
        { number: 3, url: "/v1/sessions/a%2Fb" },
      ])
    }).pipe(Effect.provide(LoopbackEmulator.layer({ sessions, fault })))
  })
})
