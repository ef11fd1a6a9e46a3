/** What is said on stderr: lines for people; with `--json` one object a line, for programs. */
import type { Coverage } from "@effect-elnudge/core/Coverage"
import * as WallClock from "@effect-elnudge/core/WallClock"
import type { Ledger } from "@effect-elnudge/report/Ledger"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stdio from "effect/Stdio"
import * as CoverageText from "./CoverageText.ts"
import type { Event } from "./EventLogSchema.ts"
import * as PrintableText from "./PrintableText.ts"

export interface Settings {
  readonly isJson: boolean
  /** Whether nothing is said. */
  readonly isQuiet: boolean
}

export const Current = Context.Reference<Settings>("@effect-elnudge/cli-report/EventLog/Current", {
  defaultValue: () => ({ isJson: false, isQuiet: false }),
})

type WithoutTime<Each> = Each extends unknown ? Omit<Each, "at"> : never

/** An event before it is said. */
export type Said = WithoutTime<Event>

/** One of the two windows of `compare`. */
export type Of = "before" | "after" | undefined

/** The event as its line. */
export const format = (said: Said, epochMillis: number): string => {
  const { event, ...rest } = said
  const at = DateTime.formatIso(DateTime.makeUnsafe(epochMillis))
  return PrintableText.escaped(JSON.stringify({ event, at, ...rest }))
}

const yes = /^(?:true|yes|y|on|1)$/i

/** Whether a word turns events on or off; undefined for any other word. */
const saysOf = (word: string): boolean | undefined => {
  const [match, negation, value = "true"] = /^--(no-)?json(?:=(.*))?$/.exec(word) ?? []
  return match === undefined ? undefined : yes.test(value) === (negation === undefined)
}

// The words decide, not the flag that they are parsed to: what cannot be parsed is said as an event too.
export const isAsked = (words: ReadonlyArray<string>): boolean => {
  const end = words.indexOf("--")
  const flags = end === -1 ? words : words.slice(0, end)
  return flags.map(saysOf).findLast((said) => said !== undefined) ?? false
}

/** Events where the words of this process ask for them. */
export const layer = Layer.effect(
  Current,
  Effect.gen(function* () {
    const words = yield* (yield* Stdio.Stdio).args
    return { isJson: isAsked(words), isQuiet: false }
  }),
)

/** Says nothing inside, where `isQuiet`: the error of a run is said outside. */
export const quietly =
  (isQuiet: boolean) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.updateService(effect, Current, (settings) => ({ ...settings, isQuiet }))

/** Says the event, or these lines in its place where people read. */
export const say = Effect.fn("EventLog.say")(function* (said: Said, lines: ReadonlyArray<string>) {
  const { isJson, isQuiet } = yield* Current
  if (isQuiet) return
  if (isJson) return yield* Console.error(format(said, yield* WallClock.now))
  for (const line of lines) yield* Console.error(PrintableText.line(line))
})

const prefixed = (of: Of, line: string): string => (of === undefined ? line : `${of}: ${line}`)

/** Says notes, each a line that begins with `note: `. */
export const notes = (lines: ReadonlyArray<string>, of?: Of) =>
  Effect.forEach(
    lines,
    (line) =>
      say({ event: "note", message: line.replace(/^note: /, ""), ...(of === undefined ? {} : { of }) }, [
        prefixed(of, line),
      ]),
    { discard: true },
  )

/** Says what the numbers rest on. */
export const covered = (coverage: Coverage, ledger?: Ledger, of?: Of) =>
  say(
    { event: "coverage", ...(of === undefined ? {} : { of }), coverage, ledger: ledger ?? null },
    CoverageText.make(coverage, ledger).map((line) => prefixed(of, line)),
  )

/** Says that the file is in its place: to programs only, because who names a file knows where it is. */
export const written = (file: string) => say({ event: "written", file }, [])
