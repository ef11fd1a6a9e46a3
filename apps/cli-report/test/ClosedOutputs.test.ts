import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { Emulator } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as CliProcess from "./CliProcess.ts"
import * as ServedShop from "./ServedShop.ts"

/** Runs the command with redirections as a shell makes them. */
const redirected = (redirections: string, args: ReadonlyArray<string>, baseUrl = "http://127.0.0.1:9/v1") =>
  CliProcess.run(args, {
    env: { ELNUDGE_BASE_URL: baseUrl, ELNUDGE_API_KEY: Emulator.defaultKey },
    shell: `"$@" ${redirections}`,
  })

const cohorts = ["cohorts", ...ServedShop.october]

describe("a stdout that was closed from the start", () => {
  const commands: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["a report", cohorts],
    ["sessions", ["sessions", ...ServedShop.october]],
    ["plan", ["plan", ...cohorts]],
    ["doctor", ["doctor"]],
    ["--version", ["--version"]],
  ]
  it.live.each(commands)("is an error before the first request: %s", ([, words]) =>
    ServedShop.serve({ fault: () => assert.fail("a request was sent") }, ({ baseUrl }) =>
      Effect.gen(function* () {
        const result = yield* redirected(">&-", words, baseUrl)
        ServedShop.assertFails(result, 1, "Nothing can be written to stdout: it was closed before this began.")
      }),
    ),
  )

  it.live(
    "is of no account where a file is written, and neither is a closed stderr: nothing else gets into the file",
    () =>
      ServedShop.serve({}, ({ baseUrl, folder, run }) =>
        Effect.gen(function* () {
          const file = join(folder, "out.csv")
          const expected = yield* run(cohorts)
          const closed = yield* redirected("<&- >&- 2>&-", [...cohorts, "--output", file, "--verbose"], baseUrl)
          assert.deepStrictEqual([closed.exitCode, closed.stdout, closed.stderr], [0, "", ""])
          assert.strictEqual(readFileSync(file, "utf8"), expected.stdout)
          assert.deepStrictEqual(readdirSync(folder), ["out.csv"])
        }),
      ),
  )
})

describe("a stdout that is there", () => {
  it.live("may throw everything away", () =>
    Effect.gen(function* () {
      const result = yield* redirected("> /dev/null", ["--version"])
      assert.deepStrictEqual([result.exitCode, result.stderr], [0, ""])
    }),
  )

  it.live("may be left by its reader", () =>
    Effect.gen(function* () {
      const { exitCode, stderr, stdout } = yield* redirected("| head -n 1", ["--help"])
      assert.deepStrictEqual([exitCode, stderr, stdout], [0, "", "DESCRIPTION\n"])
    }),
  )

  it.live("on a full disk is an error, also for what is no report", () =>
    Effect.gen(function* () {
      const result = yield* redirected("> /dev/full", ["--help"])
      ServedShop.assertFails(result, 1, "Nothing can be written to stdout: no space is left on the disk.")
    }),
  )
})
