/**
 * Measures this project beside what else there is, and keeps what came out in `benchmarks/results/latest.json` and
 * `docs/performance.md`: of a whole run, and of single cases with `--save`.
 * `bench [case …] [--quick] [--save] [--repetitions n] [--only subject …] [--cpu-prof folder] [--cli file]`
 */
import { parseArgs } from "node:util"
import type * as Case from "./Case.ts"
import { csv } from "./cases/Csv.ts"
import { details } from "./cases/Details.ts"
import { folds } from "./cases/Folds.ts"
import { limit } from "./cases/Limit.ts"
import { list } from "./cases/List.ts"
import { memory } from "./cases/Memory.ts"
import { parallel } from "./cases/Parallel.ts"
import { requests } from "./cases/Requests.ts"
import { startup } from "./cases/Startup.ts"
import * as Machine from "./Machine.ts"
import * as Results from "./Results.ts"
import * as Table from "./Table.ts"

const cases: ReadonlyArray<Case.Case> = [list, details, requests, limit, parallel, memory, csv, folds, startup]
const names = cases.map(({ name }) => name)

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
    repetitions: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
    "cpu-prof": { type: "string" },
    cli: { type: "string", default: "apps/cli-report/bin/elnudge-report.js" },
  },
})

const unknown = positionals.filter((name) => !names.includes(name))
if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(", ")}. There are: ${names.join(", ")}.`)

const settings: Case.Settings = {
  quick: values.quick,
  repetitions: Number(values.repetitions ?? (values.quick ? 1 : 5)),
  only: values.only,
  profileFolder: values["cpu-prof"],
  cli: values.cli,
  say: (text) => process.stderr.write(`  ${text}\n`),
}

const asked = positionals.length === 0 ? names : positionals
const machine = Machine.line()
console.log(machine)
const measured: Record<string, Results.Measured> = {}
for (const { name, run, title } of cases) {
  if (!asked.includes(name)) continue
  settings.say(name)
  try {
    const result = await run(settings)
    console.log(`\n${Table.ofCase(title, result)}`)
    measured[name] = { title, measured_at: new Date().toISOString(), ...result }
  } catch (error) {
    console.error(`${name} failed:`, error)
    process.exitCode = 1
  }
}

const results: Results.Results = { machine, cases: measured }
const isWhole = settings.only.length === 0 && settings.profileFolder === undefined && process.exitCode === undefined
if (settings.quick) {
  if (process.exitCode === undefined)
    console.log("\nSmall sizes: everything works, and nothing is said of how fast it is.")
  if (isWhole) Results.saveQuick(results)
} else {
  console.log(`\n${Results.ofAims(results)}`)
  if (isWhole && (values.save || positionals.length === 0)) Results.save(results, names)
}
