/** Counts by period, band and arm, and the grid of cells that a cohort report prints: empty ones too, with totals. */
import { otherBand } from "./Cohort.ts"
import * as Counts from "./Counts.ts"
import type { Arm } from "./Arm.ts"

export interface Key {
  readonly period: string
  readonly band: string
  readonly arm: Arm | "all"
}

/** `immature` counts sessions that may still have been open when they were read. */
export type CellCounts = Readonly<Counts.Counts<"sessions" | "conversions" | "immature">>

export interface Cell {
  readonly key: Key
  readonly counts: CellCounts
}

/** Only cells that have a session. */
export type Grid = Map<string, Cell>

/** The band of rows that gather all bands. */
export const allBands = "(all)"

const noCounts: CellCounts = { sessions: 0, conversions: 0, immature: 0 }

// No period, band or arm has a line break.
const idOf = ({ arm, band, period }: Key): string => `${period}\n${band}\n${arm}`

export const empty = (): Grid => new Map()

const addTo = (grid: Grid, key: Key, counts: CellCounts): void => {
  const id = idOf(key)
  grid.set(id, { key, counts: Counts.add(grid.get(id)?.counts ?? noCounts, counts) })
}

/** Takes one session in; changes the grid. */
export const count = (grid: Grid, key: Key, isConverted: boolean, isImmature: boolean): void =>
  addTo(grid, key, { sessions: 1, conversions: isConverted ? 1 : 0, immature: isImmature ? 1 : 0 })

/** A new grid with the counts of both. */
export const combine = (left: Grid, right: Grid): Grid => {
  const sum = new Map(left)
  for (const { counts, key } of right.values()) addTo(sum, key, counts)
  return sum
}

const sumOf = (grid: Grid, isIn: (key: Key) => boolean): CellCounts => {
  let sum = noCounts
  for (const { counts, key } of grid.values()) if (isIn(key)) sum = Counts.add(sum, counts)
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
      : (grid.get(idOf(key))?.counts ?? noCounts),
})

/** Whether the cell is the one of all sessions. */
export const isTotal = ({ arm, band, period }: Key): boolean => period === "all" && band === allBands && arm === "all"

/** The periods that have a session, in order. */
export const periods = (grid: Grid): ReadonlyArray<string> =>
  [...new Set(Array.from(grid.values(), ({ key }) => key.period))].sort()

export const hasArm = (grid: Grid, arm: Arm): boolean => [...grid.values()].some(({ key }) => key.arm === arm)

export interface Layout {
  readonly periods: ReadonlyArray<string>
  /** Without `(other)`, which is added where a score needed it. */
  readonly bands: ReadonlyArray<string>
  /** `unknown` is left out where no session needed it. */
  readonly arms: ReadonlyArray<Arm | "all">
}

/** The cells in the order of the rows. */
export const cells = (grid: Grid, layout: Layout): ReadonlyArray<Cell> => {
  const hasOther = [...grid.values()].some(({ key }) => key.band === otherBand)
  const bands = hasOther ? [...layout.bands, otherBand] : layout.bands
  const arms = layout.arms.filter((arm) => arm !== "unknown" || hasArm(grid, arm))
  const keys: Array<Key> = []
  for (const period of layout.periods)
    for (const band of bands) for (const arm of arms) keys.push({ period, band, arm })
  for (const period of layout.periods) for (const arm of arms) keys.push({ period, band: allBands, arm })
  if (!keys.some(isTotal)) keys.push({ period: "all", band: allBands, arm: "all" })
  return keys.map((key) => cell(grid, key))
}
