import { chmodSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { Coverage } from "@effect-elnudge/core"
import { Emulator } from "@effect-elnudge/emulator"
import { AttributionReport, CohortReport, Fold } from "@effect-elnudge/report"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as AttributionTable from "../src/AttributionTable.ts"
import * as CohortTable from "../src/CohortTable.ts"
import * as CoverageText from "../src/CoverageText.ts"
import * as CliProcess from "./CliProcess.ts"
import * as CommandLine from "./CommandLine.ts"
import * as ServedShop from "./ServedShop.ts"
import * as Shop from "./Shop.ts"

describe("tables", () => {
  it.effect("let no control character of a name reach the terminal", () =>
    Effect.gen(function* () {
      const session = (yield* Shop.sessions).find(({ nudges }) => nudges.length > 0)
      if (session === undefined) return assert.fail("nobody was nudged")
      const nudges = session.nudges.map((nudge) => ({ ...nudge, type: "\u{1b}[2Jtoast\u{7}" }))
      const table = AttributionTable.render(Fold.run(AttributionReport.make(), Shop.reads([{ ...session, nudges }])))
      assert.include(table, "[2Jtoast")
      assert.notMatch(table, /[^\P{Cc}\n]/u)
    }),
  )

  it.live("are what --format table writes, whatever stdout is", () =>
    Effect.gen(function* () {
      const rows = Fold.run(CohortReport.make(), Shop.reads(yield* Shop.sessions))
      const { stdout } = yield* Shop.run(["cohorts", ...Shop.october, "--format", "table"])
      assert.isTrue(stdout.startsWith(CohortTable.render(rows)))
      assert.match(stdout, /\nIntervals: 95 %\. Nudges are not drawn by lot/)
    }),
  )
})

describe("stderr", () => {
  it.live("is empty with --quiet, but for errors", () =>
    Effect.gen(function* () {
      const quiet = yield* Shop.run(["cohorts", ...Shop.october, "--plan", "starter", "--quiet"])
      assert.deepStrictEqual([quiet.exitCode, quiet.stderr], [0, ""])
      const refused = yield* Shop.run(["cohorts", "--quiet"], { env: { ELNUDGE_API_KEY: "sk_test_wrong" } })
      assert.match(refused.stderr, /refused the key/)
    }),
  )

  it.live("says a warning in words", () =>
    Effect.gen(function* () {
      const folder = yield* ServedShop.temporaryFolder
      const file = join(folder, "key")
      writeFileSync(file, Emulator.defaultKey)
      chmodSync(file, 0o644)
      const { exitCode, stderr } = yield* Shop.run(["cohorts", ...Shop.october], {
        env: { ELNUDGE_API_KEY: "", ELNUDGE_API_KEY_FILE: file },
      })
      assert.strictEqual(exitCode, 0, stderr)
      assert.include(
        stderr.split("\n"),
        `warning: others can use the key file ${file} (mode 0644): chmod 600 makes it yours alone`,
      )
    }).pipe(Effect.scoped),
  )

  it.live("says in words why a place cannot be written, and what to do", () =>
    Effect.gen(function* () {
      const folder = yield* ServedShop.temporaryFolder
      const file = join(folder, "file")
      writeFileSync(file, "")
      const cases: ReadonlyArray<readonly [string, string, string]> = [
        [join(folder, "nope", "x"), `the folder ${folder}/nope is not there`, `mkdir -p ${folder}/nope`],
        [folder, "it is a folder", "Give the name of a file"],
        [join(file, "x"), "a part of the path is a file", "Check the path"],
      ]
      for (const command of ["cohorts", "html"]) {
        for (const [output, reason, advice] of cases) {
          const result = yield* CommandLine.run([command, "--input", file, "--output", output])
          ServedShop.assertFails(result, 1, `Nothing can be written to ${output}: ${reason}`, advice)
          assert.notInclude(result.stderr, "stdout")
        }
      }
    }).pipe(Effect.scoped),
  )

  it.live("tells every retry with --verbose", () =>
    Effect.gen(function* () {
      const options = { fault: ({ number }: { readonly number: number }) => (number === 2 ? error : undefined) }
      const error = { _tag: "ServerError", status: 503 } as const
      const silent = yield* Shop.run(["cohorts", ...Shop.october], options)
      assert.notInclude(silent.stderr, "retrying")
      const verbose = yield* Shop.run(["cohorts", ...Shop.october, "--verbose"], options)
      assert.include(verbose.stderr, "retrying")
      assert.strictEqual(verbose.stdout, silent.stdout)
    }),
  )

  it.live("warns when the window begins before what the plan keeps, and carries on", () =>
    Effect.gen(function* () {
      const { exitCode, stderr } = yield* Shop.run(["cohorts", ...Shop.october, "--retention-days", "1"])
      assert.strictEqual(exitCode, 0)
      assert.match(stderr, /^note: the window begins at 2026-10-01T00:00:00Z, but the plan keeps 1 days/)
    }),
  )

  it.effect("names twenty gaps and how many more there are", () =>
    Effect.gen(function* () {
      const recorder = yield* Coverage.make
      for (let day = 0; day < 26; day++) recorder.covers({ from: 2 * day, to: 2 * day + 1 })
      const gaps = CoverageText.make(recorder.snapshot()).filter((line) => line.startsWith("gap: "))
      assert.strictEqual(gaps.length, 21)
      assert.strictEqual(gaps[0], "gap: no file covers 1970-01-01T00:00:00.001Z to 1970-01-01T00:00:00.002Z")
      assert.strictEqual(gaps[20], "gap: and 5 more")
    }),
  )

  it.live("names the ledger's finds", () =>
    Effect.gen(function* () {
      const sessions = (yield* Shop.sessions).slice(0, 10).map((session) => ({ ...session, intent_score: 101 }))
      const { stderr } = yield* Shop.run(["cohorts", ...Shop.october], { sessions })
      assert.include(stderr, "data quality, in sessions (of 10; of 0 details read): 10 with a score outside 0–100")
    }),
  )
})

describe("flags", () => {
  it.live("are quoted as they were written, and say when they are given twice", () =>
    Effect.gen(function* () {
      const nothing = yield* CommandLine.run(["cohorts", "--since", "0d"])
      ServedShop.assertFails(nothing, 2, '--since: "0d". Expected a whole number above 0')
      const twice = yield* CommandLine.run(["cohorts", "--by", "day", "--by", "week"])
      ServedShop.assertFails(twice, 2, "--by is given more than once.", "Give it once.")
    }),
  )

  it.live("--bom begins CSV with a byte order mark, and changes nothing else", () =>
    Effect.gen(function* () {
      const plain = yield* Shop.run(["cohorts", ...Shop.october])
      const marked = yield* Shop.run(["cohorts", ...Shop.october, "--bom"])
      assert.strictEqual(marked.stdout, `\u{feff}${plain.stdout}`)
    }),
  )

  it.live("--since counts back from --to", () =>
    Effect.gen(function* () {
      const since = yield* Shop.run(["cohorts", "--since", "7d", "--to", "2026-11-01", "--rate-limit", "1000000"])
      const from = yield* Shop.run(["cohorts", "--from", "2026-10-25", "--to", "2026-11-01", "--rate-limit", "1000000"])
      assert.strictEqual(since.stdout, from.stdout)
      assert.notInclude(since.stdout, ",450,")
    }),
  )

  it.live("--confidence, --window and --dismiss-counts are what the JSON says", () =>
    Effect.gen(function* () {
      const definition = ["--confidence", "0.8", "--window", "90s", "--dismiss-counts", "no"]
      const { stdout } = yield* Shop.run(["attribution", ...Shop.october, ...definition, "--format", "json"])
      const rule = { windowMillis: 90_000, dismissCounts: false }
      const report = AttributionReport.make({ rule, confidence: 0.8 })
      // The columns and nothing else: without --model no row has credits.
      const rows = Fold.run(report, Shop.reads(yield* Shop.sessions)).map((row) =>
        Object.fromEntries(report.columns.map((column) => [column, row[column]])),
      )
      const output: unknown = JSON.parse(stdout)
      assert.deepNestedInclude(output, {
        options: { window_minutes: 1.5, dismiss_counts: false, models: [], credit: "lower", confidence: 0.8 },
        rows,
      })
    }),
  )
})

describe("proxies", () => {
  it.live("HTTPS_PROXY is asked for a tunnel, which sees no key; plain http stays on this machine", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const proxy = createServer()
      proxy.on("connect", (request, socket) => {
        seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
        socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n")
      })
      yield* Effect.callback<void>((resume) => void proxy.listen(0, "127.0.0.1", () => resume(Effect.void)))
      const address = proxy.address()
      const port = typeof address === "object" ? (address satisfies AddressInfo | null)?.port : undefined
      const env = { HTTPS_PROXY: `http://127.0.0.1:${port}`, HTTP_PROXY: `http://127.0.0.1:${port}` }
      const local = yield* Shop.run(["cohorts", ...Shop.october], { env })
      assert.strictEqual(local.exitCode, 0, local.stderr)
      assert.deepStrictEqual(seen, [])
      const remote = yield* CliProcess.run(["cohorts"], {
        env: { ...env, ELNUDGE_API_KEY: "sk_test_secret", ELNUDGE_BASE_URL: "https://api.invalid/v1" },
      })
      proxy.close()
      assert.strictEqual(remote.exitCode, 5, remote.stderr)
      assert.isTrue(seen.length > 0 && seen.every((line) => line.startsWith("CONNECT api.invalid:443 ")))
      assert.notInclude(seen.join("\n"), "sk_test_secret")
    }),
  )
})
