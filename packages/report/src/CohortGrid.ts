/**
 * Counts and times to purchase by period, band and arm, and the grid of cells that a cohort report prints: empty ones
 * too, with totals.
 */
import * as Schema from "effect/Schema"
import { otherBand } from "./Cohort.ts"
import * as Counts from "./Counts.ts"
import * as Durations from "./Durations.ts"
import * as Tally from "./Tally.ts"
import * as TextKey from "./TextKey.ts"

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

/** The converted sessions of a cell, by when they bought. */
export interface Times {
  /** From the start to the earliest PURCHASE, of those that have one. */
  readonly durations: Durations.Durations
  /** Those whose detail could not be had. */
  missing: number
}

/** Only cells that have a converted session with a purchase time or without a detail, by their key as text. */
export type TimeGrid = Map<string, Times>

/** The band of rows that gather all bands. */
export const allBands = "(all)"

// No period, band or arm has a line break.
const separator = "\n"

const idOfParts = TextKey.joiner(separator)

const idOf = ({ arm, band, period }: Key): string => idOfParts(period, band, arm)

const keyOf = (id: string): Key => {
  const [period = "", band = "", arm = ""] = id.split(separator)
  return { period, band, arm }
}

const keys = (grid: Grid): ReadonlyArray<Key> => Array.from(grid.keys(), keyOf)

export const empty = (): Grid => new Map()

/** The grid as it is saved. */
export const codec = Tally.codec(noCounts, { bounds: { sessions: [["conversions"], ["immature"]] } })

/** Takes one session in; changes the grid. */
export const count = (grid: Grid, key: Key, isConverted: boolean, isImmature: boolean): void => {
  const counts = Tally.at(grid, idOf(key), noCounts)
  counts.sessions++
  if (isConverted) counts.conversions++
  if (isImmature) counts.immature++
}

/** A new grid with the counts of both. */
export const combine: (left: Grid, right: Grid) => Grid = Tally.combine

/** The grid of times as it is saved. */
export const timesCodec = Tally.mapCodec(Schema.Struct({ durations: Durations.codec, missing: Counts.Counter }))

const joined = (parts: ReadonlyArray<Times>): Times => ({
  durations: Durations.combine(parts.map(({ durations }) => durations)),
  missing: parts.reduce((sum, { missing }) => sum + missing, 0),
})

const timesAt = (grid: TimeGrid, key: Key): Times => {
  const id = idOf(key)
  const existing = grid.get(id)
  if (existing !== undefined) return existing
  const created = joined([])
  grid.set(id, created)
  return created
}

/** Takes the seconds to one purchase in; changes the grid. */
export const time = (grid: TimeGrid, key: Key, seconds: number): void =>
  Durations.add(timesAt(grid, key).durations, seconds)

/** Takes in a converted session whose detail could not be had; changes the grid. */
export const missTime = (grid: TimeGrid, key: Key): void => {
  timesAt(grid, key).missing++
}

/** A new grid with the times of both. */
export const combineTimes = (left: TimeGrid, right: TimeGrid): TimeGrid =>
  new Map(
    [...new Set([...left.keys(), ...right.keys()])].map((id) => [
      id,
      joined([left.get(id), right.get(id)].filter((times) => times !== undefined)),
    ]),
  )

/** What the row of a key gathers: its own cell, or for `(all)` every band of its period and arm. */
const gathered = <A>(grid: ReadonlyMap<string, A>, key: Key): ReadonlyArray<A> => {
  if (isTotal(key)) return [...grid.values()]
  if (key.band !== allBands) {
    const own = grid.get(idOf(key))
    return own === undefined ? [] : [own]
  }
  const [start, end] = [`${key.period}\n`, `\n${key.arm}`]
  return [...grid].flatMap(([id, value]) => (id.startsWith(start) && id.endsWith(end) ? [value] : []))
}

const sumOf = (counts: Iterable<CellCounts>): CellCounts => {
  let sum: CellCounts = noCounts
  for (const each of counts) sum = Counts.add(sum, each)
  return sum
}

/** All sessions. */
export const total = (grid: Grid): CellCounts => sumOf(grid.values())

/** One cell, with zeros where it has no session; `(all)` sums the bands of a period and arm. */
export const cell = (grid: Grid, key: Key): Cell => ({ key, counts: sumOf(gathered(grid, key)) })

/** The times of one cell; of `(all)`, those of the bands of a period and arm together. */
export const times = (grid: TimeGrid, key: Key): Times => joined(gathered(grid, key))

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

/** Whether each cell has a place in the rows. */
export const isOf = (grid: Grid, { arms, bands, periods }: Layout): boolean =>
  [...grid.keys()].every((id) => {
    const key = keyOf(id)
    const isBand = bands.includes(key.band) || key.band === otherBand
    return idOf(key) === id && periods.includes(key.period) && isBand && arms.includes(key.arm)
  })

/** Why these cannot be the times of the grid's sessions; undefined where they can. */
export const timesFault = (grid: Grid, times: TimeGrid): string | undefined =>
  Counts.firstReason(
    [...times].map(([id, { durations, missing }]) =>
      Counts.above(
        "times to purchase",
        Durations.count(durations) + missing,
        "conversions",
        grid.get(id)?.conversions ?? 0,
      ),
    ),
  )

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
