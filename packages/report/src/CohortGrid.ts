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

/**
 * What a row is made from: one cell, the cells of every band of its period and arm, or all of them. The row knows it itself,
 * whatever its labels are.
 */
export type Gathers = "cell" | "bands" | "everything"

/** Where a session is counted. */
export interface Place {
  readonly period: string
  readonly band: string
  /** An arm, or `all`. */
  readonly arm: string
}

export interface Key extends Place {
  readonly gathers: Gathers
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

const allBands = "(all)"

const textKey = TextKey.make("\n")

const idOf = ({ arm, band, period }: Place): string => textKey.join(period, band, arm)

const placeOf = (id: string): Place => {
  const [period = "", band = "", arm = ""] = textKey.split(id)
  return { period, band, arm }
}

const places = (grid: Grid): ReadonlyArray<Place> => Array.from(grid.keys(), placeOf)

export const empty = (): Grid => new Map()

/** The grid as it is saved. */
export const codec = Tally.codec(noCounts, { bounds: { sessions: [["conversions"], ["immature"]] } })

/** Takes one session in; changes the grid. */
export const count = (grid: Grid, key: Place, isConverted: boolean, isImmature: boolean): void => {
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

const timesAt = (grid: TimeGrid, key: Place): Times => {
  const id = idOf(key)
  const existing = grid.get(id)
  if (existing !== undefined) return existing
  const created = joined([])
  grid.set(id, created)
  return created
}

/** Takes the seconds to one purchase in; changes the grid. */
export const time = (grid: TimeGrid, key: Place, seconds: number): void =>
  Durations.add(timesAt(grid, key).durations, seconds)

/** Takes in a converted session whose detail could not be had; changes the grid. */
export const missTime = (grid: TimeGrid, key: Place): void => {
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

/** Gives what a row gathers. Looks at the grid once, however many rows there are. */
const gatherer = <A>(grid: ReadonlyMap<string, A>): ((key: Key) => ReadonlyArray<A>) => {
  const bandsOf = ({ arm, period }: Place): string => idOf({ period, band: allBands, arm })
  const ofBands = new Map<string, Array<A>>()
  for (const [id, value] of grid) {
    const row = bandsOf(placeOf(id))
    const values = ofBands.get(row)
    if (values === undefined) ofBands.set(row, [value])
    else values.push(value)
  }
  return (key) => {
    if (key.gathers === "everything") return [...grid.values()]
    if (key.gathers === "bands") return ofBands.get(bandsOf(key)) ?? []
    const own = grid.get(idOf(key))
    return own === undefined ? [] : [own]
  }
}

const sumOf = (counts: Iterable<CellCounts>): CellCounts => {
  let sum: CellCounts = noCounts
  for (const each of counts) sum = Counts.add(sum, each)
  return sum
}

/** All sessions. */
export const total = (grid: Grid): CellCounts => sumOf(grid.values())

/** Gives a row's cell, with zeros where it has no session. */
export const cellOf = (grid: Grid): ((key: Key) => Cell) => {
  const gather = gatherer(grid)
  return (key) => ({ key, counts: sumOf(gather(key)) })
}

/** Gives a row's times, of all that it gathers together. */
export const timesOf = (grid: TimeGrid): ((key: Key) => Times) => {
  const gather = gatherer(grid)
  return (key) => joined(gather(key))
}

/** The periods that have a session, in order. */
export const periods = (grid: Grid): ReadonlyArray<string> =>
  [...new Set(places(grid).map(({ period }) => period))].sort()

export const hasArm = (grid: Grid, arm: string): boolean => places(grid).some((place) => place.arm === arm)

export interface Layout {
  /** Undefined where nothing is divided by them. */
  readonly periods: ReadonlyArray<string> | undefined
  /** Without `(other)`, which is added where a score needed it. */
  readonly bands: ReadonlyArray<string>
  /** `unknown` is left out where no session needed it. Undefined where nothing is divided by them. */
  readonly arms: ReadonlyArray<string> | undefined
}

/** Whether each cell has a place in the rows. */
export const isOf = (grid: Grid, { arms = [undivided], bands, periods }: Layout): boolean =>
  [...grid.keys()].every((id) => {
    const { arm, band, period } = placeOf(id)
    const isBand = bands.includes(band) || band === otherBand
    const isPeriod = periods === undefined ? period === undivided : periods.includes(period)
    return idOf({ arm, band, period }) === id && isPeriod && isBand && arms.includes(arm)
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

/** The period or arm of what is not divided by them. */
export const undivided = "all"

/** The keys of the rows, in order. */
export const keys = (grid: Grid, layout: Layout): ReadonlyArray<Key> => {
  const found = places(grid)
  const bands = found.some(({ band }) => band === otherBand) ? [...layout.bands, otherBand] : layout.bands
  const hasUnknown = found.some(({ arm }) => arm === "unknown")
  const arms = layout.arms?.filter((arm) => arm !== "unknown" || hasUnknown) ?? [undivided]
  const periods = layout.periods ?? [undivided]
  const everything: Key = { period: undivided, band: allBands, arm: undivided, gathers: "everything" }
  const isDivided = layout.periods !== undefined || layout.arms !== undefined
  const row = (period: string, band: string, arm: string, gathers: Gathers): Key => ({ period, band, arm, gathers })
  return [
    ...periods.flatMap((period) => bands.flatMap((band) => arms.map((arm) => row(period, band, arm, "cell")))),
    ...(isDivided ? periods.flatMap((period) => arms.map((arm) => row(period, allBands, arm, "bands"))) : []),
    everything,
  ]
}
