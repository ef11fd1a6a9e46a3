/** `plan`: what `run` would take, for a few requests. */
import type { Session } from "@effect-elnudge/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as AskedReport from "./AskedReport.ts"
import * as Destination from "./Destination.ts"
import * as ForecastText from "./ForecastText.ts"
import type * as ReportFlags from "./ReportFlags.ts"
import type * as ReportName from "./ReportName.ts"
import * as RunForecast from "./RunForecast.ts"
import * as ShellWords from "./ShellWords.ts"
import type * as WalkCost from "./WalkCost.ts"
import * as WalkPlan from "./WalkPlan.ts"

/** Flags of a walk that a plan has no use for. */
const withoutWalk = {
  input: [],
  checkpoint: Option.none(),
  deadline: Option.none(),
  maxRequests: Option.none(),
} satisfies Partial<WalkPlan.WalkFlags>

export interface PlanFlags extends ReportFlags.AnyFlags, Omit<WalkPlan.WalkFlags, keyof typeof withoutWalk> {
  readonly reports: ReadonlyArray<ReportName.Name>
  readonly format: "table" | "json"
}

const folder = "reports"

/** The words of `plan` as those of the `run` that it is about. */
const runOf = (words: ReadonlyArray<string>, source: WalkCost.Source): string => {
  const place = words.indexOf("plan")
  const isFormat = (word: string | undefined): boolean => word === "--format"
  const asked = words
    .map((word, index) => (index === place ? "run" : word))
    .filter((word, index) => !isFormat(word) && !isFormat(words[index - 1]) && !word.startsWith("--format="))
  const more = source === "nudges" ? ["--nudges-from", "list"] : []
  return ShellWords.join(["elnudge-report", ...asked, ...more, "--output-dir", folder])
}

/** Prints what the reports would take, by each source that can serve them. */
export const run = Effect.fn("PlanCommand.run")(function* (flags: PlanFlags) {
  const { write } = yield* Destination.prepare(Option.none())
  const { args } = yield* Stdio.Stdio
  const words = yield* args
  const plan = yield* WalkPlan.make({ ...flags, ...withoutWalk })
  const reports = flags.reports.map((name) => AskedReport.toReport[name](flags).start())
  const forecast = yield* RunForecast.make(plan, {
    needsDetail: (session: Session.Summary) => reports.some(({ needsDetail }) => needsDetail(session)),
    needsEvents: (session: Session.Summary) => reports.some(({ needsEvents }) => needsEvents(session)),
  })
  const print = { table: ForecastText.text, json: ForecastText.json }[flags.format]
  yield* write(Stream.succeed(print({ reports: flags.reports, forecast, commandOf: (source) => runOf(words, source) })))
}, Effect.scoped)
