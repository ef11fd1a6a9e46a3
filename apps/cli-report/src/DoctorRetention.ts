/** How far back the API seems to keep sessions: from a few lists of one row, in windows of a week. */
import { type ElnudgeClient, TimeWindow } from "@effect-elnudge/core"
import * as WallClock from "@effect-elnudge/core/WallClock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as DoctorCheck from "./DoctorCheck.ts"

type Client = ElnudgeClient.ElnudgeClient["Service"]

const day = 86_400_000
const weekDays = 7

/** `refused`: a 404; `empty`: no session, which says nothing of what is kept; `unclear`: any other failure. */
type Seen = "kept" | "refused" | "empty" | "unclear"

/** What is there of the week that ended so many days ago. */
const look = Effect.fnUntraced(function* (client: Client, daysAgo: number) {
  const now = DateTime.toEpochMillis(yield* WallClock.second)
  const window = TimeWindow.ofSpan({ from: now - (daysAgo + weekDays) * day, to: now - daysAgo * day })
  return yield* client.listSessions({ window, limit: 1 }).pipe(
    Effect.match({
      onSuccess: ({ data }): Seen => (data.length > 0 ? "kept" : "empty"),
      onFailure: ({ _tag }): Seen => (_tag === "RetentionExceeded" ? "refused" : "unclear"),
    }),
  )
})

const check = { ok: DoctorCheck.ok, warning: DoctorCheck.warning }
const name = "retention"

/** Against what somebody says that the plan keeps. */
const against = Effect.fnUntraced(function* (client: Client, days: number) {
  const inside = yield* look(client, Math.max(0, days - weekDays - 1))
  const outside: Seen = inside === "refused" ? "refused" : yield* look(client, days + 1)
  if (inside === "refused") {
    return check.warning(
      name,
      `the API has nothing older than ${Math.max(0, days - weekDays - 1)} days (404), and ${days} days were expected`,
      "Give the --plan or --retention-days that the site has; a longer window ends with exit 5.",
    )
  }
  if (outside === "kept") {
    return check.warning(
      name,
      `sessions older than ${days} days are there: more is kept than was said`,
      "Give a larger --retention-days, or leave it out.",
    )
  }
  if (inside === "kept" && outside === "refused")
    return check.ok(name, `${days} days, as was said: what is older is a 404`)
  if (inside === "kept")
    return check.ok(name, `sessions of up to ${days - 1} days ago are there, as was said; none older was seen`)
  return inside === "empty"
    ? DoctorCheck.skipped(name, `cannot be told: no session ${days - weekDays - 1} to ${days - 1} days ago`)
    : DoctorCheck.skipped(name, "cannot be told: no usable answer")
})

/** Where the plans differ, in days, and what fits up to there. */
const bounds = [
  { days: 31, fits: "--plan starter or growth fits" },
  { days: 91, fits: "--plan scale or enterprise fits" },
  { days: 366, fits: "--retention-days says how many" },
]

const guessed = Effect.fnUntraced(function* (client: Client) {
  let kept = 0
  for (const { days, fits } of bounds) {
    const seen = yield* look(client, days)
    if (seen === "refused") {
      return check.ok(name, `${kept === 0 ? "" : `more than ${kept} and `}at most ${days} days, it seems: ${fits}`)
    }
    if (seen !== "kept") {
      const until = kept === 0 ? "" : `at least ${kept} days; `
      return seen === "empty"
        ? DoctorCheck.skipped(
            name,
            `${until}no session ${days} to ${days + weekDays} days ago, and no refusal: cannot be told`,
          )
        : DoctorCheck.skipped(name, `${until}older: no usable answer`)
    }
    kept = days
  }
  return check.ok(name, `more than ${kept} days`)
})

/** At most three requests; two where `days` says what is expected. */
export const seen = (client: Client, days: number | undefined): Effect.Effect<DoctorCheck.Check> =>
  days === undefined ? guessed(client) : against(client, days)
