/** How far a walk has come, on a terminal's stderr: one line that is written over, and gone when the walk ends. */
import type { Coverage } from "@effect-elnudge/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import type { WalkPlan } from "./WalkPlan.ts"

/** How many sessions were looked at so far, and how many of them need their detail. */
export interface Picked {
  readonly of: number
  readonly picked: number
}

const clearLine = "\r\u{1b}[2K"
const refreshMillis = 250
// A walk of this many requests is a minute of the API's limit, and deserves a word before it.
const longWalkRequests = 1_000

const minutes = (millis: number): string =>
  millis < 90_000 ? `${Math.ceil(millis / 1000)} s` : `${Math.round(millis / 60_000)} min`

/** The share of the window that the list has passed, newest first; undefined before the first row. */
const passedShare = (coverage: Coverage.Coverage, reached: number | undefined): number | undefined => {
  if (reached === undefined || coverage.window === null) return undefined
  const to = Date.parse(coverage.window.to)
  const span = to - Date.parse(coverage.window.from)
  return Math.min(1, Math.max(1e-6, (to - reached) / span))
}

/** The line as it stands: pages, sessions, details, rate, what it waits for, time left. */
export const line = (coverage: Coverage.Coverage, live: Coverage.Live, now: number, startedAt: number): string => {
  const elapsed = Math.max(1, now - startedAt)
  const share = passedShare(coverage, live.reached)
  const parts = [
    `${coverage.pages} pages`,
    `${coverage.sessions} sessions`,
    `${coverage.details} details`,
    `${Math.round((coverage.requests * 60_000) / elapsed)} requests/min`,
  ]
  if (live.heldUntil > now) parts.push(`waiting ${minutes(live.heldUntil - now)} for the limit`)
  if (share !== undefined && share < 1) parts.push(`about ${minutes((elapsed * (1 - share)) / share)} left`)
  return parts.join(" · ")
}

/** What the whole walk will cost, guessed from its first page; undefined where it is short. */
export const forecast = (
  coverage: Coverage.Coverage,
  live: Coverage.Live,
  { of, picked }: Picked,
  plan: Pick<WalkPlan, "pageSize" | "rateLimit">,
): string | undefined => {
  const share = passedShare(coverage, live.reached)
  if (share === undefined || of === 0) return undefined
  const sessions = coverage.sessions / share
  const requests = Math.ceil(sessions / plan.pageSize + (sessions * picked) / of)
  return requests <= longWalkRequests
    ? undefined
    : `about ${requests} requests, ${minutes((requests * 60_000) / plan.rateLimit)} at ${plan.rateLimit} a minute`
}

/** Shows the progress of the walk while it runs; nothing where stderr is no terminal, or nothing is wanted. */
export const during =
  (
    recorder: Coverage.Recorder,
    picked: () => Picked,
    plan: Pick<WalkPlan, "quiet" | "files" | "pageSize" | "rateLimit">,
  ) =>
  <A, E, R>(walk: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Stdio.Stdio> =>
    Effect.gen(function* () {
      const stdio = yield* Stdio.Stdio
      if (plan.quiet || plan.files.length > 0 || !(yield* stdio.stderrIsTerminal)) return yield* walk
      // A terminal that went away must not end the walk.
      const write = (text: string) => Effect.ignore(Stream.run(Stream.succeed(text), stdio.stderr()))
      const startedAt = yield* Clock.currentTimeMillis
      let isForecast = false
      const show = Effect.gen(function* () {
        const coverage = recorder.snapshot()
        const live = recorder.live()
        const cost = isForecast || coverage.pages === 0 ? undefined : forecast(coverage, live, picked(), plan)
        if (coverage.pages > 0) isForecast = true
        const now = yield* Clock.currentTimeMillis
        yield* write(`${clearLine}${cost === undefined ? "" : `${cost}\n`}${line(coverage, live, now, startedAt)}`)
      })
      const ticks = Effect.forever(Effect.andThen(Effect.sleep(refreshMillis), show))
      return yield* Effect.raceFirst(walk, ticks).pipe(Effect.ensuring(write(clearLine)))
    })
