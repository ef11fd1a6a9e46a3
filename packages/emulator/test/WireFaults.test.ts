import { once } from "node:events"
import * as http from "node:http"
import { constants, gunzipSync, inflateSync } from "node:zlib"
import type { FaultScript } from "@effect-elnudge/emulator"
import { Emulator } from "@effect-elnudge/emulator"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import * as LoopbackEmulator from "./LoopbackEmulator.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { bearer, get, getPage } = LoopbackEmulator

const sessions = SessionFixture.sessions(3)

const scripted = (rules: ReadonlyArray<FaultScript.Rule>) => LoopbackEmulator.layer({ sessions, faults: { rules } })

/** The answer before its body. */
const opened = Effect.fnUntraced(function* (path: string) {
  const { baseUrl } = yield* Emulator.Emulator
  return yield* Effect.tryPromise(async (signal) => {
    const response = await fetch(`${baseUrl}${path}`, { headers: bearer(Emulator.defaultKey), signal })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    return { status: response.status, read: async () => (await reader?.read())?.value, cancel: () => reader?.cancel() }
  })
})

/** A whole request to another emulator: whatever was going on in this process has had its turn. */
const roundTrip = get("/sessions").pipe(Effect.provide(LoopbackEmulator.layer()))

const rightList = get("/sessions").pipe(
  Effect.map(({ body }) => body),
  Effect.provide(LoopbackEmulator.layer({ sessions })),
)

describe("on the wire", () => {
  it.effect("slow headers take as long as they say", () =>
    Effect.gen(function* () {
      const { requests } = yield* Emulator.Emulator
      const answer = yield* Effect.forkChild(get("/sessions"))
      while ((yield* requests).list === 0) yield* roundTrip
      yield* roundTrip
      yield* TestClock.adjust("59 seconds")
      yield* roundTrip
      expect(answer.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 second")
      const { body, status } = yield* Fiber.join(answer)
      expect({ body, status }).toEqual({ body: yield* rightList, status: 200 })
    }).pipe(Effect.provide(scripted([{ fault: "slow-headers", millis: 60_000 }]))),
  )

  it.effect("a slow body comes piece by piece", () =>
    Effect.gen(function* () {
      const { read, status } = yield* opened("/sessions")
      expect(status).toBe(200)
      const pieces = [yield* Effect.promise(read)]
      for (let piece = 1; piece < 4; piece++) {
        const next = yield* Effect.forkChild(Effect.promise(read))
        yield* roundTrip
        yield* TestClock.adjust("19 seconds")
        yield* roundTrip
        expect(next.pollUnsafe()).toBeUndefined()
        yield* TestClock.adjust("1 second")
        pieces.push(yield* Fiber.join(next))
      }
      expect(yield* Effect.promise(read)).toBeUndefined()
      expect(pieces.join("")).toBe(yield* rightList)
      expect(Math.max(...pieces.map((piece = "") => piece.length))).toBeLessThanOrEqual(pieces.join("").length / 4 + 1)
    }).pipe(Effect.provide(scripted([{ fault: "slow-body", millis: 60_000, pieces: 4 }]))),
  )

  it.effect.each([
    [undefined, 0.5],
    [0.25, 0.25],
    [1, 1],
  ] as const)("a stall with part %s sends that much and never ends", ([part, share]) =>
    Effect.gen(function* () {
      const right = yield* rightList
      const { cancel, read, status } = yield* opened("/sessions")
      expect(status).toBe(200)
      const first = yield* Effect.promise(read)
      expect(first).toBe(right.slice(0, Math.ceil(right.length * share)))
      const next = yield* Effect.forkChild(Effect.promise(read))
      yield* TestClock.adjust("365 days")
      yield* roundTrip
      expect(next.pollUnsafe()).toBeUndefined()
      yield* Effect.promise(async () => cancel())
      expect(yield* Fiber.join(next)).toBeUndefined()
      expect((yield* getPage()).ids).toHaveLength(3)
    }).pipe(Effect.provide(scripted([{ at: 1, fault: "stall", part }]))),
  )

  it.effect("a stall with part 0 comes after the headers", () =>
    Effect.gen(function* () {
      const { cancel, read, status } = yield* opened("/sessions")
      expect(status).toBe(200)
      const first = yield* Effect.forkChild(Effect.promise(read))
      yield* roundTrip
      expect(first.pollUnsafe()).toBeUndefined()
      yield* Effect.promise(async () => cancel())
    }).pipe(Effect.provide(scripted([{ fault: "stall", part: 0 }]))),
  )

  it.effect("a stall ends with the emulator", () =>
    Effect.gen(function* () {
      const { read } = yield* opened("/sessions").pipe(Effect.provide(scripted([{ fault: "stall" }])))
      const ends = Effect.tryPromise(async () => {
        while ((await read()) !== undefined);
      })
      expect((yield* Effect.flip(ends)).cause).toBeInstanceOf(TypeError)
    }),
  )

  it.effect("a reset breaks the connection before the headers", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(opened("/sessions"))).cause).toBeInstanceOf(TypeError)
      expect((yield* getPage()).ids).toHaveLength(3)
    }).pipe(Effect.provide(scripted([{ at: 1, fault: "reset" }]))),
  )

  it.effect.each([
    [undefined, 0.5],
    [0, 0],
    [0.9, 0.9],
    [1, 1],
  ] as const)("a cut-off with part %s breaks it after the headers and that much", ([part, share]) =>
    Effect.gen(function* () {
      const right = yield* rightList
      const { read, status } = yield* opened("/sessions")
      expect(status).toBe(200)
      let text = ""
      const rest = Effect.tryPromise(async () => {
        for (let piece = await read(); piece !== undefined; piece = await read()) text += piece
      })
      expect((yield* Effect.flip(rest)).cause).toBeInstanceOf(TypeError)
      expect(text).toBe(right.slice(0, Math.ceil(right.length * share)))
    }).pipe(Effect.provide(scripted([{ fault: "cut-off", part }]))),
  )

  /** The bytes as they came: fetch unpacks them, and takes a beginning for the whole. */
  const packed = Effect.fnUntraced(function* (path: string) {
    const { baseUrl } = yield* Emulator.Emulator
    return yield* Effect.tryPromise(async () => {
      const request = http.get(`${baseUrl}${path}`, { headers: bearer(Emulator.defaultKey) })
      const [response] = await once(request, "response")
      return { headers: response.headers, bytes: Buffer.concat(await response.toArray()) }
    })
  })

  const codings: ReadonlyArray<readonly [string | undefined, (bytes: Buffer) => Buffer]> = [
    [undefined, gunzipSync],
    ["gzip", gunzipSync],
    ["deflate", inflateSync],
    ["gzip, gzip", (bytes) => gunzipSync(gunzipSync(bytes))],
    ["br", (bytes) => bytes],
  ]
  it.effect.each(codings)("a packed answer is the right one: %s", ([coding, unpack]) =>
    Effect.gen(function* () {
      const right = yield* rightList
      const { bytes, headers } = yield* packed("/sessions")
      expect(headers["content-encoding"]).toBe(coding ?? "gzip")
      expect(unpack(bytes).toString()).toBe(right)
    }).pipe(Effect.provide(scripted([{ fault: "packed", coding }]))),
  )

  it.effect("a bomb of gzip unpacks to what it says, and is small", () =>
    Effect.gen(function* () {
      const { bytes } = yield* packed("/sessions")
      expect(bytes.length).toBeLessThan(100_000)
      expect(gunzipSync(bytes).length).toBe(3 * 1024 * 1024)
    }).pipe(Effect.provide(scripted([{ fault: "gzip-bomb", megabytes: 3 }]))),
  )

  it.effect("another status has the right answer, or a part of its rows", () =>
    Effect.gen(function* () {
      const right = yield* rightList
      const whole = yield* get("/sessions")
      expect([whole.status, whole.body]).toEqual([203, right])
      const part = yield* get("/sessions")
      expect([part.status, part.headers.get("content-range")]).toEqual([206, "items 0-1/3"])
      expect(JSON.parse(part.body).data).toEqual(JSON.parse(right).data.slice(0, 2))
    }).pipe(
      Effect.provide(
        scripted([
          { at: 1, fault: "other-status", status: 203 },
          { at: 2, fault: "other-status", status: 206, rows: 2 },
        ]),
      ),
    ),
  )

  it.effect("truncated gzip unpacks to a beginning of the right answer", () =>
    Effect.gen(function* () {
      const right = yield* rightList
      const { bytes, headers } = yield* packed("/sessions")
      expect([headers["content-encoding"], headers["content-type"]]).toEqual(["gzip", "application/json"])
      expect(Number(headers["content-length"])).toBe(bytes.length)
      expect(() => gunzipSync(bytes)).toThrow("unexpected end of file")
      const beginning = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString()
      expect(beginning).toBe(right.slice(0, beginning.length))
      expect(beginning.length).toBeLessThan(right.length)
      expect((yield* getPage()).ids).toHaveLength(3)
    }).pipe(Effect.provide(scripted([{ at: 1, fault: "truncated-gzip" }]))),
  )

  it.effect.each(["/sessions", "/sessions/sess_1", "/sessions/none"])("corrupted gzip of %s does not unpack", (path) =>
    Effect.gen(function* () {
      const { bytes, headers } = yield* packed(path)
      expect([headers["content-encoding"], headers["content-type"]]).toEqual(["gzip", "application/json"])
      expect(() => gunzipSync(bytes)).toThrow(/incorrect|invalid/)
      expect((yield* getPage()).ids).toHaveLength(3)
    }).pipe(Effect.provide(scripted([{ at: 1, fault: "corrupted-gzip" }]))),
  )

  it.effect.each([undefined, "text/plain"])("a wrong content type, here %s, has the right JSON", (contentType) =>
    Effect.gen(function* () {
      const { body, headers } = yield* get("/sessions")
      expect(headers.get("content-type")).toBe(contentType ?? "text/html")
      expect(body).toBe(yield* rightList)
    }).pipe(Effect.provide(scripted([{ fault: "wrong-content-type", contentType }]))),
  )
})
