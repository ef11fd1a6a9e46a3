/** One session as a line of a file: the API's own object, and `_read`, which says how a walk came by it. */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as CheckedJson from "./CheckedJson.ts"
import * as Session from "./Session.ts"
import type { SessionRead } from "./SessionRead.ts"
import * as SessionReads from "./SessionRead.ts"
import type { TimeSpan } from "./TimeSpan.ts"

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
type Mark = typeof Mark.Type

const DetailLine = CheckedJson.checker(Schema.Struct({ ...Session.Detail.fields, _read: Schema.optional(Mark) }))
const SummaryLine = CheckedJson.checker(Schema.Struct({ ...Session.Summary.fields, _read: Schema.optional(Mark) }))

const startsIn = ({ started_at }: Session.Summary, { from, to }: TimeSpan): boolean => {
  const start = Session.millis(started_at)
  return start >= from && start < to
}

const markOf = (read: SessionRead): Mark | undefined => {
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

/** The line, without its end. Nudges that are not from the session's detail do not stand in it. */
export const format = (read: SessionRead): string =>
  JSON.stringify({ ...SessionReads.session(read), _read: markOf(read) })

/** Takes the mark off a line's value. It stands last, where that costs nothing. */
const withoutMark = <A extends { readonly _read?: Mark | undefined }>(value: A): Omit<A, "_read"> => {
  Reflect.deleteProperty(value, "_read")
  return value
}

const summaryOf = ({
  converted,
  ended_at,
  id,
  intent_score,
  nudge_count,
  page_count,
  started_at,
}: Omit<Session.Detail, "events" | "nudges">): Session.Summary => ({
  id,
  started_at,
  ended_at,
  page_count,
  intent_score,
  converted,
  nudge_count,
})

const misfit = (sessionId: string, path: string, reason: string): CheckedJson.Misfit => ({
  _tag: "NotContract",
  reason,
  path,
  sessionId,
})

// The id that files are looked through for, before their lines are read.
const firstId = /^\s*\{\s*"id"\s*:\s*"([^"\\]*)"/

/** Whether it begins with another id than the one that counts, which is the last of a JSON object. */
const hasTwoIds = (text: string, id: string): boolean => {
  const first = firstId.exec(text)?.[1]
  return first !== undefined && first !== id
}

interface MarkTimes {
  readonly readAt: number
  readonly window: TimeSpan | undefined
}

// A file that does not say when it was read is taken for read long after its sessions had ended.
const noMark: MarkTimes = { readAt: Number.POSITIVE_INFINITY, window: undefined }

/** Reads lines, one after the other; nearly all of a file have the mark of the line before, and with it its window. */
export const reader = (): ((text: string) => Result.Result<SessionRead, CheckedJson.Misfit>) => {
  let last: { readonly mark: Mark; readonly times: MarkTimes } | undefined

  const windowOf = ({ from, to }: Mark): TimeSpan | undefined => {
    if (last !== undefined && last.mark.from === from && last.mark.to === to) return last.times.window
    return from === undefined || to === undefined ? undefined : { from: Session.millis(from), to: Session.millis(to) }
  }

  const timesOf = (mark: Mark | undefined): MarkTimes => {
    if (mark === undefined) return noMark
    const window = windowOf(mark)
    if (last === undefined || last.mark.at !== mark.at || last.times.window !== window) {
      last = { mark, times: { readAt: Session.millis(mark.at), window } }
    }
    return last.times
  }

  const readOf = (
    text: string,
    summary: Session.Summary,
    detail: SessionRead["detail"],
    mark: Mark | undefined,
  ): Result.Result<SessionRead, CheckedJson.Misfit> => {
    if (hasTwoIds(text, summary.id)) return Result.fail(misfit(summary.id, "id", "the line has two ids"))
    const { readAt, window } = timesOf(mark)
    if (window !== undefined && !startsIn(summary, window)) {
      return Result.fail(misfit(summary.id, "started_at", "lies outside the window that _read names"))
    }
    return Result.succeed({ summary, detail, readAt, window })
  }

  return (text) => {
    const parsed = CheckedJson.parse(text)
    if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
    const value = parsed.success
    if (Predicate.hasProperty(value, "events") || Predicate.hasProperty(value, "nudges")) {
      const checked = DetailLine(value)
      if (Result.isFailure(checked)) return Result.fail(checked.failure)
      const { _read: mark } = checked.success
      const session = withoutMark(checked.success)
      return readOf(text, summaryOf(session), { _tag: "Read", session }, mark)
    }
    const checked = SummaryLine(value)
    if (Result.isFailure(checked)) return Result.fail(checked.failure)
    const { _read: mark } = checked.success
    const unavailable = mark?.unavailable
    const detail: SessionRead["detail"] =
      unavailable === undefined ? SessionReads.notNeeded : { _tag: "Unavailable", reason: unavailable }
    return readOf(text, withoutMark(checked.success), detail, mark)
  }
}

/** What is wrong with a line, in words. */
export const describe = (misfit: CheckedJson.Misfit): string =>
  misfit._tag === "NotJson"
    ? "is not JSON"
    : `session ${misfit.sessionId ?? "without id"}${misfit.path === "" ? "" : `, ${misfit.path}`}: ${misfit.reason}`
