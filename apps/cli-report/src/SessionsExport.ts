/** Sessions as they came, one a line: NDJSON with every field, or CSV with the documented ones. */
import { Coverage, SessionFile, type SessionRead } from "@effect-elnudge/core"
import { SessionCsv } from "@effect-elnudge/report"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as CheckpointedWalk from "./CheckpointedWalk.ts"
import * as Destination from "./Destination.ts"
import * as PartialFile from "./PartialFile.ts"
import * as Progress from "./Progress.ts"
import { UsageError } from "./UsageError.ts"
import * as WalkPlan from "./WalkPlan.ts"

export interface Options {
  readonly details: boolean
  readonly format: "ndjson" | "csv"
  readonly bom: boolean
  readonly escapeFormulas: boolean
  readonly output: Option.Option<string>
}

const head = ({ bom, details, format }: Options): string =>
  format === "ndjson" ? "" : `${bom ? "\u{feff}" : ""}${SessionCsv.header(details)}`

const linesOf = (reads: ReadonlyArray<SessionRead.SessionRead>, { details, escapeFormulas, format }: Options): string =>
  format === "ndjson"
    ? reads.map((read) => `${SessionFile.formatLine(read)}\n`).join("")
    : SessionCsv.rows(reads, details, { escapeFormulas })

// With the first line and not before it: a run that gets none has then written nothing.
const withHead = <E, R>(text: string, lines: Stream.Stream<string, E, R>): Stream.Stream<string, E, R> =>
  Stream.suspend(() => {
    let rest = text
    const withRest = (each: string): string => {
      const line = `${rest}${each}`
      rest = ""
      return line
    }
    return Stream.concat(
      Stream.map(lines, withRest),
      Stream.suspend(() => Stream.make(rest)),
    )
  })

const picker = ({ details }: Options) => {
  let looked = 0
  return {
    pick: (): boolean => {
      looked++
      return details
    },
    picked: () => ({ of: looked, picked: details ? looked : 0 }),
  }
}

/** Writes the sessions in the list's order, as fast as they are taken; gives the coverage. */
const whole = Effect.fnUntraced(function* (options: Options, plan: WalkPlan.WalkPlan) {
  const destination = yield* Destination.prepare(options.output)
  const recorder = yield* Coverage.make
  const { pick, picked } = picker(options)
  const lines = Stream.mapArray(
    WalkPlan.reads(plan, { pick, ordered: true }),
    (reads) => [linesOf(reads, options)] as const,
  )
  yield* destination
    .write(withHead(head(options), lines))
    .pipe(Progress.during(recorder, picked, plan), Effect.provideService(Coverage.Current, recorder))
  return recorder.snapshot()
})

/** The same into a file that grows beside its place, over as many runs as it takes. */
const resumable = Effect.fnUntraced(function* (
  options: Options,
  plan: WalkPlan.WalkPlan,
  asked: CheckpointedWalk.Asked,
  output: string,
) {
  const walk = yield* CheckpointedWalk.open(asked, PartialFile.Kept, WalkPlan.hasSession(plan))
  const { earlier, recorder, tracker } = walk
  const file = yield* PartialFile.open(output, earlier, walk.isComplete)
  if (file.kept().bytes === 0) yield* file.append(head(options))
  const { pick, picked } = picker(options)
  // Only what is on the disk may be counted as done.
  const state = Effect.map(file.sync, file.kept)
  yield* walk
    .during(state, (saveWhenDue) =>
      WalkPlan.reads(plan, { pick, ordered: true, tracker }).pipe(
        Stream.runForEachArray((reads) =>
          Effect.andThen(
            Effect.uninterruptible(
              Effect.andThen(
                file.append(linesOf(reads, options)),
                Effect.sync(() => {
                  for (const read of reads) tracker?.done(read)
                }),
              ),
            ),
            saveWhenDue,
          ),
        ),
        Progress.during(recorder, picked, plan),
      ),
    )
    .pipe(Effect.provideService(Coverage.Current, recorder))
  yield* file.publish
  yield* walk.finish
  return recorder.snapshot()
})

/** Writes the sessions; gives the coverage. With a checkpoint it needs a file to write to. */
export const run = Effect.fn("SessionsExport.run")(function* (
  options: Options,
  plan: WalkPlan.WalkPlan,
  asked: CheckpointedWalk.Asked | undefined,
) {
  if (asked === undefined) return yield* whole(options, plan)
  if (Option.isNone(options.output)) {
    return yield* new UsageError({
      reason: "sessions with a checkpoint need a file to go on writing to",
      advice: "Give --output too.",
    })
  }
  return yield* resumable(options, plan, asked, options.output.value)
}, Effect.scoped)
