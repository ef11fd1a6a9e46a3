/** Sessions as CSV: the seven documented fields, and events and nudges as JSON where they were read. */
import * as SessionRead from "@effect-elnudge/core/SessionRead"
import { stringify } from "csv-stringify/sync"
import * as Formula from "./Formula.ts"

const fields = ["id", "started_at", "ended_at", "page_count", "intent_score", "converted", "nudge_count"] as const

/** The line of column names; with details `events` and `nudges` stand at its end. */
export const header = (details: boolean): string => stringify([details ? [...fields, "events", "nudges"] : fields])

/**
 * One session as a line. Events and nudges that could not be had are empty cells; as JSON they begin with `[`, which no
 * spreadsheet runs, so `escapeFormulas` leaves what is in them as it is.
 */
export const row = (read: SessionRead.SessionRead, details: boolean, options: Formula.Options = {}): string => {
  const casting = Formula.casting(options)
  const session = SessionRead.session(read)
  const cells = fields.map((field) => {
    const value = session[field]
    return typeof value === "boolean" ? String(value) : value
  })
  if (!details) return stringify([cells], casting)
  const { detail } = read
  const nested =
    detail._tag === "Read"
      ? [JSON.stringify(detail.session.events), JSON.stringify(detail.session.nudges)]
      : [null, null]
  return stringify([[...cells, ...nested]], casting)
}
