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

// Counters of some of the sessions, where the same state counts all of them.
const ofSessions = ["conversions", "converted_sessions", "details", "immature", "immature_sessions"]

const moreThanSessions = (counts: Readonly<Record<string, number>>): string | undefined => {
  const byName = new Map(Object.entries(counts))
  const sessions = byName.get("sessions")
  if (sessions === undefined) return undefined
  const name = ofSessions.find((part) => (byName.get(part) ?? 0) > sessions)
  return name === undefined ? undefined : `Expected ${name} not to be more than sessions`
}

/** Counters as they are saved: all that `zeros` names, and none of a part of the sessions above `sessions`. */
export const codec = <Name extends string>(zeros: Readonly<Counts<Name>>) => {
  const names: Array<Name> = []
  for (const name in zeros) names.push(name)
  return Schema.Record(Schema.Literals(names), Counter).check(Schema.makeFilter(moreThanSessions))
}
