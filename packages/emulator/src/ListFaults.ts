/** Pages that do not go on as they should. */
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

/** The page that the rule makes of the right one, which is given itself where it makes no difference. */
export const apply = (rule: FaultScript.ListRule, right: Page, asked: Asked): Page => {
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
