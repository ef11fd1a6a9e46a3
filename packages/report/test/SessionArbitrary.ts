/** Random reads of sessions: clean ones, and ones that contradict themselves in every way that the model lets pass. */
import { Detail } from "@effect-elnudge/core/Session"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as SessionFixture from "./SessionFixture.ts"

// Few and close together, so that ties, the window's edge and purchases before displays turn up often.
const Instant = Schema.Literals([
  "2026-10-01T10:00:00Z",
  "2026-10-01T10:14:45Z",
  "2026-10-01T10:14:45.500Z",
  "2026-10-01T12:14:45+02:00",
  "2026-10-01T10:30:00Z",
  "2026-10-01T10:30:00.001Z",
  "2026-10-01T10:45Z",
  "2026-10-01T23:45:00Z",
])

// What would break a record of counts, a CSV file or a sort by locale.
const hostileNames = ["__proto__", "constructor", "(all)", "", 'a,"b"', "a\nb", "=1+1", "Ä"] as const

const type = Schema.Union([
  Schema.Literals(["chat_bubble", "toast", "exit_modal", "sticky_bar"]),
  Schema.Literals(hostileNames),
  Schema.String,
])

const Drawn = Schema.Struct({
  ...Detail.fields,
  id: Schema.Literals(["sess_1", "sess_2", "sess_10"]),
  started_at: Instant,
  ended_at: Schema.NullOr(Instant),
  intent_score: Schema.Int.check(Schema.isBetween({ minimum: -3, maximum: 103 })),
  nudge_count: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
  events: Schema.Array(
    Schema.Struct({
      type: Schema.Literals(["PURCHASE", "PAGE_VIEW", "UNHEARD_OF"]),
      url: Schema.Literal("/"),
      occurred_at: Instant,
    }),
  ).check(Schema.isMaxLength(3)),
  nudges: Schema.Array(
    Schema.Struct({
      nudge_id: Schema.Literals(["nudge_1", "nudge_2", "nudge_10"]),
      type,
      shown_at: Instant,
      outcome: Schema.Union([
        Schema.Literals(["shown", "clicked", "dismissed", "chat_opened"]),
        Schema.Literals(hostileNames),
      ]),
      influenced_conversion: Schema.Boolean,
    }),
  ).check(Schema.isMaxLength(4)),
})

const Draw = Schema.Struct({
  session: Drawn,
  /** What the list said, where it differs. */
  listed: Schema.NullOr(Drawn),
  isClean: Schema.Boolean,
  state: Schema.Literals(["Read", "Read", "Read", "NotNeeded", "past_retention", "not_found"]),
})

const toRead = ({ isClean, listed, session, state }: typeof Draw.Type): SessionRead => {
  if (isClean) return SessionFixture.read({ ...session, nudge_count: session.nudges.length })
  const summary = listed ?? session
  switch (state) {
    case "Read":
      return { ...SessionFixture.read(session), summary }
    case "NotNeeded":
      return SessionFixture.listed(summary)
    default:
      return SessionFixture.unavailable(summary, state)
  }
}

export const read: Arbitrary.Arbitrary<SessionRead> = Arbitrary.map(Arbitrary.schema(Draw), toRead)

export const reads: Arbitrary.Arbitrary<ReadonlyArray<SessionRead>> = Arbitrary.array(read, { maxLength: 30 })
