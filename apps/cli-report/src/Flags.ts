/** The words of the command line and how their values are read. */
import * as Cohort from "@effect-elnudge/report/Cohort"
import { Flag } from "effect/cli"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

const datePattern = /^\d{4}-\d\d-\d\d$/
const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/

/** An instant with a time zone, or a date, which is midnight UTC. A day that no calendar has is refused. */
const parseInstant = (text: string): Option.Option<DateTime.DateTime> => {
  const isDate = datePattern.test(text)
  if (!isDate && !instantPattern.test(text)) return Option.none()
  const day = DateTime.make(`${text.slice(0, 10)}T00:00:00Z`)
  const isRealDay = Option.isSome(day) && DateTime.formatIso(day.value).startsWith(text.slice(0, 10))
  return isRealDay ? DateTime.make(isDate ? `${text}T00:00:00Z` : text) : Option.none()
}

const instant = (name: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<date|instant>"),
    Flag.filterMap(
      parseInstant,
      () => "Expected a date (2026-10-01, midnight UTC) or an instant with its zone (2026-10-01T00:00:00Z)",
    ),
  )

/** A whole number in a range. */
const integer = (name: string, low: number, high: number = Number.MAX_SAFE_INTEGER) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<number>"),
    Flag.filterMap(
      (text) => {
        const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
        return value >= low && value <= high ? Option.some(value) : Option.none()
      },
      () =>
        `Expected a whole number ${high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`}`,
    ),
  )

const from = instant("from").pipe(
  Flag.withDescription("Sessions that start at or after this (default: 30 days before --to)"),
  Flag.optional,
)

const to = instant("to").pipe(
  Flag.withDescription("Sessions that start before this: the end is exclusive (default: now)"),
  Flag.optional,
)

const parseBands = (text: string): Result.Result<ReadonlyArray<Cohort.Band>, string> =>
  /^\s*\d+\s*(?:,\s*\d+\s*)*$/.test(text)
    ? Cohort.bands(text.split(",").map(Number))
    : Result.fail("whole numbers with commas between them")

export const bands = Flag.String("bands").pipe(
  Flag.withMetavar("<list>"),
  Flag.withDescription(`Where the intent bands start (default: ${Cohort.defaultBandStarts.join(",")})`),
  Flag.withDefault(Cohort.defaultBandStarts.join(",")),
  Flag.filterMap(
    (text) => Result.getSuccess(parseBands(text)),
    (text) => {
      const reason = Result.getFailure(parseBands(text))
      return `Expected whole numbers such as 0,20,40,60,80: ${Option.getOrElse(reason, () => "")}`
    },
  ),
)

const format = Flag.Literals("format", ["csv", "json"]).pipe(
  Flag.withDescription("csv: the rows; json: the rows with coverage and options (default: csv)"),
  Flag.withDefault("csv"),
)

const output = Flag.String("output").pipe(
  Flag.withAlias("o"),
  Flag.withMetavar("<file>"),
  Flag.withDescription("Write to this file, whole or not at all, instead of to stdout"),
  Flag.optional,
)

const concurrency = integer("concurrency", 1, 1000).pipe(
  Flag.withDescription("Details asked for at once (default: 8)"),
  Flag.withDefault(8),
)

const pageSize = integer("page-size", 1, 200).pipe(
  Flag.withDescription("Sessions on a page of the list, 1 to 200 (default: 200)"),
  Flag.withDefault(200),
)

const rateLimit = integer("rate-limit", 2).pipe(
  Flag.withDescription("Requests a minute that the key may make, over list and details (default: 1000)"),
  Flag.withDefault(1000),
)

/** What every report that walks the API takes. */
export const walk = { from, to, format, output, concurrency, pageSize, rateLimit }

const emulatorData = Flag.String("data").pipe(
  Flag.withMetavar("<file>"),
  Flag.withDescription("Sessions to serve, one detail a line: .jsonl or .jsonl.gz (default: generated)"),
  Flag.optional,
)

/** What the emulator takes. */
export const emulator = {
  data: emulatorData,
  seed: Flag.String("seed").pipe(
    Flag.withDescription("Seed of the generated sessions (default: elnudge)"),
    Flag.withDefault("elnudge"),
  ),
  sessions: integer("sessions", 0, 1_000_000).pipe(
    Flag.withDescription("How many sessions to generate (default: 2000)"),
    Flag.withDefault(2000),
  ),
  now: instant("now").pipe(Flag.withDescription("What it takes for now (default: the clock)"), Flag.optional),
  retentionDays: integer("retention-days", 1, 36_500).pipe(
    Flag.withDescription("Older sessions are a 404 (default: 90)"),
    Flag.withDefault(90),
  ),
  rateLimit: integer("rate-limit", 1).pipe(
    Flag.withDescription("Requests a minute before it answers 429 (default: 1000)"),
    Flag.withDefault(1000),
  ),
  key: Flag.String("key").pipe(
    Flag.withDescription("The key it accepts: a made-up one, never a real one (default: sk_test_emulator)"),
    Flag.withDefault("sk_test_emulator"),
  ),
  port: integer("port", 0, 65_535).pipe(
    Flag.withDescription("Port on 127.0.0.1; 0 takes a free one (default: 4010)"),
    Flag.withDefault(4010),
  ),
}
