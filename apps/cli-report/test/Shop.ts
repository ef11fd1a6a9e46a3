/** A small made-up shop in October 2026, and an emulator that serves it. */
import { Emulator, type Faults, Generator } from "@effect-elnudge/emulator"
import type { Session, SessionRead } from "@effect-elnudge/core"
import { Fold, type Report, ReportCsv } from "@effect-elnudge/report"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as EmulatorServer from "../src/EmulatorServer.ts"
import * as CliProcess from "./CliProcess.ts"

const now = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

export const october = ["--from", "2026-10-01", "--to", "2026-11-01", "--rate-limit", "1000000"]

export const sessions = Generator.make({ end: now, count: 450, seed: "shop" })

/** The sessions as a walk through October reads them, long after. */
export const reads = (details: ReadonlyArray<Session.Detail>): ReadonlyArray<SessionRead.SessionRead> =>
  details.map((session) => ({
    summary: session,
    detail: { _tag: "Read", session },
    readAt: DateTime.toEpochMillis(now) + 365 * 86_400_000,
  }))

/** What the report says of these sessions when it is folded in memory, without any HTTP. */
export const expectedCsv = <State, Row extends { readonly [column in keyof Row]: Report.Cell }>(
  report: Report.Report<State, Row>,
  details: ReadonlyArray<Session.Detail>,
): string => ReportCsv.make(report.columns, Fold.run(report, reads(details)))

export interface ServeOptions {
  readonly sessions?: ReadonlyArray<Session.Detail>
  readonly fault?: Faults.Hook
}

/** Runs the command line against an emulator; also tells which requests arrived. */
export const run = (args: ReadonlyArray<string>, options: ServeOptions & CliProcess.Options = {}) =>
  Effect.gen(function* () {
    const served = options.sessions ?? (yield* sessions)
    return yield* Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const result = yield* CliProcess.runOrHere(args, {
        ...options,
        env: { ELNUDGE_BASE_URL: emulator.baseUrl, ELNUDGE_API_KEY: Emulator.defaultKey, ...options.env },
      })
      return { ...result, requests: yield* emulator.requests }
    }).pipe(
      Effect.provide(
        EmulatorServer.layer({ sessions: served, now, requestsPerMinute: 1_000_000, fault: options.fault }, 0),
      ),
    )
  })
