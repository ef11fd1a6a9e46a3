import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as CommandLine from "./CommandLine.ts"

/** A file of its own, whose text is written in Latin-1. */
const written = (name: string, text: string, pack: (bytes: Buffer) => Buffer = (bytes) => bytes): string => {
  const file = join(mkdtempSync(join(tmpdir(), "elnudge-test-")), name)
  writeFileSync(file, pack(Buffer.from(text, "latin1")), { mode: 0o600 })
  return file
}

const row = (id: string): string =>
  JSON.stringify({
    id,
    started_at: "2026-10-01T10:00:00Z",
    ended_at: "2026-10-01T10:05:00Z",
    page_count: 1,
    intent_score: 5,
    converted: false,
    nudge_count: 0,
  })

const rows = `${row("sess_1")}\n${row("sess_caf\u{e9}")}\n${row("sess_caf\u{e8}")}\n`

interface Case {
  readonly words: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly exitCode: number
  readonly says: string
}

const cases: ReadonlyArray<readonly [string, (secret: string) => Case]> = [
  [
    "a file of sessions",
    () => {
      const file = written("latin1.ndjson", rows)
      return { words: ["cohorts", "--input", file], exitCode: 6, says: `${file}, line 2: is not UTF-8.` }
    },
  ],
  [
    "a packed file of sessions",
    () => {
      const file = written("latin1.ndjson.gz", rows, gzipSync)
      return { words: ["sessions", "--input", file], exitCode: 6, says: `${file}, line 2: is not UTF-8.` }
    },
  ],
  [
    "a saved state",
    (secret) => {
      const file = written("state.json", `{"format":"elnudge-state-1",\n"site":"${secret}"}`)
      return { words: ["merge", file], exitCode: 6, says: "it is not UTF-8 (line 2)" }
    },
  ],
  [
    "a checkpoint",
    (secret) => {
      const file = written("walk.checkpoint", `{"format":"${secret}"}`)
      const env = { ELNUDGE_API_KEY: "sk_test_emulator", ELNUDGE_BASE_URL: "http://127.0.0.1:9" }
      return { words: ["cohorts", "--checkpoint", file], env, exitCode: 6, says: "it is not UTF-8 (line 1)" }
    },
  ],
  [
    "a key file",
    (secret) => {
      const file = written("key", `${secret}\n`)
      const env = { ELNUDGE_API_KEY_FILE: file, ELNUDGE_BASE_URL: "http://127.0.0.1:9" }
      return { words: ["cohorts"], env, exitCode: 2, says: `the key file ${file} is not UTF-8 (line 1)` }
    },
  ],
  [
    "the file of sites",
    (secret) => {
      const file = written("sites.json", `{"sites":\n{"shop":{"key_file":"${secret}"}}}`)
      const says = `The file of sites ${file} is not UTF-8 (line 2).`
      return { words: ["cohorts", "--site", "shop"], env: { ELNUDGE_SITES_FILE: file }, exitCode: 2, says }
    },
  ],
  [
    "the emulator's data",
    () => {
      const file = written("data.jsonl", rows.replace("\n", "\n\n"))
      const says = `${file}, line 3: is not UTF-8.`
      return { words: ["emulator", "--port", "0", "--data", file], exitCode: 6, says }
    },
  ],
  [
    "a fault script",
    (secret) => {
      const file = written("faults.json", `[{"on":"${secret}"}]`)
      const says = `--faults ${file} is not UTF-8 (line 1)`
      return { words: ["emulator", "--port", "0", "--faults", file], exitCode: 2, says }
    },
  ],
]

describe("A file that is not UTF-8", () => {
  it.live.each(cases)("ends the run, is named, and is not shown: %s", ([, make]) =>
    Effect.gen(function* () {
      const { env, exitCode, says, words } = make("sk_live_geheim\u{e9}")
      const result = yield* CommandLine.run(words, { env })
      assert.deepStrictEqual([result.exitCode, result.stdout], [exitCode, ""], result.stderr)
      assert.include(result.stderr, says)
      assert.notInclude(result.stderr, "geheim")
      assert.notInclude(result.stderr, "caf")
    }),
  )
})
