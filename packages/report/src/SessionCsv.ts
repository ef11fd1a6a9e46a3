/** Sessions as CSV: the seven documented fields, and events and nudges as JSON where they were read. */
import * as SessionRead from "@effect-elnudge/core/SessionRead"
import { stringify } from "csv-stringify/sync"

const fields = ["id", "started_at", "ended_at", "page_count", "intent_score", "converted", "nudge_count"] as const

/** The line of column names; with details `events` and `nudges` stand at its end. */
export const header = (details: boolean): string => stringify([details ? [...fields, "events", "nudges"] : fields])

/** One session as a line. Events and nudges that could not be had are empty cells. */
export const row = (read: SessionRead.SessionRead, details: boolean): string => {
  const session = SessionRead.session(read)
  const cells = fields.map((field) => {
    const value = session[field]
    return typeof value === "boolean" ? String(value) : value
  })
  if (!details) return stringify([cells])
  const { detail } = read
  const nested =
    detail._tag === "Read"
      ? [JSON.stringify(detail.session.events), JSON.stringify(detail.session.nudges)]
      : [null, null]
  return stringify([[...cells, ...nested]])
}
