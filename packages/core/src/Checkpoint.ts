/**
 * A walk that is under way, in a file: what was asked, how far it came, what it covered, and what its consumer has of
 * the rows so far. A run that was cut off goes on from it, without asking again for what it has.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as ContentHash from "./ContentHash.ts"
import * as Coverage from "./Coverage.ts"
import { reasonOf } from "./FileFailure.ts"
import * as FollowPosition from "./FollowPosition.ts"
import * as TextFile from "./TextFile.ts"
import * as WalkPosition from "./WalkPosition.ts"

/**
 * What was asked, by name, as it was given: a window that was left out is "default", whatever it was pinned to. It holds
 * no key.
 */
export type Query = Readonly<Record<string, string>>

/** What a run has to say at any moment. */
export interface Contents<Position> {
  readonly position: Position
  readonly coverage: Coverage.Coverage
  /** What the consumer made of the rows that were taken in, as JSON. */
  readonly state: unknown
}

/** The file is of another query: going on from it would mix two answers. */
export class CheckpointMismatch extends Data.TaggedError("CheckpointMismatch")<{
  readonly file: string
  /** What differs, such as `from`, what the file has, and what is asked now. */
  readonly name: string
  readonly saved: string | undefined
  readonly asked: string | undefined
}> {
  override get message(): string {
    const told = (value: string | undefined) => (value === undefined ? "none" : value)
    return `The checkpoint ${this.file} is of another query: its ${this.name} is ${told(this.saved)}, now it is ${told(this.asked)}.`
  }
  get advice(): string {
    return "Ask for the same again to go on, or give another --checkpoint file (or delete this one) to start anew."
  }
}

/** The file cannot be read, is no checkpoint, or cannot be written. */
export class CheckpointUnusable extends Data.TaggedError("CheckpointUnusable")<{
  readonly problem: "unreadable" | "invalid" | "unwritable"
  readonly file: string
  readonly reason: string
}> {
  override get message(): string {
    switch (this.problem) {
      case "unreadable":
        return `The checkpoint ${this.file} cannot be read: ${this.reason}.`
      case "invalid":
        // What explains a whole file may hold the file.
        return `${this.file} is not a checkpoint that this version can go on from: ${this.reason.replace(/\s*\n\s*/g, " ").slice(0, 200)}.`
      case "unwritable":
        return `The checkpoint ${this.file} cannot be written: ${this.reason}.`
    }
  }
  get advice(): string {
    return this.problem === "invalid"
      ? "Nothing was changed. Give another file, or delete this one to start anew."
      : "Check the path, its permissions and the free space."
  }
}

const canonical = (query: Query): string =>
  JSON.stringify(Object.entries(query).toSorted(([a], [b]) => (a < b ? -1 : 1)))

const encodeCoverage = Schema.encodeSync(Coverage.Coverage)

/** Files of one format, which says what kind of position they hold. */
const ofFormat = <Position, Encoded>(format: string, positionCodec: Schema.Codec<Position, Encoded>) => {
  const Checkpoint = Schema.Struct({
    format: Schema.Literal(format),
    query: Schema.Record(Schema.String, Schema.String),
    /** SHA-256 of the query, in hexadecimal digits. */
    query_hash: Schema.String,
    position: positionCodec,
    coverage: Coverage.Coverage,
    state: Schema.Unknown,
  })
  const decode = Schema.decodeUnknownEffect(Checkpoint)
  const encodePosition = Schema.encodeSync(positionCodec)

  const read = Effect.fn("Checkpoint.read")(function* (file: string, query: Query) {
    const invalid = (reason: string) => new CheckpointUnusable({ problem: "invalid", file, reason })
    const text = yield* TextFile.read(file).pipe(
      Effect.map(Option.some),
      Effect.catchReason("PlatformError", "NotFound", () => Effect.succeedNone),
      Effect.mapError((error) =>
        error._tag === "NotText"
          ? invalid(`it ${error.message}`)
          : new CheckpointUnusable({ problem: "unreadable", file, reason: reasonOf(error) }),
      ),
    )
    if (Option.isNone(text)) return Option.none<Contents<Position>>()
    const json = yield* Effect.mapError(ContentHash.read(text.value), invalid)
    const saved = yield* Effect.mapError(decode(json), ({ message }) => invalid(message))
    if (saved.query_hash !== (yield* ContentHash.ofText(canonical(saved.query)))) {
      return yield* invalid("its query does not fit its hash")
    }
    const names = [...new Set([...Object.keys(saved.query), ...Object.keys(query)])]
    const name = names.find((each) => saved.query[each] !== query[each])
    if (name !== undefined) {
      return yield* new CheckpointMismatch({ file, name, saved: saved.query[name], asked: query[name] })
    }
    const contents: Contents<Position> = saved
    return Option.some(contents)
  })

  const write = Effect.fn("Checkpoint.write")(function* (file: string, query: Query, contents: Contents<Position>) {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { coverage, position, state } = contents
    const text = yield* ContentHash.write(
      { format, query, query_hash: yield* ContentHash.ofText(canonical(query)) },
      { position: encodePosition(position), coverage: encodeCoverage(coverage), state },
    )
    // Always the same name, so that runs that were killed leave one at most.
    const temporary = path.join(path.dirname(file), `.${path.basename(file)}.checkpoint-tmp`)
    yield* Effect.gen(function* () {
      yield* fileSystem.remove(temporary, { force: true })
      const opened = yield* fileSystem.open(temporary, { flag: "wx", mode: 0o600 })
      yield* opened.writeAll(new TextEncoder().encode(text))
      yield* opened.sync
    }).pipe(
      Effect.scoped,
      Effect.andThen(fileSystem.rename(temporary, file)),
      Effect.tapError(() => Effect.ignore(fileSystem.remove(temporary, { force: true }))),
      Effect.mapError((error) => new CheckpointUnusable({ problem: "unwritable", file, reason: reasonOf(error) })),
    )
  })

  return { read, write }
}

/** The files of one kind of position. */
export interface Files<Position> {
  /** What the file holds, or none where there is no such file. Fails where it is of another query. */
  readonly read: (
    file: string,
    query: Query,
  ) => Effect.Effect<Option.Option<Contents<Position>>, CheckpointMismatch | CheckpointUnusable, FileSystem.FileSystem>
  /**
   * Puts the contents in the file's place, whole or not at all, readable by its owner alone: it holds session ids. They
   * are on the disk when this ends.
   */
  readonly write: (
    file: string,
    query: Query,
    contents: Contents<Position>,
  ) => Effect.Effect<void, CheckpointUnusable, FileSystem.FileSystem | Path.Path>
}

/** Of a walk through one window. */
export const ofWalk: Files<WalkPosition.WalkPosition> = ofFormat("elnudge-checkpoint-1", WalkPosition.WalkPosition)

/** Of sessions that are followed without end. */
export const ofFollow: Files<FollowPosition.FollowPosition> = ofFormat(
  "elnudge-follow-1",
  FollowPosition.FollowPosition,
)

/** Takes the file away: what it was for is done. */
export const remove = Effect.fn("Checkpoint.remove")(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  yield* fileSystem
    .remove(file, { force: true })
    .pipe(Effect.mapError((error) => new CheckpointUnusable({ problem: "unwritable", file, reason: reasonOf(error) })))
})
