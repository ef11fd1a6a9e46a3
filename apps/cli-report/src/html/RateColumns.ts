/** The columns that several tables have: how many sessions converted, and how often. */
import type * as DataTable from "./DataTable.ts"
import * as Figure from "./Figure.ts"

interface Rated {
  readonly conversion_rate: number | null
  readonly conversion_rate_low: number | null
  readonly conversion_rate_high: number | null
}

const limits = ({ conversion_rate_high, conversion_rate_low }: Rated) => ({
  low: conversion_rate_low,
  high: conversion_rate_high,
})

/** Of sessions with a nudge. */
export const ofSessions: ReadonlyArray<
  DataTable.Column<Rated & { readonly sessions: number; readonly converted_sessions: number }>
> = [
  { head: "Sessions", cell: (row) => Figure.count(row.sessions) },
  { head: "Converted", cell: (row) => Figure.count(row.converted_sessions) },
  {
    head: "Conversion rate, interval",
    cell: (row) => Figure.rateAndRange(row.conversion_rate, limits(row), "no session"),
  },
]

/** In columns of their own. */
export const apart: ReadonlyArray<DataTable.Column<Rated>> = [
  { head: "Rate", cell: (row) => Figure.orWhy(row.conversion_rate, Figure.percent, "no session") },
  { head: "Interval", cell: (row) => Figure.rangeOrWhy(limits(row), Figure.percentRange, "no session") },
]
