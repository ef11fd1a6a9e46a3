import { createServer } from "node:http"
import { ElnudgeClient } from "@effect-elnudge/core"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, DateTime, Effect, FileSystem, Layer } from "effect"
import { TestConsole } from "effect/testing"
import * as CsvReport from "../CsvReport.ts"
import * as Pipeline from "../Pipeline.ts"

/** The examples' client, against an emulator on loopback instead of the real address. */
const clientOf = (options: Emulator.Options, key = Emulator.defaultKey) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const env = { ELNUDGE_API_KEY: key, ELNUDGE_BASE_URL: baseUrl }
      return ElnudgeClient.layerConfig({ requestsPerMinute: 1_000_000 }).pipe(
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))),
        Layer.provide(NodeHttpClient.layerUndici),
        Layer.provide(FileSystem.layerNoop({})),
      )
    }),
  ).pipe(
    Layer.provide(Emulator.layer({ ...options, requestsPerMinute: 1_000_000 })),
    Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: 0 })),
  )

describe("examples", () => {
  it.live("Pipeline prints the ten newest carts that a keen visitor left", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end: yield* DateTime.now, count: 1000 })
      const expected = sessions
        .filter(({ converted, events, intent_score }) => {
          return intent_score >= 60 && !converted && events.some(({ type }) => type === "ADD_TO_CART")
        })
        .toSorted((a, b) => (a.started_at < b.started_at ? 1 : -1))
        .slice(0, 10)
        .map((session) => `${session.started_at} ${session.id} score ${session.intent_score}`)
      yield* Pipeline.program.pipe(Effect.provide(clientOf({ sessions })))
      assert.lengthOf(expected, 10)
      assert.deepStrictEqual(yield* TestConsole.logLines, expected)
    }).pipe(Effect.provide(TestConsole.layer)),
  )

  it.live("Pipeline says what to do about a wrong key", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(Pipeline.program, clientOf({ sessions: [] }, "sk_test_wrong")))
      assert.strictEqual(error._tag, "Unauthorized")
      assert.match(String((yield* TestConsole.errorLines)[0]), /ELNUDGE_API_KEY/)
    }).pipe(Effect.provide(TestConsole.layer)),
  )

  it.live("CsvReport writes attribution for October", () =>
    Effect.gen(function* () {
      const now = DateTime.makeUnsafe("2026-11-01T00:00:00Z")
      const sessions = yield* Generator.make({ end: now, count: 200 })
      const written: Array<readonly [string, string]> = []
      const fileSystem = FileSystem.layerNoop({
        writeFileString: (path, text) => Effect.sync(() => void written.push([path, text])),
      })
      yield* CsvReport.program.pipe(Effect.provide([clientOf({ sessions, now }), fileSystem]))
      assert.lengthOf(written, 1)
      assert.strictEqual(written[0]?.[0], "attribution.csv")
      const lines = written[0]?.[1].trimEnd().split("\n") ?? []
      assert.match(lines[0] ?? "", /^nudge_type,shown,clicked,/)
      const nudged = sessions.filter(({ nudge_count }) => nudge_count > 0).length
      assert.strictEqual(lines.at(-1)?.split(",")[8], `${nudged}`)
    }),
  )
})
