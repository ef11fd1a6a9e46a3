/** The log: on stderr, one line an entry, and whatever the API named is printable in it. */
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as PrintableText from "./PrintableText.ts"

/** In the place of the default logger, which writes an error's message as it is. */
export const layer = Logger.layer([Logger.withConsoleError(Logger.map(Logger.formatLogFmt, PrintableText.line))])

/** Logs the whole cause of a failure at debug. Inside a command, because that is where --log-level applies. */
export const debuggable = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tapCause(effect, (cause) => Effect.logDebug(cause))
