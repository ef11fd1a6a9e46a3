import { Coverage, Session, SessionFile, type SessionRead } from "@effect-elnudge/core"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import { execFileSync } from "node:child_process"
import { gzipSync } from "node:zlib"
import * as FakeApi from "./FakeApi.ts"
import * as WrittenFile from "./WrittenFile.ts"

const session = (id: string) => ({ ...FakeApi.exampleDetail, id })

const provided = Effect.provide(NodeServices.layer)

const [first, second] = [session("sess_1"), session("sess_2 ü😀")]
const lines = [first, second].map((session) => JSON.stringify(session))
const text = `${lines.join("\n")}\n`

describe("SessionFile.reads", () => {
  const window = { from: Date.UTC(2026, 9, 1), to: Date.UTC(2026, 10, 1) }
  const at = Date.UTC(2026, 10, 2, 3, 4, 5, 678)
  const summary = (id: string): Session.Summary => ({
    id,
    started_at: "2026-10-01T10:14:32Z",
    ended_at: null,
    page_count: 6,
    intent_score: 82,
    converted: true,
    nudge_count: 2,
  })
  const walked: ReadonlyArray<SessionRead.SessionRead> = [
    {
      summary: summary("sess_1"),
      detail: { _tag: "Read", session: { ...session("sess_1"), ended_at: null } },
      readAt: at,
      window,
    },
    { summary: summary("sess_2"), detail: { _tag: "NotNeeded" }, readAt: at, window },
    { summary: summary("sess_3"), detail: { _tag: "Unavailable", reason: "past_retention" }, readAt: at, window },
  ]
  const formatted = `${walked.map(SessionFile.formatLine).join("\n")}\n`

  const readBack = (files: ReadonlyArray<string>, options?: SessionFile.Options) =>
    Effect.gen(function* () {
      const recorder = yield* Coverage.make
      const reads = yield* Stream.runCollect(SessionFile.reads(files, options)).pipe(
        Effect.provideService(Coverage.Current, recorder),
      )
      return { reads, coverage: recorder.snapshot() }
    })

  it.effect("gives back what a walk wrote", () =>
    Effect.gen(function* () {
      const { coverage, reads } = yield* readBack([yield* WrittenFile.write("walk.ndjson", formatted)])
      expect(reads).toEqual(walked)
      expect(coverage).toMatchObject({
        window: { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" },
        requests: 0,
        sessions: 3,
        details: 1,
        details_unavailable: { past_retention: 1, not_found: 0 },
        unsettled: 3,
        unknown_values: {},
      })
    }).pipe(provided),
  )

  it.effect("takes sessions without a mark for read long after they ended, unless they have no end", () =>
    Effect.gen(function* () {
      const { coverage, reads } = yield* readBack([yield* WrittenFile.write("kept.ndjson", text)])
      expect(reads.map(({ readAt, window: span }) => [readAt, span])).toEqual([
        [Number.POSITIVE_INFINITY, undefined],
        [Number.POSITIVE_INFINITY, undefined],
      ])
      expect(coverage).toMatchObject({ window: null, unsettled: 0 })
      expect(`${reads.map(SessionFile.formatLine).join("\n")}\n`).toBe(text)
    }).pipe(provided),
  )

  it.effect("keeps the best copy of a session that several files hold, whatever their order", () =>
    Effect.gen(function* () {
      const reread = (overrides: Partial<SessionRead.SessionRead>) =>
        walked.map((read) => SessionFile.formatLine({ ...read, ...overrides })).join("\n")
      const newer = { _tag: "Read", session: { ...session("sess_1"), intent_score: 90 } } as const
      const old = yield* WrittenFile.write("old.ndjson", formatted)
      const late = yield* WrittenFile.write("late.ndjson.gz", gzipSync(reread({ readAt: at + 60_000, detail: newer })))
      const lateList = yield* WrittenFile.write(
        "list.ndjson",
        reread({ readAt: at + 120_000, detail: { _tag: "NotNeeded" } }),
      )
      for (const files of [
        [old, late, lateList],
        [lateList, old, late],
        [late, lateList, old],
      ]) {
        const { coverage, reads } = yield* readBack(files)
        expect(reads.map(({ summary: { id } }) => id).toSorted()).toEqual(["sess_1", "sess_2", "sess_3"])
        const first = reads.find(({ summary: { id } }) => id === "sess_1")
        expect(first?.detail).toMatchObject({ _tag: "Read", session: { intent_score: 90 } })
        expect(coverage).toMatchObject({ sessions: 3, duplicates: 6, gaps: [] })
      }
    }).pipe(provided),
  )

  it.effect("says which part of the window no file covers", () =>
    Effect.gen(function* () {
      const part = (id: string, from: string, to: string) =>
        WrittenFile.write(
          `${id}.ndjson`,
          SessionFile.formatLine({
            summary: { ...summary(id), started_at: from },
            detail: { _tag: "NotNeeded" },
            readAt: at,
            window: { from: Session.millis(from), to: Session.millis(to) },
          }),
        )
      const files = [
        yield* part("c", "2026-10-20T00:00:00Z", "2026-10-25T00:00:00Z"),
        yield* part("a", "2026-10-01T00:00:00Z", "2026-10-07T00:00:00Z"),
        yield* part("b", "2026-10-07T00:00:00Z", "2026-10-08T00:00:00Z"),
      ]
      expect((yield* readBack(files)).coverage).toMatchObject({
        window: { from: "2026-10-01T00:00:00Z", to: "2026-10-25T00:00:00Z" },
        gaps: [{ from: "2026-10-08T00:00:00Z", to: "2026-10-20T00:00:00Z" }],
      })
    }).pipe(provided),
  )

  it.effect("keeps to the window that is asked for, and says so", () =>
    Effect.gen(function* () {
      const file = yield* WrittenFile.write("walk.ndjson", formatted)
      const start = DateTime.makeUnsafe("2026-10-01T10:14:32Z")
      const inside = yield* readBack([file], { from: start })
      expect(inside.reads).toHaveLength(3)
      expect(inside.coverage.window).toEqual({ from: "2026-10-01T10:14:32Z", to: "2026-11-01T00:00:00Z" })
      expect((yield* readBack([file], { to: start })).reads).toHaveLength(0)
    }).pipe(provided),
  )

  const marked = (id: string, started_at: string, [from, to, at]: readonly [string, string, string]) =>
    JSON.stringify({ ...summary(id), started_at, _read: { at, from, to } })
  const october = ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"] as const
  const day = (name: string) => ({
    from: DateTime.makeUnsafe(`${name}T00:00:00Z`),
    to: DateTime.makeUnsafe(`${name}T12:00:00Z`),
  })

  it.effect("keeps the best copy of a session that stands in one file twice", () =>
    Effect.gen(function* () {
      const [listed] = walked.map((read) => SessionFile.formatLine({ ...read, detail: { _tag: "NotNeeded" } }))
      const { coverage, reads } = yield* readBack([yield* WrittenFile.write("both.ndjson", `${listed}\n${formatted}`)])
      expect(reads).toEqual(walked)
      expect(coverage).toMatchObject({ sessions: 3, details: 1, duplicates: 1 })
    }).pipe(provided),
  )

  it.effect("covers the window that rows outside the asked one say, where it had ended when they were read", () =>
    Effect.gen(function* () {
      const whole = yield* WrittenFile.write("october.ndjson", marked("sess_1", "2026-10-03T00:00:00Z", october))
      const { coverage, reads } = yield* readBack([whole], day("2026-10-20"))
      expect(reads).toEqual([])
      expect(coverage.window).toEqual({ from: "2026-10-20T00:00:00Z", to: "2026-10-20T12:00:00Z" })
      // The rows' own times say nothing: the second was read when the day was over, the page that lists it was not.
      const [from, to] = october
      const early = [
        marked("sess_1", "2026-10-03T00:00:00Z", [from, to, "2026-10-20T11:59:00Z"]),
        marked("sess_2", "2026-10-02T00:00:00Z", [from, to, "2026-10-20T12:01:00Z"]),
      ]
      const cut = yield* WrittenFile.write("cut.ndjson", early.join("\n"))
      expect(yield* Effect.flip(readBack([cut], day("2026-10-20")))).toMatchObject({ problem: "none_in_window" })
      expect((yield* readBack([cut], day("2026-10-19"))).coverage.window).not.toBeNull()
    }).pipe(provided),
  )

  it.effect("covers the windows of copies that do not count", () =>
    Effect.gen(function* () {
      const late = ["2026-10-03T00:00:00Z", "2026-11-05T00:00:00Z", "2026-11-06T00:00:00Z"] as const
      const files = [
        yield* WrittenFile.write("a.ndjson", marked("sess_1", "2026-10-03T00:00:00Z", october)),
        yield* WrittenFile.write("b.ndjson", marked("sess_1", "2026-10-03T00:00:00Z", late)),
      ]
      const { coverage } = yield* readBack(files)
      expect(coverage).toMatchObject({
        window: { from: "2026-10-01T00:00:00Z", to: "2026-11-05T00:00:00Z" },
        gaps: [],
        duplicates: 1,
      })
    }).pipe(provided),
  )

  it.effect("does not claim a window for a row that says none, unless one is asked for", () =>
    Effect.gen(function* () {
      const file = yield* WrittenFile.write(
        "mixed.ndjson",
        `${marked("sess_9", "2026-10-03T00:00:00Z", october)}\n${text}`,
      )
      const { reads } = yield* readBack([file])
      expect(reads.map((read) => read.window !== undefined)).toEqual([true, false, false])
    }).pipe(provided),
  )

  const [from, to, late] = october
  it.effect.each([
    { what: "runs backwards", started_at: from, mark: [to, from, late] as const, part: "begins before it ends" },
    { what: "is empty", started_at: from, mark: [from, from, late] as const, part: "begins before it ends" },
    {
      what: "ends before the session starts",
      started_at: to,
      mark: october,
      part: "session sess_1, started_at: lies outside the window",
    },
    {
      what: "begins after the session starts",
      started_at: "2026-09-30T23:59:59Z",
      mark: october,
      part: "session sess_1, started_at: lies outside the window",
    },
  ])("refuses a mark whose window $what", ({ mark, part, started_at }) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        readBack([yield* WrittenFile.write("walk.ndjson", marked("sess_1", started_at, mark))]),
      )
      expect(error).toMatchObject({ problem: "bad_line", line: 1 })
      expect(error.message).toContain(part)
    }).pipe(provided),
  )

  it.effect("can be read back where a detail starts outside the window that listed it", () =>
    Effect.gen(function* () {
      const moved = { ...session("sess_1"), started_at: "2026-11-01T00:00:00Z" }
      const read = { summary: summary("sess_1"), detail: { _tag: "Read", session: moved }, readAt: at, window } as const
      const { reads } = yield* readBack([yield* WrittenFile.write("moved.ndjson", SessionFile.formatLine(read))])
      expect(reads).toMatchObject([{ detail: { _tag: "Read" }, readAt: at, window: undefined }])
    }).pipe(provided),
  )

  it.effect("gives the same whether the ids can be looked through or every line must be read", () =>
    Effect.gen(function* () {
      const early = ["2026-10-02T00:00:00Z", "2026-10-21T00:00:00Z", "2026-10-20T18:00:00Z"] as const
      const rows = [
        ...Array.from({ length: 40 }, (_, at) => marked(`sess_${at}`, `2026-10-${10 + (at % 20)}T00:00:00Z`, october)),
        marked("sess_40", "2026-10-15T00:00:00Z", early),
        JSON.stringify(session("sess_41")),
      ]
      const idLast = (line: string) => line.replace(/^\{("id":"[^"]*"),(.*)\}$/, "{$2,$1}")
      for (const [from, to] of [["2026-10-14", "2026-10-20"] as const, ["2026-10-01", "2026-11-01"] as const]) {
        const asked = { from: DateTime.makeUnsafe(`${from}T00:00:00Z`), to: DateTime.makeUnsafe(`${to}T00:00:00Z`) }
        const looked = yield* readBack([yield* WrittenFile.write("first.ndjson", rows.join("\n"))], asked)
        const read = yield* readBack([yield* WrittenFile.write("last.ndjson", rows.map(idLast).join("\n"))], asked)
        expect(read).toEqual(looked)
        expect(looked.reads.length).toBeGreaterThan(0)
        // A file between whose lines one comes twice has the same, and says so.
        const copied = yield* readBack(
          [yield* WrittenFile.write("copied.ndjson", [...rows, rows[5]].join("\n"))],
          asked,
        )
        expect(copied.reads).toEqual(looked.reads)
        expect(copied.coverage).toEqual({ ...looked.coverage, duplicates: 1 })
      }
    }).pipe(provided),
  )

  it.effect("says what the files have, where none of it is in the window that is asked for", () =>
    Effect.gen(function* () {
      const [a, b] = ["2026-10-03T00:00:00Z", "2026-10-04T12:00:00Z"] as const
      const row = (id: string, started_at: string) => JSON.stringify({ ...summary(id), started_at })
      const one = yield* WrittenFile.write("one.ndjson", row("sess_1", a))
      const copies = yield* WrittenFile.write(
        "copies.ndjson",
        [row("sess_1", a), row("sess_2", b), row("sess_2", b)].join("\n"),
      )
      const fails = (files: ReadonlyArray<string>, options: SessionFile.Options) =>
        Effect.map(Effect.flip(readBack(files, options)), ({ message }) => message)
      expect(yield* fails([one], day("2026-10-20"))).toBe(
        `${one}: the file has 1 session from ${a} to ${a}, none in this window (2026-10-20T00:00:00Z to 2026-10-20T12:00:00Z).`,
      )
      expect(yield* fails([one, copies], { from: day("2026-10-20").from })).toBe(
        `${one}, ${copies}: the files have 2 sessions from ${a} to ${b}, none in this window (from 2026-10-20T00:00:00Z on).`,
      )
      expect(yield* fails([copies], { to: day("2026-10-01").from })).toContain("(before 2026-10-01T00:00:00Z)")
    }).pipe(provided),
  )

  it.effect("gives none of an empty file, and none of a window that the files cover", () =>
    Effect.gen(function* () {
      const empty = yield* WrittenFile.write("empty.ndjson", "\n")
      expect((yield* readBack([empty], day("2026-10-20"))).coverage).toMatchObject({ sessions: 0, window: null })
      const whole = yield* WrittenFile.write("october.ndjson", marked("sess_1", "2026-10-03T00:00:00Z", october))
      expect((yield* readBack([empty, whole], day("2026-10-20"))).coverage).toMatchObject({ sessions: 0 })
    }).pipe(provided),
  )

  it.effect("refuses what is no file: a folder, standard input, and what is not there", () =>
    Effect.gen(function* () {
      const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      expect((yield* Effect.flip(readBack([folder]))).message).toBe(`${folder}: is a folder; give a file.`)
      expect((yield* Effect.flip(readBack(["-"]))).message).toMatch(/^-: stands for no file/)
      expect((yield* Effect.flip(readBack(["/dev/null"]))).message).toMatch(/give a regular file\.$/)
    }).pipe(provided),
  )

  it.effect("refuses a pipe, which gives its bytes only once", () =>
    Effect.gen(function* () {
      const pipe = yield* WrittenFile.place("pipe.ndjson")
      execFileSync("mkfifo", [pipe])
      const error = yield* Effect.flip(readBack([pipe]))
      expect(error).toMatchObject({ problem: "unreadable", message: `${pipe}: is a pipe; give a file.` })
    }).pipe(provided),
  )

  it.effect("refuses a mark that it cannot read", () =>
    Effect.gen(function* () {
      const file = yield* WrittenFile.write(
        "walk.ndjson",
        `${JSON.stringify({ ...first, _read: { at: "yesterday" } })}\n`,
      )
      const error = yield* Effect.flip(readBack([file]))
      expect(error).toMatchObject({ problem: "bad_line", line: 1 })
      expect(error.message).toContain("_read.at")
    }).pipe(provided),
  )
})
