/** What an install and a bundle weigh, in bytes. A ceiling is a little above what it was; raise it knowingly. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { afterAll, describe, expect, inject, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Pack from "../Pack.ts"
import * as Packages from "../Packages.ts"
import * as Consumer from "./Consumer.ts"

const cwd = inject("consumer")

const figures: Array<string> = []
afterAll(() => console.log(figures.sort().join("\n")))

const note = (what: string, bytes: number, ceiling: number): void => {
  figures.push(`${what.padEnd(66)} ${String(bytes).padStart(9)} of at most ${String(ceiling).padStart(9)} bytes`)
}

describe("a tarball", () => {
  it.each([
    { name: "core", packed: 157_000, unpacked: 685_000 },
    { name: "emulator", packed: 41_500, unpacked: 300_000 },
    { name: "report", packed: 117_000, unpacked: 495_000 },
    { name: "cli-report", packed: 1_060_000, unpacked: 4_350_000 },
  ])("of $name has at most $packed bytes, $unpacked as tar", ({ name, packed, unpacked }) => {
    const of = Packages.all.find((one) => one.name === `@effect-elnudge/${name}`)
    const bytes = of === undefined ? Buffer.alloc(0) : readFileSync(Pack.path(of))
    const size = { packed: bytes.length, unpacked: gunzipSync(bytes).length }
    note(`${name}, packed`, size.packed, packed)
    note(`${name}, unpacked`, size.unpacked, unpacked)
    expect(size.packed).toBeLessThanOrEqual(packed)
    expect(size.unpacked).toBeLessThanOrEqual(unpacked)
  })
})

const SourceMap = Schema.fromJsonString(Schema.Struct({ sources: Schema.Array(Schema.String) }))

/** A minified bundle for browsers: its bytes gzipped, and our modules that are in it, such as `core/SessionStream`. */
const bundle = async (entry: string, ...options: ReadonlyArray<string>) => {
  const file = join(cwd, "bundle", `${entry}-${options.length}.js`)
  const output = ["--platform", "browser", "--minify", "--sourcemap", "--file", file]
  const { exitCode, stderr } = await Consumer.tool(cwd, "rolldown", `src/size/${entry}.ts`, ...output, ...options)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" })
  const { sources } = Schema.decodeSync(SourceMap)(readFileSync(`${file}.map`, "utf8"))
  const modules = sources.flatMap((source) => {
    const [, name, module] = /@effect-elnudge\/([a-z]+)\/dist\/([\w/]+)\.js$/.exec(source) ?? []
    return name === undefined ? [] : [`${name}/${module}`]
  })
  return { gzipped: gzipSync(readFileSync(file), { level: 9 }).length, modules }
}

/** What our modules and the entries import of effect. */
const effect = new Set([
  "effect",
  "effect/http",
  ...Packages.libraries.flatMap((of) =>
    Packages.modules(of).flatMap((module) => {
      const code = readFileSync(join(of.folder, "dist", `${module}.js`), "utf8")
      return Array.from(code.matchAll(/ from "(effect(?:\/[^"]+)?)"/g), ([, specifier = ""]) => specifier)
    }),
  ),
])

describe("a bundle of", () => {
  it.each([
    { entry: "Stream", what: "SessionStream and ElnudgeClient on fetch", gzipped: 95_500, ours: 27_800 },
    { entry: "Attribution", what: "AttributionReport", gzipped: 35_000, ours: 9_400 },
    { entry: "Promise", what: "the promise client", gzipped: 104_500, ours: 36_800 },
  ])("$what, gzipped, has at most $gzipped bytes, without effect $ours", async ({ entry, gzipped, ours, what }) => {
    const whole = await bundle(entry)
    const own = await bundle(entry, ...Array.from(effect, (specifier) => ["--external", specifier]).flat())
    note(`${what}, gzipped`, whole.gzipped, gzipped)
    note(`${what}, gzipped, without effect`, own.gzipped, ours)
    expect(whole.gzipped).toBeLessThanOrEqual(gzipped)
    expect(own.gzipped).toBeLessThanOrEqual(ours)
  })

  it("a stream holds nothing that it does not use", async () => {
    const { modules } = await bundle("Stream")
    expect(modules).toContain("core/SessionStream")
    const unused = /^(report|emulator)\/|promise\/|\/(Checkpoint|ResumableWalk|WalkSample|SessionFile|NudgeList)$/
    expect(modules.filter((module) => unused.test(module))).toEqual([])
  })

  it("a stream holds the same, imported by name or by path", async () => {
    const [byName, byPath] = [await bundle("Stream"), await bundle("StreamByPath")]
    expect(byName.modules.length).toBeGreaterThan(10)
    expect(byName.modules.toSorted()).toEqual(byPath.modules.toSorted())
  })

  it("a report holds neither the client nor another report", async () => {
    const { modules } = await bundle("Attribution")
    expect(modules).toContain("report/AttributionReport")
    expect(modules.filter((module) => /ElnudgeClient|Cohort|Lift|ReportCsv|Reconcile/.test(module))).toEqual([])
  })
})
