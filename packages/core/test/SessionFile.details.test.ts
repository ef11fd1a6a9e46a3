import { SessionFile } from "@effect-elnudge/core"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { gzipSync } from "node:zlib"
import * as FakeApi from "./FakeApi.ts"
import * as WrittenFile from "./WrittenFile.ts"

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
      expect(yield* readAll(yield* WrittenFile.write("sessions.jsonl", text))).toEqual([first, second])
    }).pipe(provided),
  )

  it.effect("reads a gzip file", () =>
    Effect.gen(function* () {
      const expected = [first, second]
      expect(yield* readAll(yield* WrittenFile.write("sessions.jsonl.gz", gzipSync(text)))).toEqual(expected)
      const members = Buffer.concat(lines.map((line) => gzipSync(`${line}\n`)))
      expect(yield* readAll(yield* WrittenFile.write("sessions.jsonl.GZ", members))).toEqual(expected)
    }).pipe(provided),
  )

  it.effect("reads files larger than a chunk, text outside ASCII included", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 1500 }, (_, index) => session(`sess_${index}_ü😀`))
      const content = many.map((session) => JSON.stringify(session)).join("\n")
      expect(yield* readAll(yield* WrittenFile.write("many.jsonl", content))).toEqual(many)
      expect(yield* readAll(yield* WrittenFile.write("many.jsonl.gz", gzipSync(content)))).toEqual(many)
    }).pipe(provided),
  )

  it.effect.each([
    { what: "blank lines", content: `\n\n${lines.join("\n  \n\n")}\n\n` },
    { what: "a last line without a line end", content: lines.join("\n") },
    { what: "line ends of Windows", content: `${lines.join("\r\n")}\r\n` },
  ])("passes over $what", ({ content }) =>
    Effect.gen(function* () {
      expect(yield* readAll(yield* WrittenFile.write("sessions.jsonl", content))).toEqual([first, second])
      expect(yield* readAll(yield* WrittenFile.write("sessions.jsonl.gz", gzipSync(content)))).toEqual([first, second])
    }).pipe(provided),
  )

  it.effect("reads no session from an empty file", () =>
    Effect.gen(function* () {
      expect(yield* readAll(yield* WrittenFile.write("sessions.jsonl", ""))).toEqual([])
      expect(yield* readAll(yield* WrittenFile.write("sessions.jsonl.gz", gzipSync("")))).toEqual([])
    }).pipe(provided),
  )

  it.effect("passes over a byte order mark, at the beginning alone", () =>
    Effect.gen(function* () {
      const mark = "\u{feff}"
      expect(yield* readAll(yield* WrittenFile.write("marked.jsonl", `${mark}${text}`))).toEqual([first, second])
      const twice = yield* WrittenFile.write("twice.jsonl", `${mark}${lines[0]}\n${mark}${lines[1]}\n`)
      expect(yield* failureOf(twice)).toMatchObject({ given: ["sess_1"], line: 2 })
    }).pipe(provided),
  )

  it.effect("refuses bytes that are not UTF-8, and says in which line", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 400 }, (_, index) => JSON.stringify(session(`sess_${index}`)))
      const content = Buffer.concat([
        Buffer.from(`${many.join("\n")}\n\n`),
        Buffer.from(`${JSON.stringify(session("sess_caf\u{e9}"))}\n`, "latin1"),
        Buffer.from(text),
      ])
      for (const file of [
        yield* WrittenFile.write("latin1.jsonl", content),
        yield* WrittenFile.write("latin1.jsonl.gz", gzipSync(content)),
      ]) {
        const failure = yield* failureOf(file)
        expect(failure).toMatchObject({ line: 402, message: `${file}, line 402: is not UTF-8.` })
      }
      const utf16 = yield* WrittenFile.write("utf16.jsonl", Buffer.from(`\u{feff}${text}`, "utf16le"))
      expect((yield* failureOf(utf16)).message).toBe(`${utf16}, line 1: is not UTF-8.`)
    }).pipe(provided),
  )

  it.effect("does not advise another coding for a line that is too large", () =>
    Effect.gen(function* () {
      const file = yield* WrittenFile.write("large.jsonl", Buffer.alloc(64 * 1024 * 1024 + 1, 0x20))
      const failure = yield* Effect.flip(Stream.runDrain(SessionFile.details(file)))
      expect(failure.message).toBe(`${file}, line 1: is larger than 67108864 bytes.`)
      expect(failure.advice).toContain("Mend the line or take it out")
    }).pipe(provided),
  )

  it.effect("refuses a line with two ids, where one would count for looking through and one for reading", () =>
    Effect.gen(function* () {
      const twice = (start: string, again: string) => `{${start}:"sess_8",${lines[0]?.slice(1, -1)},${again}:"sess_9"}`
      for (const line of [twice('"id"', '"id"'), twice(' "id" ', '"\\u0069d"')]) {
        const failure = yield* failureOf(yield* WrittenFile.write("sessions.jsonl", `${lines[1]}\n${line}\n`))
        expect(failure).toMatchObject({ given: [second.id], line: 2 })
        expect(failure.message).toContain("session sess_9, id: the line has two ids")
      }
    }).pipe(provided),
  )

  it.effect("keeps the fields that nobody knows", () =>
    Effect.gen(function* () {
      const open = { ...first, device: "phone", nudges: first.nudges.map((nudge) => ({ ...nudge, color: "red" })) }
      expect(yield* readAll(yield* WrittenFile.write("sessions.jsonl", JSON.stringify(open)))).toEqual([open])
    }).pipe(provided),
  )

  it.effect("names the line that is not JSON, counting blank ones, after the sessions before it", () =>
    Effect.gen(function* () {
      const file = yield* WrittenFile.write("sessions.jsonl", `${lines[0]}\n\n{"id":\n${lines[1]}\n`)
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
      const file = yield* WrittenFile.write("sessions.jsonl", `${text}${JSON.stringify(misfit)}\n`)
      const failure = yield* failureOf(file)
      expect(failure).toMatchObject({ given: [first.id, second.id], line: 3 })
      expect(failure.message).toContain(`${file}, line 3: session sess_bad, nudges[0].shown_at: `)
      expect(failure.message).toContain("got a number")
    }).pipe(provided),
  )

  it.effect("names the path of a misfit in a session without an id", () =>
    Effect.gen(function* () {
      const { id: _, ...withoutId } = first
      const failure = yield* failureOf(
        yield* WrittenFile.write("sessions.jsonl.gz", gzipSync(JSON.stringify(withoutId))),
      )
      expect(failure).toMatchObject({ given: [], line: 1 })
      expect(failure.message).toContain("line 1: session without id, id: ")
    }).pipe(provided),
  )

  it.effect("does not take a list's row, without events and nudges, for a session", () =>
    Effect.gen(function* () {
      const { events: _, nudges: __, ...summary } = first
      const failure = yield* failureOf(yield* WrittenFile.write("sessions.jsonl", JSON.stringify(summary)))
      expect(failure.message).toContain("session sess_1 has no events and nudges")
    }).pipe(provided),
  )

  it.effect("says that a missing file cannot be read", () =>
    Effect.gen(function* () {
      const file = yield* WrittenFile.place("missing.jsonl")
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
    { what: "is cut off", content: gzipSync(text).subarray(0, -12), why: "it is cut off" },
    { what: "is not gzip at all", content: new TextEncoder().encode(text), why: "it does not begin like one" },
  ])("says that a gzip file is not whole when it $what", ({ content, why }) =>
    Effect.gen(function* () {
      const failure = yield* failureOf(yield* WrittenFile.write("sessions.jsonl.gz", content))
      expect(failure.line).toBeUndefined()
      expect(failure.message).toBe(`${failure.file}: is not one whole gzip file: ${why}.`)
    }).pipe(provided),
  )

  it.effect("says that a missing gzip file cannot be read, and not that it is damaged", () =>
    Effect.gen(function* () {
      const failure = yield* failureOf(yield* WrittenFile.place("missing.jsonl.gz"))
      expect(failure.message).toBe(`${failure.file}: cannot be read (NotFound).`)
    }).pipe(provided),
  )
})
