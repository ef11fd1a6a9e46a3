/** A small shop on one emulator for several runs: what was cut off goes on against the same address. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { assert } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as EmulatorServer from "../src/EmulatorServer.ts"
import * as CliProcess from "./CliProcess.ts"
import type * as CommandLine from "./CommandLine.ts"
import * as Shop from "./Shop.ts"

const now = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

/** October in six pages of 20. */
export const october = [...Shop.october, "--page-size", "20"]

const sessions = Generator.make({ end: now, count: 120, seed: "served" })

export type RunOptions = CliProcess.Options

interface Ended extends CommandLine.Result {
  /** How many requests arrived while it ran. */
  readonly requests: number
}

export interface ServedShop {
  readonly baseUrl: string
  /** Empty, and gone afterwards. */
  readonly folder: string
  readonly run: (args: ReadonlyArray<string>, options?: RunOptions) => Effect.Effect<Ended>
}

/** Empty, and gone with its scope. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "elnudge-served-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
)

/** Runs the command to its end. */
export const start = CliProcess.runOrHere

/** Serves as long as `use` runs; without more said, October's sessions on 1 November. */
export const serve = <A, E, R>(options: Partial<Emulator.Options>, use: (shop: ServedShop) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    let arrived = 0
    const served: Emulator.Options = {
      sessions: yield* sessions,
      now,
      requestsPerMinute: 1_000_000,
      ...options,
      fault: (request) => {
        arrived++
        return options.fault?.(request)
      },
    }
    const folder = yield* temporaryFolder
    return yield* Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const own = { ELNUDGE_BASE_URL: baseUrl, ELNUDGE_API_KEY: options.key ?? Emulator.defaultKey }
      return yield* use({
        baseUrl,
        folder,
        run: Effect.fnUntraced(function* (args, runOptions = {}) {
          const before = arrived
          const result = yield* start(args, { ...runOptions, env: { ...own, ...runOptions.env } })
          return { ...result, requests: arrived - before }
        }),
      })
    }).pipe(Effect.provide(EmulatorServer.layer(served, 0)))
  }).pipe(Effect.scoped)

/** It exits like this, with at most three lines beside notes, and no report. */
export const assertFails = (result: CommandLine.Result, exitCode: number, ...parts: ReadonlyArray<string>) => {
  assert.strictEqual(result.exitCode, exitCode, result.stderr)
  assert.strictEqual(result.stdout, "")
  const lines = result.stderr.trimEnd().split("\n")
  assert.isAtMost(lines.filter((line) => !line.startsWith("note: ")).length, 3, result.stderr)
  for (const part of parts) assert.include(result.stderr, part)
}

/** The run ended before one request more than it may send, and kept its place in the file. */
export const assertCut = (result: CommandLine.Result, file: string) =>
  assertFails(result, 7, `checkpoint: ${file} has`, "used up its requests")

export const twoAtATime = { concurrency: 2, discard: true } as const
