import { Coverage } from "@effect-elnudge/core"
import * as MonotonicClock from "@effect-elnudge/core/MonotonicClock"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import { TestClock, TestConsole } from "effect/testing"
import * as SetClock from "../../../packages/core/test/SetClock.ts"
import * as EventLog from "../src/EventLog.ts"
import * as Progress from "../src/Progress.ts"
import * as JsonEvents from "./JsonEvents.ts"

const minute = 60_000
const from = Date.UTC(2026, 9, 1)
const to = Date.UTC(2026, 10, 1)

/** A recorder of a walk through October that has come down to `reached` with one page of 200. */
const recorderAt = (reached: number) =>
  Effect.map(Coverage.make, (recorder) => {
    recorder.covers({ from, to })
    recorder.request("ListSessions", false)
    recorder.page(200)
    for (let row = 0; row < 200; row++) {
      const started_at = new Date(reached).toISOString()
      const summary = { id: `${row}`, page_count: 1, intent_score: 1, converted: false, nudge_count: 1 }
      recorder.taken({
        summary: { ...summary, started_at, ended_at: started_at },
        detail: { _tag: "NotNeeded" },
        readAt: to,
      })
    }
    return recorder
  })

const cost = { pageSize: 200 }
const none = { of: 0, picked: 0 }

const tenth = to - (to - from) / 10

describe("Progress", () => {
  it.effect("tells pages, sessions, rate and the time that is left", () =>
    Effect.gen(function* () {
      const recorder = yield* recorderAt(tenth)
      assert.strictEqual(
        Progress.line(recorder.snapshot(), recorder.live(), { of: 200, picked: 0 }, cost, minute, 0),
        "1 pages · 200 sessions · 0 details · 1 requests/min · about 9 min left",
      )
    }),
  )

  it.effect("tells what it waits for", () =>
    Effect.gen(function* () {
      const recorder = yield* Coverage.make
      recorder.rateLimited(5 * minute)
      const now = 4 * minute + 30_000
      assert.include(
        Progress.line(recorder.snapshot(), recorder.live(), none, cost, now, 0),
        "waiting 30 s for the limit",
      )
      assert.notInclude(Progress.line(recorder.snapshot(), recorder.live(), none, cost, 6 * minute, 0), "waiting")
    }),
  )

  it.effect("forecasts a long walk from its first page, and says nothing of a short one", () =>
    Effect.gen(function* () {
      const recorder = yield* recorderAt(tenth)
      const forecast = (of: number, picked: number) =>
        Progress.forecast(recorder.snapshot(), recorder.live(), { of, picked }, cost, 1000)
      assert.strictEqual(forecast(200, 200), "about 2010 requests, 2 min at 1000 a minute")
      assert.isUndefined(forecast(200, 20))
      // Too few were looked at to tell.
      assert.isUndefined(forecast(8, 8))
    }),
  )

  const shown = (
    isTerminal: boolean,
    quiet: boolean,
    {
      jump = 0,
      rateLimit = 1000,
      seconds = 1,
    }: { readonly rateLimit?: number | "auto"; readonly seconds?: number; readonly jump?: number } = {},
  ) =>
    Effect.gen(function* () {
      const written: Array<string> = []
      const stdio = Stdio.layerTest({
        stderrIsTerminal: Effect.succeed(isTerminal),
        stderr: () => Sink.forEach((text) => Effect.sync(() => written.push(String(text)))),
      })
      const recorder = yield* recorderAt(tenth)
      const plan = { quiet, files: [], pageSize: 200, rateLimit }
      const request = Effect.andThen(
        Effect.sleep(100),
        Effect.sync(() => recorder.request("GetSession", false)),
      )
      const walk = Effect.as(Effect.repeat(request, { times: seconds * 10 - 1 }), "walked").pipe(
        Progress.during(recorder, () => ({ of: 200, picked: 200 }), plan),
        Effect.provide(stdio),
        SetClock.jumping(2_000, jump),
      )
      const fiber = yield* Effect.forkChild(walk)
      yield* TestClock.adjust(seconds * 1_000)
      return [yield* Fiber.join(fiber), written] as const
    })

  it.effect("forecasts with the pace so far where the limit is learned, and not before there is one", () =>
    Effect.gen(function* () {
      const auto = { rateLimit: "auto", seconds: 10 } as const
      const [, written] = yield* shown(true, false, { ...auto, seconds: 9 })
      assert.strictEqual(written.filter((text) => text.includes(" a minute")).length, 0)
      const [, later] = yield* shown(true, false, { ...auto, seconds: 11 })
      assert.deepStrictEqual(
        later.flatMap((text) => /about \d+ requests, .* a minute/.exec(text) ?? []),
        ["about 2010 requests, 3 min at 594 a minute"],
      )
    }),
  )

  it.effect("writes one line over and over on a terminal, the forecast once, and clears it at the end", () =>
    Effect.gen(function* () {
      const [result, written] = yield* shown(true, false)
      assert.strictEqual(result, "walked")
      assert.isAtLeast(written.length, 3)
      assert.isTrue(written.every((text) => text.startsWith("\r\u{1b}[2K")))
      assert.strictEqual(written.filter((text) => text.includes("about 2010 requests")).length, 1)
      assert.strictEqual(written.at(-1), "\r\u{1b}[2K")
    }),
  )

  it.effect("reckons with the time that passed where the wall clock is set in the middle", () =>
    Effect.gen(function* () {
      const [, right] = yield* shown(true, false, { seconds: 20 })
      const [, set] = yield* shown(true, false, { seconds: 20, jump: -86_400_000 })
      assert.deepStrictEqual(set, right)
      assert.isTrue(right.some((text) => / requests\/min · about \d+ min left/.test(text)))
    }),
  )

  it.effect("writes nothing where stderr is no terminal, or nothing is wanted", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* shown(false, false), ["walked", []])
      assert.deepStrictEqual(yield* shown(true, true), ["walked", []])
    }),
  )

  it.effect("is an event every five seconds, and one more at the end, where stderr is for programs", () =>
    Effect.gen(function* () {
      yield* shown(true, false, { seconds: 12 }).pipe(
        Effect.provideService(EventLog.Current, { isJson: true, isQuiet: false }),
      )
      const all = JsonEvents.events((yield* TestConsole.errorLines).map((line) => `${String(line)}\n`).join(""))
      assert.deepStrictEqual(
        JsonEvents.only(all, "progress").map(({ at, requests }) => [at, requests]),
        [
          ["1970-01-01T00:00:05.000Z", 50],
          ["1970-01-01T00:00:10.000Z", 100],
          ["1970-01-01T00:00:12.000Z", 121],
        ],
      )
      assert.deepInclude(all[0], { pages: 1, sessions: 200, expected_requests: 2010 })
    }).pipe(Effect.provide(TestConsole.layer)),
  )

  it.effect("says a long wait for the limit once where stderr is no terminal, and a short one not at all", () =>
    Effect.gen(function* () {
      const recorder = yield* Coverage.make
      const walk = Effect.gen(function* () {
        const now = yield* MonotonicClock.now
        recorder.rateLimited(now + 4_000)
        yield* Effect.sleep(4_000)
        recorder.rateLimited(now + 64_000)
        yield* Effect.sleep(60_000)
      })
      const plan = { quiet: false, files: [], pageSize: 200, rateLimit: 1000 }
      const fiber = yield* Effect.forkChild(
        Progress.during(
          recorder,
          () => ({ of: 0, picked: 0 }),
          plan,
        )(walk).pipe(Effect.provide(Stdio.layerTest({ stderrIsTerminal: Effect.succeed(false) }))),
      )
      yield* TestClock.adjust(64_000)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* TestConsole.errorLines, ["waiting 60 s for the rate limit"])
    }).pipe(Effect.provide(TestConsole.layer)),
  )
})
