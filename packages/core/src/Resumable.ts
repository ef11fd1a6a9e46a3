/**
 * What goes on from a {@link Checkpoint} file: saved while it goes on and once more when it is cut off, so that the same
 * program, run again, goes on from there.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Checkpoint from "./Checkpoint.ts"
import * as Coverage from "./Coverage.ts"
import { reasonOf } from "./FileFailure.ts"
import type * as Lease from "./Lease.ts"
import * as MonotonicClock from "./MonotonicClock.ts"

type Files = FileSystem.FileSystem | Path.Path

export interface Options<State, Encoded> {
  readonly file: string
  /** What is asked: a file of another query is refused. */
  readonly query: Checkpoint.Query
  /** Of what the program makes of its sessions. */
  readonly state: Schema.Codec<State, Encoded>
  /**
   * Keeps other runs from the file: nothing is written where it was lost.
   * @default none: two runs at once would overwrite each other's file
   */
  readonly lease?: Lease.Lease | undefined
}

/** The file cannot be written, or is another run's by now. */
export type SaveError = Checkpoint.CheckpointUnusable | Lease.LeaseLost

/** What says how far it came. */
export interface Tracker<Position> {
  /** How many sessions were taken in. */
  readonly taken: number
  /** Undefined before it began. */
  readonly position: () => Position | undefined
}

export interface Resumable<State, Own> {
  /** Counts for this run, and for those that it goes on from. */
  readonly recorder: Coverage.Recorder
  /** For the stream: call its `done` for every session that was taken in. */
  readonly tracker: Own
  /** What an earlier run had made of its sessions; undefined where this is the first. */
  readonly earlier: State | undefined
  /** How many sessions the file has; undefined where nothing was saved. */
  readonly saved: () => number | undefined
  /**
   * Runs the stream, to which it hands an effect that saves when it is time: call it after each step. What it asks for counts
   * for the recorder. Saves once more at the end, however the run ends. `state` is what the program has of the sessions that are done: what it keeps of a
   * session and the tracker's `done` belong in one step that nothing comes between. Where `state` fails, or the file cannot
   * be written, the run fails.
   */
  readonly during: <A, E, R, E2, R2>(
    state: Effect.Effect<State, E2, R2>,
    run: (saveWhenDue: Effect.Effect<void, E2 | SaveError, R2 | Files>) => Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | E2 | SaveError, R | R2 | Files>
  /** Takes the file away: call it once everything is where it belongs. */
  readonly finish: Effect.Effect<void, SaveError, Files>
}

// Whichever comes first: what a run that is killed has to ask for again is at most this.
const saveEveryMillis = 1_000
const saveEveryRequests = 25

const invalid = (file: string, reason: string) =>
  new Checkpoint.CheckpointUnusable({ problem: "invalid", file, reason })

/** Reads the file, if there is one. Fails where it is of another query, or its state is none. */
export const open = Effect.fnUntraced(function* <State, Encoded, Position, Own extends Tracker<Position>>(
  files: Checkpoint.Files<Position>,
  { file, lease, query, state: codec }: Options<State, Encoded>,
  track: (recorder: Coverage.Recorder, earlier: Position | undefined) => Own,
) {
  const contents = Option.getOrUndefined(yield* files.read(file, query))
  const earlier =
    contents === undefined
      ? undefined
      : yield* Effect.mapError(Schema.decodeUnknownEffect(codec)(contents.state), ({ message }) =>
          invalid(file, message),
        )
  const recorder = contents === undefined ? yield* Coverage.make : yield* Coverage.resume(contents.coverage)
  const tracker = track(recorder, contents?.position)
  const gate = Semaphore.makeUnsafe(1)
  let savedAt = yield* MonotonicClock.now
  let savedRequests = recorder.sent()
  let savedSessions = contents === undefined ? undefined : tracker.taken

  const checked =
    lease === undefined
      ? Effect.void
      : Effect.catchTag(lease.check, "PlatformError", (error) =>
          Effect.fail(new Checkpoint.CheckpointUnusable({ problem: "unwritable", file, reason: reasonOf(error) })),
        )

  const save = Effect.fnUntraced(function* <E, R>(state: Effect.Effect<State, E, R>) {
    let taken: number
    let made: State
    // What was made must be of the sessions that the position knows as done: if one came meanwhile, once more.
    do {
      taken = tracker.taken
      made = yield* state
    } while (taken !== tracker.taken)
    const [position, coverage] = [tracker.position(), recorder.snapshot()]
    // Before it began there is nothing to keep.
    if (position === undefined) return
    const encoded = yield* Effect.orDie(Schema.encodeEffect(codec)(made))
    yield* checked
    yield* files.write(file, query, { position, coverage, state: encoded })
    savedAt = yield* MonotonicClock.now
    savedRequests = recorder.sent()
    savedSessions = taken
  })

  const resumable: Resumable<State, Own> = {
    recorder,
    tracker,
    earlier,
    saved: () => savedSessions,
    during: (state, run) => {
      // One at a time: they write one file.
      const saveWhenDue = gate.withPermits(1)(
        Effect.gen(function* () {
          const requests = recorder.sent() - savedRequests
          if (requests === 0 && tracker.taken === savedSessions) return
          const sinceMillis = (yield* MonotonicClock.now) - savedAt
          const isDue = requests >= saveEveryRequests || sinceMillis >= saveEveryMillis
          if (isDue) yield* save(state)
        }),
      )
      return run(saveWhenDue).pipe(
        Effect.provideService(Coverage.Current, recorder),
        Effect.onExit((exit) =>
          // Where this cannot be saved either, the file has what was saved before.
          Exit.isSuccess(exit) ? save(state) : Effect.ignore(save(state)),
        ),
      )
    },
    finish: Effect.andThen(checked, Checkpoint.remove(file)),
  }
  return resumable
})
