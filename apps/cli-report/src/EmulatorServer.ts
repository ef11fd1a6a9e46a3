/** The emulator on a port of this machine. */
import { createServer } from "node:http"
import { Session, SessionFile } from "@effect-elnudge/core"
import * as TextFile from "@effect-elnudge/core/TextFile"
import * as WallClock from "@effect-elnudge/core/WallClock"
import { Emulator, EmulatorClock, FaultScript, Generator } from "@effect-elnudge/emulator"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as EventLog from "./EventLog.ts"
import type * as FlagValues from "./FlagValues.ts"
import { UsageError } from "./UsageError.ts"
import * as WalkPlan from "./WalkPlan.ts"

/** Listens on 127.0.0.1 only. */
export const layer = (options: Emulator.Options, port: number) =>
  Emulator.layer(options).pipe(
    Layer.provide(NodeHttpServer.layer(createServer, { port, host: "127.0.0.1", gracefulShutdownTimeout: 0 })),
  )

export interface ServeFlags {
  readonly data: Option.Option<string>
  readonly seed: string
  readonly sessions: number
  readonly nudgeEffect: number
  readonly now: Option.Option<FlagValues.Moment>
  readonly speed: Option.Option<number>
  readonly retentionDays: number
  readonly rateLimit: number
  readonly limitBy: "fixed-window" | "token-bucket"
  readonly burst: Option.Option<number>
  readonly latency: Duration.Duration
  readonly faults: Option.Option<string>
  readonly key: string
  readonly port: number
}

const generatedDays = 30

// Where time stands still, all have ended; where it goes on, some are open, and more arrive: a day's at the clock's
// speed, at a higher one as many more as it gets through in a day, up to another 30 days.
const generate = Effect.fnUntraced(function* (flags: ServeFlags, clock: EmulatorClock.Options, now: DateTime.DateTime) {
  const { nudgeEffect, seed } = flags
  const options = { end: now, days: generatedDays, count: flags.sessions, seed, nudgeEffect }
  if (!EmulatorClock.isTicking(clock)) return yield* Generator.make(options)
  const days = Math.min(generatedDays, clock.speed ?? 1)
  const end = DateTime.add(now, { days })
  const started = yield* Generator.make({ ...options, until: now })
  const toCome = yield* Generator.make({
    end,
    until: end,
    days,
    count: Math.round((flags.sessions * days) / generatedDays),
    seed: `${seed} to come`,
    nudgeEffect,
    firstNumber: flags.sessions + 1,
  })
  return [...started, ...toCome]
})

const faultsAdvice = "The script is described under Faults in packages/emulator/README.md."

/** The script of `--faults`: the value itself where it is JSON, else the file that it names. */
const readFaults = Effect.fnUntraced(function* (value: string) {
  const isInline = /^\s*[[{]/.test(value)
  const text = isInline
    ? value
    : yield* Effect.mapError(
        TextFile.read(value),
        (error) =>
          new UsageError({
            reason: `--faults ${value} ${error._tag === "NotText" ? error.message : `cannot be read (${error.reason._tag})`}`,
            advice: "Give the path of a JSON file in UTF-8, or the JSON itself in quotes.",
          }),
      )
  const place = isInline ? "--faults" : `--faults ${value}`
  return yield* Effect.mapError(
    FaultScript.parse(text),
    ({ message }) => new UsageError({ reason: `${place}: ${message}`, advice: faultsAdvice }),
  )
})

const sayFaults = Effect.fnUntraced(function* (
  { rules }: FaultScript.FaultScript,
  acted: Emulator.Emulator["Service"]["faults"],
) {
  const all = yield* acted
  for (const [index, { fault }] of rules.entries()) {
    const count = all.filter(({ applied, rule }) => applied && rule === index).length
    const message = `rules[${index}] ${fault}: ${count} ${count === 1 ? "request" : "requests"}`
    yield* EventLog.say({ event: "fault", message, rule: index, fault, requests: count }, [message])
  }
})

/** Serves until it is interrupted, and says how to reach it; then, how often each rule of a fault script acted. */
export const serve = Effect.fn("EmulatorServer.serve")(function* (flags: ServeFlags) {
  const { key, latency, limitBy, rateLimit, retentionDays } = flags
  const burst = Option.getOrUndefined(flags.burst)
  if (burst !== undefined && limitBy !== "token-bucket") {
    return yield* new UsageError({
      reason: "--burst is of a token bucket, and the limit is by fixed window",
      advice: "Give --limit-by token-bucket along with it.",
    })
  }
  const faults = Option.isSome(flags.faults) ? yield* readFaults(flags.faults.value) : undefined
  const clock = {
    now: Option.getOrUndefined(
      Option.map(flags.now, (moment) => WalkPlan.resolveMoment(moment, DateTime.zoneMakeNamedUnsafe("UTC"))),
    ),
    speed: Option.getOrUndefined(flags.speed),
  }
  const now = clock.now ?? (yield* WallClock.second)
  const sessions = Option.isSome(flags.data)
    ? yield* Stream.runCollect(SessionFile.details(flags.data.value))
    : yield* generate(flags, clock, now)
  const limit = { requestsPerMinute: rateLimit, rateLimitAlgorithm: limitBy, burst }
  const server = layer({ sessions, key, retentionDays, latency, faults, ...clock, ...limit }, flags.port)
  return yield* Effect.gen(function* () {
    const { baseUrl, faults: acted } = yield* Emulator.Emulator
    const nowMillis = DateTime.toEpochMillis(now)
    const later = sessions.filter(({ started_at }) => Session.millis(started_at) > nowMillis).length
    const served = `${sessions.length - later} sessions${later === 0 ? "" : `, and ${later} that start later,`}`
    const message = `The emulator serves ${served} until Ctrl-C.`
    yield* EventLog.say(
      { event: "serving", message, base_url: baseUrl, sessions: sessions.length - later, later_sessions: later },
      [
        `${message} In another shell:`,
        `  export ELNUDGE_BASE_URL=${baseUrl}`,
        `  export ELNUDGE_API_KEY=${key === Emulator.defaultKey ? key : "'the key that --key names'"}`,
      ],
    )
    return yield* faults === undefined ? Effect.never : Effect.onInterrupt(Effect.never, () => sayFaults(faults, acted))
  }).pipe(Effect.provide(server))
})
