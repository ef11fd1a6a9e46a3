/** What the command line or the environment asks for cannot be done: two outputs are one file, flags exclude each other. */
import * as Data from "effect/Data"

/** The run begins only once it is asked for otherwise: exit code 2. */
export class UsageError extends Data.TaggedError("UsageError")<{
  readonly reason: string
  readonly advice: string
}> {
  override get message(): string {
    return `The request is not valid: ${this.reason}.`
  }
}
