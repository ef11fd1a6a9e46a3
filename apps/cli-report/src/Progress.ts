/** How far a walk has come, on a terminal's stderr: one line that is written over, and gone when the walk ends. */
import type { Coverage } from "@effect-elnudge/core"
import * as MonotonicClock from "@effect-elnudge/core/MonotonicClock"
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as DurationText from "./DurationText.ts"
import * as EventLog from "./EventLog.ts"
import type { WalkPlan } from "./WalkPlan.ts"

/** How many sessions were looked at so far, and how many of them need their detail. */
export interface Picked {
  readonly of: number
  readonly picked: number
}

const clearLine = "\r\u{1b}[2K"
const refreshMillis = 250
const longHoldMillis = 5_000
// A walk of this many requests is a minute of the API's limit, and deserves a word before it.
const longWalkRequests = 1_000

/** The share of the window that the list has passed, newest first; undefined before the first row. */
const passedShare = (coverage: Coverage.Coverage, reached: number | undefined): number | undefined => {
  if (reached === undefined || coverage.window === null) return undefined
  const to = Date.parse(coverage.window.to)
  const span = to - Date.parse(coverage.window.from)
  return Math.min(1, Math.max(1e-6, (to - reached) / span))
}

type Cost = Pick<WalkPlan, "pageSize">

// A guess from a few sessions would mislead: the share that needs details shows only after some.
const enoughLooked = 50

/** How many requests the whole walk will take, guessed from what it has seen. */
const expectedRequests = (
  coverage: Coverage.Coverage,
  live: Coverage.Live,
  { of, picked }: Picked,
  { pageSize }: Cost,
): number | undefined => {
  const share = passedShare(coverage, live.reached)
  if (share === undefined || of < Math.min(enoughLooked, coverage.sessions)) return undefined
  const sessions = coverage.sessions / share
  return Math.ceil(sessions / pageSize + (sessions * picked) / Math.max(1, of))
}

const leftMillis = (coverage: Coverage.Coverage, expected: number | undefined, elapsed: number): number | undefined =>
  expected !== undefined && expected > coverage.requests
    ? ((expected - coverage.requests) * elapsed) / coverage.requests
    : undefined

/** The line as it stands: pages, sessions, details, rate, what it waits for, time left. Times are of the monotonic clock. */
export const line = (
  coverage: Coverage.Coverage,
  live: Coverage.Live,
  picked: Picked,
  cost: Cost,
  now: number,
  startedAt: number,
): string => {
  const elapsed = Math.max(1, now - startedAt)
  const expected = expectedRequests(coverage, live, picked, cost)
  const parts = [
    `${coverage.pages} pages`,
    `${coverage.sessions} sessions`,
    `${coverage.details} details`,
    `${Math.round((coverage.requests * 60_000) / elapsed)} requests/min`,
  ]
  if (live.heldUntil > now) parts.push(`waiting ${DurationText.make(live.heldUntil - now)} for the ${live.heldBy}`)
  const left = leftMillis(coverage, expected, elapsed)
  if (left !== undefined) parts.push(`about ${DurationText.make(left)} left`)
  return parts.join(" · ")
}

/** What the whole walk will cost, guessed from its beginning; undefined where it is short. `pace` is in requests a minute. */
export const forecast = (
  coverage: Coverage.Coverage,
  live: Coverage.Live,
  picked: Picked,
  cost: Cost,
  pace: number,
): string | undefined => {
  const requests = expectedRequests(coverage, live, picked, cost)
  return requests === undefined || requests <= longWalkRequests
    ? undefined
    : `about ${requests} requests, ${DurationText.make((requests * 60_000) / pace)} at ${pace} a minute`
}

// What a limit that is learned comes to, holds included, shows only after some time.
const learnedAfterMillis = 10_000

/** One line for each hold that is worth one, where nobody watches a line that moves. */
const tellHolds = (recorder: Coverage.Recorder): Effect.Effect<never> => {
  let told = 0
  const look = Effect.gen(function* () {
    const { heldBy, heldUntil } = recorder.live()
    const wait = heldUntil - (yield* MonotonicClock.now)
    if (wait <= longHoldMillis || heldUntil <= told) return
    told = heldUntil
    const message = `waiting ${DurationText.make(wait)} for the ${heldBy === "limit" ? "rate limit" : "API"}`
    yield* EventLog.say({ event: "wait", message, wait_ms: wait }, [message])
  })
  return Effect.forever(Effect.andThen(Effect.sleep(refreshMillis), look))
}

const eventMillis = 5_000

/** Says how far it has come every few seconds, and once more when it ends. */
const tellProgress = (recorder: Coverage.Recorder, picked: () => Picked, cost: Cost, startedAt: number) => {
  const tell = Effect.gen(function* () {
    const coverage = recorder.snapshot()
    const live = recorder.live()
    const now = yield* MonotonicClock.now
    const expected = expectedRequests(coverage, live, picked(), cost)
    const { details, pages, requests, sessions } = coverage
    yield* EventLog.say(
      {
        event: "progress",
        message: line(coverage, live, picked(), cost, now, startedAt),
        pages,
        sessions,
        details,
        requests,
        expected_requests: expected ?? null,
        left_ms: leftMillis(coverage, expected, Math.max(1, now - startedAt)) ?? null,
      },
      [],
    )
  })
  return { tell, ticks: Effect.forever(Effect.andThen(Effect.sleep(eventMillis), tell)) }
}

/** Shows the progress of the walk while it runs: where stderr is no terminal only long waits, and with --quiet nothing. */
export const during =
  (
    recorder: Coverage.Recorder,
    picked: () => Picked,
    plan: Pick<WalkPlan, "quiet" | "files" | "pageSize" | "rateLimit">,
  ) =>
  <A, E, R>(walk: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Stdio.Stdio> =>
    Effect.gen(function* () {
      const stdio = yield* Stdio.Stdio
      if (plan.quiet || plan.files.length > 0) return yield* walk
      const { isJson } = yield* EventLog.Current
      if (isJson) {
        const { tell, ticks } = tellProgress(recorder, picked, plan, yield* MonotonicClock.now)
        const last = Effect.suspend(() => (recorder.sent() === 0 ? Effect.void : tell))
        return yield* Effect.ensuring(Effect.raceAllFirst([walk, ticks, tellHolds(recorder)]), last)
      }
      if (!(yield* stdio.stderrIsTerminal)) return yield* Effect.raceFirst(walk, tellHolds(recorder))
      // A terminal that went away must not end the walk.
      const write = (text: string) => Effect.ignore(Stream.run(Stream.succeed(text), stdio.stderr()))
      const startedAt = yield* MonotonicClock.now
      const earlier = recorder.sent()
      const pace = (now: number): number | undefined => {
        if (plan.rateLimit !== "auto") return plan.rateLimit
        const elapsed = now - startedAt
        return elapsed < learnedAfterMillis
          ? undefined
          : Math.max(1, Math.round(((recorder.sent() - earlier) * 60_000) / elapsed))
      }
      let isForecast = false
      const show = Effect.gen(function* () {
        const coverage = recorder.snapshot()
        const live = recorder.live()
        const now = yield* MonotonicClock.now
        const known = expectedRequests(coverage, live, picked(), plan) === undefined ? undefined : pace(now)
        const cost = isForecast || known === undefined ? undefined : forecast(coverage, live, picked(), plan, known)
        if (known !== undefined) isForecast = true
        yield* write(
          `${clearLine}${cost === undefined ? "" : `${cost}\n`}${line(coverage, live, picked(), plan, now, startedAt)}`,
        )
      })
      const ticks = Effect.forever(Effect.andThen(Effect.sleep(refreshMillis), show))
      return yield* Effect.raceFirst(walk, ticks).pipe(Effect.ensuring(write(clearLine)))
    })
