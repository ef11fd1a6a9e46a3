/**
 * Sessions in a file, one a line (NDJSON): the API's own object, as it came. A line that a walk wrote has one field
 * more, `_read`: when it was read, in which window, and why it has no detail if it has none; with it the file gives the
 * reports that the walk gave. Files without it, such as details kept from elsewhere, do as well.
 */
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Coverage from "./Coverage.ts"
import * as Gzip from "./Gzip.ts"
import { IdScan, IdSequence } from "./IdScan.ts"
import * as PinnedFile from "./PinnedFile.ts"
import * as Session from "./Session.ts"
import type { SessionRead } from "./SessionRead.ts"
import * as SessionLine from "./SessionLine.ts"
import type * as TextFile from "./TextFile.ts"
import * as TextLines from "./TextLines.ts"
import type { TimeSpan } from "./TimeSpan.ts"

/**
 * - `unreadable`: the file as a whole, such as one that is not there · `changed`: another program wrote to it meanwhile
 * - `damaged`: it cannot be unpacked · `not_text`: it is not UTF-8 · `bad_line`: a line is not a session
 * - `no_details`: a session has no events and nudges, and they are needed
 * - `none_in_window`: the files hold sessions, but none of the window that was asked for, which they do not cover
 */
export type Problem = "unreadable" | "changed" | "damaged" | "not_text" | "bad_line" | "no_details" | "none_in_window"

/** A file that cannot be used, and why. */
export class SessionFileError extends Data.TaggedError("SessionFileError")<{
  readonly problem: Problem
  readonly file: string
  /** The line, counted from 1, where one is at fault. */
  readonly line: number | undefined
  readonly reason: string
}> {
  override get message(): string {
    const where = this.line === undefined ? this.file : `${this.file}, line ${this.line}`
    return `${where}: ${this.reason}.`
  }
  get advice(): string {
    switch (this.problem) {
      case "unreadable":
        return "Check the path."
      case "changed":
        return "Run it again when no other program writes to the file."
      case "damaged":
        return "Get the file again from where it is whole."
      case "not_text":
        return "Write the file in UTF-8, such as with iconv -f latin1 -t utf-8."
      case "bad_line":
        return "Mend the line or take it out; nothing was reported from the file."
      case "no_details":
        return "Write the file with sessions --details."
      case "none_in_window":
        return "Give a window that they hold, or the files of that time; leave --input out to ask the API."
    }
  }
}

/** One session as a line, without the line break. Nudges that are not from its detail do not stand in it. */
export const formatLine: (read: SessionRead) => string = SessionLine.format

/** Files as they were at one moment: what is read of them later is of the same, or fails. */
export type Pins = ReadonlyMap<string, PinnedFile.Pin>

type FileError = PinnedFile.PinnedFileError | Gzip.GzipError | TextFile.NotText

const toError =
  (file: string) =>
  (error: FileError): SessionFileError => {
    const { reason } = error
    switch (error._tag) {
      case "PinnedFileError":
        return new SessionFileError({ problem: error.problem, file, line: undefined, reason })
      case "GzipError":
        return new SessionFileError({ problem: "damaged", file, line: undefined, reason })
      case "NotText":
        // One that is too large may well be UTF-8.
        return new SessionFileError({
          problem: error.isTooLarge ? "bad_line" : "not_text",
          file,
          line: error.line,
          reason,
        })
    }
  }

/** Pins the files as they are now, for several readings of them. Fails for what can be read only once, such as a pipe. */
export const pin = Effect.fn("SessionFile.pin")(function* (files: ReadonlyArray<string>) {
  const pins = yield* Effect.forEach(files, (file) =>
    Effect.map(Effect.mapError(PinnedFile.pin(file), toError(file)), (pin) => [file, pin] as const),
  )
  const pinned: Pins = new Map(pins)
  return pinned
})

/** The bytes of one file as it was pinned, unpacked. */
const pinnedBytes = (file: string, pins: Pins): Stream.Stream<Uint8Array, FileError, FileSystem.FileSystem> => {
  const pin = pins.get(file)
  return pin === undefined
    ? Stream.fail(new PinnedFile.PinnedFileError({ problem: "unreadable", reason: "is not among the pinned files" }))
    : unpacked(file, PinnedFile.bytes(file, pin))
}

const unpacked = <E, R>(file: string, bytes: Stream.Stream<Uint8Array, E, R>) =>
  file.toLowerCase().endsWith(".gz") ? Gzip.unpack(bytes) : bytes

type Reads = ReadonlyArray<SessionRead>

/** The lines of one file as reads, in its order; fails at the first that is not a session. Blank lines are passed over. */
const readsOf = <R>(
  file: string,
  bytes: Stream.Stream<Uint8Array, FileError, R>,
): Stream.Stream<Reads, SessionFileError, R> =>
  Stream.suspend(() => {
    const toRead = SessionLine.reader()
    let line = 0
    const take = (texts: ReadonlyArray<string>): Stream.Stream<Reads, SessionFileError> => {
      const reads: Array<SessionRead> = []
      for (const text of texts) {
        line++
        if (text.trim() === "") continue
        const read = toRead(text)
        if (Result.isFailure(read)) {
          const reason = SessionLine.describe(read.failure)
          const error = new SessionFileError({ problem: "bad_line", file, line, reason })
          return Stream.concat(Stream.succeed(reads), Stream.fail(error))
        }
        reads.push(read.success)
      }
      return Stream.succeed(reads)
    }
    return TextLines.read(bytes).pipe(Stream.mapError(toError(file)), Stream.flatMap(take))
  })

/** Which rows count, each id once. It is asked for all rows of all files, in their order. */
interface Choice {
  readonly counts: (read: SessionRead) => boolean
  /** Whether the rows that it was asked for are those that it was made of. */
  readonly isWhole: () => boolean
}

/** Where all ids are different, every row counts; undefined where that is not sure. */
const choiceOfAll = Effect.fnUntraced(function* (files: ReadonlyArray<string>, pins: Pins) {
  const scan = new IdScan()
  for (const file of files) {
    yield* pinnedBytes(file, pins).pipe(
      Stream.takeWhile((bytes) => scan.push(bytes)),
      Stream.runDrain,
      Effect.mapError(toError(file)),
    )
    if (!scan.endFile()) return undefined
  }
  const sequence = new IdSequence()
  const choice: Choice = {
    counts: ({ summary }) => {
      sequence.add(summary.id)
      return true
    },
    isWhole: () => sequence.isSame(scan.sequence),
  }
  return choice
})

/** Where a session's best copy stands, counted over all rows of all files, and what makes it the best. */
interface BestCopy {
  readonly index: number
  readonly hasDetail: boolean
  readonly readAt: number
}

/** Of the copies of a session, the best counts: one with its detail, and of those the newest. */
const choiceOfBest = Effect.fnUntraced(function* (files: ReadonlyArray<string>, pins: Pins) {
  const best = new Map<string, BestCopy>()
  let rows = 0
  const compare = ({ detail, readAt, summary }: SessionRead): void => {
    const known = best.get(summary.id)
    const hasDetail = detail._tag === "Read"
    const isBetter = known === undefined || (hasDetail === known.hasDetail ? readAt > known.readAt : hasDetail)
    if (isBetter) best.set(summary.id, { index: rows, hasDetail, readAt })
    rows++
  }
  for (const file of files) {
    yield* Stream.runForEach(readsOf(file, pinnedBytes(file, pins)), (reads) =>
      Effect.sync(() => reads.forEach(compare)),
    )
  }
  let position = 0
  let counted = 0
  const choice: Choice = {
    counts: ({ summary }) => {
      const isBest = best.get(summary.id)?.index === position++
      if (isBest) counted++
      return isBest
    },
    isWhole: () => position === rows && counted === best.size,
  }
  return choice
})

/** Which of the windows that a file's rows say had ended when the first row of them was read. */
class FileWindows {
  private readonly known = new Map<string, { readonly window: TimeSpan; firstReadAt: number }>()
  private last: { readonly window: TimeSpan; firstReadAt: number } | undefined

  add({ readAt, window }: SessionRead): void {
    if (window === undefined) return
    if (this.last?.window !== window) {
      const key = `${window.from} ${window.to}`
      this.last = this.known.get(key) ?? { window, firstReadAt: readAt }
      this.known.set(key, this.last)
    }
    this.last.firstReadAt = Math.min(this.last.firstReadAt, readAt)
  }

  /** What of the asked window they cover, narrowed to it. */
  covered(narrow: (window: TimeSpan) => TimeSpan | undefined): ReadonlyArray<TimeSpan> {
    return [...this.known.values()].flatMap(({ firstReadAt, window }) => {
      const part = narrow(window)
      // A window that was read before it ended may hold more by now: there, only what is emitted speaks for itself.
      return part !== undefined && part.from < part.to && firstReadAt >= part.to ? [part] : []
    })
  }
}

export interface Options {
  /** Only sessions that start at or after this. */
  readonly from?: DateTime.DateTime | undefined
  /** Only sessions that start before this. */
  readonly to?: DateTime.DateTime | undefined
  /** The files as they must be, where they are read more than once. @default as they are when they are first read */
  readonly pins?: Pins | undefined
}

const counted = (count: number): string => `${count.toLocaleString("en-US")} session${count === 1 ? "" : "s"}`

const windowText = ({ from, to }: TimeSpan): string => {
  if (!Number.isFinite(from)) return `before ${Session.instant(to)}`
  return Number.isFinite(to) ? `${Session.instant(from)} to ${Session.instant(to)}` : `from ${Session.instant(from)} on`
}

/** What the files hold, counting each session once. */
interface Held {
  sessions: number
  earliest: number
  latest: number
  inWindow: number
}

const noneInWindow = (files: ReadonlyArray<string>, { earliest, latest, sessions }: Held, asked: TimeSpan) => {
  const subject = files.length === 1 ? "the file has" : "the files have"
  const span = `from ${Session.instant(earliest)} to ${Session.instant(latest)}`
  const reason = `${subject} ${counted(sessions)} ${span}, none in this window (${windowText(asked)})`
  return new SessionFileError({ problem: "none_in_window", file: files.join(", "), line: undefined, reason })
}

/**
 * The sessions of the files, each id once, as a walk would emit them. Of a session that stands in them several times,
 * in several files or in one, the best copy counts, whatever their order: one with its detail, and of those the newest.
 * Each file is looked through for its ids first, at 16 to 32 bytes of memory a session, and then read; where an id comes
 * twice, or does not stand first in its line, both read it, and the ids take some 150 bytes a session. A file that
 * changes meanwhile fails with `changed`. A read's window is what its row says, narrowed to what is asked for; a row that
 * says none is taken to be of `from` to `to` where both are given. Records what it saw. Covered is what the rows say,
 * those outside `from` and `to` too, so that a day without a session counts as covered where the walk of its file held
 * it; a window of which the files hold no session, and which they do not cover, fails with `none_in_window`.
 */
export const reads = (
  files: ReadonlyArray<string>,
  options: Options = {},
): Stream.Stream<SessionRead, SessionFileError, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const recorder = yield* Coverage.Current
      const from = options.from === undefined ? Number.NEGATIVE_INFINITY : DateTime.toEpochMillis(options.from)
      const to = options.to === undefined ? Number.POSITIVE_INFINITY : DateTime.toEpochMillis(options.to)
      const asked = Number.isFinite(from) && Number.isFinite(to) ? { from, to } : undefined
      const narrow = (window: TimeSpan): TimeSpan => ({
        from: Math.max(window.from, from),
        to: Math.min(window.to, to),
      })
      const pins = options.pins ?? (yield* pin(files))
      const choice = (yield* choiceOfAll(files, pins)) ?? (yield* choiceOfBest(files, pins))
      const held: Held = { sessions: 0, earliest: Infinity, latest: -Infinity, inWindow: 0 }
      let isCovered = false
      // Nearly every row has the window of the row before.
      let last: { readonly window: TimeSpan | undefined; readonly part: TimeSpan | undefined } | undefined
      const partOf = (window: TimeSpan | undefined): TimeSpan | undefined => {
        if (last === undefined || last.window !== window) {
          const part = window === undefined ? asked : narrow(window)
          if (part !== undefined) recorder?.covers(part)
          last = { window, part }
        }
        return last.part
      }
      const accept = (read: SessionRead): SessionRead | undefined => {
        const { detail, readAt, summary, window } = read
        const isCounted = choice.counts(read)
        const start = Session.millis(summary.started_at)
        const isInWindow = start >= from && start < to
        if (isCounted) {
          held.sessions++
          held.earliest = Math.min(held.earliest, start)
          held.latest = Math.max(held.latest, start)
          if (isInWindow) held.inWindow++
        } else if (isInWindow) recorder?.duplicate()
        if (!isCounted || !isInWindow) return undefined
        if (window === undefined) recorder?.withoutWindow()
        const part = partOf(window)
        const taken: SessionRead = { summary, detail, readAt, window: part }
        recorder?.taken(taken)
        return taken
      }
      const sessionsOf = (file: string) => {
        const windows = new FileWindows()
        const take = (reads: Reads): Reads => {
          const accepted: Array<SessionRead> = []
          for (const read of reads) {
            windows.add(read)
            const taken = accept(read)
            if (taken !== undefined) accepted.push(taken)
          }
          return accepted
        }
        const cover = Effect.sync(() => {
          for (const span of windows.covered(narrow)) {
            isCovered = true
            recorder?.covers(span)
          }
        })
        return Stream.onEnd(Stream.map(readsOf(file, pinnedBytes(file, pins)), take), cover)
      }
      const check = Effect.suspend((): Effect.Effect<void, SessionFileError> => {
        if (!choice.isWhole()) {
          return Effect.fail(toError(files.join(", "))(PinnedFile.changed("its sessions are not those of before")))
        }
        return held.sessions > 0 && held.inWindow === 0 && !isCovered
          ? Effect.fail(noneInWindow(files, held, { from, to }))
          : Effect.void
      })
      return Stream.fromIterable(files).pipe(
        Stream.flatMap(sessionsOf),
        Stream.onEnd(check),
        Stream.filter(Arr.isReadonlyArrayNonEmpty),
        Stream.flattenArray,
      )
    }),
  )

/** The error for a session whose events and nudges are needed and not there. */
export const withoutDetails = (file: string, { id }: Session.Summary): SessionFileError =>
  new SessionFileError({
    problem: "no_details",
    file,
    line: undefined,
    reason: `session ${id} has no events and nudges`,
  })

/**
 * The details in one file, which is read once, as they came and without `_read`; fails at the first line that is not a
 * whole session.
 */
export const details = (file: string): Stream.Stream<Session.Detail, SessionFileError, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.map(FileSystem.FileSystem, (fileSystem) => {
      const bytes = Stream.catch(fileSystem.stream(file), (error) =>
        // What cannot be pinned says better why it cannot be read.
        Stream.fromEffect(Effect.andThen(PinnedFile.pin(file), Effect.fail(PinnedFile.toUnreadable(error)))),
      )
      return readsOf(file, unpacked(file, bytes))
    }),
  ).pipe(
    Stream.filter(Arr.isReadonlyArrayNonEmpty),
    Stream.flattenArray,
    Stream.mapEffect(({ detail, summary }) =>
      detail._tag === "Read" ? Effect.succeed(detail.session) : Effect.fail(withoutDetails(file, summary)),
    ),
  )
