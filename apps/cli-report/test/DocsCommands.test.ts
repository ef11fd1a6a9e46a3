/**
 * The Markdown files against the command line. `vitest run apps/cli-report/test/DocsCommands.test.ts -u` writes
 * docs/commands.md.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cause from "effect/Cause"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import { TestConsole } from "effect/testing"
import { format } from "oxfmt"
import { vi } from "vitest"
import * as Markdown from "../../../examples/test/Markdown.ts"
import * as Cli from "../src/Cli.ts"
import * as EventLogSchema from "../src/EventLogSchema.ts"
import * as DocsWords from "./DocsWords.ts"

// What a command does is left out: only its words are read.
vi.mock("../src/LazyCommand.ts", () => ({ make: () => () => Effect.void }))

/** What the command line makes of words: what it prints, or why it refuses them. */
const read = (words: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const exit = yield* Effect.exit(Cli.main)
    const printed = yield* TestConsole.logLines
    return {
      printed: printed.join("\n"),
      refusal: Exit.isSuccess(exit) ? undefined : Cause.pretty(exit.cause).split("\n")[0],
    }
  }).pipe(
    Effect.provide([
      Stdio.layerTest({ args: Effect.succeed(words) }).pipe(Layer.provideMerge(NodeServices.layer)),
      TestConsole.layer,
    ]),
  )

const help = (path: ReadonlyArray<string>) => Effect.map(read([...path, "--help"]), ({ printed }) => printed)

const section = (text: string, title: string): ReadonlyArray<string> => {
  const [, after = ""] = text.split(`\n${title}\n`)
  return (after.split(/\n(?=[A-Z ]+\n)/)[0] ?? "").split("\n").filter((line) => line.trim() !== "")
}

const rowsOf = (lines: ReadonlyArray<string>): ReadonlyArray<readonly [string, string]> =>
  lines.flatMap((line) => {
    const [, name, meaning] = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line) ?? []
    return name === undefined || meaning === undefined ? [] : [[name, meaning] as const]
  })

const tableOf = (title: string, lines: ReadonlyArray<string>): string => {
  const rows = rowsOf(lines).map(([name, meaning]) =>
    `| \`${name}\` | ${meaning} |`.replaceAll(/(?<=\S)\|(?=\S)/g, "\\|"),
  )
  return rows.length === 0 ? "" : [`| ${title} | meaning |`, "| --- | --- |", ...rows].join("\n")
}

const describeCommand = Effect.fnUntraced(function* (path: ReadonlyArray<string>) {
  const text = `\n${yield* help(path)}`
  const example = section(text, "EXAMPLES").map((line) => line.trim())
  return [
    `## ${path.join(" ")}`,
    section(text, "DESCRIPTION").join(" ").trim(),
    `\`${section(text, "USAGE").join(" ").trim()}\``,
    tableOf("argument", section(text, "ARGUMENTS")),
    tableOf("flag", section(text, "FLAGS")),
    example.length === 0 ? "" : `\`\`\`sh\n${example.join("\n")}\n\`\`\``,
  ]
    .filter((part) => part !== "")
    .join("\n\n")
})

const subcommands = (text: string): ReadonlyArray<string> =>
  rowsOf(section(`\n${text}`, "SUBCOMMANDS")).map(([name]) => name.replace(/,.*$/, ""))

const commands = Effect.gen(function* () {
  const names = subcommands(yield* help([]))
  const nested = yield* Effect.forEach(names, (name) =>
    Effect.map(help([name]), (text) => {
      const below = subcommands(text)
      return below.length === 0 ? [[name]] : below.map((one) => [name, one])
    }),
  )
  return nested.flat()
})

describe("docs/commands.md", () => {
  it.live("has every command with every flag, as the program says it", () =>
    Effect.gen(function* () {
      const paths = yield* commands
      assert.isAbove(paths.length, 15)
      const parts = yield* Effect.forEach(paths, describeCommand)
      const text = [
        "# Commands",
        "Written by `vitest run apps/cli-report/test/DocsCommands.test.ts -u`, from what `--help` says.\nIn a clone of this repository " +
          "`elnudge-report` is `npx --yes pnpm@12 --silent elnudge-report`.",
        tableOf("with every command", section(`\n${yield* help([])}`, "GLOBAL FLAGS")),
        ...parts,
        "",
      ].join("\n\n")
      const { code, errors } = yield* Effect.promise(() =>
        format("commands.md", text, { semi: false, printWidth: 120 }),
      )
      assert.deepStrictEqual(errors, [])
      for (const flag of ["--checkpoint", "--time-zone", "--nudge-effect", "--shell"]) assert.include(code, `\`${flag}`)
      yield* Effect.promise(() => expect(code).toMatchFileSnapshot("../../../docs/commands.md"))
    }),
  )
})

describe("commands in the Markdown files", () => {
  const calls = Markdown.written
    .filter(({ file }) => file !== "docs/commands.md")
    .flatMap(({ blocks }) => blocks.filter(({ language }) => language === "sh"))
    .flatMap((block) =>
      DocsWords.calls(block.code).map((words) => ({ line: `${block.file}:${block.line} ${words.join(" ")}`, words })),
    )

  it("are many", () => {
    assert.isAbove(calls.length, 40)
  })

  it.live.each(calls)("are understood: $line", ({ words }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* read(words)).refusal, undefined)
    }),
  )

  it.live("are refused where they are wrong", () =>
    Effect.gen(function* () {
      const wrong = ["cohortz --since 7d", "cohorts --sinze 7d", "cohorts --since 7x", "html --since 7d", "run"]
      const refusals = yield* Effect.forEach(wrong, (words) =>
        Effect.map(read(words.split(" ")), ({ refusal }) => refusal),
      )
      for (const refusal of refusals) assert.isString(refusal)
    }),
  )

  it("are found in what a shell would read", () => {
    const code = [
      "export A=b  # elnudge-report not --this",
      "npx --yes pnpm@12 --silent elnudge-report plan all \\",
      '  --since "$days"d 2>> log && elnudge-report merge "a b".json | head',
      "for site in a b; do ELNUDGE_SITE=$site npx --yes @effect-elnudge/cli-report doctor; done",
      'elnudge-report cohorts --from "$(date -u +%F)" > out.csv &',
      "npm install @effect-elnudge/cli-report",
    ].join("\n")
    assert.deepStrictEqual(DocsWords.calls(code), [
      ["plan", "all", "--since", "1d"],
      ["merge", "a b.json"],
      ["doctor"],
      ["cohorts", "--from", "2026-10-01"],
    ])
  })
})

describe("docs/events.md", () => {
  const page = Markdown.documents.find(({ file }) => file === "docs/events.md")
  const rows = new Map(
    page?.prose.flatMap((line) => {
      const [, name] = /^\| `(\w+)`/.exec(line) ?? []
      return name === undefined || name === "event" ? [] : [[name, line] as const]
    }),
  )
  const everywhere = new Set(["event", "at"])

  it.each(
    EventLogSchema.Event.members.map(({ fields }) => ({ name: fields.event.literal, fields: Object.keys(fields) })),
  )("has $name with its fields", ({ fields, name }) => {
    const row = rows.get(name) ?? ""
    for (const field of fields) if (!everywhere.has(field)) assert.include(row, `\`${field}\``)
  })

  it("has no other event, and examples that are some", () => {
    assert.sameMembers(
      [...rows.keys()],
      EventLogSchema.Event.members.map(({ fields }) => fields.event.literal),
    )
    const lines =
      page?.blocks.flatMap(({ code, language }) => (language === "jsonl" ? code.trim().split("\n") : [])) ?? []
    assert.isAbove(lines.length, 1)
    for (const line of lines) Schema.decodeUnknownSync(Schema.fromJsonString(EventLogSchema.Event))(line)
  })
})
