/** Coverage and ledger as lines for people: what the numbers rest on, and everything that was counted, not dropped. */
import type { Coverage } from "@effect-elnudge/core/Coverage"
import type { Ledger } from "@effect-elnudge/report/Ledger"

type Note = readonly [what: string, count: number]

const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

const line = (head: string, notes: ReadonlyArray<Note>): ReadonlyArray<string> => {
  const noted = notes.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`)
  return noted.length === 0 ? [] : [`${head}: ${noted.join(", ")}`]
}

/** `kind:value`, the value in quotes where it is blank, or could be taken for the next note. */
const unknownName = (name: string): string => name.replace(/^([^:]*):(.*[,“”].*|\s*)$/su, "$1:“$2”")

const maxGaps = 20

const gapLines = (gaps: Coverage["gaps"]): ReadonlyArray<string> => [
  ...gaps.slice(0, maxGaps).map(({ from, to }) => `gap: no file covers ${from} to ${to}`),
  ...(gaps.length > maxGaps ? [`gap: and ${gaps.length - maxGaps} more`] : []),
]

/** Before any number: what the list may have kept back. */
const missingLines = ({ possibly_missing: missing }: Coverage): ReadonlyArray<string> =>
  missing === 0
    ? []
    : [
        `note: up to ${plural(missing, "session")} may be missing: the API lists what starts in the same second in another order with each request`,
      ]

const ledgerNotes = (ledger: Ledger): ReadonlyArray<Note> => [
  ["ended before they started", ledger.ended_before_started],
  ["with a score outside 0–100", ledger.score_out_of_range],
  ["with a nudge_count below 0, counted as not nudged", ledger.nudge_count_out_of_range],
  ["converted without a PURCHASE", ledger.converted_without_purchase],
  ["with a PURCHASE but not converted", ledger.purchase_without_converted],
  ["with several PURCHASE events", ledger.several_purchases],
  ["whose nudge_count differs from their nudges", ledger.nudge_count_differs],
  ["nudged without nudges", ledger.nudged_without_nudges],
  ["with nudges and no nudge_count above 0", ledger.nudges_without_count],
  ["with a nudge outside the session", ledger.nudge_outside_session],
  ["with unordered events", ledger.unordered_events],
]

/** What was read and what it cost; then, where there is any, what deserves a look. */
export const make = (coverage: Coverage, ledger?: Ledger): ReadonlyArray<string> => {
  const { details_unavailable: unavailable, window } = coverage
  const span = window === null ? "" : `, from ${window.from} to ${window.to}`
  const fromList = coverage.nudges_from_list === 0 ? "" : `, ${coverage.nudges_from_list} with nudges from their list`
  const read = `coverage: ${plural(coverage.sessions, "session")}, ${plural(coverage.details, "detail")}${fromList}${span}`
  const nudgeRequests = coverage.nudge_requests === 0 ? "" : `, ${coverage.nudge_requests} nudges`
  const cost =
    `requests: ${coverage.requests} (${coverage.list_requests} list, ${coverage.detail_requests} detail${nudgeRequests}), ` +
    `${coverage.retries} repeated, ${coverage.rate_limited} refused by the limit; ` +
    `requests waited ${seconds(coverage.paced_ms)} for their turn and ${seconds(coverage.held_ms)} after refusals and faults, summed`
  return [
    read,
    ...missingLines(coverage),
    ...gapLines(coverage.gaps),
    ...(coverage.requests === 0 ? [] : [cost]),
    ...line("noted", [
      ["details past retention (404)", unavailable.past_retention],
      ["details not found (404)", unavailable.not_found],
      ["duplicate rows dropped", coverage.duplicates],
      ["rows outside the window left out", coverage.outside_window],
      [
        "rows that do not say which window they are of, so that it is not known what is missing",
        coverage.without_window,
      ],
      ["rows out of order", coverage.out_of_order],
      ["empty pages", coverage.empty_pages],
      ["times a cursor was refused, and the rest of the window asked for by time", coverage.cursor_reentries],
      ["sessions that the list of nudges had not whole, so that their details were read", coverage.nudges_differ],
      ["changed since listed", coverage.changed_since_listed],
      ["sessions still open", coverage.unsettled],
      ...Object.entries(coverage.unknown_values).map(([name, count]): Note => [`unknown ${unknownName(name)}`, count]),
    ]),
    ...(ledger === undefined
      ? []
      : line(
          `data quality, in sessions (of ${ledger.sessions}; of ${plural(ledger.details, "detail")} read)`,
          ledgerNotes(ledger),
        )),
  ]
}
