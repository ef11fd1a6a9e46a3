/** What a report asks of its caller, which is nothing: checked by `tsc -p tsconfig.test.json`, since types are gone when tests run. */
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import {
  AttributionReport,
  CalibrationReport,
  CohortReport,
  Fold,
  Ledger,
  LiftReport,
  NudgePerformanceReport,
  ReadingsReport,
  ReconcileReport,
  Report,
  ReportCsv,
} from "@effect-elnudge/report"
import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as Effect from "effect/Effect"
import type * as Sink from "effect/Sink"

type Reports = {
  readonly attribution: ReturnType<typeof AttributionReport.make>
  readonly calibration: ReturnType<typeof CalibrationReport.make>
  readonly cohorts: ReturnType<typeof CohortReport.make>
  readonly lift: ReturnType<typeof LiftReport.make>
  readonly performance: ReturnType<typeof NudgePerformanceReport.make>
  readonly readings: ReturnType<typeof ReadingsReport.make>
  readonly reconcile: ReturnType<typeof ReconcileReport.make>
}
type Any = Reports[keyof Reports]

/** The parts of a type that are an Effect. */
type Effectful<A> = A extends Effect.Effect<infer _A, infer _E, infer _R> ? A : never

describe("reports", () => {
  it("are pure: what they give is no Effect", () => {
    expectTypeOf<Effectful<Any>>().toEqualTypeOf<never>()
    expectTypeOf<Effectful<ReturnType<Any["done"]>>>().toEqualTypeOf<never>()
    expectTypeOf<Effectful<ReturnType<Any["step"]>>>().toEqualTypeOf<never>()
    expectTypeOf<Effectful<ReturnType<Any["initial"]>>>().toEqualTypeOf<never>()
    expectTypeOf<ReturnType<Any["needsDetail"]>>().toEqualTypeOf<boolean>()
  })

  it("take sessions, and give rows", () => {
    expectTypeOf<Parameters<Any["step"]>[1]>().toEqualTypeOf<SessionRead>()
    expectTypeOf<ReturnType<Reports["attribution"]["done"]>>().toEqualTypeOf<ReadonlyArray<AttributionReport.Row>>()
    expectTypeOf<ReturnType<Reports["cohorts"]["done"]>>().toEqualTypeOf<ReadonlyArray<CohortReport.Row>>()
    expectTypeOf<ReturnType<Reports["lift"]["done"]>>().toEqualTypeOf<ReadonlyArray<LiftReport.Row>>()
  })

  it("say which numbers may be undefined", () => {
    expectTypeOf<AttributionReport.Row["conversion_rate"]>().toEqualTypeOf<number | null>()
    expectTypeOf<AttributionReport.Row["sessions"]>().toEqualTypeOf<number>()
  })

  it("run on a stream without failing and without needs", () => {
    const sink = Fold.toSink(AttributionReport.make())
    expectTypeOf(sink).toExtend<Sink.Sink<ReadonlyArray<AttributionReport.Row>, SessionRead, unknown>>()
  })

  it("run together, each with its own rows", () => {
    const both = Report.zip(AttributionReport.make(), CohortReport.make())
    const rows = Fold.run(both, [])
    expectTypeOf(rows[0]).toEqualTypeOf<ReadonlyArray<AttributionReport.Row>>()
    expectTypeOf(rows[1]).toEqualTypeOf<ReadonlyArray<CohortReport.Row>>()
    expectTypeOf(Fold.run(Ledger.make(), [])).toEqualTypeOf<Ledger.Ledger>()
  })

  it("are written with columns that they have", () => {
    const report = AttributionReport.make()
    expectTypeOf(ReportCsv.make(report.columns, Fold.run(report, []))).toEqualTypeOf<string>()
    // @ts-expect-error: cohorts have no such column
    ReportCsv.make(["nudge_type"], Fold.run(CohortReport.make(), []))
  })
})
