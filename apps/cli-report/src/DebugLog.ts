/** The log: on stderr, one line an entry, and whatever the API named is printable in it. */
import * as Logger from "effect/Logger"
import * as PrintableText from "./PrintableText.ts"

/** In the place of the default logger, which writes an error's message as it is. */
export const layer = Logger.layer([Logger.withConsoleError(Logger.map(Logger.formatLogFmt, PrintableText.line))])
