import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as CommandLine from "./CommandLine.ts"

describe("commands", () => {
  it.live("demo shows both reports and writes both files", () =>
    Effect.gen(function* () {
      const { exitCode, stderr, stdout } = yield* CommandLine.run(["demo"])
      assert.strictEqual(exitCode, 0, stderr)
      assert.strictEqual(stderr, "")
      for (const part of ["chat_bubble", "80-100", "(all)", "coverage: 3000 sessions", "ELNUDGE_API_KEY"]) {
        assert.include(stdout, part)
      }
      const files = [...stdout.matchAll(/\S+\.csv/g)].map(([file]) => file)
      assert.lengthOf(files, 2)
      assert.isTrue(files.every(existsSync))
      assert.match(readFileSync(files[0] ?? "", "utf8"), /^nudge_type,shown,/)
      assert.match(readFileSync(files[1] ?? "", "utf8"), /^period,intent_band,arm,/)
    }),
  )

  it.live("emulator serves what a report reads, until Ctrl-C", () =>
    Effect.gen(function* () {
      const announced = yield* Deferred.make<string>()
      const reported = yield* Deferred.make<CommandLine.Result>()
      const readReport = Effect.gen(function* () {
        const text = yield* Deferred.await(announced)
        const result = yield* CommandLine.run(["cohorts", "--from", "2026-10-01", "--to", "2026-11-01"], {
          env: {
            ELNUDGE_BASE_URL: /ELNUDGE_BASE_URL=(\S+)/.exec(text)?.[1] ?? "",
            ELNUDGE_API_KEY: /ELNUDGE_API_KEY=(\S+)/.exec(text)?.[1] ?? "",
          },
        })
        yield* Deferred.succeed(reported, result)
      })
      const server = yield* CommandLine.run(
        ["emulator", "--port", "0", "--sessions", "50", "--now", "2026-11-01", "--rate-limit", "100000"],
        {
          onStderr: (text) => {
            if (text.includes("ELNUDGE_API_KEY")) Deferred.doneUnsafe(announced, Effect.succeed(text))
          },
          interruptAfter: readReport,
        },
      )
      const result = yield* Deferred.await(reported)
      assert.strictEqual(result.exitCode, 0, result.stderr)
      assert.include(result.stdout, "\nall,(all),all,50,")
      assert.deepStrictEqual([server.exitCode, server.stdout], [130, ""])
    }),
  )

  const commands = [
    "attribution",
    "cohorts",
    "lift",
    "reconcile",
    "calibration",
    "nudge-performance",
    "run",
    "plan",
    "merge",
    "compare",
    "sessions",
    "doctor",
    "sites",
    "completions",
    "emulator",
    "demo",
  ]
  it.live.each(commands)("%s --help goes to stdout and shows how", (command) =>
    Effect.gen(function* () {
      const { exitCode, stderr, stdout } = yield* CommandLine.run([command, "--help"])
      assert.deepStrictEqual([exitCode, stderr], [0, ""])
      assert.include(stdout, `elnudge-report ${command}`)
      if (command !== "demo") assert.include(stdout, "EXAMPLES")
    }),
  )

  it.live("--version names the program and its version", () =>
    Effect.gen(function* () {
      const { stdout } = yield* CommandLine.run(["--version"])
      assert.match(stdout, /^elnudge-report v\d+\.\d+\.\d+\n$/)
    }),
  )
})
