/** An emulator of a shop for several runs, and what `plan` says of it as JSON. */
import { Emulator, Generator } from "@effect-elnudge/emulator"
import { assert } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as EmulatorServer from "../src/EmulatorServer.ts"
import * as CommandLine from "./CommandLine.ts"

// Long past, so that what a plan says does not hang on today.
const now = DateTime.makeUnsafe("2024-11-01T00:00:00Z")
export const october = ["--from", "2024-10-02", "--to", "2024-11-01", "--rate-limit", "100000"]

export const shopOf = (count: number, seed = "plan") => Generator.make({ end: now, count, seed })

export const Estimate = Schema.Struct({
  estimate: Schema.Finite,
  low: Schema.Finite,
  high: Schema.Finite,
  exact: Schema.Boolean,
})
const Span = Schema.Struct({ from: Schema.String, to: Schema.String })

const Plan = Schema.Struct({
  plan: Schema.Array(Schema.String),
  version: Schema.String,
  window: Span,
  spent: Schema.Struct({ requests: Schema.Int, list: Schema.Int, nudges: Schema.Int }),
  read: Schema.Struct({ sessions: Schema.Int, share_of_time: Schema.Finite, whole: Schema.Boolean }),
  confidence: Schema.Finite,
  sessions: Schema.Struct({ ...Estimate.fields, standard_error: Schema.Finite }),
  need_details: Estimate,
  need_events: Estimate,
  nudges: Estimate,
  found: Schema.Struct({
    first: Schema.NullOr(Schema.String),
    last: Schema.NullOr(Schema.String),
    empty: Schema.Array(Span),
    empty_for_hours: Schema.Finite,
  }),
  retention: Schema.Struct({
    kept_days: Schema.NullOr(Schema.Finite),
    oldest_kept: Schema.NullOr(Schema.String),
    begins_before: Schema.NullOr(Schema.Boolean),
    refused: Schema.Array(Span),
    empty_beginning: Schema.NullOr(Span),
  }),
  rate: Schema.Struct({ requests_per_minute: Schema.Finite, learned: Schema.Boolean }),
  no_nudge_list: Schema.NullOr(Schema.String),
  sources: Schema.Array(
    Schema.Struct({
      source: Schema.String,
      requests: Schema.Struct({ ...Estimate.fields, list: Schema.Int, details: Schema.Int, nudges: Schema.Int }),
      seconds: Estimate,
      promised: Schema.Boolean,
      cheapest: Schema.Boolean,
      command: Schema.String,
    }),
  ),
})

export const decode = Schema.decodeEffect(Schema.fromJsonString(Plan), { onExcessProperty: "error" })

interface Served {
  readonly run: (
    args: ReadonlyArray<string>,
  ) => Effect.Effect<CommandLine.Result & { readonly asked: Emulator.RequestCounts }>
  /** The plan as JSON, and what was asked for it. */
  readonly plan: (
    args: ReadonlyArray<string>,
  ) => Effect.Effect<typeof Plan.Type & { readonly asked: Emulator.RequestCounts }>
}

/** An emulator for several runs. */
export const serve = <A, E, R>(
  options: Partial<Emulator.Options> & Pick<Emulator.Options, "sessions">,
  use: (served: Served) => Effect.Effect<A, E, R>,
) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.Emulator
    const run: Served["run"] = Effect.fnUntraced(function* (args) {
      const before = yield* emulator.requests
      const result = yield* CommandLine.run(args, {
        env: { ELNUDGE_BASE_URL: emulator.baseUrl, ELNUDGE_API_KEY: options.key ?? Emulator.defaultKey },
      })
      const { details, list, nudges } = yield* emulator.requests
      const asked = { list: list - before.list, details: details - before.details, nudges: nudges - before.nudges }
      return { ...result, asked }
    })
    const plan: Served["plan"] = Effect.fnUntraced(function* (args) {
      const { asked, exitCode, stderr, stdout } = yield* run(["plan", ...args, "--format", "json"])
      assert.deepStrictEqual([exitCode, stderr], [0, ""])
      return { ...(yield* Effect.orDie(decode(stdout))), asked }
    })
    return yield* use({ run, plan })
  }).pipe(Effect.provide(EmulatorServer.layer({ now, requestsPerMinute: 1_000_000, ...options }, 0)))
