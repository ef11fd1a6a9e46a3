import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Emulator } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as CommandLine from "./CommandLine.ts"
import * as JsonEvents from "./JsonEvents.ts"
import * as ServedShop from "./ServedShop.ts"

const { events, kinds, only } = JsonEvents
const { october, serve } = ServedShop

const cohorts = ["cohorts", ...october]

/** The one error, which is the last line and says how the program exits. */
const assertEndsWith = (result: CommandLine.Result, tag: string, exitCode: number) => {
  const all = events(result.stderr)
  const [error] = only(all.slice(-1), "error")
  assert.deepStrictEqual([error?._tag, error?.exit_code, result.exitCode], [tag, exitCode, exitCode], result.stderr)
  assert.lengthOf(only(all, "error"), 1)
  assert.strictEqual(result.stdout, "")
  return error
}

describe("--json", () => {
  it.live("leaves stdout as it is, and says the rest as events", () =>
    serve({}, ({ run }) =>
      Effect.gen(function* () {
        const plain = yield* run([...cohorts, "--plan", "starter"])
        const result = yield* run([...cohorts, "--plan", "starter", "--json"])
        assert.deepStrictEqual([result.exitCode, result.stdout], [0, plain.stdout])
        assert.deepStrictEqual(kinds(result.stderr), ["note", "progress", "coverage"])
        const [note, progress, covered] = events(result.stderr)
        assert.match(plain.stderr, /^note: the window begins at 2026-10-01T00:00:00Z, but the plan keeps 30 days/)
        assert.match(note?.event === "note" ? note.message : "", /^the window begins at 2026-10-01T00:00:00Z, but/)
        assert.deepInclude(progress, { pages: 6, sessions: 120, requests: 6 })
        assert.isTrue(covered?.event === "coverage" && covered.coverage.sessions === 120)
        assert.isTrue(covered?.event === "coverage" && covered.ledger?.["sessions"] === 120)
      }),
    ),
  )

  it.live("tells of files and checkpoints", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const [file, place] = [join(folder, "out.csv"), join(folder, "place")]
        const asked = [...cohorts, "--json", "--checkpoint", place, "--output", file]
        const cut = yield* run([...asked, "--max-requests", "3"])
        assert.strictEqual(assertEndsWith(cut, "RequestsUsedUp", 7)?.exit_code, 7)
        assert.deepInclude(only(events(cut.stderr), "checkpoint")[0], { file: place, sessions: 60, state: "kept" })
        const rest = yield* run(asked)
        assert.strictEqual(rest.exitCode, 0, rest.stderr)
        assert.deepInclude(only(events(rest.stderr), "checkpoint")[0], { file: place, sessions: 60, state: "goes_on" })
        assert.deepStrictEqual(
          only(events(rest.stderr), "written").map(({ file }) => file),
          [file],
        )
        const folderRun = yield* run(["run", "cohorts", ...october, "--json", "--output-dir", join(folder, "reports")])
        assert.deepStrictEqual(
          only(events(folderRun.stderr), "written").map(({ file }) => file),
          ["cohorts.csv", "coverage.json"].map((name) => join(folder, "reports", name)),
        )
        const exported = yield* run(["sessions", ...october, "--json", "--output", join(folder, "all.ndjson")])
        assert.deepStrictEqual(kinds(exported.stderr), ["written", "progress", "coverage"])
      }),
    ),
  )

  it.live("says of which window, where there are two", () =>
    serve({}, ({ run }) =>
      Effect.gen(function* () {
        const spans = ["--before", "2026-10-02..2026-10-12", "--after", "2026-10-12..2026-10-22"]
        const result = yield* run(["compare", "cohorts", ...spans, "--json"])
        assert.strictEqual(result.exitCode, 0, result.stderr)
        assert.deepStrictEqual(
          only(events(result.stderr), "coverage").map(({ of }) => of),
          ["before", "after"],
        )
      }),
    ),
  )

  it.live("with --verbose tells retries, without it none, and with --quiet nothing but an error", () =>
    serve({ faults: { rules: [{ on: "list", attempt: 1, at: "1", fault: "server-error" }] } }, ({ run }) =>
      Effect.gen(function* () {
        const verbose = yield* run([...cohorts, "--json", "--verbose"])
        assert.strictEqual(verbose.exitCode, 0, verbose.stderr)
        assert.deepStrictEqual(
          only(events(verbose.stderr), "retry").map(({ message, request }) => [message, request["_tag"]]),
          [["retrying", "ListSessions"]],
        )
        const quiet = yield* run([...cohorts, "--json", "--quiet", "--plan", "starter"])
        assert.deepStrictEqual([quiet.exitCode, quiet.stderr], [0, ""])
        const failed = yield* run([...cohorts, "--json", "--quiet"], { env: { ELNUDGE_API_KEY: "sk_test_wrong" } })
        assertEndsWith(failed, "Unauthorized", 3)
        assert.deepStrictEqual(kinds(failed.stderr), ["error"])
      }),
    ),
  )

  it.live("warns of a key file that others can read", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const file = join(folder, "key")
        writeFileSync(file, Emulator.defaultKey)
        chmodSync(file, 0o644)
        const env = { ELNUDGE_API_KEY: "", ELNUDGE_API_KEY_FILE: file }
        const { stderr } = yield* run([...cohorts, "--json"], { env })
        assert.lengthOf(only(events(stderr), "warning"), 1)
        assert.include(stderr, "chmod 600")
        assert.notInclude(stderr, Emulator.defaultKey)
      }),
    ),
  )

  const type = "X\u{1b}[2J\n\u{202e}\u{9b}\u{e0041}{"
  const times = { started_at: "2026-10-02T00:00:00Z", ended_at: "2026-10-02T00:00:01Z" }
  const summary = { id: "sess_1", ...times, page_count: 1, intent_score: 1, converted: false, nudge_count: 1 }
  const list = { data: [summary], next_cursor: null, has_more: false }
  const detail = { data: { ...summary, events: [{ type, url: "/", occurred_at: times.started_at }], nudges: [] } }

  it.live("is one printable line, whatever the API names, and holds it as it came", () =>
    serve(
      {
        fault: ({ url }) => ({ _tag: "Answer", status: 200, body: JSON.stringify(url.includes("?") ? list : detail) }),
      },
      ({ run }) =>
        Effect.gen(function* () {
          const { exitCode, stderr } = yield* run(["attribution", ...october, "--json"])
          assert.strictEqual(exitCode, 0, stderr)
          assert.notMatch(stderr, /\p{Cf}|(?!\n)\p{Cc}/u)
          const [covered] = only(events(stderr), "coverage")
          assert.deepStrictEqual(Object.keys(covered?.coverage.unknown_values ?? {}), [`event_type:${type}`])
        }),
    ),
  )

  const failures: ReadonlyArray<readonly [ReadonlyArray<string>, string, number]> = [
    [["--json"], "MissingCommand", 2],
    [["--json", "cohort"], "UnknownSubcommand", 2],
    [["cohorts", "--json", "--from", "yesterday"], "InvalidValue", 2],
    [["cohorts", "--json", "--form", "2026-10-01"], "UnrecognizedOption", 2],
    [["cohorts", "--json", "--frobnicate"], "UnrecognizedOption", 2],
    [["cohorts", "--json=yes"], "InvalidOption", 2],
    [["merge", "--json", "/no/such/file"], "StateFileError", 2],
    [["cohorts", "--json", "--output", "/no/such/folder/x"], "OutputUnwritable", 1],
    [["cohorts", "--json", "--since", "3d", "--since", "4d"], "DuplicateOption", 2],
    [["emulator", "--json", "--data", "/no/such/file"], "SessionFileError", 2],
    [["cohorts", "--json", "--site", "nowhere"], "SiteError", 2],
    [["completions", "install", "--json", "--shell", "bash"], "CompletionError", 2],
    [["doctor", "--json"], "NoReport", 2],
  ]
  it.live.each(failures)("ends with the error as an event: %j", ([args, tag, exitCode]) =>
    Effect.gen(function* () {
      const result = yield* CommandLine.run(args, { env: { XDG_CONFIG_HOME: "/no/such/folder" } })
      const error = assertEndsWith(args[0] === "doctor" ? { ...result, stdout: "" } : result, tag, exitCode)
      assert.isAbove(error?.message.length ?? 0, 10)
      assert.isAbove(error?.advice?.length ?? 0, 10)
    }),
  )

  const without: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["no word", ["cohorts"]],
    ["a word that says no", ["cohorts", "--json=false"]],
    ["another that says no", ["cohorts", "--no-json"]],
  ]
  it.live.each(without)("is not on with %s", ([, args]) =>
    Effect.gen(function* () {
      const { exitCode, stderr } = yield* CommandLine.run(args)
      assert.strictEqual(exitCode, 2)
      assert.match(stderr, /^elnudge-report: The request is not valid: there is no API key/)
    }),
  )

  it.live("tells where the emulator listens, how its faults acted, and that it was interrupted", () =>
    Effect.gen(function* () {
      const announced = yield* Deferred.make<string>()
      const asked = Effect.flatMap(Deferred.await(announced), (stderr) =>
        Effect.promise(async () => {
          const [serving] = only(events(stderr), "serving")
          await fetch(`${serving?.base_url}/sessions`)
        }),
      )
      const script = '[{"on":"list","fault":"server-error"}]'
      const result = yield* CommandLine.run(
        ["emulator", "--json", "--port", "0", "--sessions", "9", "--faults", script],
        {
          onStderr: (text) => {
            if (text.endsWith("\n")) Deferred.doneUnsafe(announced, Effect.succeed(text))
          },
          interruptAfter: asked,
        },
      )
      assertEndsWith(result, "Interrupted", 130)
      const all = events(result.stderr)
      assert.deepStrictEqual(kinds(result.stderr), ["serving", "fault", "error"])
      assert.deepInclude(only(all, "fault")[0], { rule: 0, fault: "server-error", requests: 1 })
    }),
  )
})
