/** Every fault against every command. `vitest run --config vitest.full.config.ts FaultMatrix -u` writes docs/fault-matrix.md. */
import { readFileSync } from "node:fs"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FaultMatrix from "./FaultMatrix.ts"

// The first two pages are right, so that there is something to lose, and something to go on from.
const faults: ReadonlyArray<FaultMatrix.Fault> = [
  { name: "429, three in a row", rules: [{ fault: "rate-limited", at: "3-5" }] },
  {
    name: "429 with seconds, with a date, with nonsense",
    rules: [
      { fault: "rate-limited", page: 2, times: 1, retryAfter: 1 },
      { fault: "rate-limited", page: 3, times: 1, retryAfter: { date: 1 } },
      { fault: "rate-limited", page: 4, times: 1, retryAfter: "soon" },
    ],
  },
  { name: "429 for days", rules: [{ fault: "rate-limited", page: 3, retryAfter: 277_403 }] },
  { name: "429 for ever", rules: [{ fault: "rate-limited", page: 3 }], flags: ["--deadline", "90s"] },
  { name: "503 once", rules: [{ fault: "server-error", page: 3, times: 1 }] },
  { name: "503 for ever", rules: [{ fault: "server-error", page: 3 }] },
  { name: "503 that says when to come back", rules: [{ fault: "server-error", page: 3, times: 1, retryAfter: 1 }] },
  { name: "503 for days", rules: [{ fault: "server-error", page: 3, retryAfter: 277_403 }] },
  {
    name: "503 until after the deadline",
    rules: [{ fault: "server-error", page: 3, retryAfter: { date: 60 } }],
    flags: ["--deadline", "30s"],
  },
  {
    name: "503 and 429 with an instant for a number of seconds",
    rules: [
      { fault: "server-error", page: 2, times: 1, retryAfter: 1_790_000_000 },
      { fault: "rate-limited", page: 3, times: 1, retryAfter: 1_790_000_000 },
    ],
  },
  { name: "500 on some details", rules: [{ fault: "server-error", on: "detail", at: "every 9", status: 500 }] },
  { name: "502 on a detail for ever", rules: [{ fault: "server-error", session: "sess_0000123", status: 502 }] },
  {
    name: "slow headers, a slow body",
    rules: [
      { fault: "slow-headers", page: 2, millis: 300 },
      { fault: "slow-body", page: 3, millis: 300 },
    ],
  },
  { name: "a stall inside a page", rules: [{ fault: "stall", page: 3 }], flags: ["--deadline", "90s"] },
  {
    name: "a stall before a detail",
    rules: [{ fault: "stall", on: "detail", session: "sess_0000123", part: 0 }],
    flags: ["--deadline", "90s"],
  },
  {
    name: "a reset, and a page cut off, once",
    rules: [
      { fault: "reset", page: 2, times: 1 },
      { fault: "cut-off", page: 3, times: 1 },
    ],
  },
  { name: "resets for ever", rules: [{ fault: "reset", page: 3 }] },
  { name: "a page cut off for ever", rules: [{ fault: "cut-off", page: 3 }] },
  {
    name: "details cut off after their headers",
    rules: [{ fault: "cut-off", on: "detail", attempt: 1, part: 0 }],
  },
  {
    name: "packed pages, half of one and a broken one, once",
    rules: [
      { fault: "truncated-gzip", page: 2, times: 1 },
      { fault: "corrupted-gzip", page: 3, times: 1 },
    ],
  },
  { name: "half of a packed page, for ever", rules: [{ fault: "truncated-gzip", page: 3 }] },
  { name: "a broken packed page, for ever", rules: [{ fault: "corrupted-gzip", page: 3 }] },
  { name: "packed pages and details", rules: [{ fault: "packed" }] },
  { name: "a page packed as br", rules: [{ fault: "packed", page: 3, coding: "br" }] },
  { name: "a page packed twice", rules: [{ fault: "packed", page: 3, coding: "gzip, gzip" }] },
  { name: "a packed page that unpacks without end", rules: [{ fault: "gzip-bomb", page: 3, megabytes: 65 }], hurry: 1 },
  { name: "JSON under another type", rules: [{ fault: "wrong-content-type" }] },
  {
    name: "HTML instead of a page, once",
    rules: [{ fault: "answer", page: 3, times: 1, status: 200, body: "<html>" }],
  },
  { name: "nothing instead of a page, for ever", rules: [{ fault: "answer", page: 3, status: 200, body: "" }] },
  {
    name: "a redirect",
    rules: [{ fault: "answer", page: 3, status: 302, body: "", headers: { location: "https://example.com/" } }],
  },
  { name: "a redirect that leads nowhere", rules: [{ fault: "answer", page: 3, status: 302, body: "" }] },
  { name: "a part of a page (206), once", rules: [{ fault: "other-status", page: 3, times: 1, status: 206, rows: 3 }] },
  { name: "a part of a page (206), for ever", rules: [{ fault: "other-status", page: 3, status: 206, rows: 3 }] },
  { name: "a detail that is promised (202)", rules: [{ fault: "other-status", session: "sess_0000123", status: 202 }] },
  { name: "nothing new (304)", rules: [{ fault: "answer", page: 3, status: 304, body: "" }] },
  { name: "a proxy that wants a password (407)", rules: [{ fault: "answer", page: 3, status: 407, body: "" }] },
  { name: "what the law forbids (451)", rules: [{ fault: "answer", page: 3, status: 451, body: "" }] },
  { name: "400 on the first page", rules: [{ fault: "answer", page: 1, status: 400, body: "" }] },
  { name: "404 on the first page", rules: [{ fault: "answer", page: 1, status: 404, body: "" }] },
  { name: "a score as text", rules: [{ fault: "wrong-type", page: 3, path: "data[3].intent_score" }] },
  {
    name: "events that are no array",
    rules: [{ fault: "wrong-type", on: "detail", session: "sess_0000123", path: "data.events" }],
  },
  {
    name: "a type of nudge that is new",
    rules: [{ fault: "unknown-value", on: "detail", path: "data.nudges[0].type" }],
  },
  { name: "no has_more", rules: [{ fault: "missing-field", page: 3, path: "has_more" }] },
  {
    name: "a detail without nudges",
    rules: [{ fault: "missing-field", session: "sess_0000123", path: "data.nudges" }],
  },
  { name: "null for a start", rules: [{ fault: "null", page: 3, path: "data[3].started_at" }] },
  { name: "null for an end", rules: [{ fault: "null", page: 3, path: "data[3].ended_at" }] },
  { name: "a score of 130", rules: [{ fault: "set", page: 3, path: "data[3].intent_score", value: 130 }] },
  {
    name: "a detail of another session",
    rules: [{ fault: "set", on: "detail", path: "data.id", value: "sess_0000001" }],
  },
  { name: "an empty page", rules: [{ fault: "empty-page", page: 3, times: 1 }] },
  { name: "empty pages for ever", rules: [{ fault: "empty-page", page: "3-" }] },
  { name: "a cursor that repeats", rules: [{ fault: "repeated-cursor", page: "3-" }] },
  { name: "has_more without a cursor", rules: [{ fault: "no-cursor", page: 3 }] },
  { name: "a cursor that has expired (410)", rules: [{ fault: "expired-cursor", page: 3, times: 1 }] },
  { name: "cursors that all have expired (404)", rules: [{ fault: "expired-cursor", status: 404 }] },
  { name: "a cursor that forgets its window", rules: [{ fault: "forgotten-window", page: 3 }] },
  { name: "rows that arrive while paging", rules: [{ fault: "pushed-down-rows", page: 3, rows: 5, times: 1 }] },
  { name: "a list that goes round", rules: [{ fault: "pushed-down-rows", page: "3-", rows: 10 }] },
  {
    name: "rows that the list leaves out",
    rules: [{ fault: "hidden-rows", page: "3-4", ids: ["sess_0000160", "sess_0000255", "sess_0000288"] }],
    isInvisible: true,
  },
  { name: "rows that come twice", rules: [{ fault: "duplicated-rows", page: 3, rows: 3 }] },
  { name: "rows in another order", rules: [{ fault: "reordered-rows", page: 3 }] },
  { name: "no order within a second", rules: [{ fault: "unstable-order" }] },
  { name: "a session gone since it was listed", rules: [{ fault: "session-gone", session: "sess_0000123" }] },
  {
    name: "details that age out",
    rules: [{ fault: "clock-skew", on: "detail", at: "9-", seconds: 80 * 86_400 }],
  },
  {
    name: "a list that ages out",
    rules: [{ fault: "clock-skew", on: "list", at: "4-", seconds: 64 * 86_400 }],
    isInvisible: true,
  },
  { name: "the key is revoked (401)", rules: [{ fault: "key-revoked", at: "4-" }] },
  { name: "the key is not allowed (403)", rules: [{ fault: "key-revoked", page: 3, status: 403 }] },
  {
    name: "the key is rotated, in the environment",
    rules: [{ fault: "key-rotated", at: "5-", keys: "sk_test_new" }],
    keyThen: "sk_test_new",
  },
  {
    name: "the key is rotated, in its file",
    rules: [{ fault: "key-rotated", at: "5-", keys: "sk_test_new" }],
    keyFileThen: "sk_test_new",
  },
]

const baselines = Effect.runSync(Effect.cached(FaultMatrix.baselines))

const rows = new Map<FaultMatrix.Fault, ReadonlyMap<string, string>>()

describe.concurrent("a fault", () => {
  it.live.each(faults.map((fault) => [fault.name, fault] as const))(
    "is survived, or named and gone on from: %s",
    ([, fault]) =>
      Effect.gen(function* () {
        const { cells, violations } = yield* FaultMatrix.row(fault, yield* baselines)
        rows.set(fault, cells)
        assert.deepStrictEqual(violations, [])
      }),
  )
})

const words = [
  ["in a cell", "means"],
  ["same", "exit 0, and byte by byte what a run without faults gives"],
  ["retried", "requests were repeated for it"],
  ["noted", "stderr says what is missing, or odd"],
  ["other, noted", "exit 0; the output is what the API's answers give, and stderr says why it may not be all"],
  ["fewer", "exit 0; sessions are missing, and no answer of the API shows it"],
  [
    "exit 5: rate limited",
    "that exit code and that error, in at most three lines on stderr; no output, not even a part",
  ],
  ["then same", "with its checkpoint the run went on, after the fault, to the same bytes, in no more requests"],
  ["no details", "the command asks for no details, and so does not meet the fault"],
]

const document = (table: string) => `# Fault × command

What a user sees of each fault. Written by \`vitest run --config vitest.full.config.ts FaultMatrix -u\` from what the runs
of that test did, and checked by the same test. Every cell is a run against an emulator that follows the script
([its language](../packages/emulator/README.md#faults)), on a walk of some ten pages of ten; each script was seen to have
acted. \`attribution\` and \`lift\` are files of \`run all\`. All commands but \`compare\` were given a \`--checkpoint\`.

${FaultMatrix.table(words)}

${table}
`

const kindsOf = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/\{ "fault": "([\w-]+)"/g), ([, kind = ""]) => kind)

describe("the matrix", () => {
  it("has every fault that the emulator documents", () => {
    const documented = kindsOf(readFileSync(new URL("../../../packages/emulator/README.md", import.meta.url), "utf8"))
    const kinds = new Set(faults.flatMap(({ rules }) => rules.map(({ fault }) => fault)))
    // No window that this program sends has a fraction: DoctorParts.test.ts.
    kinds.add("refused-fractions")
    assert.deepStrictEqual([...kinds].sort(), [...new Set(documented)].sort())
  })

  it("is what docs/fault-matrix.md says", async () => {
    assert.strictEqual(rows.size, faults.length)
    const body = faults.map((fault) => [
      fault.name,
      FaultMatrix.script(fault),
      ...FaultMatrix.columns.map(({ title }) => rows.get(fault)?.get(title) ?? ""),
    ])
    const head = ["fault", "script", ...FaultMatrix.columns.map(({ title }) => `\`${title}\``)]
    await expect(document(FaultMatrix.table([head, ...body]))).toMatchFileSnapshot("../../../docs/fault-matrix.md")
  })
})
