/** The lines of `--json`: one object each, told apart by `event`. Programs read them, so a field that is there stays there. */
import * as Coverage from "@effect-elnudge/core/Coverage"
import * as Session from "@effect-elnudge/core/Session"
import * as Schema from "effect/Schema"

/** When it was said (ISO 8601, UTC). */
const at = Session.Instant

/** The same in the words that people read. */
const message = Schema.String

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Millis = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** Which of the two windows of `compare` it is about. */
const of = Schema.optional(Schema.Literals(["before", "after"]))

/** Something that deserves a word, and is no fault. */
const Note = Schema.Struct({ event: Schema.Literal("note"), at, message, of })

/** Something that should be mended; the run goes on. */
const Warning = Schema.Struct({ event: Schema.Literal("warning"), at, message })

/** How far a walk has come, every five seconds and when it ends. */
const Progress = Schema.Struct({
  event: Schema.Literal("progress"),
  at,
  message,
  pages: Count,
  sessions: Count,
  details: Count,
  requests: Count,
  /** A guess from what was seen; null where that is too little. */
  expected_requests: Schema.NullOr(Count),
  left_ms: Schema.NullOr(Millis),
})

/** The rate limit holds all requests for so long. */
const Wait = Schema.Struct({ event: Schema.Literal("wait"), at, message, wait_ms: Millis })

/** A request is sent once more. Which one: `_tag`, with the session's `id`, or the page's `from`, `to` and `cursor`. */
const Retry = Schema.Struct({
  event: Schema.Literal("retry"),
  at,
  message,
  wait_ms: Millis,
  request: Schema.Record(Schema.String, Schema.Unknown),
})

/** A run goes on from a checkpoint, or left one behind. */
const Checkpoint = Schema.Struct({
  event: Schema.Literal("checkpoint"),
  at,
  message,
  file: Schema.String,
  sessions: Count,
  state: Schema.Literals(["goes_on", "kept"]),
})

/** What the numbers rest on, as in the JSON of a report. */
const Covered = Schema.Struct({
  event: Schema.Literal("coverage"),
  at,
  of,
  coverage: Coverage.Coverage,
  /** Null where no report counted the sessions. */
  ledger: Schema.NullOr(Schema.Record(Schema.String, Count)),
})

/** A file is in its place, whole. */
const Written = Schema.Struct({ event: Schema.Literal("written"), at, file: Schema.String })

/** The emulator listens. */
const Serving = Schema.Struct({
  event: Schema.Literal("serving"),
  at,
  message,
  base_url: Schema.String,
  sessions: Count,
  later_sessions: Count,
})

/** How often a rule of the emulator's fault script acted. */
const Fault = Schema.Struct({
  event: Schema.Literal("fault"),
  at,
  message,
  rule: Count,
  fault: Schema.String,
  requests: Count,
})

/** Any other entry of the log. */
const Log = Schema.Struct({ event: Schema.Literal("log"), at, message, level: Schema.String })

/** Why the run failed: the last line. */
const Failed = Schema.Struct({
  event: Schema.Literal("error"),
  at,
  message,
  _tag: Schema.String,
  exit_code: Schema.Int,
  advice: Schema.NullOr(Schema.String),
})

export const Event = Schema.Union([
  Note,
  Warning,
  Progress,
  Wait,
  Retry,
  Checkpoint,
  Covered,
  Written,
  Serving,
  Fault,
  Log,
  Failed,
])
export type Event = typeof Event.Type
