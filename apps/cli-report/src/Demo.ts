/** The main job from end to end: generated sessions, the emulator on loopback, both reports in one walk, two files. */
import { Coverage, ElnudgeClient, SessionStream } from "@effect-elnudge/core"
import * as WallClock from "@effect-elnudge/core/WallClock"
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { AttributionReport, CohortReport, Fold, Report, ReportCsv } from "@effect-elnudge/report"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as AttributionTable from "./AttributionTable.ts"
import * as CohortTable from "./CohortTable.ts"
import * as CoverageText from "./CoverageText.ts"
import * as EmulatorServer from "./EmulatorServer.ts"
import * as HttpTransport from "./HttpTransport.ts"

// The emulator is ours, so the demo does not wait for the limit that the real API has.
const requestsPerMinute = 1_000_000

const client = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ baseUrl }) =>
    ElnudgeClient.layer({ apiKey: Redacted.make(Emulator.defaultKey), baseUrl, requestsPerMinute }),
  ),
).pipe(Layer.provide(HttpTransport.layer))

const attribution = AttributionReport.make()
const cohorts = CohortReport.make()
const both = Report.zip(attribution, cohorts)

const report = Effect.gen(function* () {
  const recorder = yield* Coverage.make
  const [attributionRows, cohortRows] = yield* SessionStream.details({
    pick: both.needsDetail,
    onUnavailable: "emit",
  }).pipe(Stream.run(Fold.toSink(both)), Effect.provideService(Coverage.Current, recorder))
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fileSystem.makeTempDirectory({ prefix: "elnudge-demo-" })
  const attributionFile = path.join(directory, "attribution.csv")
  const cohortsFile = path.join(directory, "cohorts.csv")
  const ownersAlone = { mode: 0o600 }
  yield* fileSystem.writeFileString(attributionFile, ReportCsv.make(attribution.columns, attributionRows), ownersAlone)
  yield* fileSystem.writeFileString(cohortsFile, ReportCsv.make(cohorts.columns, cohortRows), ownersAlone)
  const lines = [
    "Simulated sessions of a made-up shop, read over HTTP from the emulator on this machine.",
    "",
    "Attribution: sessions in which a nudge was shown, and the purchases that can be credited to it (to the last",
    "one before the purchase: shown at most 30 minutes before, to shown at any time before).",
    AttributionTable.render(attributionRows),
    "Cohorts: conversion by the final intent score.",
    CohortTable.render(cohortRows),
    ...CoverageText.make(recorder.snapshot()),
    "",
    `written: ${attributionFile}`,
    `         ${cohortsFile}`,
    "",
    "Against the real API: put the site's secret key into ELNUDGE_API_KEY, then",
    "  elnudge-report attribution --from 2026-10-01 --to 2026-11-01",
    "In a clone of the project, elnudge-report is: npx --yes pnpm@12 --silent elnudge-report",
  ]
  yield* Console.log(lines.join("\n"))
})

/** Prints both reports and where their CSV files are. */
export const run = () =>
  Effect.gen(function* () {
    const end = yield* WallClock.second
    const sessions = yield* Generator.make({ end, count: 3000 })
    yield* report.pipe(
      Effect.provide(client.pipe(Layer.provide(EmulatorServer.layer({ sessions, requestsPerMinute }, 0)))),
    )
  })
