import { readFileSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Faults, FaultScript } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as CommandLine from "./CommandLine.ts"
import * as KeyTraces from "./KeyTraces.ts"
import * as ServedShop from "./ServedShop.ts"

const { assertNowhere, findIn, key, newKey } = KeyTraces
const { october, serve, twoAtATime } = ServedShop

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

const contentsOf = (folder: string): KeyTraces.Places =>
  Object.fromEntries(filesIn(folder).map((file) => [file, readFileSync(file, "latin1")]))

const assertOwnersAlone = (folder: string) => {
  const open = filesIn(folder).filter((file) => (statSync(file).mode & 0o777) !== 0o600)
  assert.deepStrictEqual(open, [])
}

describe("a key", () => {
  it("would be found, in whatever disguise", () => {
    const hidden = [
      `authorization: Bearer ${key}`,
      JSON.stringify({ key }),
      `https://example.com/?key=${encodeURIComponent(key)}`,
      `Basic ${Buffer.from(`${key}:`).toString("base64")}`,
      `x${Buffer.from(`a:${newKey}`).toString("base64")}`,
      Buffer.from(`ab:${newKey}`).toString("base64url"),
      Buffer.from(key).toString("hex"),
      Array.from(key).toReversed().join(""),
    ]
    for (const place of hidden) assert.isNotEmpty(findIn({ place }), place)
    assert.isEmpty(findIn({ place: "sk_test_emulator, Bearer <redacted>" }))
  })

  interface Way {
    readonly name: string
    readonly exitCode: number | null
    readonly fault?: Faults.Hook
    readonly faults?: FaultScript.FaultScript
    readonly env?: Readonly<Record<string, string>>
    /** What stderr must show, so that the way was taken. */
    readonly says: string
  }

  const always =
    (answer: Faults.Fault): Faults.Hook =>
    () =>
      answer
  const echo = (status: number, headers: Record<string, string> = {}): Faults.Hook =>
    always({
      _tag: "Answer",
      status,
      body: JSON.stringify({ error: "NotToday", message: `Authorization: Bearer ${key}` }),
      headers: { ...headers, "x-key": encodeURIComponent(key) },
    })
  const body = (text: string): Faults.Hook => always({ _tag: "Answer", status: 200, body: text })

  const ways: ReadonlyArray<Way> = [
    { name: "success", exitCode: 0, says: "coverage: 120 sessions" },
    { name: "a wrong key", exitCode: 3, env: { ELNUDGE_API_KEY: newKey }, says: "refused the key: 401" },
    { name: "401 that echoes it", exitCode: 3, fault: echo(401), says: "refused the key: 401" },
    { name: "403 that echoes it", exitCode: 3, fault: echo(403), says: "refused the key: 403" },
    { name: "400 that echoes it", exitCode: 2, fault: echo(400), says: "400" },
    { name: "429 that echoes it", exitCode: 5, fault: echo(429, { "retry-after": "277403" }), says: "rate limit" },
    {
      name: "500 that echoes it",
      exitCode: 0,
      fault: (request) => (request.number === 2 ? echo(500, { "retry-after": "0" })(request) : undefined),
      says: "retrying",
    },
    {
      name: "a redirect that carries it",
      exitCode: 2,
      fault: echo(302, { location: `http://127.0.0.1:9/?key=${encodeURIComponent(key)}` }),
      says: "redirects to http://127.0.0.1:9",
    },
    { name: "no JSON", exitCode: 6, fault: body(`{"data":[${key}`), says: "does not fit its contract" },
    {
      name: "a wrong type",
      exitCode: 6,
      fault: body(JSON.stringify({ data: key, next_cursor: null, has_more: false })),
      says: "does not fit its contract at data",
    },
    {
      name: "a field that holds it",
      exitCode: 6,
      faults: { rules: [{ fault: "set", path: "data[0].intent_score", value: key, page: 2 }] },
      says: "data[0].intent_score",
    },
    { name: "a broken connection", exitCode: 5, fault: always({ _tag: "Reset" }), says: "No answer from" },
    { name: "a budget", exitCode: 7, env: {}, says: "used up its requests" },
  ]

  it.live("is in no output, log, file or argument, however a run ends", () =>
    Effect.forEach(
      ways,
      Effect.fnUntraced(function* ({ env, exitCode, fault, faults, name, says }) {
        let pid = 0
        let line = ""
        const look: Faults.Hook = (request) => {
          if (line === "") line = readFileSync(`/proc/${pid}/cmdline`, "utf8")
          return fault?.(request)
        }
        yield* serve({ key, fault: look, faults }, ({ folder, run }) =>
          Effect.gen(function* () {
            const place = (name: string) => join(folder, name)
            const outputs = ["--output", place("out"), "--save-state", place("state"), "--checkpoint", place("place")]
            const bound = exitCode === 7 ? ["--max-requests", "9"] : []
            const args = ["attribution", ...october, "--log-level", "all", "--format", "json", ...outputs, ...bound]
            const result = yield* run(args, {
              env,
              onStart: (started) => {
                pid = started
              },
            })
            assert.strictEqual(result.exitCode, exitCode, `${name}: ${result.stderr}`)
            assert.include(result.stderr, says, name)
            assert.include(line, "--checkpoint", name)
            if (exitCode === 0) assert.deepStrictEqual(readdirSync(folder).toSorted(), ["out", "state"])
            assertNowhere({
              ...contentsOf(folder),
              stdout: result.stdout,
              stderr: result.stderr,
              "the process list": line,
            })
            assertOwnersAlone(folder)
          }),
        )
      }),
      twoAtATime,
    ),
  )

  it.live("is in nothing that a run leaves when it is killed", () =>
    Effect.suspend(() => {
      let pid = 0
      let requests = 0
      // A second at least between two saves, or 25 requests: by then there was one.
      const fault = () => {
        if (++requests === 60) process.kill(pid, "SIGKILL")
        return undefined
      }
      return serve({ key, fault }, ({ folder, run }) =>
        Effect.gen(function* () {
          const [output, place] = [join(folder, "out"), join(folder, "place")]
          const command = ["sessions", "--details", ...october, "--log-level", "all", "--output", output]
          const result = yield* run([...command, "--checkpoint", place], {
            onStart: (started) => {
              pid = started
            },
          })
          assert.isNull(result.exitCode)
          const left = contentsOf(folder)
          assert.isAbove(left[place]?.length ?? 0, 0)
          assert.isAbove(left[`${output}.partial`]?.length ?? 0, 0)
          assertNowhere({ ...left, stdout: result.stdout, stderr: result.stderr })
          assertOwnersAlone(folder)
        }),
      )
    }),
  )

  it.live("is in no help, and in no word about wrong usage", () =>
    Effect.forEach(
      [["--help"], ["emulator", "--help"], ["cohorts", "--from", "x"]],
      Effect.fnUntraced(function* (args) {
        const { stderr, stdout } = yield* ServedShop.start([...args, "--log-level", "all"], {
          env: { ELNUDGE_API_KEY: key, ELNUDGE_API_KEY_FILE: newKey },
        })
        assert.isAbove(stdout.length + stderr.length, 0)
        assertNowhere({ stdout, stderr })
      }),
      twoAtATime,
    ),
  )

  it.live("is in no log of the emulator, whether it takes it or not", () =>
    Effect.gen(function* () {
      const address = yield* Deferred.make<string>()
      const stop = yield* Deferred.make<void>()
      const faults = JSON.stringify([{ fault: "server-error", at: 2, retryAfter: 0 }])
      const emulator = yield* Effect.forkChild(
        CommandLine.run(
          ["emulator", "--port", "0", "--now", "2026-11-01", "--sessions", "60", "--log-level", "all"].concat([
            "--key",
            key,
            "--faults",
            faults,
          ]),
          {
            onStderr: (text) => {
              const [, found] = /ELNUDGE_BASE_URL=(\S+)\n/.exec(text) ?? []
              if (found !== undefined) Deferred.doneUnsafe(address, Effect.succeed(found))
            },
            interruptAfter: Deferred.await(stop),
          },
        ),
      )
      const baseUrl = yield* Deferred.await(address)
      const ask = (own: string) =>
        ServedShop.start(["cohorts", ...october], { env: { ELNUDGE_BASE_URL: baseUrl, ELNUDGE_API_KEY: own } })
      assert.strictEqual((yield* ask(key)).exitCode, 0)
      assert.strictEqual((yield* ask(newKey)).exitCode, 3)
      yield* Deferred.succeed(stop, undefined)
      const { stderr, stdout } = yield* Fiber.join(emulator)
      assert.include(stderr, "rules[0] server-error: 1 request")
      assertNowhere({ stdout, stderr })
    }),
  )
})

describe("what is written", () => {
  it.live("is its owner's alone: reports, states, sessions, and what is kept of a walk that was cut off", () =>
    serve({ key }, ({ folder, run }) =>
      Effect.gen(function* () {
        const place = (name: string) => join(folder, name)
        const commands = [
          ["cohorts", "--output", place("cohorts"), "--save-state", place("state")],
          ["run", "attribution,cohorts", "--save-states", "--output-dir", place("run")],
          ["sessions", "--output", place("sessions")],
          ["sessions", "--details", "--output", place("half"), "--checkpoint", place("one"), "--max-requests", "9"],
          ["attribution", "--checkpoint", place("other"), "--max-requests", "9"],
        ]
        yield* Effect.forEach(
          commands,
          ([name = "", ...flags]) =>
            Effect.map(run([name, ...october, ...flags]), ({ exitCode, stderr }) =>
              assert.strictEqual(exitCode, flags.includes("--max-requests") ? 7 : 0, stderr),
            ),
          twoAtATime,
        )
        assert.deepStrictEqual(
          filesIn(folder)
            .map((file) => file.slice(folder.length + 1))
            .toSorted(),
          [
            "cohorts",
            "half.partial",
            "one",
            "other",
            "run/attribution.csv",
            "run/attribution.state.json",
            "run/cohorts.csv",
            "run/cohorts.state.json",
            "run/coverage.json",
            "sessions",
            "state",
          ],
        )
        assertOwnersAlone(folder)
        assertNowhere(contentsOf(folder))
      }),
    ),
  )

  it.live("by the demo too", () =>
    serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const { exitCode, stderr } = yield* run(["demo"], { env: { TMPDIR: folder }, isProcess: true })
        assert.strictEqual(exitCode, 0, stderr)
        assert.strictEqual(filesIn(folder).length, 2)
        assertOwnersAlone(folder)
      }),
    ),
  )
})
