/** Pages that do not go on as they should. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as FaultPlan from "./FaultPlan.ts"
import type * as FaultScript from "./FaultScript.ts"
import * as SessionStore from "./SessionStore.ts"

export interface Page {
  readonly data: SessionStore.Slice["data"]
  readonly next_cursor: string | null | undefined
  readonly has_more: boolean
}

/** The list at a request: where the pages come from, and what was asked for. */
export interface Asked {
  readonly store: SessionStore.SessionStore
  /** Epoch milliseconds. */
  readonly now: number
  /** What retention leaves, in epoch milliseconds. */
  readonly oldest: number
  readonly query: SessionStore.Query
  readonly cursor: string | undefined
  /** The right page of a query. */
  readonly pageOf: (query: SessionStore.Query) => Page
}

/** What each second has, in an order that is drawn anew; the cursor counts rows, so that it leads to the same place. */
const shuffled = Effect.fnUntraced(function* (right: Page, { now, query, store }: Asked) {
  const parts = yield* Effect.forEach(store.seconds(query, now), ({ from, rows, to }) =>
    Effect.map(Random.shuffle(rows), (drawn) => drawn.slice(from, to)),
  )
  const data = parts.flat()
  return data.every(({ id }, index) => id === right.data[index]?.id) ? right : { ...right, data }
})

/** The page that the rule makes of the right one, which is given itself where it makes no difference. */
export const apply = (
  { rule, seed }: FaultPlan.DrawingFit<FaultScript.ListRule>,
  right: Page,
  asked: Asked,
): Effect.Effect<Page> =>
  rule.fault === "unstable-order"
    ? Random.withSeed(shuffled(right, asked), seed)
    : Effect.succeed(changed(rule, right, asked))

type Steady = Exclude<FaultScript.ListRule, { readonly fault: "unstable-order" }>

const changed = (rule: Steady, right: Page, asked: Asked): Page => {
  const { cursor, now, oldest, pageOf, query, store } = asked
  const { data } = right
  switch (rule.fault) {
    case "empty-page":
      return { data: [], next_cursor: SessionStore.samePlaceCursor(query), has_more: true }
    case "repeated-cursor":
      return { data, next_cursor: cursor ?? SessionStore.samePlaceCursor(query), has_more: true }
    case "no-cursor": {
      const { cursor: written = "null" } = rule
      return { data, next_cursor: written === "null" ? null : written === "empty" ? "" : undefined, has_more: true }
    }
    case "forgotten-window":
      return pageOf({ ...query, from: oldest })
    case "pushed-down-rows": {
      const after = store.before(query, rule.rows ?? 1, now)
      return after === undefined ? right : pageOf({ ...query, after })
    }
    case "hidden-rows": {
      const shown = data.filter(({ id }) => !rule.ids.includes(id))
      return shown.length === data.length ? right : { ...right, data: shown }
    }
    case "duplicated-rows":
      return data.length === 0 ? right : { ...right, data: [...data, ...data.slice(0, rule.rows ?? 1)] }
    case "reordered-rows":
      return data.length < 2 ? right : { ...right, data: data.toReversed() }
  }
}
