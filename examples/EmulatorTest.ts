import { strictEqual } from "node:assert/strict"
import { createServer } from "node:http"
import { ElnudgeClient, SessionStream } from "@effect-elnudge/core"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { NodeHttpClient, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { DateTime, Effect, Layer, Redacted, Stream } from "effect"

const from = DateTime.makeUnsafe("2026-10-01T00:00:00Z")
const to = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

// The code under test, as it runs against the real API.
export const countBuyers = SessionStream.summaries({ from, to }).pipe(
  Stream.filter((session) => session.converted),
  Stream.runCount,
)

// An emulator on a free port of this machine, and a client of it.
const emulated = (options: Emulator.Options) =>
  Layer.unwrap(
    Effect.map(Emulator.Emulator, ({ baseUrl }) =>
      ElnudgeClient.layer({ apiKey: Redacted.make(Emulator.defaultKey), baseUrl }),
    ),
  ).pipe(
    Layer.provideMerge(Emulator.layer(options)),
    Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
    Layer.provide(NodeHttpClient.layerUndici),
  )

// The test: what comes over HTTP is what was put in, in as few requests as that takes.
export const test = Effect.fn(function* (count: typeof countBuyers) {
  const sessions = yield* Generator.make({ end: to, days: 31, count: 1000 })
  yield* Effect.gen(function* () {
    const { requests } = yield* Emulator.Emulator
    strictEqual(yield* count, sessions.filter(({ converted }) => converted).length)
    strictEqual((yield* requests).list, 5)
  }).pipe(Effect.provide(emulated({ sessions, now: to })))
})

if (import.meta.main) test(countBuyers).pipe(NodeRuntime.runMain)
