/** The words of the command line and how their values are read. What depends on several flags is in WalkPlan. */
import { Retention } from "@effect-elnudge/core"
import { Cohort, Period } from "@effect-elnudge/report"
import { Argument, Flag } from "effect/cli"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/

/** A point in time as it was written: a date is midnight in a zone that another flag names. */
export type Moment =
  | { readonly _tag: "Date"; readonly year: number; readonly month: number; readonly day: number }
  | { readonly _tag: "Instant"; readonly at: DateTime.Utc }

const parseDate = (text: string): Option.Option<Moment> => {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []
  const midnight = DateTime.make(`${text}T00:00:00Z`)
  // A day that no calendar has would be moved to the next month.
  return Option.isSome(midnight) && DateTime.formatIsoDateUtc(midnight.value) === text
    ? Option.some({ _tag: "Date", year: Number(year), month: Number(month), day: Number(day) })
    : Option.none()
}

const parseMoment = (text: string): Option.Option<Moment> => {
  const date = parseDate(text.slice(0, 10))
  if (text.length === 10 || Option.isNone(date)) return text.length === 10 ? date : Option.none()
  if (!instantPattern.test(text)) return Option.none()
  return Option.map(DateTime.make(text), (at) => ({ _tag: "Instant", at: DateTime.toUtc(at) }))
}

const moment = (name: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<date|instant>"),
    Flag.filterMap(
      parseMoment,
      () => "Expected a date (2026-10-01, midnight) or an instant with its zone (2026-10-01T00:00:00Z)",
    ),
  )

const unitMillis: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

// A hundred years: what lies beyond is a slip of the finger, and soon no date at all.
const longestDurationMillis = 36_500 * 86_400_000

const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  const millis = Number(amount) * (unitMillis[unit ?? ""] ?? Number.NaN)
  return millis <= longestDurationMillis ? Option.some(Duration.millis(millis)) : Option.none()
}

const duration = (name: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<duration>"),
    Flag.filterMap(parseDuration, () => "Expected a whole number with its unit: 500ms, 2s, 30m, 1h, 7d"),
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

const window = {
  from: moment("from").pipe(
    Flag.withDescription("Sessions that start at or after this (default: 30 days before --to)"),
    Flag.optional,
  ),
  to: moment("to").pipe(
    Flag.withDescription("Sessions that start before this: the end is exclusive (default: now)"),
    Flag.optional,
  ),
  since: duration("since").pipe(
    Flag.filter(
      (span) => Duration.toMillis(span) > 0,
      () => "Expected more than nothing, such as 7d",
    ),
    Flag.withDescription("Instead of --from: this long before --to, such as 7d"),
    Flag.optional,
  ),
  timeZone: Flag.String("time-zone").pipe(
    Flag.withMetavar("<zone>"),
    Flag.withDescription("Where dates begin at midnight, such as Europe/Berlin (default: UTC)"),
    Flag.withDefault("UTC"),
    Flag.filterMap(DateTime.zoneMakeNamed, () => "Expected the name of a time zone, such as Europe/Berlin"),
  ),
}

const api = {
  concurrency: integer("concurrency", 1, 1000).pipe(
    Flag.withDescription("Details asked for at once (default: 8)"),
    Flag.withDefault(8),
  ),
  pageSize: integer("page-size", 1, 200).pipe(
    Flag.withDescription("Sessions on a page of the list, 1 to 200 (default: 200)"),
    Flag.withDefault(200),
  ),
  rateLimit: integer("rate-limit", 2).pipe(
    Flag.withDescription("Requests a minute that the key may make, over list and details (default: 1000)"),
    Flag.withDefault(1000),
  ),
  plan: Flag.Literals("plan", [
    "starter",
    "growth",
    "scale",
    "enterprise",
  ] satisfies ReadonlyArray<Retention.Plan>).pipe(
    Flag.withDescription("The site's plan: explains a 404, and warns when --from is older than it keeps"),
    Flag.optional,
  ),
  retentionDays: integer("retention-days", 1, 36_500).pipe(
    Flag.withDescription("Instead of --plan: how many days it keeps sessions"),
    Flag.optional,
  ),
}

const talk = {
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Say nothing on stderr but errors"),
    Flag.withDefault(false),
  ),
  verbose: Flag.Boolean("verbose").pipe(
    Flag.withDescription("Say every retry on stderr (the same as --log-level debug)"),
    Flag.withDefault(false),
  ),
}

const input = Flag.String("input").pipe(
  Flag.withMetavar("<file>"),
  Flag.withDescription("Read what `sessions --details` wrote instead of the API; may be given several times; .gz too"),
  Flag.atLeast(0),
)

const isPath = (text: string): boolean => text !== ""

const output = Flag.String("output").pipe(
  Flag.withAlias("o"),
  Flag.withMetavar("<file>"),
  Flag.withDescription("Write to this file, whole or not at all, instead of to stdout"),
  Flag.filter(isPath, () => "Expected a path"),
  Flag.optional,
)

const bom = Flag.Boolean("bom").pipe(
  Flag.withDescription("Begin CSV with a byte order mark, which Excel needs to read UTF-8"),
  Flag.withDefault(false),
)

/** How a walk gets its sessions: the API or files. */
export const walk = { ...window, input, ...api, ...talk }

/** What a report does with its rows. */
export const rows = {
  format: Flag.Literals("format", ["table", "csv", "json"]).pipe(
    Flag.withDescription(
      "table for people, csv for programs, json with coverage (default: table on a terminal, else csv)",
    ),
    Flag.optional,
  ),
  output,
  bom,
}

const parseBands = (text: string): Result.Result<ReadonlyArray<Cohort.Band>, string> =>
  /^\s*\d+\s*(?:,\s*\d+\s*)*$/.test(text)
    ? Cohort.bands(text.split(",").map(Number))
    : Result.fail("whole numbers with commas between them")

/** What every report may define its numbers by. */
export const definition = {
  confidence: Flag.String("confidence").pipe(
    Flag.withMetavar("<number>"),
    Flag.withDescription("Of the two-sided intervals (default: 0.95)"),
    Flag.withDefault("0.95"),
    Flag.filterMap(
      (text) => {
        const value = /^0?\.\d{1,9}$/.test(text) ? Number(text) : Number.NaN
        return value >= 0.5 ? Option.some(value) : Option.none()
      },
      () => "Expected a number from 0.5 to below 1 with at most nine digits, such as 0.95",
    ),
  ),
  dismissCounts: Flag.Literals("dismiss-counts", ["yes", "no"]).pipe(
    Flag.withDescription("Whether a dismissed nudge was interacted with (default: yes, as the vendor counts)"),
    Flag.withDefault("yes"),
  ),
}

/** What attribution may define its numbers by. */
export const attribution = {
  window: duration("window").pipe(
    Flag.withDescription("How long before a purchase the credited nudge may have been shown (default: 30m)"),
    Flag.withDefault(Duration.minutes(30)),
  ),
}

/** How cohorts are cut. */
export const cohorts = {
  bands: Flag.String("bands").pipe(
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
  ),
  by: Flag.Literals("by", Period.units).pipe(
    Flag.withDescription("The period of the session's start, in --time-zone"),
    Flag.optional,
  ),
  split: Flag.Literals("split", ["arm"]).pipe(
    Flag.withDescription(
      "arm: unnudged, shown_only and interacted apart, compared; reads the details of nudged sessions",
    ),
    Flag.optional,
  ),
}

/** How `sessions` writes them. */
export const sessions = {
  details: Flag.Boolean("details").pipe(
    Flag.withDescription("Read every session's events and nudges too: one request each"),
    Flag.withDefault(false),
  ),
  format: Flag.Literals("format", ["ndjson", "csv"]).pipe(
    Flag.withDescription(
      "ndjson: one object a line, unknown fields included; csv: the seven documented fields (default: ndjson)",
    ),
    Flag.withDefault("ndjson"),
  ),
  output,
  bom,
}

const reportNames = ["attribution", "cohorts"] as const
type ReportName = (typeof reportNames)[number]

const isReportName = (text: string): text is ReportName => reportNames.some((name) => name === text)

/** Which reports `run` makes, each once, in the order given. */
export const reports = Argument.String("reports").pipe(
  Argument.withMetavar("<list>"),
  Argument.withDescription(`Names with commas between them: ${reportNames.join(", ")}`),
  Argument.filterMap(
    (text): Option.Option<ReadonlyArray<ReportName>> => {
      const names = [...new Set(text.split(","))]
      return names.every(isReportName) ? Option.some(names) : Option.none()
    },
    () => `Expected names with commas between them, out of: ${reportNames.join(", ")}`,
  ),
)

/** Where `run` writes. */
export const outputDirectory = Flag.String("output-dir").pipe(
  Flag.withMetavar("<folder>"),
  Flag.withDescription("The folder for one CSV file for each report, and coverage.json; made if it is not there"),
  Flag.filter(isPath, () => "Expected a path"),
)

/** What the emulator takes. */
export const emulator = {
  data: Flag.String("data").pipe(
    Flag.withMetavar("<file>"),
    Flag.withDescription("Sessions to serve, one detail a line: .jsonl or .jsonl.gz (default: generated)"),
    Flag.optional,
  ),
  seed: Flag.String("seed").pipe(
    Flag.withDescription("Seed of the generated sessions (default: elnudge)"),
    Flag.withDefault("elnudge"),
  ),
  nudgeEffect: Flag.String("nudge-effect").pipe(
    Flag.withMetavar("<number>"),
    Flag.withDescription("How much an interaction raises the generated conversion: 0.2 is 20 % more (default: 0)"),
    Flag.withDefault("0"),
    Flag.filterMap(
      (text) => (/^\d{1,2}(?:\.\d{1,9})?$/.test(text) ? Option.some(Number(text)) : Option.none()),
      () => "Expected a number from 0 to below 100, such as 0.2",
    ),
  ),
  sessions: integer("sessions", 0, 1_000_000).pipe(
    Flag.withDescription("How many sessions to generate in the 30 days before its now (default: 2000)"),
    Flag.withDefault(2000),
  ),
  now: moment("now").pipe(
    Flag.withDescription("What it takes for now when it starts (default: the clock's)"),
    Flag.optional,
  ),
  speed: integer("speed", 0, 86_400).pipe(
    Flag.withDescription("How fast its time goes: 60 is a minute a second (default: 0 with --now, else 1)"),
    Flag.optional,
  ),
  retentionDays: integer("retention-days", 1, 36_500).pipe(
    Flag.withDescription("Older sessions are a 404 (default: 90)"),
    Flag.withDefault(90),
  ),
  rateLimit: integer("rate-limit", 1).pipe(
    Flag.withDescription("Requests a minute before it answers 429 (default: 1000)"),
    Flag.withDefault(1000),
  ),
  limitBy: Flag.Literals("limit-by", ["fixed-window", "token-bucket"]).pipe(
    Flag.withDescription(
      "Whether --rate-limit is for each minute or for a bucket that fills up (default: fixed-window)",
    ),
    Flag.withDefault("fixed-window"),
  ),
  burst: integer("burst", 1).pipe(
    Flag.withDescription("Requests that a full token bucket lets through at once (default: 10, at most --rate-limit)"),
    Flag.optional,
  ),
  latency: duration("latency").pipe(
    Flag.withDescription("How long each answer takes, such as 50ms (default: 0ms)"),
    Flag.withDefault(Duration.zero),
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
