import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parseHTML } from "linkedom"
import * as CommandLine from "./CommandLine.ts"
import * as ServedShop from "./ServedShop.ts"
import * as Shop from "./Shop.ts"

const inFolder = <A, E, R>(use: (path: (name: string) => string, folder: string) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "elnudge-html-"))),
    (folder) => use((name) => join(folder, name), folder),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  )

const october = ["--from", "2026-10-01", "--to", "2026-11-01"]

const ndjson = Effect.map(Shop.sessions, (sessions) =>
  sessions.map((session) => `${JSON.stringify(session)}\n`).join(""),
)

const textOf = (file: string, selector: string): string =>
  Array.from(parseHTML(readFileSync(file, "utf8")).document.querySelectorAll(selector), ({ textContent }) =>
    textContent.replaceAll("\u{a0}", " "),
  ).join("\n")

const read = (file: string): string => readFileSync(file, "utf8")

describe("html", () => {
  it.live("of a file is the same to the byte every time, for the owner's eyes, and says what it rests on", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        writeFileSync(path("sessions.ndjson"), yield* ndjson)
        const command = ["html", "--input", path("sessions.ndjson"), ...october, "--title", "Shoes & Socks"]
        const [first, second] = yield* Effect.forEach(
          ["a.html", "b.html"],
          (name) => CommandLine.run([...command, "--output", path(name)]),
          { concurrency: 2 },
        )
        assert.deepStrictEqual([first?.exitCode, first?.stdout, second?.exitCode], [0, "", 0], first?.stderr)
        assert.match(first?.stderr ?? "", /^coverage: 450 sessions, 450 details/)
        assert.match(first?.stderr ?? "", /^written: .*a\.html \(open it in a browser\)$/m)
        assert.strictEqual(read(path("a.html")), read(path("b.html")))
        assert.strictEqual(statSync(path("a.html")).mode & 0o777, 0o600)
        assert.strictEqual(textOf(path("a.html"), "h1"), "Shoes & Socks")
        assert.include(textOf(path("a.html"), ".lead"), "1 Oct 2026 to 31 Oct 2026 (UTC)")
        assert.include(textOf(path("a.html"), ".alert"), "450 sessions do not say in which window they were read")
        assert.include(textOf(path("a.html"), ".tile"), "450")
      }),
    ),
  )

  it.live("of the API takes one walk, and its numbers are those of the reports", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        const sessions = yield* Shop.sessions
        const run = yield* Shop.run(["html", ...Shop.october, "--output", path("page.html")])
        assert.strictEqual(run.exitCode, 0, run.stderr)
        const nudged = sessions.filter((session) => session.nudge_count > 0).length
        assert.deepStrictEqual(run.requests, { list: 3, details: nudged, nudges: 0 })
        const converted = sessions.filter((session) => session.converted).length
        assert.include(textOf(path("page.html"), ".tile"), `${converted} of 450 sessions`)
        assert.include(textOf(path("page.html"), ".tile"), `${nudged} of 450 sessions`)
        assert.match(textOf(path("page.html"), ".lead"), /Read \d+ \w+ \d{4}, \d\d:\d\d/)
        assert.strictEqual(textOf(path("page.html"), "h1"), "Nudges and conversions")
      }),
    ),
  )

  it.live("shows days up to five weeks, then weeks, and what --by asks for", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        writeFileSync(path("sessions.ndjson"), yield* ndjson)
        const page = (name: string, ...flags: ReadonlyArray<string>) =>
          CommandLine.run(["html", "--input", path("sessions.ndjson"), ...flags, "--output", path(name), "-q"])
        yield* Effect.all(
          [
            page("days.html", ...october),
            page("weeks.html", "--from", "2026-09-01", "--to", "2026-11-01"),
            page("hours.html", ...october, "--by", "hour"),
          ],
          { concurrency: 3 },
        )
        const quiet = yield* page("empty-title.html", ...october, "--title", " ")
        assert.deepStrictEqual([quiet.stderr, textOf(path("empty-title.html"), "h1")], ["", "Nudges and conversions"])
        const periods = (name: string) => textOf(path(name), "#cohorts tbody th").split("\n")[0]
        assert.deepStrictEqual(["days.html", "weeks.html", "hours.html"].map(periods), ["2026-10-02", "2026-W40", "00"])
      }),
    ),
  )

  it.live("says which details could not be had", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        const gone = (yield* Shop.sessions).find((session) => session.nudge_count > 0)?.id ?? ""
        const run = yield* Shop.run(["html", ...Shop.october, "--output", path("page.html")], {
          fault: ({ url }) => (url.endsWith(gone) ? { _tag: "Answer", status: 404, body: "{}" } : undefined),
        })
        assert.strictEqual(run.exitCode, 0, run.stderr)
        assert.include(textOf(path("page.html"), ".alert"), "the details of 1 session could not be had")
      }),
    ),
  )

  it.live("of no session names the window that was asked for, and in events says once where it is", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        writeFileSync(path("empty.ndjson"), "")
        const command = ["html", "--input", path("empty.ndjson"), ...october, "--output", path("page.html"), "--json"]
        const run = yield* CommandLine.run(command)
        assert.strictEqual(run.exitCode, 0, run.stderr)
        assert.include(textOf(path("page.html"), ".lead"), "1 Oct 2026 to 31 Oct 2026 (UTC)")
        assert.lengthOf(run.stderr.match(/written/g) ?? [], 1)
      }),
    ),
  )

  it.live("is whole or not there", () =>
    inFolder((path, folder) =>
      Effect.gen(function* () {
        writeFileSync(path("page.html"), "yesterday's")
        const failed = yield* Shop.run(["html", ...Shop.october, "--output", path("page.html"), "--max-requests", "4"])
        assert.strictEqual(failed.exitCode, 7, failed.stderr)
        assert.strictEqual(read(path("page.html")), "yesterday's")
        assert.deepStrictEqual(readdirSync(folder), ["page.html"])
      }),
    ),
  )

  it.live("goes on from a checkpoint to the same page", () =>
    ServedShop.serve({}, ({ folder, run }) =>
      Effect.gen(function* () {
        const [whole, parts, checkpoint] = ["whole.html", "parts.html", "checkpoint"].map((name) => join(folder, name))
        if (whole === undefined || parts === undefined || checkpoint === undefined) return assert.fail("three names")
        const command = ["html", ...ServedShop.october]
        yield* run([...command, "--output", whole])
        const resumable = [...command, "--output", parts, "--checkpoint", checkpoint]
        ServedShop.assertCut(yield* run([...resumable, "--max-requests", "12"]), checkpoint)
        assert.isFalse(existsSync(parts))
        const rest = yield* run(resumable)
        assert.strictEqual(rest.exitCode, 0, rest.stderr)
        assert.isFalse(existsSync(checkpoint))
        // When they were read, and in how many requests, is another matter.
        const numbers = (file: string) => textOf(file, ".tile, #attribution td, #lift td, #intent td, #cohorts td")
        assert.strictEqual(numbers(parts), numbers(whole))
        assert.include(numbers(whole), "120")
      }),
    ),
  )

  const refused: ReadonlyArray<readonly [string, ReadonlyArray<string>, string]> = [
    ["no --output", [], "Missing required flag"],
    ["stdout", ["--output", "-"], "the page is a file, and - is none"],
    ["a device", ["--output", "/dev/stdout"], "the page is a file, and /dev/stdout is none"],
    ["what it reads", ["--output", "sessions.ndjson", "--input", "sessions.ndjson"], "are one file"],
    ["a format", ["--output", "page.html", "--format", "csv"], "--format"],
  ]
  it.live.each(refused)("refuses %s, and says what to do", ([, flags, reason]) =>
    Effect.gen(function* () {
      const run = yield* CommandLine.run(["html", ...october, ...flags], { env: { ELNUDGE_API_KEY: "sk_test" } })
      ServedShop.assertFails(run, 2, reason)
      assert.isAtLeast(run.stderr.trimEnd().split("\n").length, 2)
    }),
  )
})
