/** Counts by period, band and arm, and the grid of cells that a cohort report prints: empty ones too, with totals. */
import { otherBand } from "./Cohort.ts"
import * as Counts from "./Counts.ts"
import * as Tally from "./Tally.ts"

export interface Key {
  readonly period: string
  readonly band: string
  /** An arm, or `all`. */
  readonly arm: string
}

/** `immature` counts sessions that may still have been open when they were read. */
const noCounts = { sessions: 0, conversions: 0, immature: 0 }

type Count = keyof typeof noCounts

export type CellCounts = Readonly<Counts.Counts<Count>>

export interface Cell {
  readonly key: Key
  readonly counts: CellCounts
}

/** Only cells that have a session, by their key as text. */
export type Grid = Tally.Tally<Count>

/** The band of rows that gather all bands. */
export const allBands = "(all)"

// No period, band or arm has a line break.
const idOf = ({ arm, band, period }: Key): string => `${period}\n${band}\n${arm}`

const keyOf = (id: string): Key => {
  const [period = "", band = "", arm = ""] = id.split("\n")
  return { period, band, arm }
}

const keys = (grid: Grid): ReadonlyArray<Key> => Array.from(grid.keys(), keyOf)

export const empty = (): Grid => new Map()

/** The grid as it is saved. */
export const codec = Tally.codec(noCounts)

/** Takes one session in; changes the grid. */
export const count = (grid: Grid, key: Key, isConverted: boolean, isImmature: boolean): void => {
  const counts = Tally.at(grid, idOf(key), noCounts)
  counts.sessions++
  if (isConverted) counts.conversions++
  if (isImmature) counts.immature++
}

/** A new grid with the counts of both. */
export const combine: (left: Grid, right: Grid) => Grid = Tally.combine

const sumOf = (grid: Grid, isIn: (key: Key) => boolean): CellCounts => {
  let sum: CellCounts = noCounts
  for (const [id, counts] of grid) if (isIn(keyOf(id))) sum = Counts.add(sum, counts)
  return sum
}

/** All sessions. */
export const total = (grid: Grid): CellCounts => sumOf(grid, () => true)

/** One cell, with zeros where it has no session; `(all)` sums the bands of a period and arm. */
export const cell = (grid: Grid, key: Key): Cell => ({
  key,
  counts: isTotal(key)
    ? total(grid)
    : key.band === allBands
      ? sumOf(grid, ({ arm, period }) => arm === key.arm && period === key.period)
      : (grid.get(idOf(key)) ?? noCounts),
})

/** Whether the cell is the one of all sessions. */
export const isTotal = ({ arm, band, period }: Key): boolean => period === "all" && band === allBands && arm === "all"

/** The periods that have a session, in order. */
export const periods = (grid: Grid): ReadonlyArray<string> =>
  [...new Set(keys(grid).map(({ period }) => period))].sort()

export const hasArm = (grid: Grid, arm: string): boolean => keys(grid).some((key) => key.arm === arm)

export interface Layout {
  readonly periods: ReadonlyArray<string>
  /** Without `(other)`, which is added where a score needed it. */
  readonly bands: ReadonlyArray<string>
  /** `unknown` is left out where no session needed it. */
  readonly arms: ReadonlyArray<string>
}

/** The cells in the order of the rows. */
export const cells = (grid: Grid, layout: Layout): ReadonlyArray<Cell> => {
  const hasOther = keys(grid).some(({ band }) => band === otherBand)
  const bands = hasOther ? [...layout.bands, otherBand] : layout.bands
  const arms = layout.arms.filter((arm) => arm !== "unknown" || hasArm(grid, arm))
  const rows: Array<Key> = []
  for (const period of layout.periods)
    for (const band of bands) for (const arm of arms) rows.push({ period, band, arm })
  for (const period of layout.periods) for (const arm of arms) rows.push({ period, band: allBands, arm })
  if (!rows.some(isTotal)) rows.push({ period: "all", band: allBands, arm: "all" })
  return rows.map((key) => cell(grid, key))
}
