import { lstatSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Emulator } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as CliProcess from "./CliProcess.ts"
import * as CommandLine from "./CommandLine.ts"
import * as Shop from "./Shop.ts"

const folder = () => mkdtempSync(join(tmpdir(), "elnudge-test-"))

/** At most three lines that end like sentences, no report, no stack, no key. */
const assertSays = (result: CommandLine.Result, exitCode: number, ...parts: ReadonlyArray<string>) => {
  assert.strictEqual(result.exitCode, exitCode, result.stderr)
  assert.strictEqual(result.stdout, "")
  assert.isAtMost(result.stderr.trimEnd().split("\n").length, 3, result.stderr)
  assert.notMatch(result.stderr, /^\s+at /m)
  for (const part of parts) assert.include(result.stderr, part)
}

describe("failures", () => {
  const wrongUsage: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [["cohorts", "--from", "yesterday"], "--from"],
    [["cohorts", "--from", "2026-02-30"], "--from"],
    [["cohorts", "--to", "2026-10-01T00:00:00"], "with its zone"],
    [["cohorts", "--from", "2026-11-01", "--to", "2026-10-01"], "the window is empty"],
    [["cohorts", "--from", "2026-11-01", "--to", "2026-11-01"], "the window is empty"],
    [["cohorts", "--form", "2026-11-01"], "did you mean --from"],
    [["cohorts", "--bands", "20,40"], "the first band starts with 0"],
    [["cohorts", "--bands", "0,101"], "100"],
    [["cohorts", "--bands", "0,,5"], "--bands"],
    [["cohorts", "--page-size", "201"], "from 1 to 200"],
    [["cohorts", "--concurrency", "0"], "from 1 to 1000"],
    [["cohorts", "--rate-limit", "1"], "at least 2"],
    [["cohorts", "--format", "xml"], "csv"],
    [["cohorts", "extra"], "extra"],
    [["cohort"], "did you mean cohorts"],
    [[], "a command is missing"],
    [["emulator", "--data", "/no/such/file.jsonl"], "/no/such/file.jsonl"],
    [["emulator", "--port", "70000"], "--port"],
  ]
  it.live.each(wrongUsage)("wrong usage is 2 and says what is wrong: %j", ([args, part]) =>
    Effect.gen(function* () {
      const result = yield* CommandLine.run(args, {
        env: { ELNUDGE_API_KEY: "sk_test_x", ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1" },
      })
      assertSays(result, 2, part)
    }),
  )

  const environments: ReadonlyArray<readonly [string, Record<string, string>, string]> = [
    ["no key", {}, "ELNUDGE_API_KEY"],
    ["a key file that is not there", { ELNUDGE_API_KEY_FILE: "/no/such/key" }, "/no/such/key"],
    ["a key that no header can carry", { ELNUDGE_API_KEY: "sk test secret" }, "character"],
    ["http beyond this machine", { ELNUDGE_API_KEY: "sk_test_x", ELNUDGE_BASE_URL: "http://example.com/v1" }, "https"],
  ]
  it.live.each(environments)("an unusable environment is 2: %s", ([, env, part]) =>
    Effect.gen(function* () {
      const result = yield* CommandLine.run(["cohorts"], { env })
      assertSays(result, 2, part)
      assert.notInclude(result.stderr, "sk test secret")
    }),
  )

  // The proxy is the process's, whoever asks.
  it.live("a proxy that is none is 2", () =>
    Effect.gen(function* () {
      const env = { ELNUDGE_API_KEY: "sk_test_x", HTTPS_PROXY: "localhost:8080" }
      assertSays(yield* CliProcess.run(["cohorts"], { env }), 2, "HTTPS_PROXY")
    }),
  )

  it.live("a wrong key is 3 at once", () =>
    Effect.gen(function* () {
      const result = yield* Shop.run(["cohorts", ...Shop.october], { env: { ELNUDGE_API_KEY: "sk_test_wrong" } })
      assertSays(result, 3, "refused the key", "ELNUDGE_API_KEY")
      assert.deepStrictEqual(result.requests, { list: 1, details: 0, nudges: 0 })
      assert.notInclude(result.stderr, "sk_test_wrong")
    }),
  )

  it.live("nothing listening is 5", () =>
    Effect.gen(function* () {
      const result = yield* CommandLine.run(["cohorts"], {
        env: { ELNUDGE_API_KEY: "sk_test_x", ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1" },
        hurry: 10,
      })
      assertSays(result, 5, "ECONNREFUSED", "http://127.0.0.1:9")
    }),
  )

  it.live("a window older than the plan keeps is 5", () =>
    Effect.gen(function* () {
      assertSays(yield* Shop.run(["cohorts", "--from", "2020-01-01", "--to", "2020-02-01"]), 5, "2020-01-01")
    }),
  )

  it.live("a limit that lasts for days is 5 at once and says until when", () =>
    Effect.gen(function* () {
      const result = yield* Shop.run(["cohorts", ...Shop.october], {
        fault: () => ({ _tag: "RateLimited", retryAfter: "277403" }),
      })
      assertSays(result, 5, "rate limit", "Run it again after 20")
      assert.strictEqual(result.requests.list, 1)
    }),
  )

  it.live("a wrong type in a field is 6 and names session and path", () =>
    Effect.gen(function* () {
      const result = yield* Shop.run(["attribution", ...Shop.october], {
        fault: ({ url }) =>
          url.includes("?")
            ? undefined
            : { _tag: "Answer", status: 200, body: '{"data":{"id":"sess_bad","intent_score":"secret data"}}' },
      })
      assertSays(result, 6, "sess_bad", "data.")
      assert.notInclude(result.stderr, "secret data")
    }),
  )

  it.live("a redirect is refused: the key goes to nobody else", () =>
    Effect.gen(function* () {
      const result = yield* Shop.run(["cohorts", ...Shop.october], {
        fault: () => ({
          _tag: "Answer",
          status: 307,
          body: "",
          headers: { location: "http://127.0.0.1:9/v1/sessions" },
        }),
      })
      assertSays(result, 2, "redirects to http://127.0.0.1:9")
      assert.strictEqual(result.requests.list, 1)
    }),
  )

  it.live("an output file is written whole, and is its owner's alone", () =>
    Effect.gen(function* () {
      const directory = folder()
      const file = join(directory, "cohorts.csv")
      const piped = yield* Shop.run(["cohorts", ...Shop.october])
      const { exitCode, stdout } = yield* Shop.run(["cohorts", ...Shop.october, "--output", file])
      assert.deepStrictEqual([exitCode, stdout], [0, ""])
      assert.strictEqual(readFileSync(file, "utf8"), piped.stdout)
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      assert.deepStrictEqual(readdirSync(directory), ["cohorts.csv"])
    }),
  )

  it.live("a failed run leaves the file of the run before as it was, and nothing beside it", () =>
    Effect.gen(function* () {
      const directory = folder()
      const file = join(directory, "cohorts.csv")
      writeFileSync(file, "before")
      const result = yield* Shop.run(["cohorts", ...Shop.october, "--output", file], {
        fault: ({ number }) => (number === 3 ? { _tag: "Answer", status: 401, body: "" } : undefined),
      })
      assertSays(result, 3)
      assert.strictEqual(readFileSync(file, "utf8"), "before")
      assert.deepStrictEqual(readdirSync(directory), ["cohorts.csv"])
    }),
  )

  it.live("a place that cannot be written costs no request", () =>
    Effect.gen(function* () {
      const result = yield* Shop.run(["cohorts", ...Shop.october, "--output", "/no/such/folder/x.csv"])
      assertSays(result, 1, "/no/such/folder/x.csv")
      assert.deepStrictEqual(result.requests, { list: 0, details: 0, nudges: 0 })
    }),
  )

  it.live("a device is not replaced by a file, and behind a link the file is", () =>
    Effect.gen(function* () {
      const device = yield* Shop.run(["cohorts", ...Shop.october, "--output", "/dev/null"])
      assertSays(device, 1, "not a regular file")
      assert.isTrue(statSync("/dev/null").isCharacterDevice())
      const directory = folder()
      writeFileSync(join(directory, "real.csv"), "before")
      symlinkSync("real.csv", join(directory, "link.csv"))
      const linked = yield* Shop.run(["cohorts", ...Shop.october, "--output", join(directory, "link.csv")])
      assert.strictEqual(linked.exitCode, 0, linked.stderr)
      assert.isTrue(lstatSync(join(directory, "link.csv")).isSymbolicLink())
      assert.match(readFileSync(join(directory, "real.csv"), "utf8"), /^period,/)
    }),
  )

  it.live("a full stdout is named", () =>
    Effect.gen(function* () {
      const file = join(folder(), "one.ndjson")
      writeFileSync(file, `${JSON.stringify((yield* Shop.sessions)[0])}\n`)
      assertSays(
        yield* CliProcess.run(["cohorts", "--input", file], { shell: '"$@" > /dev/full' }),
        1,
        "Nothing can be written to stdout: no space is left on the disk",
      )
    }),
  )

  it.live("a folder that is a file is named", () =>
    Effect.gen(function* () {
      const file = join(folder(), "october")
      writeFileSync(file, "before")
      const result = yield* Shop.run(["run", "cohorts", ...Shop.october, "--output-dir", file])
      assertSays(result, 1, "october: it is a file, not a folder")
      assert.strictEqual(readFileSync(file, "utf8"), "before")
      assert.strictEqual(result.requests.list, 0)
    }),
  )

  // @ is the folder.
  const clashes: ReadonlyArray<readonly [string, ReadonlyArray<string>, string]> = [
    ["two outputs", ["cohorts", "--output", "@/new.json", "--save-state", "@/./new.json"], "--save-state"],
    ["two outputs, one by a link", ["cohorts", "--output", "@/a.ndjson", "--save-state", "@/link"], "--save-state"],
    ["two outputs in a linked folder", ["cohorts", "--output", "@/new", "--save-state", "@/self/new"], "--save-state"],
    ["an output that is read", ["cohorts", "--input", "@/a.ndjson", "--output", "@/link"], "--input"],
    ["a state that is read", ["cohorts", "--input", "@/link", "--save-state", "@/a.ndjson"], "--input"],
    ["a merge into what it merges", ["merge", "@/a.ndjson", "--output", "@/link"], "the state"],
    ["a merge into one file", ["merge", "@/b", "--output", "@/new", "--save-state", "@/new"], "--save-state"],
    ["a comparison into a state", ["compare", "@/a.ndjson", "@/b", "--output", "@/link"], "the state"],
    [
      "a comparison into what it reads",
      ["compare", "cohorts", "--input", "@/link", "--output", "@/a.ndjson"],
      "--input",
    ],
    ["a run into what it reads", ["run", "cohorts", "--input", "@/self/cohorts.csv", "--output-dir", "@/."], "--input"],
  ]
  it.live.each(clashes)("refuses to write over what it needs: %s", ([, args, other]) =>
    Effect.gen(function* () {
      const directory = folder()
      for (const name of ["a.ndjson", "cohorts.csv"]) writeFileSync(join(directory, name), "before")
      symlinkSync("a.ndjson", join(directory, "link"))
      symlinkSync(".", join(directory, "self"))
      const result = yield* CommandLine.run(args.map((word) => word.replace("@", directory)))
      assertSays(result, 2, "are one file", other)
      assert.deepStrictEqual(readdirSync(directory), ["a.ndjson", "cohorts.csv", "link", "self"])
      assert.strictEqual(readFileSync(join(directory, "a.ndjson"), "utf8"), "before")
    }),
  )

  it.live("what the API names cannot write to the terminal", () =>
    Effect.gen(function* () {
      const [session] = yield* Shop.sessions
      if (session === undefined) return assert.fail("no sessions")
      const name = "X\u{1b}[2J\nrequests: forged"
      const events = [{ type: name, url: "/", occurred_at: session.started_at }]
      const { stderr } = yield* Shop.run(["sessions", "--details", ...Shop.october], {
        sessions: [{ ...session, events }],
      })
      assert.include(stderr, "unknown event_type:X")
      assert.notInclude(stderr, "\u{1b}")
      assert.notMatch(stderr, /^requests: forged/m)
    }),
  )

  const signals: ReadonlyArray<NodeJS.Signals> = ["SIGINT", "SIGTERM", "SIGHUP"]
  it.live.each(signals)("%s in a wait ends at once with 130 and leaves no file", (signal) =>
    Effect.gen(function* () {
      const directory = folder()
      const arrived = yield* Deferred.make<void>()
      const result = yield* Shop.run(["cohorts", ...Shop.october, "--output", join(directory, "x.csv")], {
        fault: () => {
          Deferred.doneUnsafe(arrived, Effect.void)
          return { _tag: "RateLimited", retryAfter: "100" }
        },
        interruptAfter: Deferred.await(arrived),
        signal,
      })
      assertSays(result, 130, "interrupted")
      assert.deepStrictEqual(readdirSync(directory), [])
    }),
  )

  it.live("the key is nowhere, whatever the log level", () =>
    Effect.gen(function* () {
      for (const fault of [undefined, { _tag: "Answer", status: 404, body: "" } as const]) {
        const result = yield* Shop.run(["attribution", ...Shop.october, "--log-level", "all"], { fault: () => fault })
        assert.notInclude(result.stdout + result.stderr, Emulator.defaultKey)
      }
    }),
  )
})
