/**
 * Where the CPU time of subjects goes: self time, side by side, from files that `bench <case> --cpu-prof <folder>` left.
 * `node benchmarks/Profile.ts packages|modules|functions <file.cpuprofile …> [--rows n]`
 */
import { readFileSync } from "node:fs"
import { basename } from "node:path"
import { parseArgs } from "node:util"
import * as Spread from "./Spread.ts"
import * as Table from "./Table.ts"

interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

interface CpuProfile {
  readonly nodes: ReadonlyArray<{ readonly id: number; readonly callFrame: CallFrame }>
  readonly samples: ReadonlyArray<number>
  /** Microseconds before each sample. */
  readonly timeDeltas: ReadonlyArray<number>
}

interface Place {
  readonly owner: string
  readonly file: string
}

const placeOf = ({ functionName, url }: CallFrame): Place => {
  // Native code and the collector have no script.
  if (url === "") return { owner: functionName === "" ? "(anonymous)" : functionName, file: "" }
  if (url.startsWith("wasm:")) return { owner: "undici", file: "llhttp.wasm" }
  if (url.startsWith("node:")) return { owner: "Node's own JavaScript", file: url }
  const path = url.replace(/^file:\/\//, "")
  const [, name = "", inside = ""] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path) ?? []
  if (name !== "") return { owner: name, file: inside.replace(/^(dist|lib)\//, "") }
  const [, own = "", file = path] =
    /\/((?:packages|apps)\/[^/]+)\/(?:src|dist)\/(.*)$/.exec(path) ?? /\/(benchmarks)\/(.*)$/.exec(path) ?? []
  return { owner: own, file }
}

type Depth = "packages" | "modules" | "functions"

const isDepth = (text: string | undefined): text is Depth =>
  text === "packages" || text === "modules" || text === "functions"

/** Undefined for waiting, and for what the profiler itself costs. */
const nameOf = (depth: Depth, frame: CallFrame): string | undefined => {
  if (frame.functionName === "(idle)" || frame.url === "node:inspector") return undefined
  const { file, owner } = placeOf(frame)
  if (depth === "packages" || file === "") return owner
  return depth === "modules" ? `${owner}: ${file}` : `${owner}: ${file}:${frame.lineNumber + 1} ${frame.functionName}`
}

/** Milliseconds by name. */
const timesOf = (depth: Depth, file: string): ReadonlyMap<string, number> => {
  const profile: CpuProfile = JSON.parse(readFileSync(file, "utf8"))
  const names = new Map(profile.nodes.map(({ callFrame, id }) => [id, nameOf(depth, callFrame)]))
  const times = new Map<string, number>()
  for (const [index, id] of profile.samples.entries()) {
    const name = names.get(id)
    if (name !== undefined) times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1000)
  }
  return times
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: "string", default: "20" } },
})
const [depth, ...files] = positionals
if (!isDepth(depth) || files.length === 0) {
  throw new Error("node benchmarks/Profile.ts packages|modules|functions <file.cpuprofile …> [--rows n]")
}
const profiles = files.map((file) => timesOf(depth, file))
const most = (name: string): number => Math.max(...profiles.map((times) => times.get(name) ?? 0))
const names = [...new Set(profiles.flatMap((times) => [...times.keys()]))].sort((a, b) => most(b) - most(a))
const total = (times: ReadonlyMap<string, number>): number => [...times.values()].reduce((sum, each) => sum + each, 0)
console.log(
  Table.markdown(
    ["self time, ms", ...files.map((file) => basename(file, ".cpuprofile"))],
    [
      ["all", ...profiles.map((times) => Spread.number(total(times), 0))],
      ...names
        .slice(0, Number(values.rows))
        .map((name) => [name, ...profiles.map((times) => Spread.number(times.get(name) ?? 0, 0))]),
    ],
  ),
)
