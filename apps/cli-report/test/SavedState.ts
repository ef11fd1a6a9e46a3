/** States of every report over the same few sessions, clean and dirty; and such as somebody might edit. */
import { createHash } from "node:crypto"
import { Coverage, type SessionRead } from "@effect-elnudge/core"
import { Fold, Ledger } from "@effect-elnudge/report"
import * as CreditModel from "@effect-elnudge/report/CreditModel"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { dirtySessions } from "../../../packages/report/test/DirtySessions.ts"
import * as SessionFixture from "../../../packages/report/test/SessionFixture.ts"
import * as Catalog from "../src/Catalog.ts"
import type * as PrintedReport from "../src/PrintedReport.ts"
import * as StateFile from "../src/StateFile.ts"

const bands = ["0-19", "20-39", "40-59", "60-79", "80-100"]
const confidence = 0.95
const rule = { window_minutes: 30, dismiss_counts: true, confidence }
const cohorts = {
  bands,
  by: null,
  split: null,
  time_to_purchase: false,
  time_zone: "UTC",
  dismiss_counts: true,
  confidence,
}

/** By the names of their fixtures; a report with several forms of state has several. */
export const asked = {
  attribution: ["attribution", { ...rule, models: [], credit: "lower" }],
  "attribution-models": ["attribution", { ...rule, models: CreditModel.names, credit: "upper" }],
  cohorts: ["cohorts", { ...cohorts, by: "day", split: "arm" }],
  "cohorts-timed": ["cohorts", { ...cohorts, time_to_purchase: true }],
  lift: ["lift", { bands, dismiss_counts: true, mde: 0.1, confidence }],
  reconcile: ["reconcile", rule],
  readings: ["readings", rule],
  calibration: ["calibration", { bands, confidence }],
  "nudge-performance": ["nudge-performance", { confidence }],
} as const

export type Name = keyof typeof asked

export const names = [
  "attribution",
  "attribution-models",
  "cohorts",
  "cohorts-timed",
  "lift",
  "reconcile",
  "readings",
  "calibration",
  "nudge-performance",
] as const satisfies ReadonlyArray<Name>

export const reportOf = (name: Name): PrintedReport.PrintedReport => {
  const [report, options] = asked[name]
  return Result.getOrThrow(Catalog.find(report, options))
}

const window = { from: Date.parse("2026-10-01T00:00:00Z"), to: Date.parse("2026-10-02T00:00:00Z") }

const { buyer, detail, nudge } = SessionFixture

const outcomes = ["clicked", "shown", "dismissed", "chat_opened"]
const types = ["toast", "exit_modal", "chat_bubble"]

/** Sessions that see up to six nudges, of which every third buys. */
const clean = Array.from({ length: 24 }, (_, index) => {
  const nudges = Array.from({ length: index % 7 }, (_, place) =>
    nudge({
      nudge_id: `nudge_${place}`,
      type: types[(index + place) % 3] ?? "",
      outcome: outcomes[(index * 3 + place) % 4] ?? "",
      influenced_conversion: index % 6 === 3 && place === 0,
    }),
  )
  const more = { id: `clean_${index}`, intent_score: (index * 17) % 101, nudges }
  return index % 3 === 0 ? buyer(more) : detail(more)
})

const reads: ReadonlyArray<SessionRead.SessionRead> = [
  ...clean.map((session) => SessionFixture.read(session)),
  ...dirtySessions.map(({ session }) => SessionFixture.read(session)),
  SessionFixture.listed(detail({ id: "listed" })),
  SessionFixture.unavailable(buyer({ id: "gone", nudges: [nudge()] })),
].map((read) => ({ ...read, window }))

const coverage = (): Coverage.Coverage => {
  const recorder = new Coverage.Recorder()
  recorder.covers(window)
  recorder.request("ListSessions", false)
  recorder.page(reads.length)
  for (const read of reads) {
    recorder.taken(read)
    if (read.detail._tag !== "NotNeeded") recorder.request("GetSession", false)
  }
  return recorder.snapshot()
}

/** Of a fixture's file. */
export const nameOf = Schema.decodeUnknownSync(Schema.Literals(names))

/** What `--save-state` writes. */
export const of = (name: Name): Effect.Effect<string> => {
  const report = reportOf(name)
  const running = report.start()
  for (const read of reads) running.step(read)
  running.cover(window)
  return StateFile.format({
    report,
    site: "shop",
    state: running.save(),
    coverage: coverage(),
    ledger: Fold.run(Ledger.make(), reads),
  })
}

export const Json = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))

/** The text of a state whose hash fits what it holds. */
export const text = (state: Readonly<Record<string, unknown>>): string => {
  const { content_hash: _, format, ...content } = state
  const written = JSON.stringify(content)
  const hash = createHash("sha256").update(written).digest("hex")
  return `${JSON.stringify({ format, content_hash: hash }).slice(0, -1)},${written.slice(1)}\n`
}

/** The rows of a state in a file. */
export const csv = Effect.fnUntraced(function* (file: string) {
  const { running } = yield* StateFile.merge(yield* StateFile.read(file))
  return running.done().csv()
})

/** Everything that comes of a state in a file, as text. */
export const answer = Effect.fnUntraced(function* (file: string) {
  const { coverage, ledger, report, running, site } = yield* StateFile.merge(yield* StateFile.read(file))
  const printed = running.done()
  return `${printed.csv()}\n${printed.table()}\n${JSON.stringify({ name: report.name, options: report.options, site, coverage, ledger })}`
})

const shapes = (values: ReadonlyArray<unknown>): string => [...new Set(values.map(shape))].sort().join("|")

/** The form of a JSON value: its fields and their types, whatever its numbers and texts are. */
export const shape = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return `[${shapes(value)}]`
  if (typeof value !== "object") return typeof value
  return `{${Object.entries(value)
    .map(([name, field]) => `${name}:${shape(field)}`)
    .join(",")}}`
}
