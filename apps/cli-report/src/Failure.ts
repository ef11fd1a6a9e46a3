/** What a failed run says and how it exits: at most three lines on stderr, and a code that a script can act on. */
import type { Checkpoint, ElnudgeError, Lease, SessionFile } from "@effect-elnudge/core"
import { CliError } from "effect/cli"
import * as Cause from "effect/Cause"
import type * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ServeError } from "effect/http/HttpServerError"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Runtime from "effect/Runtime"
import type * as CompletionFile from "./CompletionFile.ts"
import type * as Doctor from "./Doctor.ts"
import * as EventLog from "./EventLog.ts"
import type * as OutputFile from "./OutputFile.ts"
import type * as SitesFile from "./SitesFile.ts"
import type * as StateFile from "./StateFile.ts"
import type { UsageError } from "./UsageError.ts"

export type Failure =
  | ElnudgeError.ElnudgeError
  | SessionFile.SessionFileError
  | Checkpoint.CheckpointMismatch
  | Checkpoint.CheckpointUnusable
  | Lease.LeaseHeld
  | Lease.LeaseLost
  | Config.ConfigError
  | CliError.CliError
  | UsageError
  | OutputFile.OutputUnwritable
  | StateFile.StateFileError
  | SitesFile.SiteError
  | SitesFile.KeyRefused
  | CompletionFile.CompletionError
  | Doctor.NoReport
  | PlatformError
  | ServeError

export interface Report {
  readonly exitCode: number
  /** What programs tell it by. */
  readonly tag: string
  /** What, and why. */
  readonly message: string
  /** What to do, where there is something. */
  readonly advice: string | null
}

const program = "elnudge-report"

// The parser's suggestions come as a list below the message; they fit on its line.
const oneLine = (message: string): string =>
  message.replace(/\s*\n\s*Did you mean this\?\s*/, "; did you mean ").replace(/\s*\n\s*/g, " or ")

const usage = (error: CliError.CliError): Report => {
  const path = error._tag === "ShowHelp" ? error.commandPath.join(" ") : program
  const errors = error._tag === "ShowHelp" ? error.errors : [error]
  const [first] = errors
  // The parser takes this for a wrong value, of the number of times.
  if (first?._tag === "InvalidValue" && first.kind === "flag" && /^\d+ occurrences$/.test(first.value)) {
    return {
      exitCode: 2,
      tag: "DuplicateOption",
      message: `--${first.option} is given more than once.`,
      advice: `Give it once. See ${path} --help.`,
    }
  }
  return {
    exitCode: 2,
    tag: first?._tag ?? "MissingCommand",
    message: first === undefined ? "a command is missing." : `${oneLine(first.message)}.`,
    advice: `See ${path} --help.`,
  }
}

const advised = (
  exitCode: number,
  { _tag: tag, advice, message }: { readonly _tag: string; readonly message: string; readonly advice: string },
): Report => ({ exitCode, tag, message, advice })

const portProblem = ({ cause }: ServeError) => {
  const { code, port } = Predicate.isReadonlyObject(cause) ? cause : { code: undefined, port: undefined }
  const why = new Map<unknown, string>([
    ["EADDRINUSE", "another program uses it"],
    ["EACCES", "the system does not allow it"],
  ]).get(code)
  return {
    message: `the port${Predicate.isNumber(port) ? ` ${port}` : ""} cannot be listened on${why === undefined ? "" : `: ${why}`}.`,
    advice: `${code === "EADDRINUSE" ? "Stop it, or give" : "Give"} another --port (0 takes a free one).`,
  }
}

/** The report of a failure that was foreseen. */
const report = (error: Failure): Report => {
  if (CliError.isCliError(error)) return usage(error)
  switch (error._tag) {
    case "InvalidOption":
    case "RequestRefused":
    case "UnsafeAddress":
    case "UsageError":
      return advised(2, error)
    case "Unauthorized":
      return advised(3, error)
    case "TransportFailure":
    case "TlsFailure":
    case "ProxyFailure":
    case "ServerUnavailable":
    case "RateLimited":
    case "LimiterUnavailable":
    case "RetentionExceeded":
    case "NudgesUnavailable":
    case "SessionUnavailable":
      return advised(5, error)
    case "ResponseInvalid":
    case "CursorRejected":
      return advised(6, error)
    case "DeadlineReached":
    case "RequestsUsedUp":
      return advised(7, error)
    case "CheckpointMismatch":
    case "LeaseHeld":
      return advised(2, error)
    case "LeaseLost":
      return advised(1, error)
    case "CheckpointUnusable":
      return advised({ unreadable: 2, invalid: 6, unwritable: 1 }[error.problem], error)
    case "SessionFileError":
      // What was asked for does not fit the file, or the file does not fit what it should be.
      return advised(error.problem === "unreadable" || error.problem === "none_in_window" ? 2 : 6, error)
    case "StateFileError":
      return advised(error.problem === "invalid" ? 6 : 2, error)
    case "ConfigError":
      return {
        exitCode: 2,
        tag: error._tag,
        message: `the environment is not usable: ${error.message.split("\n")[0]?.replace(/^\w+Error: /, "")}`,
        advice: null,
      }
    case "OutputUnwritable":
      return advised(1, error)
    case "PlatformError":
      return advised(1, {
        _tag: error._tag,
        message: error.message.split("\n")[0] ?? "",
        advice: "Check the paths, their permissions and the free space.",
      })
    case "ServeError":
      return advised(1, {
        _tag: error._tag,
        ...portProblem(error),
      })
    case "SiteError":
      return advised(2, error)
    case "CompletionError":
      return advised(error.exitCode, error)
    case "NoReport":
      return advised(error.exitCode, error)
  }
}

/** What a run exits with that fails so. */
export const exitCodeOf = (error: Failure): number => report(error).exitCode

/** An error that is the program's own. */
export const defect: Report = {
  exitCode: 1,
  tag: "Defect",
  message: "an error that should not happen.",
  advice: "Run it again with --log-level debug and report what it prints.",
}

export const eventOf = ({ advice, exitCode, message, tag }: Report): EventLog.Said => ({
  event: "error",
  _tag: tag,
  exit_code: exitCode,
  message,
  advice,
})

const ofCause = (cause: Cause.Cause<Failure>): Report => {
  if (Cause.hasInterruptsOnly(cause)) {
    return { exitCode: 130, tag: "Interrupted", message: "interrupted.", advice: null }
  }
  const failure = Cause.findError(cause)
  return Result.isSuccess(failure) ? report(failure.success) : defect
}

/** Says on stderr what went wrong, also when interrupted. */
export const print = <A>(exit: Exit.Exit<A, Failure>) =>
  Effect.gen(function* () {
    if (Exit.isSuccess(exit)) return
    const told = ofCause(exit.cause)
    const { advice, message } = told
    yield* EventLog.say(eventOf(told), [`${program}: ${message}`, ...(advice === null ? [] : [advice])])
  })

/** A failure as the runtime's teardown reads it. */
export class RunFailed extends Data.TaggedError("RunFailed")<{ readonly exitCode: number }> {
  override readonly [Runtime.errorExitCode] = this.exitCode
}

export const withExitCode = (error: Failure) => new RunFailed({ exitCode: exitCodeOf(error) })
