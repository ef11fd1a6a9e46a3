import type { Session } from "@effect-elnudge/core"
import type { Faults } from "@effect-elnudge/emulator"
import { AttributionReport, Cohort, CohortReport } from "@effect-elnudge/report"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Shop from "./Shop.ts"

const attribution = AttributionReport.make()
const cohorts = CohortReport.make()

// The API document's own session, as the definitions work it through.
const example: Session.Detail = {
  id: "sess_example",
  started_at: "2026-10-01T10:14:32Z",
  ended_at: "2026-10-01T10:28:10Z",
  page_count: 6,
  intent_score: 82,
  converted: true,
  nudge_count: 2,
  events: [
    { type: "PAGE_VIEW", url: "/", occurred_at: "2026-10-01T10:14:32Z" },
    { type: "ADD_TO_CART", url: "/cart", occurred_at: "2026-10-01T10:20:00Z" },
    { type: "PURCHASE", url: "/done", occurred_at: "2026-10-01T10:27:44Z" },
  ],
  nudges: [
    {
      nudge_id: "n1",
      type: "toast",
      shown_at: "2026-10-01T10:16:30Z",
      outcome: "clicked",
      influenced_conversion: true,
    },
    {
      nudge_id: "n2",
      type: "chat_bubble",
      shown_at: "2026-10-01T10:14:45Z",
      outcome: "shown",
      influenced_conversion: false,
    },
  ],
}

describe("reports over HTTP", () => {
  it.live("attribution equals the fold in memory, for the list and one detail for each nudged session", () =>
    Effect.gen(function* () {
      const sessions = yield* Shop.sessions
      const { exitCode, requests, stderr, stdout } = yield* Shop.run(["attribution", ...Shop.october])
      assert.strictEqual(exitCode, 0, stderr)
      assert.strictEqual(stdout, Shop.expectedCsv(attribution, sessions))
      const nudged = sessions.filter((session) => session.nudge_count > 0).length
      assert.deepStrictEqual(requests, { list: 3, details: nudged, nudges: 0 })
      assert.include(stderr, `coverage: 450 sessions, ${nudged} details`)
    }),
  )

  it.live("cohorts equals the fold in memory, for the list alone", () =>
    Effect.gen(function* () {
      const sessions = yield* Shop.sessions
      const { exitCode, requests, stderr, stdout } = yield* Shop.run(["cohorts", ...Shop.october])
      assert.strictEqual(exitCode, 0, stderr)
      assert.strictEqual(stdout, Shop.expectedCsv(cohorts, sessions))
      assert.deepStrictEqual(requests, { list: 3, details: 0, nudges: 0 })
    }),
  )

  it.live("page size and bands are what the flags say", () =>
    Effect.gen(function* () {
      const bands = Result.getOrThrow(Cohort.bands([0, 50, 100]))
      const { requests, stdout } = yield* Shop.run([
        "cohorts",
        ...Shop.october,
        "--page-size",
        "50",
        "--bands",
        "0,50,100",
      ])
      assert.strictEqual(stdout, Shop.expectedCsv(CohortReport.make({ bands }), yield* Shop.sessions))
      assert.strictEqual(requests.list, 9)
    }),
  )

  it.live("the API document's example session gives the worked example", () =>
    Effect.gen(function* () {
      const options = { sessions: [example] }
      const attributed = yield* Shop.run(["attribution", ...Shop.october], options)
      assert.deepStrictEqual(
        attributed.stdout.split("\n").map((line) => line.split(",").slice(0, 16).join(",")),
        [
          attribution.columns.slice(0, 16).join(","),
          "chat_bubble,1,0,0,0,0,0,0,1,1,1,0.20654931437723745,1,0,0,0",
          "toast,1,1,0,0,1,0,0,1,1,1,0.20654931437723745,1,1,1,1",
          "(all),2,1,0,0,0.5,0,0,1,1,1,0.20654931437723745,1,1,1,1",
          "",
        ],
      )
      const banded = yield* Shop.run(["cohorts", ...Shop.october], options)
      assert.include(
        banded.stdout,
        "\nall,80-100,all,1,1,1,0.20654931437723745,1,1,1,LOW_N;SMALL_COUNT,,,,,,,,,false\n",
      )
    }),
  )

  const faults: ReadonlyArray<readonly [string, Faults.Fault]> = [
    ["429 with Retry-After", { _tag: "RateLimited", retryAfter: "1" }],
    ["429 without", { _tag: "RateLimited" }],
    ["500", { _tag: "ServerError", status: 500 }],
    ["503 with HTML", { _tag: "ServerError", status: 503 }],
    ["a body that is cut off", { _tag: "CutOff" }],
    ["a reset", { _tag: "Reset" }],
  ]
  it.live.each(faults)("the bytes are the same when some requests meet %s", ([, fault]) =>
    Effect.gen(function* () {
      const sessions = (yield* Shop.sessions).slice(0, 60)
      const { exitCode, stderr, stdout } = yield* Shop.run(["attribution", ...Shop.october, "--page-size", "20"], {
        sessions,
        fault: ({ number }) => (number % 7 === 2 ? fault : undefined),
      })
      assert.strictEqual(exitCode, 0, stderr)
      assert.strictEqual(stdout, Shop.expectedCsv(attribution, sessions))
      assert.match(stderr, /, [1-9]\d* repeated,/)
    }),
  )

  it.live("a session that is gone between list and detail is counted, and marks the rows", () =>
    Effect.gen(function* () {
      const { exitCode, stderr, stdout } = yield* Shop.run(["attribution", ...Shop.october], {
        sessions: [example, { ...example, id: "sess_gone" }],
        fault: ({ url }) => (url.endsWith("/sess_gone") ? { _tag: "Answer", status: 404, body: "{}" } : undefined),
      })
      assert.strictEqual(exitCode, 0, stderr)
      assert.strictEqual(stdout.match(/;INCOMPLETE,/g)?.length, 3)
      assert.include(stderr, "noted: 1 details not found (404)")
    }),
  )

  it.live("JSON holds the rows, the coverage and the options", () =>
    Effect.gen(function* () {
      const { stdout } = yield* Shop.run(["cohorts", ...Shop.october, "--format", "json"])
      const output: unknown = JSON.parse(stdout)
      assert.deepNestedInclude(output, {
        report: "cohorts",
        "options.bands": ["0-19", "20-39", "40-59", "60-79", "80-100"],
        "options.confidence": 0.95,
        "ledger.sessions": 450,
        definitions: "1",
        "coverage.sessions": 450,
        "coverage.window": { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" },
        "rows[5].intent_band": "(all)",
        "rows[5].sessions": 450,
      })
    }),
  )
})
