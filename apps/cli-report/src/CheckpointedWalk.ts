/**
 * A walk that keeps its place in a file, where one was asked for: saved while it goes on and once more when it is cut
 * off, so that the same command goes on from there.
 */
import { Checkpoint, Coverage, WalkPosition } from "@effect-elnudge/core"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as OutputFile from "./OutputFile.ts"
import * as PrintableText from "./PrintableText.ts"

/** The file, and what is asked. */
export interface Asked {
  readonly file: string
  /** Whether nothing is said where a run was cut off. */
  readonly quiet: boolean
  readonly query: Checkpoint.Query
}

type Unkept = Checkpoint.CheckpointUnusable
type Files = FileSystem.FileSystem | Path.Path

export interface CheckpointedWalk {
  /** Counts for this run, and for those that it goes on from. */
  readonly recorder: Coverage.Recorder
  /** Follows the walk; undefined where no file was asked for. */
  readonly tracker: WalkPosition.Tracker | undefined
  /** What an earlier run had made of its rows; none where this is the first. */
  readonly earlier: Option.Option<unknown>
  /** Whether every row was taken in by an earlier run. */
  readonly isComplete: boolean
  /**
   * Runs the walk, to which it hands an effect that saves when it is time; saves once more at the end, however the walk
   * ends. `state` is what the consumer has of the rows that the tracker knows as done.
   */
  readonly during: <A, E, R, E2, R2>(
    state: Effect.Effect<unknown, E2, R2>,
    walk: (saveWhenDue: Effect.Effect<void, E2 | Unkept, R2 | Files>) => Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | E2 | Unkept, R | R2 | Files>
  /** Takes the file away, once everything is where it belongs. */
  readonly finish: Effect.Effect<void, Unkept, Files>
}

// Whichever comes first: what a run that is killed has to ask for again is at most this.
const saveEveryMillis = 1_000
const saveEveryRequests = 25

const unkept = (recorder: Coverage.Recorder): CheckpointedWalk => ({
  recorder,
  tracker: undefined,
  earlier: Option.none(),
  isComplete: false,
  during: (_, walk) => walk(Effect.void),
  finish: Effect.void,
})

/** What an earlier run had made of its rows, checked; undefined where this is the first. */
export const stateOf = Effect.fn("CheckpointedWalk.stateOf")(function* <A, Encoded>(
  { earlier }: Pick<CheckpointedWalk, "earlier">,
  asked: Asked | undefined,
  schema: Schema.Codec<A, Encoded>,
) {
  if (Option.isNone(earlier)) return undefined
  return yield* Effect.mapError(
    Schema.decodeUnknownEffect(schema)(earlier.value),
    ({ message }) =>
      new Checkpoint.CheckpointUnusable({ problem: "invalid", file: asked?.file ?? "", reason: message }),
  )
})

const unusable = (problem: Checkpoint.CheckpointUnusable["problem"], file: string, reason: string) =>
  new Checkpoint.CheckpointUnusable({ problem, file, reason })

/** The file behind all links, which is replaced instead of them. Fails where something else than a file is there. */
const placeOf = Effect.fnUntraced(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const place = yield* OutputFile.target(file)
  const type = yield* fileSystem.stat(place).pipe(
    Effect.map((info) => info.type),
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed("File" as const)),
    Effect.mapError((error) => unusable("unreadable", file, OutputFile.unwritable(file, error).reason)),
  )
  // A pipe would be waited for, a device replaced.
  if (type === "File") return place
  return yield* unusable("unreadable", file, type === "Directory" ? "it is a folder" : "it is not a regular file")
})

/** Fails where the file could not be written, before a request is spent on what it could not keep. */
const tryToWrite = (file: string) =>
  Effect.mapError(Effect.scoped(OutputFile.prepare(file)), ({ reason }) => unusable("unwritable", file, reason))

/** Reads the file, if there is one; fails where it is of another query, or could not be written. */
export const open = Effect.fn("CheckpointedWalk.open")(function* (asked: Asked | undefined) {
  if (asked === undefined) return unkept(yield* Coverage.make)
  const { query, quiet } = asked
  const file = yield* placeOf(asked.file)
  const contents = Option.getOrUndefined(yield* Checkpoint.read(file, query))
  yield* tryToWrite(file)
  const recorder = contents === undefined ? yield* Coverage.make : yield* Coverage.resume(contents.coverage)
  const tracker = new WalkPosition.Tracker(recorder, contents?.position)
  let savedAt = yield* Clock.currentTimeMillis
  let savedRequests = recorder.snapshot().requests
  let savedRows = contents?.position.rows

  const save = Effect.fnUntraced(function* <E, R>(state: Effect.Effect<unknown, E, R>) {
    const position = tracker.position()
    // Before the window was pinned there is nothing to keep.
    if (position === undefined) return
    const coverage = recorder.snapshot()
    yield* Checkpoint.write(file, query, { position, coverage, state: yield* state })
    savedAt = yield* Clock.currentTimeMillis
    savedRequests = coverage.requests
    savedRows = position.rows
  })
  const say = (text: string) => (quiet ? Effect.void : Console.error(PrintableText.line(text)))

  if (contents !== undefined) {
    yield* say(`note: goes on from ${file}, which has ${contents.position.rows} sessions of the window already`)
  }

  const tell = Effect.suspend(() =>
    savedRows === undefined
      ? Effect.void
      : say(`checkpoint: ${file} has ${savedRows} sessions; the same command goes on from there`),
  )

  const walk: CheckpointedWalk = {
    recorder,
    tracker,
    earlier: Option.map(Option.fromUndefinedOr(contents), ({ state }) => state),
    isComplete: contents?.position.complete === true,
    during: (state, run) => {
      const saveWhenDue = Effect.gen(function* () {
        const isDue = recorder.sent() - savedRequests >= saveEveryRequests
        if (isDue || (yield* Clock.currentTimeMillis) - savedAt >= saveEveryMillis) yield* save(state)
      })
      return run(saveWhenDue).pipe(
        Effect.onExit((exit) =>
          Exit.isSuccess(exit)
            ? save(state)
            : // Where this cannot be saved either, the file has what was saved before.
              Effect.andThen(Effect.ignore(save(state)), tell),
        ),
      )
    },
    finish: Checkpoint.remove(file),
  }
  return walk
})
