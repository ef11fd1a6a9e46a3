/** What a run will take, as text for people and as JSON. */
import { Session, TimeWindow, type WalkSample, version } from "@effect-elnudge/core"
import type { TimeSpan } from "@effect-elnudge/core"
import * as DurationText from "./DurationText.ts"
import * as RunForecast from "./RunForecast.ts"
import * as TableText from "./TableText.ts"
import * as WalkCost from "./WalkCost.ts"

/** What is planned, and how each source is run. */
export interface Plan {
  readonly reports: ReadonlyArray<string>
  readonly forecast: RunForecast.RunForecast
  readonly commandOf: (source: WalkCost.Source) => string
}

interface Range {
  readonly value: number
  readonly low: number
  readonly high: number
  readonly isExact: boolean
}

/** How often the ranges hold the truth, or more often. */
const confidence = 0.9

const rangeOf = ({ estimate, high, isExact, low }: WalkCost.Requests): Range => ({
  value: estimate,
  low,
  high,
  isExact,
})

/** Three digits are more than an estimate has; its range is rounded away from it. */
const rounded = (value: number, round: (value: number) => number): string => {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 2)
  return (round(value / step) * step).toLocaleString("en-US")
}

const count = ({ high, isExact, low, value }: Range): string =>
  isExact
    ? Math.round(value).toLocaleString("en-US")
    : `${rounded(value, Math.round)} (${rounded(low, Math.floor)} to ${rounded(high, Math.ceil)})`

const duration = (seconds: number): string => DurationText.make(seconds * 1000)

const durations = ({ high, isExact, low, value }: Range): string =>
  isExact || duration(low) === duration(high)
    ? duration(value)
    : `${duration(value)} (${duration(low)} to ${duration(high)})`

const secondsOf = ({ high, isExact, low, value }: Range, rate: WalkCost.Rate): Range => ({
  value: WalkCost.seconds(value, rate),
  low: WalkCost.seconds(low, rate),
  high: WalkCost.seconds(high, rate),
  isExact,
})

const sourceNames = {
  list: "the list alone",
  details: "the details",
  nudges: "the list of nudges",
} as const satisfies Record<WalkCost.Source, string>

const table = ({ costs, rate }: RunForecast.RunForecast): string =>
  TableText.render<WalkCost.Cost>(
    [
      { head: "by", cell: ({ source }) => sourceNames[source] },
      { head: "requests", cell: ({ requests }) => count(rangeOf(requests)) },
      { head: "of them list", cell: ({ requests: { isExact, list } }) => part(list, isExact) },
      { head: "details", cell: ({ requests: { details, isExact } }) => part(details, isExact) },
      { head: "nudges", cell: ({ requests: { isExact, nudges } }) => part(nudges, isExact) },
      {
        head: `time at ${rate.requestsPerMinute.toLocaleString("en-US")} a minute`,
        cell: ({ requests }) => durations(secondsOf(rangeOf(requests), rate)),
      },
      { head: "", cell: ({ isCheapest }) => (isCheapest ? "cheapest" : "") },
    ],
    costs,
  )

const part = (value: number, isExact: boolean): string =>
  isExact ? value.toLocaleString("en-US") : rounded(value, Math.round)

const spanText = (span: TimeSpan.TimeSpan): string => {
  const { from, to } = TimeWindow.ofSpan(span)
  return `${from} to ${to}`
}

const plural = (count: number, one: string): string =>
  `${count.toLocaleString("en-US")} ${one}${count === 1 ? "" : "s"}`

const rowsRead = ({ probes }: WalkSample.WalkSample): number =>
  probes.reduce((sum, { sessions }) => sum + sessions.length, 0)

const spentLines = ({ needs, sample, spent }: RunForecast.RunForecast): ReadonlyArray<string> => {
  const nudges = spent.nudges === 0 ? "" : `, ${spent.nudges} nudges`
  const share = TableText.percent(RunForecast.readShare(sample))
  const { details, events, sessions } = needs
  return [
    `spent on this: ${plural(spent.requests, "request")} (${spent.list} list${nudges}), which read ${share} of the window's time`,
    `sessions: ${count(sessions)}; ${rowsRead(sample).toLocaleString("en-US")} of them were read`,
    ...(details.high === 0
      ? []
      : [
          `  that need more than the list: ${count(details)}`,
          `  that need more than their nudges: ${count(events)}`,
          `nudges: ${count(needs.nudges)}`,
        ]),
  ]
}

const mostStretches = 5

const foundLines = ({ found, leastEmptyMillis, sample }: RunForecast.RunForecast): ReadonlyArray<string> => {
  const { empty, first, last } = found
  if (first === undefined || last === undefined) return ["No session was found."]
  const least = duration(leastEmptyMillis / 1000)
  const more = empty.length > mostStretches ? `, and ${empty.length - mostStretches} more` : ""
  const where = sample.unread.length === 0 ? "" : " in what was read"
  return [
    `The first session${where} starts at ${first.started_at}, the last one at ${last.started_at}.`,
    empty.length === 0
      ? `There is no stretch of ${least} without a session${where}.`
      : `Without a session for ${least} or longer${where}: ${empty.slice(0, mostStretches).map(spanText).join(", ")}${more}.`,
  ]
}

const retentionLines = ({ retention, sample: { window } }: RunForecast.RunForecast): ReadonlyArray<string> => {
  const { emptyBeginning, keptDays, oldestKept, refused } = retention
  const lines = [
    ...(oldestKept !== undefined && window.from < oldestKept
      ? [
          `the window begins at ${Session.instant(window.from)}, but the plan keeps ${plural(keptDays ?? 0, "day")}: sessions before ${Session.instant(oldestKept)} are likely missing`,
        ]
      : []),
    ...refused.map(
      (span) => `the API refused ${spanText(span)} (404), as it does with what is older than the plan keeps`,
    ),
    ...(emptyBeginning === undefined || refused.length > 0
      ? []
      : [
          `nothing was found at the window's beginning, ${spanText(emptyBeginning)}: it may be older than the plan keeps`,
        ]),
  ]
  if (lines.length > 0) return lines.map((line) => `Retention risk: ${line}.`)
  const hint = keptDays === undefined ? " (give --plan or --retention-days to have it checked)" : ""
  return [`Retention risk: none was seen${hint}.`]
}

const methodLines = ({ costs, noNudgeList, rate, sample }: RunForecast.RunForecast): ReadonlyArray<string> => [
  sample.unread.length === 0
    ? "Numbers without a range are exact: the whole window was read. Retries come on top."
    : `Ranges hold nine times out of ten, or more often: they come from how much the ${sample.probes.length} stretches that were read differ in density (Student's t). Retries come on top.`,
  ...(rate.isLearned
    ? [
        `With --rate-limit auto a run begins at ${rate.requestsPerMinute.toLocaleString("en-US")} requests a minute, and then goes as fast as it is let: the time may be less, or more.`,
      ]
    : []),
  ...(noNudgeList === undefined ? [] : [`There is no list of nudges to take them from: ${noNudgeList}.`]),
  ...(costs.some(({ source }) => source === "nudges")
    ? [
        "The list of nudges (GET /v1/nudges) is not promised by the vendor: a run takes it only with --nudges-from list.",
      ]
    : []),
]

/** Ends with the command lines, the cheapest one's first. */
export const text = ({ commandOf, forecast, reports }: Plan): string => {
  const commands = forecast.costs
    .toSorted((a, b) => Number(b.isCheapest) - Number(a.isCheapest))
    .map(({ source }) => [`by ${sourceNames[source]}:`, `  ${commandOf(source)}`])
  return [
    `plan for ${reports.join(", ")}, ${spanText(forecast.sample.window)}`,
    ...spentLines(forecast),
    table(forecast).trimEnd(),
    ...foundLines(forecast),
    ...retentionLines(forecast),
    ...methodLines(forecast),
    "",
    ...commands.flat(),
    "",
  ].join("\n")
}

const tenths = (value: number): number => Math.round(value * 10) / 10

const estimateJson = (
  { high, isExact, low, value }: Range,
  round: (value: number) => number = Math.round,
): Readonly<Record<string, number | boolean>> => ({
  estimate: round(value),
  low: round(low),
  high: round(high),
  exact: isExact,
})

/** Everything that {@link text} says, with the numbers as they are. */
export const json = ({ commandOf, forecast, reports }: Plan): string => {
  const { costs, found, leastEmptyMillis, needs, noNudgeList, rate, retention, sample, spent } = forecast
  const { details, events, nudges, sessions } = needs
  const plan = {
    plan: reports,
    version,
    window: TimeWindow.ofSpan(sample.window),
    spent,
    read: {
      sessions: rowsRead(sample),
      share_of_time: RunForecast.readShare(sample),
      whole: sample.unread.length === 0,
    },
    confidence,
    sessions: { ...estimateJson(sessions), standard_error: tenths(sessions.standardError) },
    need_details: estimateJson(details),
    need_events: estimateJson(events),
    nudges: estimateJson(nudges),
    found: {
      first: found.first?.started_at ?? null,
      last: found.last?.started_at ?? null,
      empty: found.empty.map(TimeWindow.ofSpan),
      empty_for_hours: tenths(leastEmptyMillis / 3_600_000),
    },
    retention: {
      kept_days: retention.keptDays ?? null,
      oldest_kept: retention.oldestKept === undefined ? null : Session.instant(retention.oldestKept),
      begins_before: retention.oldestKept === undefined ? null : sample.window.from < retention.oldestKept,
      refused: retention.refused.map(TimeWindow.ofSpan),
      empty_beginning: retention.emptyBeginning === undefined ? null : TimeWindow.ofSpan(retention.emptyBeginning),
    },
    rate: { requests_per_minute: rate.requestsPerMinute, learned: rate.isLearned },
    no_nudge_list: noNudgeList ?? null,
    sources: costs.map(({ isCheapest, requests, source }) => ({
      source,
      requests: {
        ...estimateJson(rangeOf(requests)),
        list: requests.list,
        details: requests.details,
        nudges: requests.nudges,
      },
      seconds: estimateJson(secondsOf(rangeOf(requests), rate), tenths),
      promised: source !== "nudges",
      cheapest: isCheapest,
      command: commandOf(source),
    })),
  }
  return `${JSON.stringify(plan, null, 2)}\n`
}
