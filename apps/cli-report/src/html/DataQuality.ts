/** How complete the numbers are: what limits them, up where it is read, and every count of what is odd. */
import * as Session from "@effect-elnudge/core/Session"
import * as DataTable from "./DataTable.ts"
import * as Figure from "./Figure.ts"
import type * as Findings from "./Findings.ts"
import * as Markup from "./Markup.ts"
import * as Moments from "./Moments.ts"
import type * as Periods from "./Periods.ts"

const maxNamed = 5

const silent = ({ days, first, last, where }: Periods.Silence): string => {
  if (where === "before") return `No session up to ${Moments.day(last)}: older than the plan keeps, or no visits?`
  if (where === "after") return `No session from ${Moments.day(first)} on: no visits, or was nothing recorded?`
  const when =
    days === 1 ? `on ${Moments.day(first)}` : `from ${Moments.day(first)} to ${Moments.day(last)} (${days} days)`
  return `No session ${when}: no visits, or was nothing recorded?`
}

/** What a reader must know before any number. */
const limits = ({ coverage, notes, readTimes, silences, timeZone }: Findings.Findings): ReadonlyArray<string> => {
  const { details_unavailable: unavailable, gaps, possibly_missing, unsettled, window, without_window } = coverage
  const missing = unavailable.past_retention + unavailable.not_found
  const until = window === null ? undefined : Session.millis(window.to)
  const span = ({ from, to }: { readonly from: string; readonly to: string }) =>
    Moments.window(Session.millis(from), Session.millis(to), timeZone)
  return [
    ...(missing > 0
      ? [
          `Incomplete: the details of ${Figure.counted(missing, "session")} could not be had (${Figure.count(unavailable.past_retention)} past retention, ${Figure.count(unavailable.not_found)} not found). They are in no number that depends on details.`,
        ]
      : []),
    ...(possibly_missing > 0
      ? [
          `Up to ${Figure.counted(possibly_missing, "session")} may be missing: the API lists what starts in the same second in another order with each request.`,
        ]
      : []),
    ...gaps.slice(0, maxNamed).map((gap) => `Gap: nobody read ${span(gap)}.`),
    ...(gaps.length > maxNamed ? [`And ${Figure.counted(gaps.length - maxNamed, "more gap")}.`] : []),
    ...silences.slice(0, maxNamed).map(silent),
    ...(silences.length > maxNamed
      ? [
          `And ${Figure.counted(silences.length - maxNamed, "more stretch", "more stretches")} of days without a session.`,
        ]
      : []),
    ...notes.map((note) => `${note.replace(/^note: /, "").replace(/^[a-z]/, (first) => first.toUpperCase())}.`),
    ...(window === null ? ["The window is not known: the sessions do not say which one they were read in."] : []),
    ...(without_window > 0 && window !== null
      ? [
          `${Figure.counted(without_window, "session")} ${without_window === 1 ? "does" : "do"} not say in which window they were read: that nothing is missing is taken on trust.`,
        ]
      : []),
    ...(until !== undefined && readTimes.first !== null && readTimes.first < until
      ? ["Read before the window ended: later sessions of it may be missing."]
      : []),
    ...(unsettled > 0
      ? [`${Figure.counted(unsettled, "session")} may still have been open when read, and may still convert.`]
      : []),
  ]
}

/** Plainly, and first. */
export const alert = (findings: Findings.Findings): Markup.Markup => {
  const found = limits(findings)
  const { sessions } = findings.coverage
  if (sessions === 0) {
    return Markup.element(
      "div",
      { class: "alert" },
      Markup.element("h2", {}, "No session"),
      Markup.element("p", {}, "There is no session in this window, so that nothing below is defined."),
      found.length === 0
        ? null
        : Markup.element(
            "ul",
            {},
            found.map((line) => Markup.element("li", {}, line)),
          ),
    )
  }
  return found.length === 0
    ? Markup.element(
        "div",
        { class: "alert calm" },
        Markup.element("h2", {}, "Complete"),
        Markup.element(
          "p",
          {},
          `${sessions === 1 ? "The one session of the window was" : `All ${Figure.counted(sessions, "session")} of the window were`} read after it ended, and no detail that was needed is missing.`,
        ),
      )
    : Markup.element(
        "div",
        { class: "alert" },
        Markup.element("h2", {}, "What limits these numbers"),
        Markup.element(
          "ul",
          {},
          found.map((line) => Markup.element("li", {}, line)),
        ),
      )
}

interface Line {
  readonly what: string
  readonly count: number
  readonly of: string
}

const coverageLines = ({ coverage }: Findings.Findings): ReadonlyArray<Line> => {
  const unknown = Object.entries(coverage.unknown_values)
  return [
    { what: "Sessions", count: coverage.sessions, of: "in the window, each once" },
    { what: "Details read", count: coverage.details, of: "of the sessions" },
    { what: "Nudges taken from their list", count: coverage.nudges_from_list, of: "instead of the detail" },
    {
      what: "Details past retention (404)",
      count: coverage.details_unavailable.past_retention,
      of: "of those asked for",
    },
    { what: "Details not found (404)", count: coverage.details_unavailable.not_found, of: "of those asked for" },
    ...(coverage.possibly_missing > 0
      ? [{ what: "Maybe missing, at most", count: coverage.possibly_missing, of: "besides the sessions" }]
      : []),
    { what: "Rows read twice, counted once", count: coverage.duplicates, of: "of the rows read" },
    { what: "Rows outside the window, left out", count: coverage.outside_window, of: "of the rows read" },
    { what: "Rows that do not say their window", count: coverage.without_window, of: "of the rows read" },
    { what: "Rows out of order", count: coverage.out_of_order, of: "of the rows read" },
    {
      what: "Changed since they were listed",
      count: coverage.changed_since_listed,
      of: "of the details; the detail counts",
    },
    { what: "Maybe still open when read", count: coverage.unsettled, of: "of the sessions" },
    { what: "Requests", count: coverage.requests, of: "0 where files were read" },
    ...unknown.map(([name, count]) => ({ what: `Not in the documentation: ${name}`, count, of: "counted as it came" })),
  ]
}

const ledgerLines = ({ ledger }: Findings.Findings): ReadonlyArray<Line> => {
  const ofSessions = `of ${Figure.counted(ledger.sessions, "session")}`
  const ofDetails = `of ${Figure.counted(ledger.details, "detail")}`
  return [
    { what: "Ended before they started", count: ledger.ended_before_started, of: ofSessions },
    { what: "Score outside 0 to 100", count: ledger.score_out_of_range, of: ofSessions },
    { what: "nudge_count below 0: counted as not nudged", count: ledger.nudge_count_out_of_range, of: ofSessions },
    { what: "Converted without a PURCHASE", count: ledger.converted_without_purchase, of: ofDetails },
    { what: "PURCHASE but not converted", count: ledger.purchase_without_converted, of: ofDetails },
    { what: "Several PURCHASE events", count: ledger.several_purchases, of: ofDetails },
    { what: "nudge_count is not the number of nudges", count: ledger.nudge_count_differs, of: ofDetails },
    { what: "nudge_count above 0 without nudges", count: ledger.nudged_without_nudges, of: ofDetails },
    { what: "Nudges without a nudge_count above 0", count: ledger.nudges_without_count, of: ofDetails },
    { what: "A nudge outside the session", count: ledger.nudge_outside_session, of: ofDetails },
    { what: "Events out of order", count: ledger.unordered_events, of: ofDetails },
  ]
}

const table = (caption: string, head: string, rows: ReadonlyArray<Line>): Markup.Markup =>
  DataTable.make({
    caption,
    columns: [
      { head, cell: ({ what }) => what },
      { head: "Count", cell: ({ count }) => Figure.count(count) },
      { head: "Out of", isText: true, cell: ({ of }) => of },
    ],
    rows,
  })

export const make = (findings: Findings.Findings): Markup.Markup => {
  const lines = ledgerLines(findings)
  const odd = lines.filter(({ count }) => count > 0).length
  return Markup.join(
    Markup.element(
      "p",
      {},
      odd === 0
        ? "Nothing odd was found in the sessions. What would be is in the second table."
        : `${odd} of ${lines.length} kinds of oddities ${odd === 1 ? "was" : "were"} found. Nothing is dropped for them: odd sessions are counted as they came.`,
    ),
    table("Completeness", "What was read", coverageLines(findings)),
    table("Data quality", "What is odd", lines),
  )
}
