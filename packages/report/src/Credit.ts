/** The credit models that a report was asked for: what is counted for them, and what they give to each type. */
import * as Session from "@effect-elnudge/core/Session"
import * as Schema from "effect/Schema"
import * as Attribution from "./Attribution.ts"
import * as Counts from "./Counts.ts"
import * as CreditModel from "./CreditModel.ts"
import * as Markov from "./Markov.ts"
import * as Tally from "./Tally.ts"

/** Conversions that are shared: `lower` those of status yes, `upper` yes and maybe. */
export type Basis = "lower" | "upper"

export interface Options {
  readonly models: ReadonlyArray<CreditModel.Name>
  readonly basis: Basis
  readonly rule: Attribution.Rule
}

// By type, then by what the parts are parts of (as text), the number of parts.
type Shares = Map<string, Map<string, number>>

const noTotals = { conversions: 0, flagged: 0 }

export interface State {
  /** Conversions that are shared, and converted sessions with a flagged nudge. */
  readonly totals: Counts.Counts<keyof typeof noTotals>
  /** By model; `markov` has the chain. */
  readonly shares: Map<string, Shares>
  readonly chain: Markov.Chain
}

const Parts = Tally.mapCodec(Counts.Counter).check(
  Schema.makeFilter(
    (parts: Map<string, number>) =>
      [...parts].every(([of, count]) => /^[1-9]\d*$/.test(of) && (of === "1" || count < Number(of))),
    { expected: "parts of whole numbers, and fewer of each than make up a whole" },
  ),
)

export const codec = Schema.Struct({
  totals: Counts.codec(noTotals),
  shares: Tally.mapCodec(Tally.mapCodec(Parts)),
  chain: Markov.codec,
})

/** What a report counted beside the credit. */
interface Counted {
  /** Conversions that the models share, and converted sessions with a flagged nudge. */
  readonly conversions: number
  readonly flagged: number
  /** That were shown. */
  readonly types: ReadonlySet<string>
}

const sharesOf = (byType: Shares | undefined): ReadonlyArray<number> =>
  [...(byType ?? [])].map(([, partsOf]) => [...partsOf].reduce((sum, [of, parts]) => sum + parts / Number(of), 0))

// Shares are fractions, of which the sum is whole but for rounding.
const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, b)

/** Why it cannot be what the models share of what was counted; undefined where it can. */
export const fault = (
  { chain, shares, totals }: State,
  models: ReadonlyArray<CreditModel.Name>,
  { conversions, flagged, types }: Counted,
): string | undefined => {
  const isShared = models.length > 0
  const named = [...chain.keys(), ...[...shares.values()].flatMap((byType) => [...byType.keys()])]
  return Counts.firstReason([
    Counts.unequal("what is shared", totals.conversions, "the conversions credited", isShared ? conversions : 0),
    Counts.unequal("what is flagged", totals.flagged, "the conversions flagged", isShared ? flagged : 0),
    Counts.unequal(
      "what the chain converts",
      [...chain.values()].reduce((sum, { converted }) => sum + converted, 0),
      "what is shared",
      models.includes("markov") ? totals.conversions : 0,
    ),
    named.every((type) => types.has(type)) ? undefined : "Expected credit for types that were shown",
    [...shares.keys()].every((name) => models.some((model) => model === name && model !== "markov"))
      ? undefined
      : "Expected credit of the models that were asked for",
    ...models.map((model) => {
      if (model === "markov") return undefined
      const given = sharesOf(shares.get(model))
      const all = model === "vendor_flag" ? totals.flagged : totals.conversions
      const sum = given.reduce((total, share) => total + share, 0)
      const fits = model === "participation" ? given.every((share) => share <= all) && sum >= all : isNear(sum, all)
      return fits ? undefined : `Expected the credit of ${model} to add up`
    }),
  ])
}

export const initial = (): State => ({ totals: { ...noTotals }, shares: new Map(), chain: new Map() })

const inner = <A>(outer: Map<string, Map<string, A>>, key: string): Map<string, A> => {
  const existing = outer.get(key)
  if (existing !== undefined) return existing
  const created = new Map<string, A>()
  outer.set(key, created)
  return created
}

// Parts that make up a whole are moved to the parts of 1: billionths would soon be more than a double can count.
const give = (shares: Shares, { of, parts, type }: CreditModel.Share): void => {
  const ofType = inner(shares, type)
  const sum = (ofType.get(String(of)) ?? 0) + parts
  const rest = sum % of
  ofType.set(String(of), rest)
  if (sum > rest) ofType.set("1", (ofType.get("1") ?? 0) + (sum - rest) / of)
}

const touchOf = ({ shown_at, type }: Session.Nudge): CreditModel.Touch => ({ type, shownAt: Session.millis(shown_at) })

const isShared = (status: Attribution.Status, basis: Basis): boolean =>
  status === "yes" || (status === "maybe" && basis === "upper")

// What an unconverted session would have had as candidates.
const interactions = ({ nudges }: Session.Detail, rule: Attribution.Rule): ReadonlyArray<string> =>
  Attribution.byDisplay(Attribution.interactions(nudges, rule)).map(({ nudge }) => nudge.type)

/** Takes one session in; changes the state. */
export const count = (
  { chain, shares, totals }: State,
  session: Session.Detail,
  { candidates, status }: Attribution.Attribution,
  { basis, models, rule }: Options,
): void => {
  if (models.length === 0) return
  const path = isShared(status, basis) ? candidates.map(({ nudge }) => touchOf(nudge)) : []
  const flagged = session.converted
    ? session.nudges.filter(({ influenced_conversion }) => influenced_conversion).map(touchOf)
    : []
  if (path.length > 0) totals.conversions++
  if (flagged.length > 0) totals.flagged++
  for (const model of models) {
    if (model === "markov") {
      if (session.converted)
        Markov.count(
          chain,
          path.map(({ type }) => type),
          true,
        )
      else Markov.count(chain, interactions(session, rule), false)
      continue
    }
    const ofModel = inner(shares, model)
    for (const share of CreditModel.splits[model](model === "vendor_flag" ? flagged : path)) give(ofModel, share)
  }
}

/** A new state with the sessions of both. */
export const combine = (left: State, right: State): State => {
  const shares = new Map<string, Shares>()
  for (const [model, byType] of [...left.shares, ...right.shares]) {
    const sum = inner(shares, model)
    for (const [type, partsOf] of byType) {
      for (const [of, parts] of partsOf) give(sum, { type, parts, of: Number(of) })
    }
  }
  return {
    totals: Counts.add(left.totals, right.totals),
    shares,
    chain: Markov.combine(left.chain, right.chain),
  }
}

export interface Result {
  /** What a type gets; 0 where it has no part in a conversion. */
  readonly ofType: (type: string) => CreditModel.Columns
  /** What is shared: but for participation, the sum over the types. */
  readonly all: CreditModel.Columns
}

/** Null where a model was not asked for. */
export const done = ({ chain, shares, totals }: State, models: ReadonlyArray<CreditModel.Name>): Result => {
  const markov = models.includes("markov") ? Markov.credits(chain) : null
  const columns = (creditOf: (model: CreditModel.Name) => number | null) =>
    CreditModel.columns((model) => (models.includes(model) ? creditOf(model) : null))
  return {
    ofType: (type) =>
      columns((model) => {
        if (model === "markov") return markov === null ? null : (markov.get(type) ?? 0)
        const partsOf = shares.get(model)?.get(type) ?? new Map<string, number>()
        return Tally.sorted(partsOf).reduce((sum, [of, parts]) => sum + parts / Number(of), 0)
      }),
    all: columns((model) => {
      if (model === "markov") return markov === null ? null : totals.conversions
      return model === "vendor_flag" ? totals.flagged : totals.conversions
    }),
  }
}
