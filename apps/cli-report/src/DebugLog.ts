/** The log: on stderr, one line an entry, a warning in words, and whatever the API named is printable in it; with `--json` one event an entry. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Predicate from "effect/Predicate"
import * as EventLog from "./EventLog.ts"
import * as PrintableText from "./PrintableText.ts"

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : Cause.isCause(value) ? Cause.pretty(value) : JSON.stringify(value)

const partsOf = ({ message }: Logger.Options<unknown>): ReadonlyArray<unknown> =>
  Array.isArray(message) ? message : [message]

const wordsOf = (entry: Logger.Options<unknown>): string => {
  const causes = entry.cause.reasons.length === 0 ? [] : [Cause.pretty(entry.cause)]
  return [...partsOf(entry).map(textOf), ...causes].join(" ")
}

const eventOf = (entry: Logger.Options<unknown>): EventLog.Said => {
  const { logLevel } = entry
  const [first, more] = partsOf(entry)
  // What the client says of a request that it sends again.
  if (
    Predicate.hasProperty(more, "request") &&
    Predicate.isReadonlyObject(more.request) &&
    Predicate.hasProperty(more, "wait") &&
    typeof more.wait === "number"
  ) {
    return { event: "retry", message: textOf(first), wait_ms: more.wait, request: more.request }
  }
  const text = wordsOf(entry)
  return logLevel === "Warn" ? { event: "warning", message: text } : { event: "log", level: logLevel, message: text }
}

const names: Readonly<Record<string, string | undefined>> = { Warn: "warning", Error: "error", Fatal: "error" }

/** What people should mend reads like a note; the rest is for who looks into the program. */
const lineOf = (entry: Logger.Options<unknown>): string => {
  const name = names[entry.logLevel]
  return name === undefined ? Logger.formatLogFmt.log(entry) : `${name}: ${wordsOf(entry).replace(/\s*\n\s*/g, " ")}`
}

const format = Logger.make((entry: Logger.Options<unknown>) =>
  entry.fiber.getRef(EventLog.Current).isJson
    ? EventLog.format(eventOf(entry), entry.date.getTime())
    : PrintableText.line(lineOf(entry)),
)

/** In the place of the default logger, which writes an error's message as it is. */
export const layer = Logger.layer([Logger.withConsoleError(format)])

/** Logs the whole cause of a failure at debug. Inside a command, because that is where --log-level applies. */
export const debuggable = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tapCause(effect, (cause) => Effect.logDebug(cause))
