import { Cohort } from "@effect-elnudge/report"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as AskedReport from "../src/AskedReport.ts"
import type * as FlagValues from "../src/FlagValues.ts"
import * as WindowComparison from "../src/WindowComparison.ts"

const row = (id: string, day: number): string =>
  JSON.stringify({
    id,
    started_at: `2026-10-0${day}T10:00:00Z`,
    ended_at: `2026-10-0${day}T10:05:00Z`,
    page_count: 1,
    intent_score: 5,
    converted: false,
    nudge_count: 0,
  })

const rows = `${row("sess_1", 1)}\n${row("sess_2", 2)}\n`

const flags = {
  site: Option.none(),
  timeZone: DateTime.zoneMakeNamedUnsafe("UTC"),
  listConcurrency: 1,
  concurrency: 8,
  pageSize: 200,
  rateLimit: 1000,
  share: 1,
  plan: Option.none(),
  retentionDays: Option.none(),
  deadline: Option.none(),
  maxRequests: Option.none(),
  quiet: true,
  verbose: false,
}

const from = (day: number): FlagValues.Span => ({
  from: { _tag: "Date", year: 2026, month: 10, day },
  to: { _tag: "Date", year: 2026, month: 10, day: day + 1 },
})

describe("Two windows out of the same files", () => {
  it.effect("are not compared where a file changes between them", () =>
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const file = yield* fileSystem.makeTempFileScoped()
      yield* fileSystem.writeFileString(file, rows)
      let [readings, looks] = [0, 0]
      const changeOnce = yield* Effect.cached(Effect.orDie(fileSystem.writeFileString(file, `${rows}${rows}`)))
      // Each walk looks the file through, and then reads it; between the two walks it changes.
      const whenDue = Effect.suspend(() => (readings > 2 || looks > 3 ? changeOnce : Effect.void))
      const changing = FileSystem.FileSystem.of({
        ...fileSystem,
        open: (path, options) => {
          readings++
          return Effect.andThen(whenDue, fileSystem.open(path, options))
        },
        stat: (path) => {
          looks++
          return Effect.andThen(whenDue, fileSystem.stat(path))
        },
      })
      const report = AskedReport.toReport.calibration({ bands: Cohort.defaultBands, confidence: 0.95 })
      const compare = WindowComparison.ofWindows(
        report,
        { ...flags, input: [file] },
        { before: from(1), after: from(2) },
      )
      const { after, before } = yield* compare
      assert.deepStrictEqual([before.coverage.sessions, after.coverage.sessions], [1, 1])
      const error = yield* Effect.flip(Effect.provideService(compare, FileSystem.FileSystem, changing))
      assert.strictEqual(
        error.message.slice(file.length),
        `: changed while it was read: it has ${rows.length * 2} bytes, and had ${rows.length}.`,
      )
      assert.strictEqual(readings, 3)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
