/** The main job from end to end: generated sessions, the emulator on loopback, both reports in one walk, two files. */
import { ElnudgeClient } from "@effect-elnudge/core"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { AttributionReport, Cohort, CohortReport, Report, ReportCsv } from "@effect-elnudge/report"
import { NodeHttpClient } from "@effect/platform-node"
import Table from "cli-table3"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import * as CoverageText from "./CoverageText.ts"
import * as EmulatorServer from "./EmulatorServer.ts"
import * as ReportRunner from "./ReportRunner.ts"

// The emulator is ours, so the demo does not wait for the limit that the real API has.
const requestsPerMinute = 1_000_000

const client = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ baseUrl }) =>
    ElnudgeClient.layer({ apiKey: Redacted.make(Emulator.defaultKey), baseUrl, requestsPerMinute }),
  ),
).pipe(Layer.provide(NodeHttpClient.layerUndici))

const percent = (rate: number | null): string => (rate === null ? "–" : `${(100 * rate).toFixed(1)} %`)

const interval = (low: number | null, high: number | null): string => `${percent(low)} to ${percent(high)}`

const tableOf = (head: Array<string>, rows: ReadonlyArray<Array<string | number>>): string => {
  const table = new Table({
    head,
    style: { head: [], border: [] },
    colAligns: head.map((_, index) => (index === 0 ? "left" : "right")),
  })
  table.push(...rows)
  return table.toString()
}

const attributionTable = (rows: ReadonlyArray<AttributionReport.Row>): string =>
  tableOf(
    ["nudge type", "shown", "clicked", "sessions", "converted", "conversion rate", "95 % interval", "attributed"],
    rows.map((row) => [
      row.nudge_type,
      row.shown,
      percent(row.click_rate),
      row.sessions,
      row.converted_sessions,
      percent(row.conversion_rate),
      interval(row.conversion_rate_low, row.conversion_rate_high),
      `${row.attributed_lower} to ${row.attributed_upper}`,
    ]),
  )

const cohortTable = (rows: ReadonlyArray<CohortReport.Row>): string =>
  tableOf(
    ["intent score", "sessions", "share", "conversions", "conversion rate", "95 % interval"],
    rows.map((row) => [
      row.intent_band,
      row.sessions,
      percent(row.share_of_sessions),
      row.conversions,
      percent(row.conversion_rate),
      interval(row.conversion_rate_low, row.conversion_rate_high),
    ]),
  )

const report = Effect.gen(function* () {
  const attribution = AttributionReport.make()
  const cohorts = CohortReport.make(Cohort.defaultBands)
  const { coverage, result } = yield* ReportRunner.walk(Report.zip(attribution, cohorts), { concurrency: 8 })
  const [attributionRows, cohortRows] = result
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fileSystem.makeTempDirectory({ prefix: "elnudge-demo-" })
  const attributionFile = path.join(directory, "attribution.csv")
  const cohortsFile = path.join(directory, "cohorts.csv")
  yield* fileSystem.writeFileString(attributionFile, ReportCsv.make(attribution.columns, attributionRows))
  yield* fileSystem.writeFileString(cohortsFile, ReportCsv.make(cohorts.columns, cohortRows))
  yield* Console.log("Simulated sessions of a made-up shop, read over HTTP from the emulator on this machine.\n")
  yield* Console.log("Attribution: sessions in which a nudge was shown, and the purchases that the vendor's")
  yield* Console.log("30-minute rule can give it (certainly, to at most).")
  yield* Console.log(attributionTable(attributionRows))
  yield* Console.log("\nCohorts: conversion by the final intent score.")
  yield* Console.log(cohortTable(cohortRows))
  yield* Console.log("")
  for (const line of CoverageText.make(coverage)) yield* Console.log(line)
  yield* Console.log(`\nwritten: ${attributionFile}\n         ${cohortsFile}`)
  yield* Console.log("\nAgainst the real API: put the site's secret key into ELNUDGE_API_KEY, then")
  yield* Console.log("  npx --yes pnpm@12 --silent elnudge-report attribution --from 2026-10-01 --to 2026-11-01")
})

/** Prints both reports and where their CSV files are. */
export const run = Effect.gen(function* () {
  const end = yield* DateTime.now
  const sessions = yield* Generator.make({ end, count: 3000 })
  yield* report.pipe(
    Effect.provide(client.pipe(Layer.provide(EmulatorServer.layer({ sessions, requestsPerMinute }, 0)))),
  )
})
