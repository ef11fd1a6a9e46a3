import { Coverage, Session, SessionFile, type SessionRead } from "@effect-elnudge/core"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import { execFileSync } from "node:child_process"
import { gzipSync } from "node:zlib"
import * as FakeApi from "./FakeApi.ts"

const inTemporaryDirectory = Effect.fnUntraced(function* (name: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return path.join(yield* fileSystem.makeTempDirectoryScoped(), name)
})

const write = Effect.fnUntraced(function* (name: string, content: string | Uint8Array) {
  const file = yield* inTemporaryDirectory(name)
  const fileSystem = yield* FileSystem.FileSystem
  yield* fileSystem.writeFile(file, typeof content === "string" ? new TextEncoder().encode(content) : content)
  return file
})

const readAll = (file: string) => Stream.runCollect(SessionFile.details(file))

const session = (id: string) => ({ ...FakeApi.exampleDetail, id })

const provided = Effect.provide(NodeServices.layer)

const [first, second] = [session("sess_1"), session("sess_2 ü😀")]
const lines = [first, second].map((session) => JSON.stringify(session))
const text = `${lines.join("\n")}\n`

/** What a file fails with, and what it gave before that. */
const failureOf = Effect.fnUntraced(function* (file: string) {
  const given: Array<string> = []
  const error = yield* SessionFile.details(file).pipe(
    Stream.runForEach(({ id }) => Effect.sync(() => given.push(id))),
    Effect.flip,
  )
  return { given, line: error.line, tag: error._tag, file: error.file, message: error.message }
})

describe("SessionFile.details", () => {
  it.effect("reads the sessions of a file in its order", () =>
    Effect.gen(function* () {
      expect(yield* readAll(yield* write("sessions.jsonl", text))).toEqual([first, second])
    }).pipe(provided),
  )

  it.effect("reads a gzip file", () =>
    Effect.gen(function* () {
      expect(yield* readAll(yield* write("sessions.jsonl.gz", gzipSync(text)))).toEqual([first, second])
    }).pipe(provided),
  )

  it.effect("reads files larger than a chunk, text outside ASCII included", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 1500 }, (_, index) => session(`sess_${index}_ü😀`))
      const content = many.map((session) => JSON.stringify(session)).join("\n")
      expect(yield* readAll(yield* write("many.jsonl", content))).toEqual(many)
      expect(yield* readAll(yield* write("many.jsonl.gz", gzipSync(content)))).toEqual(many)
    }).pipe(provided),
  )

  it.effect.each([
    { what: "blank lines", content: `\n\n${lines.join("\n  \n\n")}\n\n` },
    { what: "a last line without a line end", content: lines.join("\n") },
    { what: "line ends of Windows", content: `${lines.join("\r\n")}\r\n` },
  ])("passes over $what", ({ content }) =>
    Effect.gen(function* () {
      expect(yield* readAll(yield* write("sessions.jsonl", content))).toEqual([first, second])
      expect(yield* readAll(yield* write("sessions.jsonl.gz", gzipSync(content)))).toEqual([first, second])
    }).pipe(provided),
  )

  it.effect("reads no session from an empty file", () =>
    Effect.gen(function* () {
      expect(yield* readAll(yield* write("sessions.jsonl", ""))).toEqual([])
      expect(yield* readAll(yield* write("sessions.jsonl.gz", gzipSync("")))).toEqual([])
    }).pipe(provided),
  )

  it.effect("keeps the fields that nobody knows", () =>
    Effect.gen(function* () {
      const open = { ...first, device: "phone", nudges: first.nudges.map((nudge) => ({ ...nudge, color: "red" })) }
      expect(yield* readAll(yield* write("sessions.jsonl", JSON.stringify(open)))).toEqual([open])
    }).pipe(provided),
  )

  it.effect("names the line that is not JSON, counting blank ones, after the sessions before it", () =>
    Effect.gen(function* () {
      const file = yield* write("sessions.jsonl", `${lines[0]}\n\n{"id":\n${lines[1]}\n`)
      expect(yield* failureOf(file)).toEqual({
        given: ["sess_1"],
        line: 3,
        tag: "SessionFileError",
        file,
        message: `${file}, line 3: is not JSON.`,
      })
    }).pipe(provided),
  )

  it.effect("names session, path and line of a value of a wrong type", () =>
    Effect.gen(function* () {
      const misfit = { ...first, id: "sess_bad", nudges: first.nudges.map((nudge) => ({ ...nudge, shown_at: 5 })) }
      const file = yield* write("sessions.jsonl", `${text}${JSON.stringify(misfit)}\n`)
      const failure = yield* failureOf(file)
      expect(failure).toMatchObject({ given: [first.id, second.id], line: 3 })
      expect(failure.message).toContain(`${file}, line 3: session sess_bad, nudges[0].shown_at: `)
      expect(failure.message).toContain("got a number")
    }).pipe(provided),
  )

  it.effect("names the path of a misfit in a session without an id", () =>
    Effect.gen(function* () {
      const { id: _, ...withoutId } = first
      const failure = yield* failureOf(yield* write("sessions.jsonl.gz", gzipSync(JSON.stringify(withoutId))))
      expect(failure).toMatchObject({ given: [], line: 1 })
      expect(failure.message).toContain("line 1: session without id, id: ")
    }).pipe(provided),
  )

  it.effect("does not take a list's row, without events and nudges, for a session", () =>
    Effect.gen(function* () {
      const { events: _, nudges: __, ...summary } = first
      const failure = yield* failureOf(yield* write("sessions.jsonl", JSON.stringify(summary)))
      expect(failure.message).toContain("session sess_1 has no events and nudges")
    }).pipe(provided),
  )

  it.effect("says that a missing file cannot be read", () =>
    Effect.gen(function* () {
      const file = yield* inTemporaryDirectory("missing.jsonl")
      expect(yield* failureOf(file)).toEqual({
        given: [],
        line: undefined,
        tag: "SessionFileError",
        file,
        message: `${file}: cannot be read (NotFound).`,
      })
    }).pipe(provided),
  )

  it.effect.each([
    { what: "is cut off", content: gzipSync(text).subarray(0, -12) },
    { what: "is not gzip at all", content: new TextEncoder().encode(text) },
  ])("says that a gzip file is not whole when it $what", ({ content }) =>
    Effect.gen(function* () {
      const failure = yield* failureOf(yield* write("sessions.jsonl.gz", content))
      expect(failure.line).toBeUndefined()
      expect(failure.message).toBe(`${failure.file}: is not one whole gzip file.`)
    }).pipe(provided),
  )

  it.effect("says that a missing gzip file cannot be read, and not that it is damaged", () =>
    Effect.gen(function* () {
      const failure = yield* failureOf(yield* inTemporaryDirectory("missing.jsonl.gz"))
      expect(failure.message).toBe(`${failure.file}: cannot be read (NotFound).`)
    }).pipe(provided),
  )
})

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
      const { coverage, reads } = yield* readBack([yield* write("walk.ndjson", formatted)])
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
      const { coverage, reads } = yield* readBack([yield* write("kept.ndjson", text)])
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
      const old = yield* write("old.ndjson", formatted)
      const late = yield* write("late.ndjson.gz", gzipSync(reread({ readAt: at + 60_000, detail: newer })))
      const lateList = yield* write("list.ndjson", reread({ readAt: at + 120_000, detail: { _tag: "NotNeeded" } }))
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
        write(
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
      const file = yield* write("walk.ndjson", formatted)
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
      const { coverage, reads } = yield* readBack([yield* write("both.ndjson", `${listed}\n${formatted}`)])
      expect(reads).toEqual(walked)
      expect(coverage).toMatchObject({ sessions: 3, details: 1, duplicates: 1 })
    }).pipe(provided),
  )

  it.effect("covers the window that rows outside the asked one say, where it had ended when they were read", () =>
    Effect.gen(function* () {
      const whole = yield* write("october.ndjson", marked("sess_1", "2026-10-03T00:00:00Z", october))
      const { coverage, reads } = yield* readBack([whole], day("2026-10-20"))
      expect(reads).toEqual([])
      expect(coverage.window).toEqual({ from: "2026-10-20T00:00:00Z", to: "2026-10-20T12:00:00Z" })
      // The rows' own times say nothing: the second was read when the day was over, the page that lists it was not.
      const [from, to] = october
      const early = [
        marked("sess_1", "2026-10-03T00:00:00Z", [from, to, "2026-10-20T11:59:00Z"]),
        marked("sess_2", "2026-10-02T00:00:00Z", [from, to, "2026-10-20T12:01:00Z"]),
      ]
      const cut = yield* write("cut.ndjson", early.join("\n"))
      expect((yield* readBack([cut], day("2026-10-20"))).coverage.window).toBeNull()
      expect((yield* readBack([cut], day("2026-10-19"))).coverage.window).not.toBeNull()
    }).pipe(provided),
  )

  it.effect("covers the windows of copies that do not count", () =>
    Effect.gen(function* () {
      const late = ["2026-10-03T00:00:00Z", "2026-11-05T00:00:00Z", "2026-11-06T00:00:00Z"] as const
      const files = [
        yield* write("a.ndjson", marked("sess_1", "2026-10-03T00:00:00Z", october)),
        yield* write("b.ndjson", marked("sess_1", "2026-10-03T00:00:00Z", late)),
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
      const file = yield* write("mixed.ndjson", `${marked("sess_9", "2026-10-03T00:00:00Z", october)}\n${text}`)
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
      const error = yield* Effect.flip(readBack([yield* write("walk.ndjson", marked("sess_1", started_at, mark))]))
      expect(error).toMatchObject({ problem: "bad_line", line: 1 })
      expect(error.message).toContain(part)
    }).pipe(provided),
  )

  it.effect("can be read back where a detail starts outside the window that listed it", () =>
    Effect.gen(function* () {
      const moved = { ...session("sess_1"), started_at: "2026-11-01T00:00:00Z" }
      const read = { summary: summary("sess_1"), detail: { _tag: "Read", session: moved }, readAt: at, window } as const
      const { reads } = yield* readBack([yield* write("moved.ndjson", SessionFile.formatLine(read))])
      expect(reads).toMatchObject([{ detail: { _tag: "Read" }, readAt: at, window: undefined }])
    }).pipe(provided),
  )

  it.effect("refuses a pipe, which gives its bytes only once", () =>
    Effect.gen(function* () {
      const pipe = yield* inTemporaryDirectory("pipe.ndjson")
      execFileSync("mkfifo", [pipe])
      const error = yield* Effect.flip(readBack([pipe]))
      expect(error).toMatchObject({ problem: "unreadable", message: `${pipe}: is a pipe; give a file.` })
    }).pipe(provided),
  )

  it.effect("refuses a mark that it cannot read", () =>
    Effect.gen(function* () {
      const file = yield* write("walk.ndjson", `${JSON.stringify({ ...first, _read: { at: "yesterday" } })}\n`)
      const error = yield* Effect.flip(readBack([file]))
      expect(error).toMatchObject({ problem: "bad_line", line: 1 })
      expect(error.message).toContain("_read.at")
    }).pipe(provided),
  )
})
