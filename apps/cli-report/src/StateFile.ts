/**
 * A report's state in a file: what a later run needs to go on from it, and what tells whether it may. States of windows
 * that do not overlap merge into the bytes of one pass over all of them.
 */
import { Coverage, Session, TimeSpan, TimeWindow } from "@effect-elnudge/core"
import * as ContentHash from "@effect-elnudge/core/ContentHash"
import * as TextFile from "@effect-elnudge/core/TextFile"
import * as WallClock from "@effect-elnudge/core/WallClock"
import { Ledger } from "@effect-elnudge/report"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Catalog from "./Catalog.ts"
import type * as PrintedReport from "./PrintedReport.ts"
import type * as ReportRunner from "./ReportRunner.ts"

const ledger = Ledger.make()

// Of the files; the first had no hash.
const fileFormat = "elnudge-state-2"

const Saved = Schema.Struct({
  report: Schema.String,
  /** The version of the report's. */
  definitions: Schema.String,
  /** The name of `--site`. */
  site: Schema.optional(Schema.String),
  options: Schema.Record(Schema.String, Schema.Unknown),
  coverage: Coverage.Coverage,
  ledger: ledger.codec,
  state: Schema.Unknown,
})

const File = Schema.Struct({ format: Schema.Literal(fileFormat), ...Saved.fields })

const decode = Schema.decodeUnknownEffect(File)
const encode = Schema.encodeSync(Saved)

/** A state cannot be written, read, or put together with another. */
export class StateFileError extends Data.TaggedError("StateFileError")<{
  /** `unfit` is about what was asked for; the other two are about a file. */
  readonly problem: "unreadable" | "invalid" | "unfit"
  readonly reason: string
  readonly advice: string
}> {
  override get message(): string {
    return this.reason
  }
}

const unfit = (reason: string, advice: string) => new StateFileError({ problem: "unfit", reason, advice })

/** What of a run a state file holds. */
export interface Contents {
  readonly report: PrintedReport.PrintedReport
  /** The site whose sessions were counted, where one was named. */
  readonly site?: string | undefined
  readonly state: unknown
  readonly coverage: Coverage.Coverage
  readonly ledger: Ledger.Ledger
}

/** The text of the file. */
export const format = ({ coverage, ledger, report, site, state }: Contents): Effect.Effect<string> =>
  ContentHash.write(
    { format: fileFormat },
    encode({
      report: report.name,
      definitions: report.version,
      site,
      options: report.options,
      coverage,
      ledger,
      state,
    }),
  )

/** Fails where the window is yet to end (epoch milliseconds). */
export const checkEnded = Effect.fn("StateFile.checkEnded")(function* (to: number) {
  if (to <= (yield* WallClock.now)) return
  return yield* unfit(
    `the window ends at ${Session.instant(to)}, which is yet to come: a saved state would miss sessions`,
    "Give a --to that has passed.",
  )
})

/**
 * Fails where the sessions do not say exactly which window they are all of, or were read before it had ended: such a
 * state could lose or double sessions when it is merged.
 */
export const checkSavable = Effect.fn("StateFile.checkSavable")(function* ({
  coverage: { window },
  unsavable,
}: ReportRunner.Walked) {
  if (unsavable?._tag === "NoWindow") {
    return yield* unfit(
      `session ${unsavable.id} does not say which window it is of, so that a saved state could hold others twice`,
      "Give --from and --to; the files must hold every session between them.",
    )
  }
  if (window === null) {
    return yield* unfit(
      "the files hold no session of what was asked for, and do not say that they cover it",
      "Add the file of a walk over that time, or leave --input out to ask the API.",
    )
  }
  if (unsavable !== undefined) {
    const [to, readAt] = [unsavable.to, unsavable.readAt].map(Session.instant)
    return yield* unfit(
      `the window ends at ${to}, but a session was read at ${readAt}: a saved state would miss what came after`,
      "Give a --to that had passed by then.",
    )
  }
  yield* checkEnded(Session.millis(window.to))
})

interface Loaded extends Contents {
  readonly file: string
}

const invalid = (file: string, reason: string) =>
  new StateFileError({
    problem: "invalid",
    reason: `${file} is not a saved state that this version can read: ${reason.replace(/\s*\n\s*/g, " ")}`,
    advice: "Make it again: run its report over its window once more, with --save-state.",
  })

/** One file, checked by itself. */
export const read = Effect.fn("StateFile.read")(function* (file: string) {
  const text = yield* Effect.mapError(TextFile.read(file), (error) =>
    error._tag === "NotText"
      ? invalid(file, `it ${error.message}`)
      : new StateFileError({
          problem: "unreadable",
          reason: `${file} cannot be read (${error.reason._tag})`,
          advice: "Check the path and its permissions.",
        }),
  )
  const json = yield* Effect.mapError(ContentHash.read(text), (reason) => invalid(file, reason))
  const saved = yield* Effect.mapError(decode(json), ({ message }) => invalid(file, message))
  if (saved.coverage.window === null) return yield* invalid(file, "it does not say which window it is of")
  const [listed, counted] = [saved.coverage.sessions, saved.ledger.sessions]
  if (listed !== counted) {
    return yield* invalid(file, `its coverage speaks of ${listed} sessions, its ledger of ${counted}`)
  }
  const found = Catalog.find(saved.report, saved.options)
  if (Result.isFailure(found)) return yield* invalid(file, found.failure)
  const { name, version } = found.success
  if (saved.definitions !== version) {
    return yield* invalid(
      file,
      `its numbers are defined by version ${saved.definitions} of ${name}, ours by ${version}`,
    )
  }
  const resumed = found.success.resume([saved.state])
  if (Result.isFailure(resumed)) return yield* invalid(file, resumed.failure)
  const contradiction = resumed.success.contradicts(saved.ledger)
  if (contradiction !== undefined) return yield* invalid(file, contradiction)
  const loaded: Loaded = { file, ...saved, report: found.success }
  return loaded
})

const written = (value: unknown): string => JSON.stringify(value)

const differingOption = (a: PrintedReport.Options, b: PrintedReport.Options): string | undefined =>
  Object.keys(a).find((name) => written(a[name]) !== written(b[name]))

/** Fails with `unfit` where the two are not states of the same report with the same options, or of two sites. */
export const checkSame = (first: Loaded, other: Loaded): Effect.Effect<void, StateFileError> => {
  const [a, b] = [first.report, other.report]
  if (a.name !== b.name) {
    return Effect.fail(unfit(`${first.file} is of ${a.name}, ${other.file} of ${b.name}`, "Give states of one report."))
  }
  if (first.site !== undefined && other.site !== undefined && first.site !== other.site) {
    return Effect.fail(
      unfit(
        `${first.file} is of the site ${first.site}, ${other.file} of the site ${other.site}`,
        "Give states of one site.",
      ),
    )
  }
  const name = differingOption(a.options, b.options)
  return name === undefined
    ? Effect.void
    : Effect.fail(
        unfit(
          `${first.file} has ${name} ${written(a.options[name])}, ${other.file} has ${written(b.options[name])}`,
          "Give states that were saved with the same options.",
        ),
      )
}

/** Fails with `unfit` where a session could be in both. */
export const checkApart = (first: Loaded, other: Loaded): Effect.Effect<void, StateFileError> => {
  const both = TimeSpan.overlap(Coverage.spans(first.coverage), Coverage.spans(other.coverage))
  if (both === undefined) return Effect.void
  const { from, to } = TimeWindow.ofSpan(both)
  return Effect.fail(
    unfit(
      `${first.file} and ${other.file} both hold the sessions from ${from} to ${to}`,
      "Give states of windows that do not overlap (the end of a window is exclusive).",
    ),
  )
}

/** Several states as one. */
export interface Merged {
  readonly report: PrintedReport.PrintedReport
  /** The site that all of those that name one are of. */
  readonly site: string | undefined
  readonly running: PrintedReport.Running
  readonly coverage: Coverage.Coverage
  readonly ledger: Ledger.Ledger
}

/** Puts states together; fails where they do not fit. */
export const merge = Effect.fn("StateFile.merge")(function* (first: Loaded, rest: ReadonlyArray<Loaded> = []) {
  const states = [first, ...rest]
  for (const [index, other] of rest.entries()) {
    for (const before of states.slice(0, index + 1)) {
      yield* checkSame(before, other)
      yield* checkApart(before, other)
    }
  }
  const running = first.report.resume(states.map(({ state }) => state))
  if (Result.isFailure(running)) {
    return yield* invalid(states.map(({ file }) => file).join(" or "), running.failure)
  }
  const coverage = rest.reduce((sum, state) => Coverage.combine(sum, state.coverage), first.coverage)
  for (const span of Coverage.spans(coverage)) running.success.cover(span)
  const merged: Merged = {
    report: first.report,
    site: states.find(({ site }) => site !== undefined)?.site,
    running: running.success,
    coverage,
    ledger: ledger.done(rest.reduce((sum, state) => ledger.combine(sum, state.ledger), first.ledger)),
  }
  return merged
})
