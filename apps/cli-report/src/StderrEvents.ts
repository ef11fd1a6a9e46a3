/**
 * With `--json` every line on stderr is an event, whoever writes it: Node's warnings, an error that nobody caught, what a
 * library says. What Node itself writes to the descriptor cannot be had here: a certificate file that it cannot read at its
 * start, a warning before the program is there, and its last words when it runs out of memory.
 */
import { StringDecoder } from "node:string_decoder"
import * as WallClock from "@effect-elnudge/core/WallClock"
import * as Effect from "effect/Effect"
import * as EventLog from "./EventLog.ts"
import * as Failure from "./Failure.ts"

const lineOf = (said: EventLog.Said): string => `${EventLog.format(said, Effect.runSync(WallClock.now))}\n`

const isEvent = (line: string): boolean => line.startsWith('{"event":"')

/** Node's own form without the process's number. */
const warningOf = (warning: Error & Partial<Record<"code", unknown>>): string =>
  `${typeof warning.code === "string" ? `[${warning.code}] ` : ""}${warning.name}: ${warning.message}`

type Done = (error?: Error | null) => void

/** Puts them in the place of what Node does by itself; to be called once, before anything is said. */
export const install = (words: ReadonlyArray<string>): void => {
  if (!EventLog.isAsked(words)) return
  const isQuiet = words.some((word) => word === "--quiet" || word === "-q")
  const write = process.stderr.write.bind(process.stderr)
  const say = (said: EventLog.Said): string => (isQuiet && said.event !== "error" ? "" : lineOf(said))
  const eventOf = (line: string): string => {
    if (line.trim() === "") return ""
    return isEvent(line) ? `${line}\n` : say({ event: "log", level: "Info", message: line })
  }

  let unfinished = ""
  /** What came without the end of its line. */
  const rest = (): string => {
    const line = unfinished
    unfinished = ""
    return eventOf(line)
  }
  // Whatever a library says there is shown, text or not.
  const decoder = new StringDecoder("utf8")
  process.stderr.write = (chunk: string | Uint8Array, encoding?: BufferEncoding | Done, callback?: Done): boolean => {
    const text = typeof chunk === "string" ? chunk : decoder.write(chunk)
    const before = isEvent(text) ? rest() : ""
    const lines = `${unfinished}${text}`.split("\n")
    unfinished = lines.pop() ?? ""
    return write(before + lines.map(eventOf).join(""), typeof encoding === "function" ? encoding : callback)
  }
  process.on("exit", () => void write(rest()))

  // Nobody listens where Node was told to say no warnings.
  if (process.listenerCount("warning") > 0) {
    process.removeAllListeners("warning")
    process.on("warning", (warning) => void write(say({ event: "warning", message: warningOf(warning) })))
  }

  // A rejection that nobody handles comes here too.
  process.on("uncaughtException", (error: unknown) => {
    const message = error instanceof Error ? (error.stack ?? `${error}`) : String(error)
    write(rest() + say({ event: "log", level: "Fatal", message }) + lineOf(Failure.eventOf(Failure.defect)))
    process.exit(Failure.defect.exitCode)
  })
}
