import { readFileSync } from "node:fs"
import { Session } from "@effect-elnudge/core"
import { Emulator, FaultScript } from "@effect-elnudge/emulator"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import * as EmulatorServer from "../src/EmulatorServer.ts"
import * as CommandLine from "./CommandLine.ts"

const now = "2026-11-01T00:00:00Z"

const flags: EmulatorServer.ServeFlags = {
  data: Option.none(),
  seed: "elnudge",
  nudgeEffect: 0,
  sessions: 3000,
  now: Option.some({ _tag: "Date", year: 2026, month: 11, day: 1 }),
  speed: Option.none(),
  retentionDays: 90,
  rateLimit: 1000,
  limitBy: "fixed-window",
  burst: Option.none(),
  latency: Duration.zero,
  faults: Option.none(),
  key: Emulator.defaultKey,
  port: 0,
}

interface Page {
  readonly status: number
  readonly retryAfter: string | null
  readonly text: string
}

const ask = async (address: string, key: string): Promise<Page> => {
  const response = await fetch(`${address}/sessions?limit=1`, { headers: { authorization: `Bearer ${key}` } })
  return { status: response.status, retryAfter: response.headers.get("retry-after"), text: await response.text() }
}

const newest = (address: string) => Effect.promise(() => ask(address, Emulator.defaultKey))

const List = Schema.fromJsonString(Schema.Struct({ data: Schema.Array(Session.Summary) }))

const newestStart = (address: string) =>
  Effect.gen(function* () {
    const { data } = yield* Schema.decodeEffect(List)((yield* newest(address)).text)
    return data[0]?.started_at ?? "none"
  })

const addressIn = (text: string): string => /ELNUDGE_BASE_URL=(\S+)/.exec(text)?.[1] ?? ""

/** Serves in this process, so that time is the test's, and gives what it said and where it listens. */
const serving = <A, E, R>(
  options: Partial<EmulatorServer.ServeFlags>,
  use: (address: string, said: string) => Effect.Effect<A, E, R>,
) =>
  Effect.gen(function* () {
    const announced = yield* Deferred.make<string>()
    const lines: Array<string> = []
    const console: Console.Console = {
      ...globalThis.console,
      error: (line: string) => {
        lines.push(line)
        if (line.includes("ELNUDGE_API_KEY")) Deferred.doneUnsafe(announced, Effect.succeed(lines.join("\n")))
      },
    }
    const server = yield* EmulatorServer.serve({ ...flags, ...options }).pipe(
      Effect.provideService(Console.Console, console),
      Effect.forkChild,
    )
    const said = yield* Effect.raceFirst(Deferred.await(announced), Fiber.join(server))
    const used = yield* use(addressIn(said), said)
    yield* Fiber.interrupt(server)
    return used
  }).pipe(Effect.provide(NodeServices.layer))

describe("emulator", () => {
  const wrongUsage: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [["--latency", "50"], "--latency"],
    [["--speed", "fast"], "--speed"],
    [["--nudge-effect", "-1"], "--nudge-effect"],
    [["--speed", "-1"], "--speed"],
    [["--limit-by", "leaky-bucket"], "token-bucket"],
    [["--limit-by", "token-bucket", "--burst", "0"], "--burst"],
    [["--burst", "5"], "--limit-by token-bucket"],
    [["--faults", "/nowhere.json"], "--faults /nowhere.json cannot be read (NotFound)"],
    [["--faults", "[{]"], "--faults: The script is not JSON"],
    [["--faults", ' {"rules":[{"fault":"reset","at":0}]}'], "--faults: rules[0].at: Expected a number from 1 on"],
    [["--faults", '[{"fault":"rest"}]'], "--faults: rules[0]: Expected a rule whose fault is one of rate-limited"],
  ]
  it.live.each(wrongUsage)("refuses %j and says why", ([args, part]) =>
    Effect.gen(function* () {
      const result = yield* CommandLine.run(["emulator", "--port", "0", ...args])
      assert.deepStrictEqual([result.exitCode, result.stdout], [2, ""])
      assert.include(result.stderr, part)
    }),
  )

  it.live("keeps a token bucket of the size that the flags say", () =>
    Effect.gen(function* () {
      const announced = yield* Deferred.make<string>()
      const answers: Array<Page> = []
      const args = ["--port", "0", "--sessions", "5", "--limit-by", "token-bucket", "--rate-limit", "1", "--burst", "2"]
      yield* CommandLine.run(["emulator", "--latency", "0ms", ...args], {
        onStderr: (text) => {
          if (text.includes("ELNUDGE_API_KEY")) Deferred.doneUnsafe(announced, Effect.succeed(addressIn(text)))
        },
        interruptAfter: Effect.gen(function* () {
          const address = yield* Deferred.await(announced)
          for (let request = 0; request < 3; request++) answers.push(yield* newest(address))
        }),
      })
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 200, 429],
      )
      const wait = Number(answers[2]?.retryAfter)
      assert.isTrue(Number.isInteger(wait) && wait >= 1 && wait <= 60, `${wait}`)
    }),
  )

  it.live("answers with the faults of --faults, says how many there were, and names no key", () =>
    Effect.gen(function* () {
      const announced = yield* Deferred.make<string>()
      const answers: Array<number> = []
      const key = "sk_test_not_to_be_seen"
      const rules = [
        { on: "list", at: "1-2", fault: "rate-limited", retryAfter: 1 },
        { at: 3, fault: "cut-off" },
        { at: 4, fault: "null", path: "data[9].id" },
        { at: 5, fault: "key-rotated", keys: "sk_test_nor_this_one" },
      ]
      const args = ["--port", "0", "--sessions", "5", "--key", key, "--faults", JSON.stringify(rules)]
      const result = yield* CommandLine.run(["emulator", "--log-level", "all", ...args], {
        onStderr: (text) => {
          if (text.includes("ELNUDGE_API_KEY")) Deferred.doneUnsafe(announced, Effect.succeed(addressIn(text)))
        },
        interruptAfter: Effect.gen(function* () {
          const address = yield* Deferred.await(announced)
          for (let request = 0; request < 6; request++) {
            const answer = yield* Effect.exit(Effect.tryPromise(() => ask(address, key)))
            answers.push(Exit.isSuccess(answer) ? answer.value.status : 0)
          }
        }),
      })
      assert.deepStrictEqual(answers, [429, 429, 0, 200, 401, 200])
      assert.deepStrictEqual(result.stderr.match(/^rules.*$/gm), [
        "rules[0] rate-limited: 2 requests",
        "rules[1] cut-off: 1 request",
        "rules[2] null: 0 requests",
        "rules[3] key-rotated: 1 request",
      ])
      assert.strictEqual(result.exitCode, 130)
      assert.notMatch(result.stdout + result.stderr, /not_to_be_seen|nor_this_one/)
    }),
  )

  it.effect("reads --faults from a file too", () =>
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const file = yield* fileSystem.makeTempFileScoped({ suffix: ".json" })
      yield* fileSystem.writeFileString(file, '{ "seed": "s", "rules": [{ "at": 1, "fault": "server-error" }] }')
      const statuses = yield* serving({ faults: Option.some(file) }, (address) =>
        Effect.all([newest(address), newest(address)]),
      )
      assert.deepStrictEqual(
        statuses.map(({ status }) => status),
        [503, 200],
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("has a help text whose --faults can be used", () =>
    Effect.gen(function* () {
      const { stdout } = yield* CommandLine.run(["emulator", "--help"])
      const script = /--faults[^']*'(.*?)'/s.exec(stdout)?.[1]?.replace(/\n\s*/g, "") ?? "none"
      const { rules } = yield* FaultScript.parse(script)
      assert.deepStrictEqual(rules, [{ on: "list", at: "2-4", fault: "rate-limited" }])
    }),
  )

  it.effect("stands still at --now", () =>
    serving({}, (address, said) =>
      Effect.gen(function* () {
        assert.include(said, "serves 3000 sessions until Ctrl-C")
        const before = yield* newestStart(address)
        yield* TestClock.adjust("1 day")
        assert.strictEqual(yield* newestStart(address), before)
        assert.isBelow(Session.millis(before), Session.millis(now))
      }),
    ),
  )

  it.effect("goes on from --now at --speed, and sessions arrive", () =>
    serving({ speed: Option.some(60) }, (address, said) =>
      Effect.gen(function* () {
        assert.include(said, "serves 3000 sessions, and 3000 that start later, until Ctrl-C")
        assert.isBelow(Session.millis(yield* newestStart(address)), Session.millis(now))
        yield* TestClock.adjust("12 minutes")
        const start = Session.millis(yield* newestStart(address))
        assert.isAbove(start, Session.millis("2026-11-01T06:00:00Z"))
        assert.isAtMost(start, Session.millis("2026-11-01T12:00:00Z"))
      }),
    ),
  )

  it.effect("has a day to come without --now", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Session.millis(now))
      yield* serving({ now: Option.none() }, (address, said) =>
        Effect.gen(function* () {
          assert.include(said, "serves 3000 sessions, and 100 that start later, until Ctrl-C")
          yield* TestClock.adjust("1 day")
          assert.isAbove(Session.millis(yield* newestStart(address)), Session.millis("2026-11-01T12:00:00Z"))
        }),
      )
    }),
  )

  it.effect("holds every answer for --latency", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const sleeps: Array<number> = []
      const impatient: Clock.Clock = {
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
        currentTimeMillis: clock.currentTimeMillis,
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
        currentTimeNanos: clock.currentTimeNanos,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        sleep: (duration) => Effect.sync(() => void sleeps.push(Duration.toMillis(duration))),
      }
      const use = (address: string) => Effect.map(newest(address), ({ status }) => ({ status, sleeps: [...sleeps] }))
      const seen = yield* serving({ latency: Duration.millis(50) }, use).pipe(
        Effect.provideService(Clock.Clock, impatient),
      )
      assert.deepStrictEqual(seen, { status: 200, sleeps: [50] })
    }),
  )

  it.live("has a README that names every flag, and no other", () =>
    Effect.gen(function* () {
      const flagsIn = (text: string) => [
        ...new Set(text.match(/^[ |`]+--[a-z][a-z-]+/gm)?.map((flag) => flag.replace(/^[ |`]+/, ""))),
      ]
      const { stdout } = yield* CommandLine.run(["emulator", "--help"])
      const readme = readFileSync(new URL("../../../packages/emulator/README.md", import.meta.url), "utf8")
      const help = stdout.slice(0, stdout.indexOf("GLOBAL FLAGS"))
      assert.deepStrictEqual(flagsIn(readme), flagsIn(help))
      assert.include(flagsIn(readme), "--speed")
    }),
  )
})
