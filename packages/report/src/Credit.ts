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
  Schema.makeFilter((parts: Map<string, number>) => [...parts.keys()].every((of) => /^[1-9]\d*$/.test(of)), {
    expected: "parts of whole numbers",
  }),
)

export const codec = Schema.Struct({
  totals: Counts.codec(noTotals),
  shares: Tally.mapCodec(Tally.mapCodec(Parts)),
  chain: Markov.codec,
})

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
