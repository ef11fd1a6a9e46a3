/** What was measured last, as JSON, and its part of `docs/performance.md`. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import type * as Case from "./Case.ts"
import * as Command from "./Command.ts"
import * as Table from "./Table.ts"

export interface Measured extends Case.Result {
  readonly title: string
  /** ISO 8601. */
  readonly measured_at: string
}

export interface Results {
  readonly machine: string
  /** By name. */
  readonly cases: Readonly<Record<string, Measured>>
}

const latest = `${Command.root}benchmarks/results/latest.json`
const quick = `${Command.root}benchmarks/results/quick.json`
const page = `${Command.root}docs/performance.md`
const begin = "<!-- Written by `npx --yes pnpm@12 bench`, down to the end mark. -->"
const end = "<!-- The end mark. -->"

const write = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

const json = (results: Results): string => `${JSON.stringify(results, null, 2)}\n`

const readLatest = (): Results | undefined => {
  if (!existsSync(latest)) return undefined
  const results: Results = JSON.parse(readFileSync(latest, "utf8"))
  return results
}

export const ofAims = (results: Results): string =>
  Table.ofAims(Object.values(results.cases).flatMap(({ aims }) => aims))

const section = (results: Results): string => {
  const cases = Object.values(results.cases)
  const days = [...new Set(cases.map(({ measured_at }) => measured_at.slice(0, 10)))].sort()
  const measured = `Measured on ${days.join(", ")}: ${results.machine}. Medians, with the lowest and the highest in brackets.`
  return [begin, measured, ofAims(results), ...cases.map((each) => Table.ofCase(each.title, each)), end].join("\n\n")
}

/** Keeps the results of small sizes, which are of no use beyond the run. */
export const saveQuick = (results: Results): void => write(quick, json(results))

/** Keeps the results, with those of cases that were not run again where the machine is the same. */
export const save = (results: Results, order: ReadonlyArray<string>): void => {
  const before = readLatest()
  const cases = { ...(before?.machine === results.machine ? before.cases : {}), ...results.cases }
  const ordered = order.flatMap((name) => (cases[name] === undefined ? [] : [[name, cases[name]] as const]))
  const all: Results = { machine: results.machine, cases: Object.fromEntries(ordered) }
  write(latest, json(all))
  const text = existsSync(page) ? readFileSync(page, "utf8") : `# Performance\n\n${begin}\n\n${end}\n`
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${page} has lost the marks between which the results go`)
  write(page, `${text.slice(0, from)}${section(all)}${text.slice(to + end.length)}`)
  execFileSync(`${Command.root}node_modules/.bin/oxfmt`, [latest, page])
}
