/** Stream ▸ fold ▸ file: the one place where a walk, a report and an output meet. */
import { Coverage, SessionStream, version } from "@effect-elnudge/core"
import { Fold, type Report, ReportCsv } from "@effect-elnudge/report"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as CoverageText from "./CoverageText.ts"
import * as OutputFile from "./OutputFile.ts"

export interface Options {
  readonly walk: Pick<SessionStream.DetailOptions, "from" | "to" | "concurrency" | "pageSize">
  readonly format: "csv" | "json"
  /** The file to write; stdout where there is none. */
  readonly output: Option.Option<string>
  /** What the report was asked for, for the JSON output. */
  readonly reportOptions: Readonly<Record<string, unknown>>
}

/** Walks what the fold needs, in one pass. */
export const walk = Effect.fn("ReportRunner.walk")(function* <State, Out>(
  fold: Report.SessionFold<State, Out>,
  options: Options["walk"],
) {
  const recorder = yield* Coverage.make
  const result = yield* SessionStream.details({
    ...options,
    pick: fold.needsDetail,
    // A report counts what it could not see, and the order of a fold's input does not matter.
    onUnavailable: "emit",
    unordered: true,
  }).pipe(Stream.run(Fold.toSink(fold)), Effect.provideService(Coverage.Current, recorder))
  return { result, coverage: recorder.snapshot() }
})

// Prepared before the walk, so that a place that cannot be written costs no requests.
const prepare = Effect.fnUntraced(function* (output: Options["output"]) {
  if (Option.isSome(output)) return (yield* OutputFile.prepare(output.value)).write
  const stdio = yield* Stdio.Stdio
  return (text: string) => Stream.run(Stream.succeed(text), stdio.stdout())
})

/** One report from the API to its output; says on stderr what it rests on. */
export const run = Effect.fn("ReportRunner.run")(function* <
  State,
  Row extends { readonly [column in keyof Row]: Report.Cell },
>(report: Report.Report<State, Row>, options: Options) {
  const write = yield* prepare(options.output)
  const { coverage, result: rows } = yield* walk(report, options.walk)
  yield* write(
    options.format === "csv"
      ? ReportCsv.make(report.columns, rows)
      : `${JSON.stringify({ report: report.name, version, options: options.reportOptions, coverage, rows }, null, 2)}\n`,
  )
  for (const line of CoverageText.make(coverage)) yield* Console.error(line)
}, Effect.scoped)
