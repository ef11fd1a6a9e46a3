/** The words of the command line that say where sessions come from and where results go. What depends on several flags is in WalkPlan. */
import type { Retention } from "@effect-elnudge/core"
import { Argument, Flag, GlobalFlag } from "effect/cli"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as FlagValues from "./FlagValues.ts"

const window = {
  from: FlagValues.moment("from").pipe(
    Flag.withDescription("Sessions that start at or after this (default: 30 days before --to)"),
    Flag.optional,
  ),
  to: FlagValues.moment("to").pipe(
    Flag.withDescription("Sessions that start before this: the end is exclusive (default: now)"),
    Flag.optional,
  ),
  since: FlagValues.someTime("since", "7d").pipe(
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

/** Which of several sites. */
export const site = Flag.String("site").pipe(
  Flag.withMetavar("<name>"),
  Flag.withDescription(
    "The site of this name in the file of sites (see `sites`): its key and address, and what it says where a flag is left out (default: ELNUDGE_SITE, else the environment)",
  ),
  Flag.optional,
)

const api = {
  site,
  concurrency: FlagValues.integer("concurrency", 1, 1000).pipe(
    Flag.withDescription("Details asked for at once (default: 8)"),
    Flag.withDefault(8),
  ),
  pageSize: FlagValues.integer("page-size", 1, 200).pipe(
    Flag.withDescription("Sessions on a page of the list, 1 to 200 (default: 200)"),
    Flag.withDefault(200),
  ),
  listConcurrency: FlagValues.integer("list-concurrency", 1, 64).pipe(
    Flag.withDescription(
      "Pages of the list asked for at once, in as many parts of the window; pays where answers are slow and the limit is high (default: 1)",
    ),
    Flag.withDefault(1),
  ),
  rateLimit: FlagValues.limit("rate-limit").pipe(
    Flag.withDescription(
      "Requests a minute that the key may make, over list and details, or auto to learn it from what is refused (default: 1000)",
    ),
    Flag.withDefault(1000),
  ),
  share: FlagValues.part("share").pipe(
    Flag.withDescription(
      "The part of --rate-limit that this run may use, such as 0.5; with ELNUDGE_REDIS_URL, all runs that share it (default: 1)",
    ),
    Flag.withDefault(1),
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
  retentionDays: FlagValues.integer("retention-days", 1, 36_500).pipe(
    Flag.withDescription("Instead of --plan: how many days it keeps sessions"),
    Flag.optional,
  ),
}

/** How much a run may spend, and where it leaves what it has when that is used up. */
const bounds = {
  deadline: FlagValues.someTime("deadline", "10m").pipe(
    Flag.withDescription("Stop after this long, such as 10m, whatever request it waits for (exit 7)"),
    Flag.optional,
  ),
  maxRequests: FlagValues.integer("max-requests", 1).pipe(
    Flag.withDescription("Stop before one request more than this, retries included (exit 7)"),
    Flag.optional,
  ),
}

const checkpoint = FlagValues.path("checkpoint", "<file>").pipe(
  Flag.withDescription("Keep the run's place in this file: the same command goes on from there when it was cut off"),
  Flag.optional,
)

/** How much is said on stderr. */
export const talk = {
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

const output = FlagValues.path("output", "<file>").pipe(
  Flag.withAlias("o"),
  Flag.withDescription("Write to this file, whole or not at all, instead of to stdout"),
  Flag.optional,
)

const escapeFormulas = Flag.Boolean("escape-formulas").pipe(
  Flag.withDescription(
    "Put an apostrophe before text that a spreadsheet would run as a formula: for CSV that is opened in one, not for programs",
  ),
  Flag.withDefault(false),
)

const bom = Flag.Boolean("bom").pipe(
  Flag.withDescription("Begin CSV with a byte order mark, which Excel needs to read UTF-8"),
  Flag.withDefault(false),
)

/** How a walk gets its sessions, the API or files, and what it may cost. */
export const walk = { ...window, input, ...api, ...bounds, checkpoint, ...talk }

const nudgesFrom = Flag.Literals("nudges-from", ["details", "list"]).pipe(
  Flag.withDescription(
    "details: each nudged session's own, one request each; list: GET /v1/nudges, which the vendor does not promise, some 200 with each request, and details only of sessions whose purchase time counts (default: details)",
  ),
  Flag.withDefault("details"),
)

/** The same for a report, which may not need whole details. */
export const reportWalk = { ...walk, nudgesFrom }

/** The same without a window: `compare` has two. */
export const walkOfTwo = { timeZone: window.timeZone, input, ...api, ...bounds, ...talk, nudgesFrom }

const tableOrJson = Flag.Literals("format", ["table", "json"]).pipe(
  Flag.withDescription("table for people, json for programs (default: table)"),
  Flag.withDefault("table"),
)

/** What decides how much a walk costs, and how `plan` says it. */
export const plan = {
  ...window,
  ...api,
  ...talk,
  format: tableOrJson,
}

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
  escapeFormulas,
}

/** Where a report's state goes, to be merged with that of another day. */
export const saveState = FlagValues.path("save-state", "<file>").pipe(
  Flag.withDescription(
    "Also write the counts behind the numbers to this file, for `merge` and, where rows are rates, `compare`",
  ),
  Flag.optional,
)

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
  escapeFormulas,
}

/** Where `run` writes. */
export const outputDirectory = FlagValues.path("output-dir", "<folder>").pipe(
  Flag.withDescription("The folder for one CSV file for each report, and coverage.json; made if it is not there"),
)

/** Where `html` writes, and what it calls the page. */
export const page = {
  output: FlagValues.path("output", "<file>").pipe(
    Flag.withAlias("o"),
    Flag.withDescription("Write the page to this file, whole or not at all"),
  ),
  title: Flag.String("title").pipe(
    Flag.withMetavar("<text>"),
    Flag.withDescription('What the page is called (default: the name of --site, or "Nudges and conversions")'),
    Flag.optional,
  ),
}

/** Whether `run` also writes the states. */
export const saveStates = Flag.Boolean("save-states").pipe(
  Flag.withDescription("Also write each report's counts to <name>.state.json in the folder, for `merge` and `compare`"),
  Flag.withDefault(false),
)

/** What `merge` puts together. */
export const states = Argument.String("states").pipe(
  Argument.withMetavar("<state>"),
  Argument.withDescription("Files that --save-state wrote, of one report and of windows that do not overlap"),
  Argument.atLeast(1),
)

/** What `compare` compares. */
export const comparison = {
  subjects: Argument.String("subject").pipe(
    Argument.withMetavar("<report|state>"),
    Argument.withDescription(
      "attribution, cohorts, reconcile, calibration or nudge-performance, with --before and --after; or two files that --save-state wrote",
    ),
    Argument.between(1, 2),
  ),
  before: FlagValues.span("before").pipe(Flag.withDescription("The window to compare with"), Flag.optional),
  after: FlagValues.span("after").pipe(Flag.withDescription("The window that is compared with it"), Flag.optional),
}

/** Whether stderr is for programs. What is said before it is parsed goes by the words too. */
export const json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDescription("Say everything on stderr as one JSON object a line, errors too; stdout stays as it is"),
    Flag.withDefault(false),
  ),
})

/** What `doctor` looks at, and how long. */
export const doctor = {
  site,
  plan: api.plan,
  retentionDays: api.retentionDays,
  timeout: FlagValues.someTime("timeout", "10s").pipe(
    Flag.withDescription("How long each request and each step of the connection may take (default: 10s)"),
    Flag.withDefault(Duration.seconds(10)),
  ),
  format: tableOrJson,
}

/** How `sites` lists them. */
export const sites = { format: tableOrJson }

/** The shell whose completions are meant. */
export const shell = Flag.Literals("shell", ["bash", "zsh", "fish"]).pipe(
  Flag.withDescription("The shell (default: that of $SHELL)"),
  Flag.optional,
)

/** Whether the script goes to stdout. */
export const print = Flag.Boolean("print").pipe(
  Flag.withDescription("Print the script to stdout, and write nothing"),
  Flag.withDefault(false),
)
