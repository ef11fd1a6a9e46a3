import type { Emulator, FaultScript } from "@effect-elnudge/emulator"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as CommandLine from "./CommandLine.ts"
import * as PlannedShop from "./PlannedShop.ts"
import * as ServedShop from "./ServedShop.ts"

const { decode, october, serve, shopOf } = PlannedShop

const total = ({ details, list, nudges }: Emulator.RequestCounts) => list + details + nudges

const withRules = (...rules: ReadonlyArray<FaultScript.Rule>): Partial<Emulator.Options> => ({ faults: { rules } })

const assertFails = (result: CommandLine.Result, exitCode: number, ...parts: ReadonlyArray<string>) => {
  assert.deepStrictEqual([result.exitCode, result.stdout], [exitCode, ""], result.stderr)
  for (const part of parts) assert.include(result.stderr, part)
}

describe("plan", () => {
  it.live("says for people what each source would take, and how to run it", () =>
    Effect.gen(function* () {
      const sessions = yield* shopOf(20_000)
      yield* serve({ sessions }, ({ run }) =>
        Effect.gen(function* () {
          const big = yield* run(["plan", "attribution,cohorts", ...october, "--split", "arm"])
          assert.deepStrictEqual([big.exitCode, big.stderr], [0, ""])
          yield* Effect.promise(() => expect(big.stdout).toMatchFileSnapshot("golden/plan.txt"))
          assert.deepStrictEqual(big.asked, { list: 9, details: 0, nudges: 1 })
          const small = yield* run(["plan", "lift", "--from", "2024-10-31", "--to", "2024-11-01"])
          yield* Effect.promise(() => expect(small.stdout).toMatchFileSnapshot("golden/plan-of-a-day.txt"))
        }),
      )
    }),
  )

  it.live("comes true: both sources take as many requests as it says", () =>
    Effect.gen(function* () {
      const sessions = yield* shopOf(4_000)
      const reports = ["attribution,nudge-performance", ...october, "--page-size", "50"]
      yield* serve({ sessions }, ({ plan, run }) =>
        Effect.gen(function* () {
          const planned = yield* plan(reports)
          assert.isAtMost(total(planned.asked), 10)
          assert.deepStrictEqual(planned.spent, {
            requests: total(planned.asked),
            list: planned.asked.list,
            nudges: planned.asked.nudges,
          })
          const within = ({ exact, high, low }: typeof PlannedShop.Estimate.Type, value: number) => {
            assert.isFalse(exact)
            assert.isTrue(low <= value && value <= high, `${value} is not from ${low} to ${high}`)
          }
          within(planned.sessions, 4_000)
          within(planned.need_details, sessions.filter(({ nudge_count }) => nudge_count > 0).length)
          within(planned.need_events, sessions.filter((each) => each.nudge_count > 0 && each.converted).length)
          within(planned.nudges, sessions.flatMap(({ nudges }) => nudges).length)
          assert.deepStrictEqual(
            planned.sources.map(({ cheapest, promised, source }) => [source, promised, cheapest]),
            [
              ["details", true, false],
              ["nudges", false, true],
            ],
          )
          for (const { command, requests, seconds } of planned.sources) {
            const words = command.split(" ")
            assert.deepStrictEqual([words[0], words[1], words.at(-2)], ["elnudge-report", "run", "--output-dir"])
            const { asked, exitCode, stderr } = yield* run([...words.slice(1, -1), yield* ServedShop.temporaryFolder])
            assert.strictEqual(exitCode, 0, stderr)
            within(requests, total(asked))
            assert.strictEqual(requests.estimate, requests.list + requests.details + requests.nudges)
            assert.closeTo(seconds.estimate, (requests.estimate * 60) / 100_000, 0.05)
          }
        }).pipe(Effect.scoped),
      )
    }),
  )

  it.live("is exact where the window fits on its pages", () =>
    Effect.gen(function* () {
      const sessions = yield* shopOf(700)
      yield* serve({ sessions }, ({ plan, run }) =>
        Effect.gen(function* () {
          const planned = yield* plan(["all", ...october, "--time-to-purchase"])
          const picked = sessions.filter((each) => each.nudge_count > 0 || each.converted).length
          const exactly = (value: number) => ({ estimate: value, low: value, high: value, exact: true })
          assert.deepStrictEqual(planned.sessions, { ...exactly(700), standard_error: 0 })
          assert.deepStrictEqual(planned.need_details, exactly(picked))
          assert.deepStrictEqual(planned.need_events, exactly(sessions.filter(({ converted }) => converted).length))
          assert.deepStrictEqual(planned.read, { sessions: 700, share_of_time: 1, whole: true })
          const starts = sessions.map(({ started_at }) => started_at).sort((a, b) => (a < b ? -1 : 1))
          assert.deepStrictEqual([planned.found.first, planned.found.last], [starts[0], starts.at(-1)])
          const [byDetails, byNudges] = planned.sources
          assert.deepInclude(byDetails?.requests, { ...exactly(4 + picked), list: 4, details: picked, nudges: 0 })
          const out = yield* ServedShop.temporaryFolder
          const whole = yield* run(["run", "all", ...october, "--time-to-purchase", "--output-dir", out])
          assert.strictEqual(total(whole.asked), byDetails?.requests.estimate)
          const list = yield* run([
            "run",
            "all",
            ...october,
            "--time-to-purchase",
            "--nudges-from",
            "list",
            "--output-dir",
            out,
          ])
          const { high = 0, low = 0 } = byNudges?.requests ?? {}
          assert.isTrue(low <= total(list.asked) && total(list.asked) <= high)
        }).pipe(Effect.scoped),
      )
    }),
  )

  it.live("names only the sources that can serve the reports", () =>
    Effect.gen(function* () {
      const sessions = yield* shopOf(900)
      yield* serve({ sessions }, ({ plan }) =>
        Effect.gen(function* () {
          const sourcesOf = (args: ReadonlyArray<string>) =>
            Effect.map(plan([...args, ...october]), ({ asked, sources }) => [
              sources.map(({ source }) => source).join(", "),
              asked.nudges,
            ])
          assert.deepStrictEqual(yield* sourcesOf(["cohorts,calibration"]), ["list", 0])
          assert.deepStrictEqual(yield* sourcesOf(["cohorts", "--split", "arm"]), ["details, nudges", 1])
          // The time of a purchase is in no list.
          assert.deepStrictEqual(yield* sourcesOf(["cohorts", "--time-to-purchase"]), ["details", 0])
        }),
      )
    }),
  )

  it.live("prefers what the vendor promises where nothing is gained", () =>
    Effect.gen(function* () {
      const one = (yield* shopOf(900)).find((session) => session.nudge_count === 1 && !session.converted)
      yield* serve({ sessions: one === undefined ? [] : [one] }, ({ plan }) =>
        Effect.gen(function* () {
          const { sources } = yield* plan(["attribution", ...october])
          assert.deepStrictEqual(
            sources.map(({ cheapest, requests, source }) => [source, requests.estimate, cheapest]),
            [
              ["details", 2, true],
              ["nudges", 2, false],
            ],
          )
        }),
      )
    }),
  )

  const absent: ReadonlyArray<readonly [number, string]> = [
    [404, "the API has none (404)"],
    [403, "the key may not list them (403)"],
    [400, "the API refuses to list them"],
    [200, "what the API answers is none"],
  ]
  it.live.each(absent)("plans without the list of nudges where it answers %i", ([status, reason]) =>
    Effect.gen(function* () {
      const sessions = yield* shopOf(300)
      const rules = withRules({ fault: "answer", on: "nudges", status, body: "{}" })
      yield* serve({ sessions, ...rules }, ({ plan, run }) =>
        Effect.gen(function* () {
          const { no_nudge_list, sources } = yield* plan(["attribution", ...october])
          assert.strictEqual(no_nudge_list, reason)
          assert.deepStrictEqual(
            sources.map(({ cheapest, source }) => [source, cheapest]),
            [["details", true]],
          )
          const { stdout } = yield* run(["plan", "attribution", ...october])
          assert.include(stdout, `There is no list of nudges to take them from: ${reason}.`)
          assert.notInclude(stdout, "--nudges-from")
        }),
      )
    }),
  )

  describe("and the window's retention", () => {
    it.live("says what the API refused, and what lies before what is kept", () =>
      Effect.gen(function* () {
        const sessions = yield* shopOf(20_000)
        yield* serve({ sessions, retentionDays: 10 }, ({ plan, run }) =>
          Effect.gen(function* () {
            const planned = yield* plan(["cohorts", ...october, "--plan", "starter"])
            assert.isAtLeast(planned.retention.refused.length, 1)
            assert.strictEqual(planned.retention.refused[0]?.from, "2024-10-02T00:00:00Z")
            assert.deepInclude(planned.retention, { kept_days: 30, begins_before: true })
            const { stdout } = yield* run(["plan", "cohorts", ...october, "--retention-days", "30000"])
            assert.match(stdout, /Retention risk: the API refused 2024-10-02T00:00:00Z to \S+ \(404\)/)
            assert.notInclude(stdout, "but the plan keeps")
          }),
        )
      }),
    )

    it.live("says that nothing is at the window's beginning", () =>
      Effect.gen(function* () {
        const sessions = (yield* shopOf(20_000)).filter(({ started_at }) => started_at >= "2024-10-20")
        yield* serve({ sessions }, ({ plan }) =>
          Effect.gen(function* () {
            const { found, retention } = yield* plan(["cohorts", ...october])
            assert.strictEqual(retention.empty_beginning?.from, "2024-10-02T00:00:00Z")
            assert.isTrue(retention.empty_beginning !== null && retention.empty_beginning.to <= "2024-10-20T01")
            assert.isTrue(found.first !== null && found.first >= "2024-10-20")
            assert.deepStrictEqual(
              found.empty.map(({ from }) => from),
              ["2024-10-02T00:00:00Z"],
            )
          }),
        )
      }),
    )

    it.live("fails as the run would where nothing of it is kept", () =>
      Effect.gen(function* () {
        yield* serve({ sessions: [] }, ({ run }) =>
          Effect.gen(function* () {
            const result = yield* run(["plan", "cohorts", "--from", "2024-01-01", "--to", "2024-02-01"])
            assertFails(result, 5, "The API has no sessions for a window from 2024-01-01T00:00:00Z (404)")
            assert.strictEqual(total(result.asked), 1)
          }),
        )
      }),
    )
  })

  it.live("says the time at what the run may use of the limit", () =>
    Effect.gen(function* () {
      const sessions = yield* shopOf(300)
      yield* serve({ sessions }, ({ plan, run }) =>
        Effect.gen(function* () {
          const window = october.slice(0, 4)
          const half = yield* plan(["attribution", ...window, "--rate-limit", "600", "--share", "0.5"])
          assert.deepStrictEqual(half.rate, { requests_per_minute: 300, learned: false })
          const [byDetails] = half.sources
          assert.closeTo(byDetails?.seconds.estimate ?? 0, (byDetails?.requests.estimate ?? 0) / 5, 0.05)
          const auto = yield* plan(["attribution", ...window, "--rate-limit", "auto"])
          assert.deepStrictEqual(auto.rate, { requests_per_minute: 1_000, learned: true })
          const { stdout } = yield* run(["plan", "attribution", ...window, "--rate-limit", "auto"])
          assert.include(stdout, "With --rate-limit auto a run begins at 1,000 requests a minute")
        }),
      )
    }),
  )

  it.live("knows that parts of the list asked for at once end with pages that are not full", () =>
    Effect.gen(function* () {
      const sessions = yield* shopOf(900)
      yield* serve({ sessions }, ({ plan, run }) =>
        Effect.gen(function* () {
          const flags = ["calibration", ...october, "--page-size", "10", "--list-concurrency", "4"]
          const [cost] = (yield* plan(flags)).sources
          assert.deepInclude(cost?.requests, { estimate: 90, low: 90, exact: false })
          const { asked } = yield* run(["run", ...flags, "--output-dir", yield* ServedShop.temporaryFolder])
          assert.isTrue(asked.list <= (cost?.requests.high ?? 0), `${asked.list} requests`)
        }).pipe(Effect.scoped),
      )
    }),
  )

  it.live("writes the command line so that a shell reads it back, without the flags of its own", () =>
    serve({ sessions: [] }, ({ run }) =>
      Effect.gen(function* () {
        const window = ["--from", "2024-10-02", "--to=2024-11-01"]
        const commandOf = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
          const { stdout } = yield* run(words)
          return (yield* Effect.orDie(decode(stdout))).sources[0]?.command
        })
        assert.strictEqual(
          yield* commandOf(["plan", "--bands", "0, 50", "cohorts", ...window, "--format=json"]),
          "elnudge-report run --bands '0, 50' cohorts --from 2024-10-02 --to=2024-11-01 --output-dir reports",
        )
        assert.strictEqual(
          yield* commandOf(["--log-level", "error", "plan", "--format", "json", "lift", ...window, "--plan", "scale"]),
          "elnudge-report --log-level error run lift --from 2024-10-02 --to=2024-11-01 --plan scale --output-dir reports",
        )
      }),
    ),
  )

  const wrong: ReadonlyArray<readonly [string, ReadonlyArray<string>, string]> = [
    ["no report", [], "Missing required argument: reports"],
    ["a report that is none", ["cohort"], "out of: attribution, cohorts"],
    [
      "a window that ends before it begins",
      ["cohorts", "--from", "2024-11-01", "--to", "2024-10-01"],
      "the window is empty",
    ],
    ["two beginnings", ["cohorts", "--from", "2024-10-01", "--since", "7d"], "--from and --since"],
    ["a share of what is not known", ["cohorts", "--rate-limit", "auto", "--share", "0.5"], "a share of a limit"],
    ["files", ["cohorts", "--input", "sessions.ndjson"], "--input"],
    ["CSV", ["cohorts", "--format", "csv"], "--format"],
  ]
  it.live.each(wrong)("refuses %s, before any request", ([, args, says]) =>
    Effect.gen(function* () {
      yield* serve({ sessions: [] }, ({ run }) =>
        Effect.gen(function* () {
          const result = yield* run(["plan", ...args])
          assertFails(result, 2, says)
          assert.strictEqual(total(result.asked), 0)
        }),
      )
    }),
  )

  const failures: ReadonlyArray<readonly [string, FaultScript.Rule, number, string]> = [
    ["a key that is refused", { fault: "key-revoked" }, 3, "The API refused the key: 401"],
    ["a key that is refused for nudges", { fault: "key-revoked", on: "nudges" }, 3, "The API refused the key: 401"],
    ["a page that does not fit", { fault: "answer", on: "list", at: 3, status: 200, body: "{}" }, 6, "does not fit"],
  ]
  it.live.each(failures)("fails on %s, and prints no part of a plan", ([, rule, exitCode, says]) =>
    Effect.gen(function* () {
      const sessions = yield* shopOf(5_000)
      yield* serve({ sessions, ...withRules(rule) }, ({ run }) =>
        Effect.map(run(["plan", "attribution", ...october]), (result) => assertFails(result, exitCode, says)),
      )
    }),
  )

  it.live("counts what it had to ask twice", () =>
    Effect.gen(function* () {
      const sessions = yield* shopOf(5_000)
      yield* serve({ sessions, ...withRules({ fault: "server-error", on: "list", at: 2 }) }, ({ plan }) =>
        Effect.map(plan(["cohorts", ...october]), ({ asked, spent }) => {
          assert.deepStrictEqual(spent, { requests: 10, list: 10, nudges: 0 })
          assert.strictEqual(asked.list, 10)
        }),
      )
    }),
  )
})
