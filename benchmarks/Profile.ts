/**
 * Where the CPU time of a subject goes: self time, from the file that `bench <case> --cpu-prof <folder>` left.
 * `node benchmarks/Profile.ts <file.cpuprofile> [packages|modules|functions] [rows]`
 */
import { readFileSync } from "node:fs"
import { basename } from "node:path"
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

const depths = ["packages", "modules", "functions"] as const

interface Place {
  readonly owner: string
  readonly file: string
}

const placeOf = (url: string, functionName: string): Place => {
  // Native code and the collector have no script; the compiler of schemas makes functions without one.
  if (url === "") return { owner: functionName, file: "" }
  if (url.startsWith("node:")) return { owner: "Node's own JavaScript", file: url }
  const path = url.replace(/^file:\/\//, "")
  const [, name = "", inside = ""] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path) ?? []
  if (name !== "") return { owner: name, file: inside.replace(/^(dist|lib)\//, "") }
  const [, own = "", file = path] =
    /\/((?:packages|apps)\/[^/]+)\/(?:src|dist)\/(.*)$/.exec(path) ?? /\/(benchmarks)\/(.*)$/.exec(path) ?? []
  return { owner: own, file }
}

const nameOf = (depth: string, { functionName, lineNumber, url }: CallFrame): string => {
  const { file, owner } = placeOf(url, functionName)
  if (depth === "packages" || file === "") return owner
  return depth === "modules" ? `${owner}: ${file}` : `${owner}: ${file}:${lineNumber + 1} ${functionName}`
}

const [file, depth = "packages", rows = "25"] = process.argv.slice(2)
if (file === undefined || !depths.some((known) => known === depth)) {
  throw new Error("node benchmarks/Profile.ts <file.cpuprofile> [packages|modules|functions] [rows]")
}
const profile: CpuProfile = JSON.parse(readFileSync(file, "utf8"))
const idle = "(idle)"
const names = new Map(
  profile.nodes.map(({ callFrame, id }) => [
    id,
    // What the profiler itself costs is no work of the subject either.
    callFrame.url === "node:inspector" ? idle : nameOf(depth, callFrame),
  ]),
)
const micros = new Map<string, number>()
for (const [index, id] of profile.samples.entries()) {
  const name = names.get(id) ?? ""
  micros.set(name, (micros.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0))
}
micros.delete(idle)
const total = [...micros.values()].reduce((sum, each) => sum + each, 0)
const sorted = [...micros].sort(([, a], [, b]) => b - a).slice(0, Number(rows))
console.log(`${basename(file)}: ${Spread.number(total / 1000, 0)} ms on the CPU\n`)
console.log(
  Table.markdown(
    ["where", "ms", "%"],
    sorted.map(([name, each]) => [name, Spread.number(each / 1000, 0), Spread.number((100 * each) / total, 1)]),
  ),
)
