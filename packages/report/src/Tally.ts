/**
 * Integer counters under open names, such as nudge types: what the states of the folds are made of. A record would
 * trip over a nudge type called `__proto__`; a Map has no such names.
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Counts from "./Counts.ts"

/** Counters by a text key, such as a nudge type. */
export type Tally<Name extends string> = Map<string, Counts.Counts<Name>>

/** The counters of a key, which may be changed in place; zeros where the key is new. */
export const at = <Name extends string>(
  tally: Tally<Name>,
  key: string,
  zeros: Readonly<Counts.Counts<Name>>,
): Counts.Counts<Name> => {
  const existing = tally.get(key)
  if (existing !== undefined) return existing
  const created = { ...zeros }
  tally.set(key, created)
  return created
}

/** A new tally with the counters of both. */
export const combine = <Name extends string>(left: Tally<Name>, right: Tally<Name>): Tally<Name> => {
  const sum = new Map([...left].map(([key, counts]) => [key, { ...counts }]))
  for (const [key, counts] of right) {
    const before = sum.get(key)
    sum.set(key, before === undefined ? { ...counts } : Counts.add(before, counts))
  }
  return sum
}

/** The entries by key, in code-unit order. */
export const sorted = <A>(tally: ReadonlyMap<string, A>): ReadonlyArray<readonly [string, A]> =>
  [...tally].sort(([a], [b]) => (a < b ? -1 : 1))

const isMap = (value: unknown): value is Map<string, never> => value instanceof Map

/** A file that names a key twice was not written by us, and which of the two counts is anybody's guess. */
export const eachKeyOnce = Schema.makeFilter(
  (entries: ReadonlyArray<readonly [unknown, unknown]>) => new Set(entries.map(([key]) => key)).size === entries.length,
  { expected: "each key once" },
)

/** A count under another key would be in no row. */
export const keysIn = (keys: ReadonlySet<string>, expected: string) =>
  Schema.makeFilter((tally: ReadonlyMap<string, unknown>) => [...tally.keys()].every((key) => keys.has(key)), {
    expected: `keys that are each ${expected}`,
  })

/** A map as it is saved: its entries in order, so that equal maps are equal bytes. */
export const mapCodec = <A, E>(value: Schema.Codec<A, E>) =>
  Schema.Array(Schema.Tuple([Schema.String, value]))
    .check(eachKeyOnce)
    .pipe(
      Schema.decodeTo(
        Schema.declare<Map<string, A>>(isMap),
        SchemaTransformation.transform<Map<string, A>, ReadonlyArray<readonly [string, A]>>({
          decode: (entries) => new Map(entries),
          encode: sorted,
        }),
      ),
    )

/** A tally as it is saved. */
export const codec = <Name extends string>(
  zeros: Readonly<Counts.Counts<Name>>,
  options?: Counts.Options<NoInfer<Name>>,
) => mapCodec(Counts.codec(zeros, options))
