import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { Emulator } from "@effect-elnudge/emulator"
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { BuiltProgram, layer as built } from "./BuiltProgram.ts"
import * as CommandLine from "./CommandLine.ts"
import * as JsonEvents from "./JsonEvents.ts"
import * as ServedShop from "./ServedShop.ts"

const importing = (code: string): string => `--import=data:text/javascript,${encodeURIComponent(code)}`

/** Makes Node say on stderr, when it ends, which files it loaded. */
const sayLoaded = importing(`
  import { registerHooks } from "node:module"
  const urls = []
  registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
  process.on("exit", () => process.stderr.write("loaded: " + JSON.stringify(urls)))
`)

/** Makes Node take itself for another version. */
const asNode = (version: string): string =>
  importing(`Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`)

const noCache = { NODE_DISABLE_COMPILE_CACHE: "1" }

/** The modules in the files that a run loads. */
const loadedBy = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  const { dist, files, run } = yield* BuiltProgram
  const { stderr } = yield* run(args, { nodeOptions: [sayLoaded], env: noCache })
  const [, loaded = ""] = stderr.split("loaded: ")
  const urlOf = (file: string): string => pathToFileURL(join(dist, file)).href
  return [...files].filter(([file]) => loaded.includes(`"${urlOf(file)}"`)).flatMap(([, modules]) => modules)
})

const parts = {
  cli: /cli-report[\\/]src[\\/]Cli\.ts$/,
  commands: /cli-report[\\/]src[\\/]Commands\.ts$/,
  undici: /node_modules[\\/]undici[\\/]/,
  client: /core[\\/]src[\\/]ElnudgeClient\.ts$/,
  emulator: /packages[\\/]emulator[\\/]/,
  httpServer: /[\\/]NodeHttpServer\.js$|node_modules[\\/]ws[\\/]/,
  redis: /[\\/]NodeRedis\.js$/,
  statistics: /report[\\/]src[\\/]Comparison\.ts$/,
  csv: /node_modules[\\/]csv-stringify[\\/]/,
  tables: /node_modules[\\/]cli-table3[\\/]/,
  files: /[\\/]NodeFileSystem\.js$/,
  charts: /node_modules[\\/](?:@observablehq[\\/]plot|d3-scale|linkedom)[\\/]/,
}

const partsOf = (modules: ReadonlyArray<string>): ReadonlyArray<string> =>
  Object.entries(parts).flatMap(([name, pattern]) => (modules.some((id) => pattern.test(id)) ? [name] : []))

const licences = fileURLToPath(new URL("../../../docs/licences.md", import.meta.url))

const atOnce = { concurrency: 3 }

describe("the built program", () => {
  layer(built, { excludeTestServices: true })("in a folder of its own", (it) => {
    it.effect("says what the sources say", () =>
      Effect.gen(function* () {
        const { run } = yield* BuiltProgram
        const lines = [["--version"], ["--help"], ["lift", "--help"], ["--completions", "bash"], ["frobnicate"], []]
        const said = yield* Effect.forEach(lines, (line) => run(line), atOnce)
        const texts = said.map(({ exitCode, stderr, stdout }) => ({ exitCode, stdout, stderr }))
        assert.deepStrictEqual(texts, yield* Effect.forEach(lines, (line) => CommandLine.run(line), atOnce))
        assert.match(said[0]?.stdout ?? "", /^elnudge-report v\d/)
        assert.deepStrictEqual(
          said.map(({ exitCode }) => exitCode),
          [0, 0, 0, 0, 2, 2],
        )
      }),
    )

    it.effect("runs the demo: server, client, reports, tables and files", () =>
      Effect.gen(function* () {
        const { folder, run } = yield* BuiltProgram
        const { exitCode, stderr, stdout } = yield* run(["demo"], { env: { ...noCache, TMPDIR: folder } })
        assert.deepStrictEqual([exitCode, stderr], [0, ""])
        assert.include(stdout, "coverage: 3000 sessions")
        const files = [...stdout.matchAll(/\S+\.csv/g)].map(([file]) => file)
        assert.lengthOf(files, 2)
        for (const file of files) assert.match(readFileSync(file, "utf8"), /^(nudge_type,shown|period,intent_band),/)
      }),
    )

    it.effect("reports the same as the sources", () =>
      ServedShop.serve({}, (shop) =>
        Effect.gen(function* () {
          const { run } = yield* BuiltProgram
          const report = ["attribution", ...ServedShop.october]
          const env = { ...noCache, ELNUDGE_BASE_URL: shop.baseUrl, ELNUDGE_API_KEY: Emulator.defaultKey }
          const { exitCode, stderr, stdout } = yield* run(report, { env })
          assert.strictEqual(exitCode, 0, stderr)
          assert.match(stderr, /^coverage: 120 sessions/)
          assert.strictEqual(stdout, (yield* shop.run(report)).stdout)
        }),
      ),
    )

    it.effect("loads what a command line needs, and no more", () =>
      Effect.gen(function* () {
        const { files } = yield* BuiltProgram
        assert.deepStrictEqual(partsOf([...files.values()].flat()), Object.keys(parts))
        const lines = [["--version"], ["--help"], ["lift", "--help"], ["frobnicate"], ["merge", "missing.json"]]
        const loaded = yield* Effect.forEach(lines, loadedBy, atOnce)
        const onlyWords = ["cli"]
        assert.deepStrictEqual(loaded.map(partsOf), [
          onlyWords,
          onlyWords,
          onlyWords,
          onlyWords,
          ["cli", "commands", "client", "statistics", "csv", "tables", "files"],
        ])
      }),
    )

    it.effect("is turned away by a Node that is too old", () =>
      Effect.gen(function* () {
        const { run } = yield* BuiltProgram
        const old = yield* run(["--version"], { nodeOptions: [asNode("22.18.0")] })
        assert.deepStrictEqual([old.exitCode, old.stdout], [1, ""])
        assert.include(old.stderr, "Node 22.18.0 is too old")
        const event = yield* run(["--version", "--json"], { nodeOptions: [asNode("22.18.0")] })
        assert.deepInclude(JsonEvents.events(event.stderr)[0], { _tag: "NodeTooOld", exit_code: 1 })
        const oldest = yield* run(["--version"], { nodeOptions: [asNode("22.19.0")] })
        assert.deepStrictEqual([oldest.exitCode, oldest.stderr], [0, ""])
      }),
    )

    it.effect("keeps what Node compiled in the user's cache, and nowhere else", () =>
      Effect.gen(function* () {
        const { folder, here, run } = yield* BuiltProgram
        const empty = (...path: ReadonlyArray<string>): string => {
          const made = join(folder, ...path)
          mkdirSync(made, { recursive: true })
          return made
        }
        const cache = empty("cache")
        const cacheAtHome = empty("home", ".cache")
        const homeless = empty("homeless")
        const temporary = empty("temporary")
        const home = join(folder, "home")
        const runWith = (env: Readonly<Record<string, string>>) =>
          run(["--version"], { env: { TMPDIR: temporary, ...env } })
        const written = () => [cache, cacheAtHome, homeless, temporary, here].map((path) => readdirSync(path).join())
        yield* runWith({})
        yield* runWith({ HOME: homeless })
        yield* runWith({ XDG_CACHE_HOME: "." })
        yield* runWith({ HOME: home, XDG_CACHE_HOME: cache, ...noCache })
        assert.deepStrictEqual(written(), ["", "", "", "", ""])
        yield* runWith({ HOME: home, XDG_CACHE_HOME: cache })
        assert.deepStrictEqual(written(), ["elnudge-report", "", "", "", ""])
        yield* runWith({ HOME: home, XDG_CACHE_HOME: "." })
        assert.deepStrictEqual(written(), ["elnudge-report", "elnudge-report", "", "", ""])
      }),
    )

    it.effect("brings the licences of what is in it, all of them known", () =>
      Effect.gen(function* () {
        const { dist, files } = yield* BuiltProgram
        const notices = readFileSync(join(dist, "THIRD-PARTY-NOTICES.txt"), "utf8")
        const listed = Array.from(notices.matchAll(/^- (\S+) (\S+) \((\S+)\)$/gm), ([, ...cells]) => cells)
        const packages = new Set(
          [...files.values()]
            .flat()
            .flatMap((id) => /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id)?.[1] ?? []),
        )
        assert.deepStrictEqual(
          // Some are in it in two versions.
          [...new Set(listed.map(([name]) => name))],
          [...packages, "rolldown"].sort(),
        )
        const grants = /Permission is hereby granted|Permission to use, copy|Redistribution and use/g
        assert.isAtLeast(notices.match(grants)?.length ?? 0, listed.length)
        const [production = "", development] = readFileSync(licences, "utf8").split("## Development")
        for (const [name = "", version, licence] of listed) {
          const row = new RegExp(`^\\| ${name} +\\| ${version} +\\| ${licence} +\\|$`, "m")
          assert.match(name === "rolldown" ? (development ?? "") : production, row)
        }
      }),
    )
  })
})
