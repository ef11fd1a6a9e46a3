/** Integer counters under names: what the states of the folds are made of. */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

export type Counts<Name extends string> = { [name in Name]: number }

/** The sum, counter by counter, as a new value. */
export const add = <Name extends string>(a: Readonly<Counts<Name>>, b: Readonly<Counts<Name>>): Counts<Name> => {
  const sum: Counts<Name> = { ...a }
  for (const name in sum) sum[name] += b[name]
  return sum
}

/** A counter as it is saved. */
export const Counter = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** By counter: those that together count a part of what it counts, and so are never more. */
export type Bounds<Name extends string> = { readonly [whole in Name]?: ReadonlyArray<ReadonlyArray<Name>> }

export interface Options<Name extends string> {
  /** What can be of the counters; a state that breaks it was not counted by us. @default anything */
  readonly bounds?: Bounds<Name> | undefined
  /**
   * Counters that are younger than states without them, which then have a 0 there. Only where that is what they would have
   * counted; else the report's version grows. @default none
   */
  readonly later?: ReadonlyArray<Name> | undefined
}

/** The first of the reasons that there is. */
export const firstReason = (reasons: Iterable<string | undefined>): string | undefined => {
  for (const reason of reasons) if (reason !== undefined) return reason
  return undefined
}

/** Why it cannot be: the parts are more than the whole. */
export const above = (parts: string, part: number, whole: string, most: number): string | undefined =>
  part > most ? `Expected ${parts} not to be more than ${whole}` : undefined

/** Why it cannot be: two that count the same differ. */
export const unequal = (one: string, a: number, other: string, b: number): string | undefined =>
  a === b ? undefined : `Expected ${one} to be as many as ${other}`

/** The sum of one counter, or of several. */
export const total = <Name extends string>(
  parts: Iterable<Readonly<Counts<Name>>>,
  ...names: ReadonlyArray<Name>
): number => {
  let sum = 0
  for (const part of parts) for (const name of names) sum += part[name]
  return sum
}

/**
 * Why `all` cannot be the distinct sessions of the parts, of which a session may be in several: one of the counters is less
 * than that of a part, or more than all parts together have.
 */
export const notUnion = <Name extends string>(
  all: Readonly<Counts<Name>>,
  parts: ReadonlyArray<Readonly<Counts<Name>>>,
  names: ReadonlyArray<Name>,
): string | undefined =>
  firstReason(
    names.flatMap((name) => [
      above(
        `${name} of each`,
        parts.reduce((most, part) => Math.max(most, part[name]), 0),
        `${name} of all`,
        all[name],
      ),
      above(`${name} of all`, all[name], `the sum of ${name}`, total(parts, name)),
    ]),
  )

/** Counters as they are saved: all that `zeros` names, none of which is more than its bounds allow. */
export const codec = <Name extends string>(
  zeros: Readonly<Counts<Name>>,
  { bounds = {}, later = [] }: Options<NoInfer<Name>> = {},
) => {
  const names: Array<Name> = []
  for (const name in zeros) names.push(name)
  const outOfBounds = (counts: Readonly<Counts<Name>>): string | undefined =>
    firstReason(
      names.flatMap((whole) =>
        (bounds[whole] ?? []).map((parts) => above(parts.join(" + "), total([counts], ...parts), whole, counts[whole])),
      ),
    )
  const Saved = Schema.Record(Schema.Literals(names), Schema.optionalKey(Counter)).check(
    Schema.makeFilter((saved: { readonly [name in Name]?: number }) => {
      const missing = names.find((name) => saved[name] === undefined && !later.includes(name))
      return missing === undefined ? undefined : `Expected a count of ${missing}`
    }),
  )
  const Whole = Schema.Record(Schema.Literals(names), Counter).check(Schema.makeFilter(outOfBounds))
  return Saved.pipe(
    Schema.decodeTo(
      Whole,
      SchemaTransformation.transform({ decode: (saved) => ({ ...zeros, ...saved }), encode: (counts) => counts }),
    ),
  )
}
