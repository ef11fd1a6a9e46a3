/** Integer counters under names: what the states of the folds are made of. */

export type Counts<Name extends string> = { [name in Name]: number }

/** The sum, counter by counter, as a new value. */
export const add = <Name extends string>(a: Readonly<Counts<Name>>, b: Readonly<Counts<Name>>): Counts<Name> => {
  const sum: Counts<Name> = { ...a }
  for (const name in sum) sum[name] += b[name]
  return sum
}
