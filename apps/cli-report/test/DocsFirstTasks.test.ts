/** The first tasks of the README, done as it says: by somebody with a browser, and by somebody with an editor. */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Markdown from "../../../examples/test/Markdown.ts"
import * as CommandLine from "./CommandLine.ts"
import * as DocsWords from "./DocsWords.ts"

const pages = Markdown.documents.filter(({ file }) => file === "README.md" || file === "docs/quick-start.md")

const folderIn = (place: string) =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(place, ".docs-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  )

// Nobody should have to wait for the API's limit here.
const hurried = ["--rate-limit", "1000000"]

/** What the page says to run, but for the port, which may be in use. */
const whileServed = <A, E, R>(
  words: ReadonlyArray<string>,
  use: (env: Readonly<Record<string, string>>) => Effect.Effect<A, E, R>,
) =>
  Effect.gen(function* () {
    const announced = yield* Deferred.make<string>()
    const used = yield* Deferred.make<A, E>()
    const reader = Effect.gen(function* () {
      const text = yield* Deferred.await(announced)
      const of = (name: string) => new RegExp(`${name}=(\\S+)`).exec(text)?.[1] ?? ""
      const env = { ELNUDGE_BASE_URL: of("ELNUDGE_BASE_URL"), ELNUDGE_API_KEY: of("ELNUDGE_API_KEY") }
      yield* Deferred.complete(used, use(env))
    })
    const context = yield* Effect.context<R>()
    yield* CommandLine.run([...words, ...hurried, "--port", "0"], {
      onStderr: (text) => {
        if (text.includes("ELNUDGE_API_KEY")) Deferred.doneUnsafe(announced, Effect.succeed(text))
      },
      interruptAfter: Effect.provide(reader, context),
    })
    return yield* Deferred.await(used)
  })

const runProgram = (file: string, env: Readonly<Record<string, string>>) =>
  Effect.callback<string>((resume) => {
    const args = ["--conditions=@effect-elnudge/source", file]
    const child = execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resume(Effect.succeed(error === null ? stdout : stderr)),
    )
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

describe.each(pages.map((page) => ({ file: page.file, page })))("$file", ({ page }) => {
  const shell = page.blocks.filter(({ language }) => language === "sh").map(({ code }) => code)
  const calls = shell.flatMap(DocsWords.calls)
  const emulator = calls.find(([command]) => command === "emulator") ?? []

  it("says the address and the key that the emulator has", () => {
    const exported = shell.find((code) => code.startsWith("export ELNUDGE_BASE_URL=http"))
    assert.match(
      exported ?? "",
      /^export ELNUDGE_BASE_URL=http:\/\/127\.0\.0\.1:4010\/v1 ELNUDGE_API_KEY=sk_test_emulator\n/,
    )
  })

  it.live("leads somebody with a browser to a page and a CSV file", () =>
    Effect.gen(function* () {
      const folder = yield* folderIn(tmpdir())
      const reports = calls.filter(
        (words) => ["html", "attribution"].includes(words[0] ?? "") && words.includes("--from"),
      )
      assert.deepStrictEqual(
        reports.map(([command]) => command),
        ["html", "attribution"],
      )
      for (const words of reports) {
        assert.include(shell.join("\n"), `\nmkdir -p ${dirname(words.at(-1) ?? "")}\n`)
      }
      const results = yield* whileServed(emulator, (env) =>
        Effect.forEach(reports, (words) => {
          const file = join(folder, basename(words.at(-1) ?? ""))
          return Effect.map(CommandLine.run([...words.slice(0, -1), file, ...hurried], { env }), (result) => ({
            ...result,
            file,
          }))
        }),
      )
      assert.deepStrictEqual(
        results.map(({ exitCode, stdout }) => [exitCode, stdout]),
        [
          [0, ""],
          [0, ""],
        ],
        results.map(({ stderr }) => stderr).join("\n"),
      )
      const [html = "", csv = ""] = results.map(({ file }) => readFileSync(file, "utf8"))
      assert.match(html, /^<!doctype html>/i)
      assert.include(html, "chat_bubble")
      assert.match(csv, /^nudge_type,shown,/)
    }),
  )

  it.live("leads somebody with an editor to a program that runs", () =>
    Effect.gen(function* () {
      const folder = yield* folderIn(join(Markdown.root, "examples"))
      const program = page.blocks.find(({ code }) => code.includes("@effect-elnudge/core/promise"))
      const file = join(folder, "first.ts")
      writeFileSync(file, program?.code ?? "")
      const printed = yield* whileServed(emulator, (env) => runProgram(file, env))
      const [, converted, sessions] = /^(\d+) of (\d+) sessions converted\n$/.exec(printed) ?? []
      assert.isAbove(Number(sessions), 1000, printed)
      assert.isAbove(Number(converted), 0)
    }),
  )
})
