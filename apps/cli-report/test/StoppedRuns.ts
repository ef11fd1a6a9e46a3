/**
 * Runs that are stopped in the middle, in every way that a run can end before its time, and gone on with until they are
 * done; held against one run that nobody stopped.
 */
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as EmulatorServer from "../src/EmulatorServer.ts"
import * as CliProcess from "./CliProcess.ts"

/** `full disk`: no file may grow beyond some size. `closed pipe`: nobody reads stdout any more. */
export const ways = ["SIGKILL", "SIGTERM", "SIGINT", "full disk", "closed pipe", "max requests"] as const
export type Way = (typeof ways)[number]

export interface Stop {
  readonly way: Way
  /** After how many of the run's requests. */
  readonly afterRequests: number
}

export const commands = {
  attribution: ["attribution", "--format", "csv"],
  cohorts: ["cohorts", "--by", "day", "--split", "arm", "--time-to-purchase", "--format", "csv"],
  run: ["run", "all"],
  "sessions csv": ["sessions", "--details", "--format", "csv"],
  "sessions ndjson": ["sessions", "--details"],
} as const
export type Name = keyof typeof commands

const now = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

/** A month of a small shop: 30 pages of 20, and some hundred details. */
const shop = Generator.make({ end: now, count: 600, seed: "stops" })

const walk = ["--from", "2026-10-01", "--to", "2026-11-01", "--page-size", "20", "--rate-limit", "1000000", "--quiet"]

const isFolder = (name: Name) => name === "run"

const argsOf = (name: Name, folder: string) => [
  ...commands[name],
  ...walk,
  ...(isFolder(name) ? ["--output-dir", join(folder, "out")] : ["--output", join(folder, "out")]),
]

// When a session was read is no part of what it says; neither is how many requests that took.
const withoutTimes = (text: string): string => text.replaceAll(/"at":"[^"]*"/g, '"at":""')

/** Everything that a run left, by file. */
const resultOf = (name: Name, folder: string): Readonly<Record<string, string>> => {
  const path = join(folder, "out")
  if (!isFolder(name)) return { out: withoutTimes(readFileSync(path, "utf8")) }
  const files = readdirSync(path).filter((file) => file !== "coverage.json")
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(path, file), "utf8")]))
}

interface Shop {
  readonly baseUrl: string
  /** All requests so far. */
  readonly requests: () => number
  /** Calls back once, when so many more requests have arrived. */
  readonly when: (more: number, call: () => void) => void
}

const signals = ["SIGKILL", "SIGTERM", "SIGINT"] as const

/** Runs the command once. Ends when the process has, however that was. */
const runOnce = (args: ReadonlyArray<string>, { baseUrl, when }: Shop, stop: Stop | undefined) =>
  Effect.suspend(() => {
    const bound = stop?.way === "max requests" ? ["--max-requests", String(stop.afterRequests)] : []
    const signal = signals.find((each) => each === stop?.way)
    const arrived = Effect.callback<void>((resume) => {
      if (stop !== undefined) when(stop.afterRequests, () => resume(Effect.void))
    })
    return CliProcess.run([...args, ...bound], {
      env: { ELNUDGE_BASE_URL: baseUrl, ELNUDGE_API_KEY: Emulator.defaultKey },
      isClosed: stop?.way === "closed pipe",
      // In blocks of 512 bytes: enough for a checkpoint of the beginning, and not for all.
      shell: stop?.way === "full disk" ? `ulimit -f ${8 + Math.floor(stop.afterRequests / 4)}; exec "$@"` : undefined,
      signal,
      interruptAfter: signal === undefined ? undefined : arrived,
    })
  })

export interface Outcome {
  readonly expected: Readonly<Record<string, string>>
  readonly result: Readonly<Record<string, string>>
  /** Of the run that nobody stopped, and of all parts of the other one together. */
  readonly requests: { readonly whole: number; readonly parts: number }
  /** How many of the stops came before the run was done anyhow. */
  readonly stopped: number
  /** What is left beside the result. */
  readonly left: ReadonlyArray<string>
}

const inFolder = <A, E, R>(use: (folder: string) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "elnudge-stops-"))),
    use,
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  )

// The shop is always the same, and so is what one run makes of it.
const known = new Map<Name, { readonly expected: Outcome["expected"]; readonly whole: number }>()

const undisturbed = Effect.fnUntraced(function* (name: Name, folder: string, served: Shop) {
  const earlier = known.get(name)
  if (earlier !== undefined) return earlier
  yield* runOnce(argsOf(name, folder), served, undefined)
  const run = { expected: resultOf(name, folder), whole: served.requests() }
  rmSync(join(folder, "out"), { recursive: true })
  known.set(name, run)
  return run
})

/** Both on one emulator. A run that was not stopped in its time is done; the last part of the other is not stopped. */
export const against = (name: Name, stops: ReadonlyArray<Stop>) =>
  Effect.gen(function* () {
    const sessions = yield* shop
    let requests = 0
    let waiting: { readonly at: number; readonly call: () => void } | undefined
    const fault = () => {
      requests++
      if (waiting !== undefined && requests >= waiting.at) {
        const { call } = waiting
        waiting = undefined
        call()
      }
      return undefined
    }
    return yield* Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const served: Shop = {
        baseUrl,
        requests: () => requests,
        when: (more, call) => {
          waiting = { at: requests + more, call }
        },
      }
      return yield* inFolder((folder) =>
        Effect.gen(function* () {
          const { expected, whole } = yield* undisturbed(name, folder, served)
          requests = 0
          const checkpoint = join(folder, "checkpoint")
          const args = [...argsOf(name, folder), "--checkpoint", checkpoint]
          let stopped = 0
          let isDone = false
          for (const stop of stops) {
            const { exitCode } = yield* runOnce(args, served, stop)
            waiting = undefined
            isDone = exitCode === 0
            if (isDone) break
            stopped++
          }
          const last = isDone ? { exitCode: 0, stderr: "" } : yield* runOnce(args, served, undefined)
          if (last.exitCode !== 0) return yield* Effect.die(new Error(`exit ${last.exitCode}: ${last.stderr}`))
          const outcome: Outcome = {
            expected,
            result: resultOf(name, folder),
            requests: { whole, parts: requests },
            stopped,
            left: readdirSync(folder).filter((file) => file !== "out"),
          }
          return outcome
        }),
      )
    }).pipe(Effect.provide(EmulatorServer.layer({ sessions, now, requestsPerMinute: 1_000_000, fault }, 0)))
  })

/** Each stop came in time, and nothing tells that there was one. */
export const check = Effect.fn("StoppedRuns.check")(function* (name: Name, stops: ReadonlyArray<Stop>) {
  const { expected, left, requests, result, stopped } = yield* against(name, stops)
  assert.deepStrictEqual(result, expected)
  assert.strictEqual(stopped, stops.length)
  assert.isAtMost(requests.parts, 1.25 * requests.whole + 40 * stopped)
  assert.deepStrictEqual(left, [])
})
