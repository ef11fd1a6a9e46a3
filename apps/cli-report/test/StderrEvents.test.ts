import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as CliProcess from "./CliProcess.ts"
import * as JsonEvents from "./JsonEvents.ts"

const { events, kinds } = JsonEvents

/** Code that runs before the program, in its process. */
const preloaded = (code: string) => ({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` })

/** What goes wrong in a process where nothing of ours notices, once the signal comes. */
const misfortune = preloaded(`
  process.on("SIGUSR2", () => {
    process.emitWarning("old", { type: "DeprecationWarning", code: "DEP0999" })
    console.error("a library says\\nmore than one line")
    process.stderr.write("cut off by an event")
    process.stderr.write('{"event":"note","at":"2026-10-01T00:00:00Z",')
    process.stderr.write(new TextEncoder().encode('"message":"in two pieces"}\\nnot ended'))
    setImmediate(() => Promise.reject(new Error("nobody \\u001b[2J catches this")))
  })
`)

/** The emulator until it meets its misfortune. */
const unfortunate = (args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const announced = yield* Deferred.make<void>()
    return yield* CliProcess.run(["emulator", "--port", "0", "--sessions", "3", ...args], {
      env: misfortune,
      onStderr: () => Deferred.doneUnsafe(announced, Effect.void),
      interruptAfter: Deferred.await(announced),
      signal: "SIGUSR2",
    })
  })

describe("with --json", () => {
  it.live("what Node and libraries say on stderr is events too, and so is what nobody caught", () =>
    Effect.gen(function* () {
      const { exitCode, stderr } = yield* unfortunate(["--json"])
      const [serving, ...all] = events(stderr)
      assert.strictEqual(serving?.event, "serving")
      assert.deepStrictEqual(
        all.map((each) => [each.event, "message" in each ? each.message.split("\n")[0] : undefined]),
        [
          ["log", "a library says"],
          ["log", "more than one line"],
          ["log", "cut off by an event"],
          ["note", "in two pieces"],
          ["warning", "[DEP0999] DeprecationWarning: old"],
          ["log", "not ended"],
          ["log", "Error: nobody \u{1b}[2J catches this"],
          ["error", "an error that should not happen."],
        ],
      )
      assert.notInclude(stderr, "\u{1b}")
      assert.strictEqual(exitCode, 1)
    }),
  )

  it.live("a proxy that Node warns of is told as events", () =>
    Effect.gen(function* () {
      const env = {
        ELNUDGE_API_KEY: "sk_test_socks",
        ELNUDGE_BASE_URL: "https://127.0.0.1:9/v1",
        HTTPS_PROXY: "socks5://127.0.0.1:9",
      }
      const run = (...args: ReadonlyArray<string>) => CliProcess.run(["cohorts", "--json", ...args], { env })
      const [told, quiet] = yield* Effect.all([run("--max-requests", "1"), run("--max-requests", "1", "--quiet")])
      assert.deepInclude(kinds(told.stderr), "warning", told.stderr)
      assert.strictEqual(kinds(told.stderr).at(-1), "error")
      assert.deepStrictEqual(kinds(quiet.stderr), ["error"])
    }),
  )

  it.each([
    [["cohorts", "--json"], true],
    [["cohorts", "--json=yes"], true],
    [["cohorts", "--json", "--no-json"], false],
    [["cohorts", "--", "--json"], false],
  ] as const)("a program that cannot be loaded says so as it was asked: %j", (args, isJson) => {
    const folder = mkdtempSync(join(tmpdir(), "elnudge-broken-"))
    cpSync(fileURLToPath(new URL("../bin", import.meta.url)), join(folder, "bin"), { recursive: true })
    cpSync(fileURLToPath(new URL("../package.json", import.meta.url)), join(folder, "package.json"))
    const launcher = join(folder, "bin/elnudge-report.js")
    const { status, stderr } = spawnSync(process.execPath, [launcher, ...args], { encoding: "utf8" })
    assert.strictEqual(status, 1)
    if (isJson) assert.deepInclude(events(stderr)[0], { _tag: "NotLoaded", exit_code: 1, advice: "Install it again." })
    else assert.match(stderr, /^elnudge-report: the program cannot be loaded: Cannot find .*\nInstall it again\.\n$/)
  })
})

describe("without --json", () => {
  it.live("Node says it in its own way", () =>
    Effect.gen(function* () {
      const { exitCode, stderr } = yield* unfortunate([])
      assert.match(stderr, /\[DEP0999\] DeprecationWarning: old/)
      assert.match(stderr, /^a library says\nmore than one line\n/m)
      assert.strictEqual(exitCode, 1)
    }),
  )
})
