/** Sessions as CSV: the seven documented fields, and events and nudges as JSON where they were read. */
import * as SessionRead from "@effect-elnudge/core/SessionRead"
import { stringify } from "csv-stringify/sync"
import * as Formula from "./Formula.ts"

const fields = ["id", "started_at", "ended_at", "page_count", "intent_score", "converted", "nudge_count"] as const

/** The line of column names; with details `events` and `nudges` stand at its end. */
export const header = (details: boolean): string => stringify([details ? [...fields, "events", "nudges"] : fields])

/**
 * The sessions as lines. Events and nudges that could not be had are empty cells; as JSON they begin with `[`, which no
 * spreadsheet runs, so `escapeFormulas` leaves what is in them as it is.
 */
export const rows = (
  reads: ReadonlyArray<SessionRead.SessionRead>,
  details: boolean,
  options: Formula.Options = {},
): string =>
  // Many at once: to begin a line costs csv-stringify as much as to write it.
  stringify(
    reads.map((read) => cells(read, details)),
    Formula.casting(options),
  )

const cells = (read: SessionRead.SessionRead, details: boolean): Array<string | number | null> => {
  const { converted, ended_at, id, intent_score, nudge_count, page_count, started_at } = SessionRead.session(read)
  const row = [id, started_at, ended_at, page_count, intent_score, String(converted), nudge_count]
  if (!details) return row
  const nudges = SessionRead.nudges(read)
  return [
    ...row,
    read.detail._tag === "Read" ? JSON.stringify(read.detail.session.events) : null,
    nudges === undefined ? null : JSON.stringify(nudges),
  ]
}
