/**
 * A chain of order 1 over the types on the paths to a conversion or to none, as counts of what followed what. The
 * removal effect of a type is the share of conversions that would be lost if whatever leads to it led nowhere.
 * Anderl et al. (2016) IJRM 33:457–474.
 */
import * as Schema from "effect/Schema"
import * as Counts from "./Counts.ts"
import * as Tally from "./Tally.ts"

/** What followed the visits of one type: a conversion, the end without one, or a visit of another type. */
export interface Next {
  converted: number
  lost: number
  readonly types: Map<string, number>
}

/** By type. Every visit is followed by one thing, so their sum is the number of visits. */
export type Chain = Map<string, Next>

const total = (numbers: Iterable<number>): number => {
  let sum = 0
  for (const number of numbers) sum += number
  return sum
}

const visitsOf = ({ converted, lost, types }: Next): number => converted + lost + total(types.values())

// Each visit of a type is the first of its path, or follows another one.
const isPassedOn = (chain: Chain): boolean => {
  const come = new Map<string, number>()
  for (const { types } of chain.values()) {
    for (const [type, times] of types) come.set(type, (come.get(type) ?? 0) + times)
  }
  return [...come].every(([type, times]) => {
    const next = chain.get(type)
    return next !== undefined && times <= visitsOf(next)
  })
}

/** The counts of transitions as they stand in a saved state. */
export const codec = Tally.mapCodec(
  Schema.Struct({ converted: Counts.Counter, lost: Counts.Counter, types: Tally.mapCodec(Counts.Counter) }),
).check(Schema.makeFilter(isPassedOn, { expected: "each visit to be followed by one thing" }))

const nextOf = (chain: Chain, type: string): Next => {
  const existing = chain.get(type)
  if (existing !== undefined) return existing
  const created = { converted: 0, lost: 0, types: new Map<string, number>() }
  chain.set(type, created)
  return created
}

const follow = (next: Next, type: string, times: number): void => {
  next.types.set(type, (next.types.get(type) ?? 0) + times)
}

/** Takes one path in, in the order of its touches; changes the chain. */
export const count = (chain: Chain, path: ReadonlyArray<string>, isConverted: boolean): void => {
  let last: Next | undefined
  for (const type of path) {
    if (last !== undefined) follow(last, type, 1)
    last = nextOf(chain, type)
  }
  if (last === undefined) return
  if (isConverted) last.converted++
  else last.lost++
}

/** A new chain with the paths of both. */
export const combine = (left: Chain, right: Chain): Chain => {
  const sum: Chain = new Map()
  for (const [from, { converted, lost, types }] of [...left, ...right]) {
    const next = nextOf(sum, from)
    next.converted += converted
    next.lost += lost
    for (const [type, times] of types) follow(next, type, times)
  }
  return sum
}

type Vector = ReadonlyArray<number>

/** Takes `factor` times the unit row away from the row, so that it has a 0 in the column. What is left of it is 0 in both. */
const eliminate = (row: Float64Array, unit: Float64Array, column: number): void => {
  const factor = row[column] ?? 0
  if (factor === 0) return
  for (let j = column; j < row.length; j++) row[j] = (row[j] ?? 0) - factor * (unit[j] ?? 0)
}

// Gauss–Jordan with partial pivoting: column by column the open row with the largest entry is solved for it. Null
// where the matrix has no inverse. Rows are changed in place: one that is made anew in each step costs twenty times as much.
const inverse = (matrix: ReadonlyArray<Vector>): ReadonlyArray<Float64Array> | null => {
  const size = matrix.length
  let open: ReadonlyArray<Float64Array> = matrix.map((row, i) => {
    const augmented = new Float64Array(2 * size)
    augmented.set(row)
    augmented[size + i] = 1
    return augmented
  })
  const solved: Array<Float64Array> = []
  for (let column = 0; column < size; column++) {
    const at = (row: Float64Array): number => row[column] ?? 0
    const pivot = open.reduce((best, row) => (Math.abs(at(row)) > Math.abs(at(best)) ? row : best))
    const divisor = at(pivot)
    if (divisor === 0) return null
    for (let j = column; j < pivot.length; j++) pivot[j] = (pivot[j] ?? 0) / divisor
    open = open.filter((row) => row !== pivot)
    for (const row of open) eliminate(row, pivot, column)
    for (const row of solved) eliminate(row, pivot, column)
    solved.push(pivot)
  }
  return solved.map((row) => row.subarray(size))
}

/**
 * 1 − p(without the type) ÷ p by type, from 0 to 1, with p the probability of converting; null if nobody converted.
 *
 * With f the probability of ever coming to the type, and c that of converting from it, the loss is f·c ÷ p. Let n be
 * the visits of each type, C the counts of type to type, and M = (diag n − C)⁻¹: the expected visits from type i to
 * type j are M_ij·n_j, so c = M·converted. Every visit comes from the start or another visit, so n ÷ paths is what the
 * chain expects as well; hence p = conversions ÷ paths, and f = (n ÷ paths) ÷ (M_ii·n) = 1 ÷ (paths·M_ii).
 */
export const removalEffects = (chain: Chain): ReadonlyMap<string, number> | null => {
  const nexts = Tally.sorted(chain)
  const conversions = total(nexts.map(([, { converted }]) => converted))
  if (conversions === 0) return null
  const expected = inverse(
    nexts.map(([from, { converted, lost, types }]) => {
      const visits = converted + lost + total(types.values())
      return nexts.map(([to]) => (from === to ? visits : 0) - (types.get(to) ?? 0))
    }),
  )
  if (expected === null) return null
  return new Map(
    expected.map((row, i) => {
      const [type = ""] = nexts[i] ?? []
      const converting = total(row.map((value, j) => value * (nexts[j]?.[1].converted ?? 0)))
      return [type, converting / ((row[i] ?? 0) * conversions)]
    }),
  )
}

/** The removal effects made to add up to the conversions; null if nobody converted. */
export const credits = (chain: Chain): ReadonlyMap<string, number> | null => {
  const effects = removalEffects(chain)
  if (effects === null) return null
  const conversions = total(Array.from(chain.values(), ({ converted }) => converted))
  const all = total(effects.values())
  return new Map(Array.from(effects, ([type, effect]) => [type, (conversions * effect) / all]))
}
