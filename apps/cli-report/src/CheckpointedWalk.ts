/** The walk of a command: one that keeps its place in a file where `--checkpoint` names one, and says so. */
import { Checkpoint, Coverage, ResumableWalk, type WalkPosition } from "@effect-elnudge/core"
import { reasonOf } from "@effect-elnudge/core/FileFailure"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as EventLog from "./EventLog.ts"
import * as OutputFile from "./OutputFile.ts"
import * as RunLock from "./RunLock.ts"
import type { UsageError } from "./UsageError.ts"

/** The file, and what is asked. */
export interface Asked {
  readonly file: string
  readonly query: Checkpoint.Query
  /** Of the key: another one may be of another site. */
  readonly key: string
  /** Whether nothing is said of it. */
  readonly quiet: boolean
}

/** What {@link ResumableWalk.ResumableWalk} has, where a file was asked for; else what does as well without. */
export interface CheckpointedWalk<State> extends Pick<
  ResumableWalk.ResumableWalk<State>,
  "recorder" | "earlier" | "isComplete" | "during" | "finish"
> {
  readonly tracker: WalkPosition.Tracker | undefined
}

type Files = FileSystem.FileSystem | Path.Path

type Unopened = Checkpoint.CheckpointMismatch | Checkpoint.CheckpointUnusable | UsageError | OutputFile.OutputUnwritable

const unusable = (problem: Checkpoint.CheckpointUnusable["problem"], file: string, reason: string) =>
  new Checkpoint.CheckpointUnusable({ problem, file, reason })

/** The file behind all links, which is replaced instead of them. Fails where something else than a file is there. */
const placeOf = Effect.fnUntraced(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const place = yield* OutputFile.target(file)
  const type = yield* fileSystem.stat(place).pipe(
    Effect.map((info) => info.type),
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed("File" as const)),
    Effect.mapError((error) => unusable("unreadable", file, reasonOf(error))),
  )
  // A pipe would be waited for, a device replaced.
  if (type === "File") return place
  return yield* unusable("unreadable", file, type === "Directory" ? "it is a folder" : "it is not a regular file")
})

/** Fails where the file could not be written, before a request is spent on what it could not keep. */
const tryToWrite = (file: string) =>
  Effect.mapError(Effect.scoped(OutputFile.prepare(file)), ({ reason }) => unusable("unwritable", file, reason))

/**
 * Reads the file, if there is one, and keeps other runs from it for as long as the scope lasts. Fails where it is of another
 * query, in use, or could not be written; and where the key is another one, of which `hasSession` says that it does not
 * know a session that the file has.
 */
export const open = Effect.fn("CheckpointedWalk.open")(function* <State, Encoded, E>(
  asked: Asked | undefined,
  state: Schema.Codec<State, Encoded>,
  hasSession: (id: string) => Effect.Effect<boolean, E, FileSystem.FileSystem>,
): Effect.fn.Return<CheckpointedWalk<State>, E | Unopened, Files | Scope.Scope> {
  if (asked === undefined) {
    return {
      recorder: yield* Coverage.make,
      tracker: undefined,
      earlier: undefined,
      isComplete: false,
      during: (_, walk) => walk(Effect.void),
      finish: Effect.void,
    }
  }
  const { key, query, quiet } = asked
  const file = yield* placeOf(asked.file)
  const kept = Schema.Struct({ key: Schema.String, made: state })
  yield* tryToWrite(file)
  yield* RunLock.take(file)
  const walk = yield* ResumableWalk.open({ file, query, state: kept })
  const last = walk.tracker.position()?.known.at(-1)
  if (walk.earlier !== undefined && walk.earlier.key !== key && last !== undefined && !(yield* hasSession(last.id))) {
    const [saved, now] = [`one that has session ${last.id}`, "one whose API does not know it"]
    return yield* new Checkpoint.CheckpointMismatch({ file, name: "site", saved, asked: now })
  }
  const say = (state: "goes_on" | "kept", sessions: number, text: string) =>
    EventLog.say({ event: "checkpoint", message: text.replace(/^\w+: /, ""), file, sessions, state }, [text]).pipe(
      EventLog.quietly(quiet),
    )
  if (walk.earlier !== undefined) {
    const saved = walk.saved() ?? 0
    yield* say("goes_on", saved, `note: goes on from ${file}, which has ${saved} sessions of the window already`)
  }
  const tell = Effect.suspend(() => {
    const saved = walk.saved()
    return saved === undefined
      ? Effect.void
      : say("kept", saved, `checkpoint: ${file} has ${saved} sessions; the same command goes on from there`)
  })
  return {
    ...walk,
    earlier: walk.earlier?.made,
    during: (state, run) =>
      Effect.onExit(
        walk.during(
          Effect.map(state, (made) => ({ key, made })),
          run,
        ),
        (exit) => (Exit.isFailure(exit) ? tell : Effect.void),
      ),
  }
})
