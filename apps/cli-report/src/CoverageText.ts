/** Coverage as lines for people: what the numbers rest on, and everything that was counted rather than dropped. */
import type { Coverage } from "@effect-elnudge/core/Coverage"

const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`

/** Two lines, and a third where something deserves a look. */
export const make = (coverage: Coverage): ReadonlyArray<string> => {
  const { details_unavailable: unavailable, window } = coverage
  const missing = unavailable.past_retention + unavailable.not_found
  const span = window === null ? "no window" : `${window.from} to ${window.to}`
  const lines = [
    `coverage: ${coverage.sessions} sessions on ${coverage.pages} pages, ${coverage.details} details, from ${span}`,
    `requests: ${coverage.requests} (${coverage.list_requests} list, ${coverage.detail_requests} detail), ` +
      `${coverage.retries} repeated, ${coverage.rate_limited} refused by the limit; ` +
      `requests waited ${seconds(coverage.paced_ms)} for their turn and ${seconds(coverage.held_ms)} after refusals and faults, summed`,
  ]
  const notes: ReadonlyArray<readonly [string, number]> = [
    ["details not to be had (404)", missing],
    ["duplicate rows dropped", coverage.duplicates],
    ["rows out of order", coverage.out_of_order],
    ["empty pages", coverage.empty_pages],
    ["changed since listed", coverage.changed_since_listed],
    ["sessions still open", coverage.unsettled],
    ...Object.entries(coverage.unknown_values).map(([name, count]) => [`unknown ${name}`, count] as const),
  ]
  const noted = notes.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`)
  return noted.length === 0 ? lines : [...lines, `noted: ${noted.join(", ")}`]
}
