/** Sessions as they came, one a line: NDJSON with every field, or CSV with the documented ones. */
import { Coverage, SessionFile, type SessionRead } from "@effect-elnudge/core"
import { SessionCsv } from "@effect-elnudge/report"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Destination from "./Destination.ts"
import * as Progress from "./Progress.ts"
import * as WalkPlan from "./WalkPlan.ts"

export interface Options {
  readonly details: boolean
  readonly format: "ndjson" | "csv"
  readonly bom: boolean
  readonly output: Option.Option<string>
}

const asText = <E, R>(
  reads: Stream.Stream<SessionRead.SessionRead, E, R>,
  { bom, details, format }: Options,
): Stream.Stream<string, E, R> =>
  format === "ndjson"
    ? Stream.map(reads, (read) => `${SessionFile.formatLine(read)}\n`)
    : Stream.concat(
        Stream.succeed(`${bom ? "\u{feff}" : ""}${SessionCsv.header(details)}`),
        Stream.map(reads, (read) => SessionCsv.row(read, details)),
      )

/** Writes the sessions in the list's order, as fast as they are taken; gives the coverage. */
export const run = Effect.fn("SessionsExport.run")(function* (options: Options, plan: WalkPlan.WalkPlan) {
  const destination = yield* Destination.prepare(options.output)
  const recorder = yield* Coverage.make
  let looked = 0
  const pick = (): boolean => {
    looked++
    return options.details
  }
  yield* destination.write(asText(WalkPlan.reads(plan, { pick, ordered: true }), options)).pipe(
    Progress.during(recorder, () => ({ of: looked, picked: options.details ? looked : 0 }), plan),
    Effect.provideService(Coverage.Current, recorder),
  )
  return recorder.snapshot()
}, Effect.scoped)
