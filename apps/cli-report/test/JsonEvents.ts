/** What `--json` says on stderr, every line read back with the schema that it is documented by. */
import * as Schema from "effect/Schema"
import { Event } from "../src/EventLogSchema.ts"

const read = Schema.decodeUnknownSync(Schema.fromJsonString(Event), { onExcessProperty: "error" })

/** Fails where a line is anything else than one event. */
export const events = (stderr: string): ReadonlyArray<Event> =>
  stderr
    .split("\n")
    .slice(0, -1)
    .map((line) => read(line))

/** Those of one kind. */
export const only = <Kind extends Event["event"]>(all: ReadonlyArray<Event>, kind: Kind) =>
  all.filter((each): each is Extract<Event, { event: Kind }> => each.event === kind)

/** Their kinds, in order. */
export const kinds = (stderr: string): ReadonlyArray<string> => events(stderr).map(({ event }) => event)
