/** Which sessions of files may be saved: those of which it is certain that none of their window is missing or elsewhere. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as CommandLine from "./CommandLine.ts"

const directory = mkdtempSync(join(tmpdir(), "elnudge-windows-"))
const place = (name: string) => join(directory, name)

/** A session of October at a day's tenth hour, in which nobody was nudged. */
const session = (id: string, day: string) => ({
  id,
  started_at: `2026-10-${day}T10:00:00Z`,
  ended_at: `2026-10-${day}T10:01:00Z`,
  page_count: 1,
  intent_score: 10,
  converted: false,
  nudge_count: 0,
})

const instant = (day: string) => `2026-10-${day}T00:00:00Z`

/** As a walk from one day to another writes it, when it read it at the beginning of a third. */
const marked = (id: string, day: string, [from, to, at]: readonly [string, string, string]) => ({
  ...session(id, day),
  _read: { at: instant(at), from: instant(from), to: instant(to) },
})

const file = (name: string, rows: ReadonlyArray<object>) => {
  writeFileSync(place(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""))
  return ["--input", place(name)]
}

const save = (state: string, args: ReadonlyArray<string>) =>
  CommandLine.run(["cohorts", ...args, "--save-state", place(state), "--output", place(`${state}.csv`)])

const assertSaved = (result: CommandLine.Result, state: string, sessions: number) => {
  assert.strictEqual(result.exitCode, 0, result.stderr)
  assert.strictEqual(JSON.parse(readFileSync(place(state), "utf8")).coverage.sessions, sessions)
}

const assertRefused = (result: CommandLine.Result, state: string, reason: RegExp) => {
  assert.strictEqual(result.exitCode, 2, result.stderr)
  assert.match(result.stderr, reason)
  assert.isFalse(existsSync(place(state)) || existsSync(place(`${state}.csv`)))
}

const walked = file("marked.ndjson", [marked("a", "03", ["01", "08", "09"])])
const kept = file("unmarked.ndjson", [session("b", "12")])

describe("a saved state of files", () => {
  it.live("is refused where any row does not say its window", () =>
    Effect.gen(function* () {
      const mixed = yield* save("mixed.json", [...walked, ...kept])
      assertRefused(mixed, "mixed.json", /session b does not say which window it is of/)
      assert.include(mixed.stderr, "Give --from and --to")
      assertRefused(
        yield* save("half.json", [...walked, ...kept, "--from", "2026-10-01"]),
        "half.json",
        /session b does not say/,
      )
      const trusted = yield* save("trusted.json", [...walked, ...kept, "--from", "2026-10-01", "--to", "2026-11-01"])
      assertSaved(trusted, "trusted.json", 2)
    }),
  )

  it.live("is made of files that were each read after the end of their own window, but of none that was not", () =>
    Effect.gen(function* () {
      const first = file("first.ndjson", [marked("a", "03", ["01", "08", "08"])])
      const second = file("second.ndjson", [marked("b", "12", ["08", "15", "16"])])
      assertSaved(yield* save("two.json", [...first, ...second]), "two.json", 2)
      const early = file("early.ndjson", [marked("c", "09", ["08", "15", "14"])])
      assertRefused(
        yield* save("early.json", [...first, ...early]),
        "early.json",
        /the window ends at 2026-10-15T00:00:00Z, but a session was read at 2026-10-14T00:00:00Z/,
      )
      assertSaved(yield* save("before.json", [...early, "--to", "2026-10-13"]), "before.json", 1)
    }),
  )

  it.live("of a day without a session needs a file that covers the day", () =>
    Effect.gen(function* () {
      const day = ["--from", "2026-10-05", "--to", "2026-10-06"]
      assertSaved(yield* save("empty.json", [...walked, ...day]), "empty.json", 0)
      const [saved, before] = [place("empty.json"), place("before.state.json")]
      yield* CommandLine.run(["cohorts", ...walked, "--to", "2026-10-05", "--save-state", before])
      const merged = yield* CommandLine.run(["merge", before, saved, "--format", "json"])
      assert.deepNestedInclude(JSON.parse(merged.stdout), {
        "coverage.window": { from: instant("01"), to: instant("06") },
        "coverage.gaps": [],
      })
      const elsewhere = ["--from", "2026-10-20", "--to", "2026-10-21"]
      const inputs = [
        [walked, /the file has 1 session from 2026-10-03T10:00:00Z to 2026-10-03T10:00:00Z, none in this window/],
        [kept, /the file has 1 session from 2026-10-12T10:00:00Z to 2026-10-12T10:00:00Z, none in this window/],
        [file("nothing.ndjson", []), /hold no session of what was asked for, and do not say that they cover/],
      ] as const
      for (const [input, reason] of inputs) {
        const refused = yield* save("unknown.json", [...input, ...elsewhere])
        assertRefused(refused, "unknown.json", reason)
        assert.include(refused.stderr, "leave --input out")
      }
    }),
  )

  it.live("cannot be of a window that is yet to end", () =>
    Effect.gen(function* () {
      const future = ["--from", "2026-10-01", "--to", "2099-01-01"]
      assertRefused(
        yield* save("future.json", [...kept, ...future]),
        "future.json",
        /the window ends at 2099-01-01T00:00:00Z, which is yet to come/,
      )
      // What a walk read says itself where it ended.
      assertSaved(yield* save("past.json", [...walked, ...future]), "past.json", 1)
    }),
  )
})
