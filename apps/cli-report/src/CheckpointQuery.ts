/** What of the command line a checkpoint is bound to: all that the answer depends on, as it was given. */
import { ApiKey, Checkpoint, SessionsApi } from "@effect-elnudge/core"
import * as BaseUrl from "@effect-elnudge/core/BaseUrl"
import * as Config from "effect/Config"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type * as CheckpointedWalk from "./CheckpointedWalk.ts"
import type * as FlagValues from "./FlagValues.ts"
import type * as PrintedReport from "./PrintedReport.ts"
import { UsageError } from "./UsageError.ts"
import type * as WalkPlan from "./WalkPlan.ts"

const twoDigits = (value: number): string => String(value).padStart(2, "0")

// A date is one instant in one zone and another in the next; a window that was left out moves with the clock.
const momentText = (moment: Option.Option<FlagValues.Moment>, { timeZone }: WalkPlan.WalkFlags): string =>
  Option.match(moment, {
    onNone: () => "default",
    onSome: (given) =>
      given._tag === "Instant"
        ? DateTime.formatIso(given.at)
        : `${given.year}-${twoDigits(given.month)}-${twoDigits(given.day)} in ${timeZone.id}`,
  })

/** What a report was asked for, option by option. */
export const ofReports = (reports: ReadonlyArray<PrintedReport.PrintedReport>): Checkpoint.Query =>
  Object.fromEntries([
    ["reports", reports.map(({ name }) => name).join(", ")],
    ...reports.flatMap(({ name, options, version }) => [
      [`${name} definitions`, version],
      ...Object.entries(options).map(([option, value]) => [`${name} ${option}`, JSON.stringify(value)] as const),
    ]),
  ])

/** The checkpoint that the flags ask for; undefined where they do not. `more` is what else the command was asked for. */
export const make = Effect.fn("CheckpointQuery.make")(function* (flags: WalkPlan.WalkFlags, more: Checkpoint.Query) {
  if (Option.isNone(flags.checkpoint)) return undefined
  if (flags.input.length > 0) {
    return yield* new UsageError({
      reason: "a checkpoint is of a walk through the API, and --input reads files",
      advice: "Leave one of --checkpoint and --input out.",
    })
  }
  const path = yield* Path.Path
  const address = yield* Config.String("ELNUDGE_BASE_URL").pipe(Config.withDefault(SessionsApi.baseUrl))
  const { href } = yield* Effect.fromResult(BaseUrl.parse(address))
  const { key, reload } = yield* ApiKey.source()
  // The walk reads the key once more, and from a pipe nothing more would come.
  if (reload !== undefined) yield* reload
  const asked: CheckpointedWalk.Asked = {
    file: path.resolve(flags.checkpoint.value),
    quiet: flags.quiet,
    key: ApiKey.fingerprint(key),
    query: {
      from: momentText(flags.from, flags),
      to: momentText(flags.to, flags),
      since: Option.match(flags.since, {
        onNone: () => "default",
        onSome: (span) => `${Duration.toMillis(span)} ms`,
      }),
      address: href,
      "key mode": ApiKey.mode(key),
      ...Option.match(flags.site, { onNone: () => ({}), onSome: (site) => ({ site }) }),
      ...more,
    },
  }
  return asked
})
