/** Sessions from a file: one session's detail a line, in the API's own form (`.jsonl`, `.jsonl.gz`). */
import * as CheckedJson from "@effect-elnudge/core/CheckedJson"
import * as Session from "@effect-elnudge/core/Session"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"

/** The file cannot be read, or a line of it is not a session. */
export class SessionFileError extends Data.TaggedError("SessionFileError")<{
  readonly file: string
  /** The line, counted from 1; undefined where the file as a whole cannot be read. */
  readonly line: number | undefined
  readonly reason: string
}> {
  override get message(): string {
    const where = this.line === undefined ? this.file : `${this.file}, line ${this.line}`
    return `${where}: ${this.reason}.`
  }
}

const checkLine = CheckedJson.reader(Session.Detail)

const gunzip = <E, R>(
  bytes: Stream.Stream<Uint8Array<ArrayBuffer>, E, R>,
  onError: (cause: unknown) => SessionFileError,
) =>
  Stream.unwrap(
    Effect.map(Stream.toReadableStreamEffect(bytes), (readable) =>
      Stream.fromReadableStream({
        evaluate: () => readable.pipeThrough(new DecompressionStream("gzip")),
        onError,
      }),
    ),
  )

/** The sessions of a file in its order; fails at the first line that is not one. Blank lines are passed over. */
export const stream = (file: string): Stream.Stream<Session.Detail, SessionFileError, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.map(FileSystem.FileSystem, (fileSystem) => {
      const fail = (reason: string, line?: number) => new SessionFileError({ file, line, reason })
      const bytes = fileSystem.stream(file).pipe(
        Stream.mapError((error: PlatformError) => fail(`cannot be read (${error.reason._tag})`)),
        Stream.map((chunk) => new Uint8Array(chunk)),
      )
      const text = file.endsWith(".gz") ? gunzip(bytes, () => fail("is not a whole gzip file")) : bytes
      return text.pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.zipWithIndex,
        Stream.filter(([line]) => line.trim() !== ""),
        Stream.mapEffect(([line, index]) => {
          const checked = checkLine(line)
          if (Result.isSuccess(checked)) return Effect.succeed(checked.success)
          const misfit = checked.failure
          return Effect.fail(
            misfit._tag === "NotJson"
              ? fail("is not JSON", index + 1)
              : fail(`session ${misfit.sessionId ?? "without id"}, ${misfit.path}: ${misfit.reason}`, index + 1),
          )
        }),
      )
    }),
  )
