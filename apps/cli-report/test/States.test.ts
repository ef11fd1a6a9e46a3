import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as CommandLine from "./CommandLine.ts"
import * as SavedState from "./SavedState.ts"
import * as Shop from "./Shop.ts"

const directory = mkdtempSync(join(tmpdir(), "elnudge-states-"))
const place = (name: string) => join(directory, name)
const kept = place("sessions.ndjson")
const text = (name: string) => readFileSync(place(name), "utf8")

const names = ["attribution", "cohorts", "lift", "reconcile", "readings", "calibration", "nudge-performance"] as const

const definition = ["--by", "week", "--split", "arm", "--time-to-purchase", "--model", "last,linear,time_decay,markov"]

const reports = ["run", "all", "--save-states", ...definition]

/** All reports of a window, with their states, in a folder of that name. */
const save = (name: string, from: string, to: string) =>
  CommandLine.run([...reports, "--input", kept, "--from", from, "--to", to, "--output-dir", place(name)])

const windows = [
  ["first", "2026-10-01", "2026-10-08"],
  ["second", "2026-10-08", "2026-10-20T12:00Z"],
  ["third", "2026-10-20T12:00Z", "2026-11-01"],
  ["whole", "2026-10-01", "2026-11-01"],
] as const

const states = (report: string, ...folders: ReadonlyArray<string>) =>
  folders.map((folder) => place(`${folder}/${report}.state.json`))

beforeAll(() =>
  Effect.runPromise(
    Effect.gen(function* () {
      const walk = yield* Shop.run(["sessions", "--details", ...Shop.october, "--output", kept])
      assert.strictEqual(walk.exitCode, 0, walk.stderr)
      for (const [name, from, to] of windows) {
        const { exitCode, stderr } = yield* save(name, from, to)
        assert.strictEqual(exitCode, 0, stderr)
      }
    }),
  ),
)

describe("merge", () => {
  it.live.each(names)("the states of three windows give the bytes of %s over all of them, in any order", (name) =>
    Effect.gen(function* () {
      for (const order of [
        ["first", "second", "third"],
        ["third", "first", "second"],
      ]) {
        const merged = yield* CommandLine.run(["merge", ...states(name, ...order)])
        assert.strictEqual(merged.exitCode, 0, merged.stderr)
        assert.strictEqual(merged.stdout, text(`whole/${name}.csv`))
        assert.include(merged.stderr, "coverage: 450 sessions")
      }
    }),
  )

  it.live("goes on from a merged state", () =>
    Effect.gen(function* () {
      const two = place("two.json")
      yield* CommandLine.run([
        "merge",
        ...states("cohorts", "first", "third"),
        "--save-state",
        two,
        "--output",
        place("two.csv"),
      ])
      const merged = yield* CommandLine.run(["merge", two, ...states("cohorts", "second")])
      assert.strictEqual(merged.stdout, text("whole/cohorts.csv"))
      assert.strictEqual(statSync(two).mode & 0o777, 0o600)
    }),
  )

  it.live("says in JSON what all of them rest on, and names a gap", () =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* CommandLine.run([
        "merge",
        ...states("lift", "first", "third"),
        "--format",
        "json",
      ])
      const whole: unknown = JSON.parse(stdout)
      assert.deepNestedInclude(whole, {
        report: "lift",
        "options.mde": 0.1,
        "coverage.window": { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" },
        "coverage.gaps": [{ from: "2026-10-08T00:00:00Z", to: "2026-10-20T12:00:00Z" }],
      })
      assert.include(stderr, "gap: no file covers 2026-10-08T00:00:00Z to 2026-10-20T12:00:00Z")
    }),
  )

  it.live("a report saves the state that run saves, whether its sessions come from a file or over HTTP", () =>
    Effect.gen(function* () {
      const direct = place("direct.json")
      const walk = yield* Shop.run(["calibration", ...Shop.october, "--save-state", direct])
      assert.strictEqual(walk.exitCode, 0, walk.stderr)
      assert.strictEqual((yield* CommandLine.run(["merge", direct])).stdout, walk.stdout)
      const state = (file: string): unknown => JSON.parse(readFileSync(file, "utf8")).state
      assert.deepStrictEqual(state(direct), state(place("whole/calibration.state.json")))
    }),
  )
})

describe("what does not fit is refused with the reason", () => {
  const changed = (name: string, change: (state: Record<string, unknown>) => unknown): string => {
    const file = place(name)
    const state = change(Schema.decodeSync(SavedState.Json)(text("first/cohorts.state.json")))
    writeFileSync(file, SavedState.text({ ...Object(state) }))
    return file
  }
  const edited = (name: string, edit: (text: string) => string): string => {
    const file = place(name)
    writeFileSync(file, edit(text("first/cohorts.state.json")))
    return file
  }
  const [first = ""] = states("cohorts", "first")

  const cases: ReadonlyArray<readonly [string, () => ReadonlyArray<string>, number, RegExp]> = [
    ["another report", () => ["merge", first, ...states("lift", "second")], 2, /is of cohorts, .* of lift/],
    [
      "windows that overlap",
      () => ["merge", first, ...states("cohorts", "whole")],
      2,
      /both hold the sessions from 2026-10-01T00:00:00Z to 2026-10-08T00:00:00Z/,
    ],
    ["the same file twice", () => ["merge", first, first], 2, /both hold the sessions/],
    [
      "other options",
      () => [
        "merge",
        first,
        changed("sure.json", (state) => ({ ...state, options: { ...Object(state["options"]), confidence: 0.9 } })),
      ],
      2,
      /has confidence 0\.95, .*sure\.json has 0\.9/,
    ],
    [
      "other definitions",
      () => ["merge", changed("old.json", (state) => ({ ...state, definitions: "0" }))],
      6,
      /its numbers are defined by version 0 of cohorts, ours by 1\.?\n.*Make it again/,
    ],
    [
      "a state with a digit changed",
      () => ["merge", edited("digit.json", (json) => json.replace(/"conversions":\d+/, '"conversions":1'))],
      6,
      /its content does not fit its content_hash: it was changed after it was written\.?\n.*Make it again/,
    ],
    [
      "a state without a hash, as they were before",
      () => [
        "compare",
        first,
        edited("hashless.json", (json) => json.replace("state-2", "state-1").replace(/"content_hash":"\w+",/, "")),
      ],
      6,
      /it has no content_hash that would tell whether its numbers are those that were counted\.?\n.*Make it again/,
    ],
    [
      "a state with more sessions in its cells than there were",
      () => [
        "merge",
        changed("cells.json", (state) => ({ ...state, ledger: { ...Object(state["ledger"]), sessions: 9 } })),
      ],
      6,
      /not a saved state/,
    ],
    ["a file that is none", () => ["merge", kept], 6, /is not a saved state that this version can read/],
    [
      "a state that is broken",
      () => [
        "merge",
        changed("broken.json", (state) => ({ ...state, state: { grid: [["x", { sessions: -1 }]], spans: [] } })),
      ],
      6,
      /is not a saved state that this version can read/,
    ],
    [
      "a report that nobody knows",
      () => ["merge", changed("x.json", (state) => ({ ...state, report: "uplift" }))],
      6,
      /no report called uplift/,
    ],
    [
      "a file that is not there",
      () => ["merge", place("nowhere.json")],
      2,
      /nowhere\.json cannot be read \(NotFound\)/,
    ],
    [
      "a window that is yet to come",
      () => ["cohorts", "--to", "2999-01-01", "--save-state", place("future.json")],
      2,
      /which is yet to come: a saved state would miss sessions/,
    ],
    [
      "a state to a place that cannot be written",
      () => ["cohorts", "--input", kept, "--save-state", "/nowhere/state.json"],
      1,
      /Nothing can be written to \/nowhere\/state\.json/,
    ],
    [
      "compare with a report that has no rates",
      () => ["compare", "lift"],
      2,
      /"lift" is no report that can be compared/,
    ],
    [
      "compare of states without rates",
      () => ["compare", ...states("lift", "first", "second")],
      2,
      /the rows of lift are no rates/,
    ],
    [
      "compare of overlapping states",
      () => ["compare", first, ...states("cohorts", "whole")],
      2,
      /both hold the sessions/,
    ],
    [
      "compare of overlapping windows",
      () => [
        "compare",
        "cohorts",
        "--input",
        kept,
        "--before",
        "2026-10-01..2026-10-10",
        "--after",
        "2026-10-09..2026-10-20",
      ],
      2,
      /--before and --after both hold 2026-10-09T00:00:00Z to 2026-10-10T00:00:00Z/,
    ],
    [
      "compare with one window",
      () => ["compare", "cohorts", "--before", "2026-10-01..2026-10-10"],
      2,
      /between two windows, --before and --after/,
    ],
    [
      "compare with states and windows",
      () => ["compare", first, first, "--before", "2026-10-01..2026-10-10"],
      2,
      /two saved states have their own windows/,
    ],
    [
      "a window with one end",
      () => ["compare", "cohorts", "--before", "2026-10-01", "--after", "2026-10-09..2026-10-20"],
      2,
      /Expected two dates or instants with two dots between them/,
    ],
    [
      "a window that runs backwards",
      () => ["compare", "cohorts", "--before", "2026-10-10..2026-10-01", "--after", "2026-10-10..2026-10-20"],
      2,
      /the window of --before is empty: it begins at 2026-10-10T00:00:00Z and ends at 2026-10-01T00:00:00Z/,
    ],
    [
      "an empty window",
      () => ["compare", "cohorts", "--before", "2026-10-01..2026-10-10", "--after", "2026-10-10..2026-10-10"],
      2,
      /the window of --after is empty/,
    ],
    [
      "compare of states by week, of which none is in both",
      () => ["compare", ...states("cohorts", "first", "second")],
      2,
      /no week is in both windows\.\n.*without --by, or with --by hour or weekday/,
    ],
    ...[
      ["--confidence", "0.9"],
      ["--bands", "0,50"],
      ["--split", "arm"],
      ["--dismiss-counts", "yes"],
      ["--time-zone", "UTC"],
      ["--input", kept],
    ].map(
      ([flag = "", value = ""]) =>
        [
          `compare of states with ${flag}`,
          () => ["compare", ...states("calibration", "first", "second"), `${flag}=${value}`],
          2,
          new RegExp(`two saved states have their own .*\\nLeave ${flag} out`),
        ] as const,
    ),
    ...(
      [
        [
          "a window that runs backwards",
          { window: { from: "2026-10-08T00:00:00Z", to: "2026-10-01T00:00:00Z" } },
          /begins before it ends/,
        ],
        [
          "gaps outside its window",
          { gaps: [{ from: "2026-10-02T00:00:00Z", to: "2026-12-01T00:00:00Z" }] },
          /gaps in order/,
        ],
        ["another number of sessions than it counts", { sessions: 1000 }, /speaks of 1000 sessions, its ledger of \d+/],
        ["half a request", { requests: 0.5 }, /an integer.*requests/],
        ["a wait below 0", { paced_ms: -1 }, /paced_ms/],
      ] as const
    ).map(
      ([what, change, reason], index) =>
        [
          `a state with ${what}`,
          () => [
            "merge",
            changed(`nonsense-${index}.json`, (state) => ({
              ...state,
              coverage: { ...Object(state["coverage"]), ...change },
            })),
            ...states("cohorts", "second"),
          ],
          6,
          new RegExp(`nonsense-${index}\\.json is not a saved state that this version can read: .*${reason.source}`),
        ] as const,
    ),
    [
      "a state with more conversions than sessions, among others",
      () => [
        "merge",
        ...states("cohorts", "second"),
        changed("conversions.json", (state) => ({
          ...state,
          state: { ...Object(state["state"]), grid: [["x", { sessions: 1, conversions: 2, immature: 0 }]] },
        })),
      ],
      6,
      /: [^ ]*conversions\.json is not a saved state .*: Expected conversions not to be more than sessions/,
    ],
  ]

  it.live.each(cases)("%s", ([, args, exitCode, reason]) =>
    Effect.gen(function* () {
      const result = yield* CommandLine.run(args(), { env: { ELNUDGE_API_KEY: "sk_test" } })
      assert.strictEqual(result.exitCode, exitCode, result.stderr)
      assert.match(result.stderr, reason)
      assert.strictEqual(result.stdout, "")
      assert.isAtMost(result.stderr.trimEnd().split("\n").length, 3)
    }),
  )
})

describe("compare", () => {
  const columns = "rate,row,events_before,of_before,rate_before,"

  it.live("two windows over HTTP give what two saved states give", () =>
    Effect.gen(function* () {
      const args = ["--before", "2026-10-01..2026-10-08", "--after", "2026-10-08..2026-10-20T12:00Z"]
      const compared = yield* Shop.run(["compare", "nudge-performance", ...args, "--rate-limit", "1000000"])
      assert.strictEqual(compared.exitCode, 0, compared.stderr)
      const saved = yield* CommandLine.run(["compare", ...states("nudge-performance", "first", "second")])
      assert.strictEqual(compared.stdout, saved.stdout)
      assert.isTrue(compared.stdout.startsWith(columns))
      assert.match(compared.stderr, /^before: coverage: \d+ sessions/m)
      assert.match(compared.stderr, /^after: coverage: \d+ sessions/m)
    }),
  )

  it.live("the counts of each side are those of a report of its window", () =>
    Effect.gen(function* () {
      const [before, after] = [
        ["2026-10-01", "2026-10-08"],
        ["2026-10-20T12:00Z", "2026-11-01"],
      ]
      const args = ["--before", before?.join("..") ?? "", "--after", after?.join("..") ?? ""]
      const { exitCode, stderr, stdout } = yield* CommandLine.run(["compare", "cohorts", "--input", kept, ...args])
      assert.strictEqual(exitCode, 0, stderr)
      const compared = stdout
        .split("\n")
        .slice(1, -1)
        .map((line) => line.split(","))
      for (const [window, column] of [
        [before, 2],
        [after, 7],
      ] as const) {
        const [from = "", to = ""] = window ?? []
        const alone = yield* CommandLine.run(["cohorts", "--input", kept, "--from", from, "--to", to])
        const rows = alone.stdout
          .split("\n")
          .slice(1, -1)
          .map((line) => line.split(","))
        assert.deepStrictEqual(
          compared.map((cells) => [cells[1], cells[column], cells[column + 1]]),
          rows.map((cells) => [cells[1], cells[4], cells[3]]),
        )
      }
    }),
  )

  it.live("notes that the window before is the later one", () =>
    Effect.gen(function* () {
      const swapped = yield* CommandLine.run(["compare", ...states("calibration", "second", "first")])
      assert.strictEqual(swapped.exitCode, 0)
      assert.include(swapped.stderr, "note: the window before is the later one of the two")
      const straight = yield* CommandLine.run(["compare", ...states("calibration", "first", "second")])
      assert.notInclude(straight.stderr, "note:")
    }),
  )

  it.live("says in JSON what each side rests on", () =>
    Effect.gen(function* () {
      const { stdout } = yield* CommandLine.run([
        "compare",
        ...states("calibration", "first", "second"),
        "--format",
        "json",
      ])
      assert.deepNestedInclude(JSON.parse(stdout), {
        report: "compare calibration",
        "options.confidence": 0.95,
        "before.coverage.window": { from: "2026-10-01T00:00:00Z", to: "2026-10-08T00:00:00Z" },
        "after.coverage.window": { from: "2026-10-08T00:00:00Z", to: "2026-10-20T12:00:00Z" },
      })
    }),
  )
})
