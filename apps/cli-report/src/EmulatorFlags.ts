/** The words of the `emulator` command. */
import { Flag } from "effect/cli"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as FlagValues from "./FlagValues.ts"

/** What the emulator takes. */
export const flags = {
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
  sessions: FlagValues.integer("sessions", 0, 1_000_000).pipe(
    Flag.withDescription("How many sessions to generate in the 30 days before its now (default: 2000)"),
    Flag.withDefault(2000),
  ),
  now: FlagValues.moment("now").pipe(
    Flag.withDescription("What it takes for now when it starts (default: the clock's)"),
    Flag.optional,
  ),
  speed: FlagValues.integer("speed", 0, 86_400).pipe(
    Flag.withDescription("How fast its time goes: 60 is a minute a second (default: 0 with --now, else 1)"),
    Flag.optional,
  ),
  retentionDays: FlagValues.integer("retention-days", 1, 36_500).pipe(
    Flag.withDescription("Older sessions are a 404 (default: 90)"),
    Flag.withDefault(90),
  ),
  rateLimit: FlagValues.integer("rate-limit", 1).pipe(
    Flag.withDescription("Requests a minute before it answers 429 (default: 1000)"),
    Flag.withDefault(1000),
  ),
  limitBy: Flag.Literals("limit-by", ["fixed-window", "token-bucket"]).pipe(
    Flag.withDescription(
      "Whether --rate-limit is for each minute or for a bucket that fills up (default: fixed-window)",
    ),
    Flag.withDefault("fixed-window"),
  ),
  burst: FlagValues.integer("burst", 1).pipe(
    Flag.withDescription("Requests that a full token bucket lets through at once (default: 10, at most --rate-limit)"),
    Flag.optional,
  ),
  latency: FlagValues.duration("latency").pipe(
    Flag.withDescription("How long each answer takes, such as 50ms (default: 0ms)"),
    Flag.withDefault(Duration.zero),
  ),
  faults: FlagValues.path("faults", "<file|json>").pipe(
    Flag.withDescription(
      'Faults by a script: a JSON file, or JSON such as \'[{"on":"list","at":"2-4","fault":"rate-limited"}]\' (default: none)',
    ),
    Flag.optional,
  ),
  key: Flag.String("key").pipe(
    Flag.withDescription("The key it accepts: a made-up one, never a real one (default: sk_test_emulator)"),
    Flag.withDefault("sk_test_emulator"),
  ),
  port: FlagValues.integer("port", 0, 65_535).pipe(
    Flag.withDescription("Port on 127.0.0.1; 0 takes a free one (default: 4010)"),
    Flag.withDefault(4010),
  ),
}
