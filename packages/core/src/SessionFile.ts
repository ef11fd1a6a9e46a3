/**
 * Sessions in a file, one a line (NDJSON): the API's own object, as it came. A line that a walk wrote has one field
 * more, `_read`: when it was read, in which window, and why it has no detail if it has none; with it the file gives the
 * reports that the walk gave. Files without it, such as details kept from elsewhere, do as well.
 */
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as CheckedJson from "./CheckedJson.ts"
import * as Coverage from "./Coverage.ts"
import * as Session from "./Session.ts"
import type { SessionRead } from "./SessionRead.ts"
import * as SessionReads from "./SessionRead.ts"
import type { TimeSpan } from "./TimeSpan.ts"

/**
 * - `unreadable`: the file as a whole, such as one that is not there · `damaged`: it cannot be unpacked
 * - `bad_line`: a line is not a session
 * - `no_details`: a session has no events and nudges, and they are needed
 */
export type Problem = "unreadable" | "damaged" | "bad_line" | "no_details"

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
      case "damaged":
        return "Unpack it with gunzip and give the unpacked file."
      case "bad_line":
        return "Mend the line or take it out; nothing was reported from the file."
      case "no_details":
        return "Write the file with sessions --details."
    }
  }
}

const Mark = Schema.Struct({
  at: Session.Instant,
  from: Schema.optional(Session.Instant),
  to: Schema.optional(Session.Instant),
  unavailable: Schema.optional(Schema.Literals(["past_retention", "not_found"])),
}).check(
  Schema.makeFilter(
    ({ from, to }) => from === undefined || to === undefined || Session.millis(from) < Session.millis(to),
    { expected: "a window that begins before it ends" },
  ),
)

const DetailLine = CheckedJson.checker(Schema.Struct({ ...Session.Detail.fields, _read: Schema.optional(Mark) }))
const SummaryLine = CheckedJson.checker(Schema.Struct({ ...Session.Summary.fields, _read: Schema.optional(Mark) }))

const startsIn = ({ started_at }: Session.Summary, { from, to }: TimeSpan): boolean => {
  const start = Session.millis(started_at)
  return start >= from && start < to
}

const markOf = (read: SessionRead): typeof Mark.Type | undefined => {
  const { detail, readAt } = read
  // A session of a file that did not say when it was read does not say so now.
  if (!Number.isFinite(readAt)) return undefined
  // The detail may have another start than the list's row, which was in the window.
  const window =
    read.window !== undefined && startsIn(SessionReads.session(read), read.window) ? read.window : undefined
  return {
    at: Session.instant(readAt),
    from: window === undefined ? undefined : Session.instant(window.from),
    to: window === undefined ? undefined : Session.instant(window.to),
    unavailable: detail._tag === "Unavailable" ? detail.reason : undefined,
  }
}

/** One session as a line, without the line break. Nudges that are not from its detail do not stand in it. */
export const formatLine = (read: SessionRead): string =>
  JSON.stringify({ ...SessionReads.session(read), _read: markOf(read) })

const toRead = (line: string): Result.Result<SessionRead, CheckedJson.Misfit> =>
  Result.flatMap(CheckedJson.parse(line), (value): Result.Result<SessionRead, CheckedJson.Misfit> => {
    const isDetail = Predicate.hasProperty(value, "events") || Predicate.hasProperty(value, "nudges")
    return isDetail
      ? Result.flatMap(DetailLine(value), ({ _read, ...session }) =>
          readOf(summaryOf(session), { _tag: "Read", session }, _read),
        )
      : Result.flatMap(SummaryLine(value), ({ _read, ...summary }) =>
          readOf(
            summary,
            _read?.unavailable === undefined
              ? SessionReads.notNeeded
              : { _tag: "Unavailable", reason: _read.unavailable },
            _read,
          ),
        )
  })

const summaryOf = ({
  converted,
  ended_at,
  id,
  intent_score,
  nudge_count,
  page_count,
  started_at,
}: Session.Detail): Session.Summary => ({
  id,
  started_at,
  ended_at,
  page_count,
  intent_score,
  converted,
  nudge_count,
})

const readOf = (
  summary: Session.Summary,
  detail: SessionRead["detail"],
  mark: typeof Mark.Type | undefined,
): Result.Result<SessionRead, CheckedJson.Misfit> => {
  const window =
    mark?.from === undefined || mark.to === undefined
      ? undefined
      : { from: Session.millis(mark.from), to: Session.millis(mark.to) }
  if (window !== undefined && !startsIn(summary, window)) {
    const reason = "lies outside the window that _read names"
    return Result.fail({ _tag: "NotContract", reason, path: "started_at", sessionId: summary.id })
  }
  // A file that does not say when it was read is taken for read long after its sessions had ended.
  const readAt = mark === undefined ? Number.POSITIVE_INFINITY : Session.millis(mark.at)
  return Result.succeed({ summary, detail, readAt, window })
}

const gunzip = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, onError: (cause: unknown) => SessionFileError) =>
  Stream.unwrap(
    Effect.map(Stream.toReadableStreamEffect(Stream.map(bytes, (chunk) => new Uint8Array(chunk))), (readable) =>
      Stream.fromReadableStream({
        evaluate: () => readable.pipeThrough(new DecompressionStream("gzip")),
        onError,
      }),
    ),
  )

const linesOf = (file: string) => {
  const fail = (reason: string) => new SessionFileError({ problem: "unreadable", file, line: undefined, reason })
  return Stream.unwrap(
    Effect.map(FileSystem.FileSystem, (fileSystem) => {
      const bytes = Stream.mapError(fileSystem.stream(file), (error) => fail(`cannot be read (${error.reason._tag})`))
      const text = file.endsWith(".gz")
        ? gunzip(bytes, (cause) =>
            cause instanceof SessionFileError
              ? cause
              : new SessionFileError({
                  problem: "damaged",
                  file,
                  line: undefined,
                  reason: "is not one whole gzip file",
                }),
          )
        : bytes
      return text.pipe(Stream.decodeText(), Stream.splitLines)
    }),
  )
}

const describe = (misfit: CheckedJson.Misfit): string =>
  misfit._tag === "NotJson"
    ? "is not JSON"
    : `session ${misfit.sessionId ?? "without id"}${misfit.path === "" ? "" : `, ${misfit.path}`}: ${misfit.reason}`

/** The lines of one file as reads, in its order; fails at the first that is not a session. Blank lines are passed over. */
const readsOf = (file: string): Stream.Stream<SessionRead, SessionFileError, FileSystem.FileSystem> =>
  linesOf(file).pipe(
    Stream.zipWithIndex,
    Stream.filter(([text]) => text.trim() !== ""),
    Stream.mapEffect(([text, index]) =>
      Effect.fromResult(
        Result.mapError(
          toRead(text),
          (misfit) => new SessionFileError({ problem: "bad_line", file, line: index + 1, reason: describe(misfit) }),
        ),
      ),
    ),
  )

export interface Options {
  /** Only sessions that start at or after this. */
  readonly from?: DateTime.DateTime | undefined
  /** Only sessions that start before this. */
  readonly to?: DateTime.DateTime | undefined
}

// A pipe gives its bytes once, and every file is read twice.
const refusePipe = Effect.fnUntraced(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const type = yield* fileSystem.stat(file).pipe(
    Effect.map((info) => info.type),
    Effect.orElseSucceed(() => undefined),
  )
  if (type !== "FIFO") return
  const reason = "is a pipe; give a file"
  return yield* new SessionFileError({ problem: "unreadable", file, line: undefined, reason })
})

/** Where a session's best copy stands, counted over all rows of all files, and what makes it the best. */
interface BestCopy {
  readonly index: number
  readonly hasDetail: boolean
  readonly readAt: number
}

/** What the files hold together: the best copy of each session, and which parts of the asked window they cover. */
const survey = Effect.fnUntraced(function* (
  files: ReadonlyArray<string>,
  narrow: (window: TimeSpan | undefined) => TimeSpan | undefined,
) {
  const best = new Map<string, BestCopy>()
  const covered: Array<TimeSpan> = []
  let index = 0
  const compare = ({ detail, readAt, summary }: SessionRead) => {
    const known = best.get(summary.id)
    const hasDetail = detail._tag === "Read"
    const isBetter = known === undefined || (hasDetail === known.hasDetail ? readAt > known.readAt : hasDetail)
    if (isBetter) best.set(summary.id, { index, hasDetail, readAt })
    index++
  }
  for (const file of files) {
    yield* refusePipe(file)
    const windows = new Map<string, { readonly window: TimeSpan; firstReadAt: number }>()
    const note = ({ readAt, window }: SessionRead) => {
      if (window === undefined) return
      const key = `${window.from} ${window.to}`
      const known = windows.get(key)
      if (known === undefined) windows.set(key, { window, firstReadAt: readAt })
      else known.firstReadAt = Math.min(known.firstReadAt, readAt)
    }
    yield* Stream.runForEachArray(readsOf(file), (reads) =>
      Effect.sync(() => {
        for (const read of reads) {
          compare(read)
          note(read)
        }
      }),
    )
    for (const { firstReadAt, window } of windows.values()) {
      const part = narrow(window)
      // A window that was read before it ended may hold more by now: there, only what is emitted speaks for itself.
      if (part !== undefined && part.from < part.to && firstReadAt >= part.to) covered.push(part)
    }
  }
  return { covered, isBest: (id: string, at: number): boolean => best.get(id)?.index === at }
})

/**
 * The sessions of the files, each id once, as a walk would emit them. Of a session that stands in them several times,
 * in several files or in one, the best copy counts, whatever their order: one with its detail, and of those the newest.
 * For that each file is read twice, and every id is remembered, at about 150 bytes a session. A read's window is what
 * its row says, narrowed to what is asked for; a row that says none is taken to be of `from` to `to` where both are
 * given. Records what it saw. Covered is what the rows say, those outside `from` and `to` too, so that a day without
 * a session counts as covered where the walk of its file held it.
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
      const narrow = (window: TimeSpan | undefined): TimeSpan | undefined =>
        window === undefined ? asked : { from: Math.max(window.from, from), to: Math.min(window.to, to) }
      const { covered, isBest } = yield* survey(files, narrow)
      for (const span of covered) recorder?.covers(span)
      let position = 0
      const accept = (read: SessionRead): boolean => {
        const { summary, window } = read
        const isCounted = isBest(summary.id, position++)
        if (!startsIn(summary, { from, to })) return false
        if (!isCounted) {
          recorder?.duplicate()
          return false
        }
        if (window === undefined) recorder?.withoutWindow()
        const part = narrow(window)
        if (part !== undefined) recorder?.covers(part)
        recorder?.taken(read)
        return true
      }
      return Stream.fromIterable(files).pipe(
        Stream.flatMap(readsOf),
        Stream.filter(accept),
        Stream.map((read) => ({ ...read, window: narrow(read.window) })),
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

/** The details in one file, as they came and without `_read`; fails at the first line that is not a whole session. */
export const details = (file: string): Stream.Stream<Session.Detail, SessionFileError, FileSystem.FileSystem> =>
  readsOf(file).pipe(
    Stream.mapEffect(({ detail, summary }) =>
      detail._tag === "Read" ? Effect.succeed(detail.session) : Effect.fail(withoutDetails(file, summary)),
    ),
  )
