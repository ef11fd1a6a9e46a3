import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as CliProcess from "./CliProcess.ts"
import * as CommandLine from "./CommandLine.ts"
import * as Shop from "./Shop.ts"

const file = (name: string) => join(mkdtempSync(join(tmpdir(), "elnudge-test-")), name)

const isGone: Shop.ServeOptions["fault"] = ({ url }) =>
  /\/sess_0000\d\d7$/.test(url) ? { _tag: "Answer", status: 404, body: "{}" } : undefined

const reports: ReadonlyArray<ReadonlyArray<string>> = [
  ["attribution"],
  ["attribution", "--window", "5m", "--dismiss-counts", "no"],
  ["cohorts", "--split", "arm"],
  ["cohorts", "--by", "week", "--split", "arm", "--time-zone", "Europe/Berlin"],
  ["cohorts", "--by", "weekday", "--bands", "0,50"],
]

describe("sessions and --input", () => {
  it.live("every report from the file has the bytes of its walk", () =>
    Effect.gen(function* () {
      const kept = file("sessions.ndjson")
      const walk = yield* Shop.run(["sessions", "--details", ...Shop.october, "--output", kept], { fault: isGone })
      assert.strictEqual(walk.exitCode, 0, walk.stderr)
      const zipped = file("sessions.ndjson.gz")
      writeFileSync(zipped, gzipSync(readFileSync(kept)))
      for (const report of reports) {
        const direct = yield* Shop.run([...report, ...Shop.october], { fault: isGone })
        const offline = yield* CommandLine.run([...report, "--input", kept])
        assert.strictEqual(offline.exitCode, 0, offline.stderr)
        assert.strictEqual(offline.stdout, direct.stdout, report.join(" "))
        assert.strictEqual((yield* CommandLine.run([...report, "--input", zipped])).stdout, direct.stdout)
      }
      const overlapping = yield* CommandLine.run(["cohorts", "--input", kept, "--input", zipped])
      assert.include(overlapping.stdout, "\nall,(all),all,450,")
      assert.include(overlapping.stderr, "450 duplicate rows dropped")
    }),
  )

  it.live("sessions writes the API's own objects, newest first, unknown fields included", () =>
    Effect.gen(function* () {
      const sessions = (yield* Shop.sessions).map((session) => ({ ...session, device: "phone" }))
      const { stdout } = yield* Shop.run(["sessions", "--details", ...Shop.october], { sessions })
      const written = stdout
        .trimEnd()
        .split("\n")
        .map((line): Record<string, unknown> => JSON.parse(line))
      const newestFirst = sessions.toSorted((a, b) => (a.started_at < b.started_at ? 1 : -1))
      assert.deepStrictEqual(
        written.map(({ _read, ...session }) => session),
        newestFirst,
      )
      assert.deepNestedInclude(written[0], {
        "_read.from": "2026-10-01T00:00:00Z",
        "_read.to": "2026-11-01T00:00:00Z",
      })
    }),
  )

  it.live("sessions --format csv holds the documented fields, with details as JSON", () =>
    Effect.gen(function* () {
      const sessions = (yield* Shop.sessions).slice(0, 2)
      const list = yield* Shop.run(["sessions", "--format", "csv", "--bom", ...Shop.october], { sessions })
      assert.match(list.stdout, /^\u{feff}id,started_at,ended_at,page_count,intent_score,converted,nudge_count\nsess_/u)
      assert.deepStrictEqual(list.requests, { list: 1, details: 0, nudges: 0 })
      const details = yield* Shop.run(["sessions", "--details", "--format", "csv", ...Shop.october], { sessions })
      assert.match(details.stdout, /nudge_count,events,nudges\n/)
      assert.include(details.stdout, `"[{""type"":""PAGE_VIEW"",""url"":`)
      assert.strictEqual(details.stdout.trimEnd().split("\n").length, 3)
    }),
  )

  it.live("ends quietly when its reader closes the pipe", () =>
    Effect.gen(function* () {
      const kept = file("many.ndjson")
      const sessions = yield* Shop.sessions
      const lines = sessions.map((session) => JSON.stringify(session))
      const many = Array.from({ length: 40 }, (_, copy) =>
        lines.map((line) => line.replace('"sess_', `"sess_${copy}_`)),
      )
      writeFileSync(kept, `${many.flat().join("\n")}\n`)
      const script = '("$@"; echo "exit $?" >&2) | head -n 1 | wc -l'
      const { stderr, stdout } = spawnSync(
        "sh",
        ["-c", script, "sh", ...CliProcess.command(["sessions", "--input", kept])],
        {
          encoding: "utf8",
          env: { PATH: process.env["PATH"] },
        },
      )
      assert.strictEqual(stdout.trim(), "1")
      assert.match(stderr, /^coverage: .*\nnoted: \d+ rows that do not say which window .*\nexit 0\n$/)
    }),
  )

  const badLines: ReadonlyArray<readonly [string, string, number, string]> = [
    ["a line that is not JSON", '{"id":\n', 6, "line 1: is not JSON"],
    ["a wrong type", '{"id":"sess_x","intent_score":"7"}\n', 6, "line 1: session sess_x"],
    ["no file", "", 2, "cannot be read (NotFound)"],
  ]
  it.live.each(badLines)("names what is wrong with a file: %s", ([, content, exitCode, part]) =>
    Effect.gen(function* () {
      const kept = file("bad.ndjson")
      if (content !== "") writeFileSync(kept, content)
      const result = yield* CommandLine.run(["cohorts", "--input", kept])
      assert.deepStrictEqual([result.exitCode, result.stdout], [exitCode, ""])
      assert.include(result.stderr, part)
    }),
  )

  it.live("says that a report needs details that the file does not hold", () =>
    Effect.gen(function* () {
      const kept = file("list.ndjson")
      yield* Shop.run(["sessions", ...Shop.october, "--output", kept])
      const cohorts = yield* CommandLine.run(["cohorts", "--input", kept])
      assert.include(cohorts.stdout, "\nall,(all),all,450,")
      const result = yield* CommandLine.run(["attribution", "--input", kept])
      assert.deepStrictEqual([result.exitCode, result.stdout], [6, ""])
      assert.include(result.stderr, "sessions --details")
    }),
  )
})

describe("run", () => {
  it.live("makes several reports in one walk, with the bytes of each alone", () =>
    Effect.gen(function* () {
      const directory = file("october")
      const result = yield* Shop.run(["run", "attribution,cohorts", ...Shop.october, "--output-dir", directory])
      assert.deepStrictEqual([result.exitCode, result.stdout], [0, ""], result.stderr)
      const nudged = (yield* Shop.sessions).filter(({ nudge_count }) => nudge_count > 0).length
      assert.deepStrictEqual(result.requests, { list: 3, details: nudged, nudges: 0 })
      assert.deepStrictEqual(readdirSync(directory).sort(), ["attribution.csv", "cohorts.csv", "coverage.json"])
      for (const report of ["attribution", "cohorts"]) {
        const alone = yield* Shop.run([report, ...Shop.october])
        assert.strictEqual(readFileSync(join(directory, `${report}.csv`), "utf8"), alone.stdout)
      }
      const summary: unknown = JSON.parse(readFileSync(join(directory, "coverage.json"), "utf8"))
      assert.deepNestedInclude(summary, {
        "coverage.sessions": 450,
        "coverage.details": nudged,
        "ledger.details": nudged,
        "options.attribution.window_minutes": 30,
        "options.cohorts.time_zone": "UTC",
      })
    }),
  )

  it.live("leaves nothing when the walk fails", () =>
    Effect.gen(function* () {
      const directory = file("october")
      const result = yield* Shop.run(["run", "attribution,cohorts", ...Shop.october, "--output-dir", directory], {
        fault: ({ number }) => (number === 3 ? { _tag: "Answer", status: 401, body: "" } : undefined),
      })
      assert.strictEqual(result.exitCode, 3)
      assert.deepStrictEqual(readdirSync(directory), [])
    }),
  )

  it.live("names the files of an earlier run that it does not replace, and leaves them", () =>
    Effect.gen(function* () {
      const directory = file("october")
      const kept = file("one.ndjson")
      writeFileSync(kept, `${JSON.stringify((yield* Shop.sessions)[0])}\n`)
      const runTo = (...args: ReadonlyArray<string>) =>
        CommandLine.run(["run", ...args, "--input", kept, "--output-dir", directory])
      const day = ["--from", "2026-10-01", "--to", "2026-11-01"]
      const first = yield* runTo("cohorts,lift", "--save-states", ...day)
      assert.notInclude(first.stderr, "earlier run")
      const written = readdirSync(directory)
      const second = yield* runTo("cohorts")
      assert.strictEqual(second.exitCode, 0, second.stderr)
      assert.include(
        second.stderr,
        `note: ${directory} also holds cohorts.state.json, lift.csv, lift.state.json of an earlier run\n`,
      )
      assert.deepStrictEqual(readdirSync(directory), written)
    }),
  )

  it.live("refuses a report that it does not know", () =>
    Effect.gen(function* () {
      const result = yield* CommandLine.run(["run", "attribution,uplift", "--output-dir", file("x")])
      assert.strictEqual(result.exitCode, 2)
      assert.include(result.stderr, "attribution, cohorts, lift, reconcile, readings, calibration, nudge-performance")
    }),
  )
})
