/** Integer counters under names: what the states of the folds are made of. */
import * as Schema from "effect/Schema"

export type Counts<Name extends string> = { [name in Name]: number }

/** The sum, counter by counter, as a new value. */
export const add = <Name extends string>(a: Readonly<Counts<Name>>, b: Readonly<Counts<Name>>): Counts<Name> => {
  const sum: Counts<Name> = { ...a }
  for (const name in sum) sum[name] += b[name]
  return sum
}

/** A counter as it is saved. */
export const Counter = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Counters as they are saved: all that `zeros` names. */
export const codec = <Name extends string>(zeros: Readonly<Counts<Name>>) => {
  const names: Array<Name> = []
  for (const name in zeros) names.push(name)
  return Schema.Record(Schema.Literals(names), Counter)
}
