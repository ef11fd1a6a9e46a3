/** The shop as the API writes it. */
import type { Nudge, Shop } from "./Shop.ts"

const secondsInDay = 86_400
const times: Array<string> = []
const dates = new Map<number, string>()

const isoOf = (second: number): string => new Date(second * 1000).toISOString()

/** Epoch seconds as ISO 8601, each part made once. */
export const instant = (second: number): string => {
  const ofDay = second % secondsInDay
  const day = second - ofDay
  const date = dates.get(day) ?? isoOf(day).slice(0, 10)
  dates.set(day, date)
  const time = (times[ofDay] ??= `T${isoOf(ofDay).slice(11, 19)}Z`)
  return `${date}${time}`
}

const fieldsOf = (shop: Shop, index: number): string => {
  const { converted, endedAt, id, nudgeCount, pageCount, score, startedAt } = shop.session(index)
  return `"id":"${id}","started_at":"${instant(startedAt)}","ended_at":"${instant(endedAt)}","page_count":${pageCount},"intent_score":${score},"converted":${converted},"nudge_count":${nudgeCount}`
}

/** A page of rows `start` to `end` (exclusive) of a list that ends at `last`. */
export const page = (shop: Shop, start: number, end: number, last: number): string => {
  let rows = ""
  for (let index = start; index < end; index++) rows += `${index === start ? "" : ","}{${fieldsOf(shop, index)}}`
  return envelope(rows, end, last)
}

const envelope = (rows: string, end: number, last: number): string =>
  `{"data":[${rows}],"next_cursor":${end < last ? `"${cursor(end, last)}"` : "null"},"has_more":${end < last}}`

/** Where the next page starts, and where the list ends. */
export const cursor = (next: number, last: number): string => `cur_${next.toString(36)}_${last.toString(36)}`

export const parseCursor = (text: string): { readonly next: number; readonly last: number } | undefined => {
  const [, next, last] = /^cur_([\da-z]+)_([\da-z]+)$/.exec(text) ?? []
  return next === undefined || last === undefined
    ? undefined
    : { next: Number.parseInt(next, 36), last: Number.parseInt(last, 36) }
}

const nudgeFields = ({ influenced, outcome, shownAt, type }: Nudge): string =>
  `"type":"${type}","shown_at":"${instant(shownAt)}","outcome":"${outcome}","influenced_conversion":${influenced}`

const events = (shop: Shop, index: number): string => {
  const { pageCount, startedAt } = shop.session(index)
  const event = (type: string, path: string, second: number) =>
    `{"type":"${type}","url":"https://shop.example/${path}","occurred_at":"${instant(second)}"}`
  const views = Array.from({ length: pageCount }, (_, place) =>
    event("PAGE_VIEW", `products/${(index * 7 + place) % 997}`, startedAt + place * 20),
  )
  const purchasedAt = shop.purchasedAt(index)
  if (purchasedAt !== undefined) {
    views.push(event("ADD_TO_CART", "cart", purchasedAt - 15), event("PURCHASE", "thanks", purchasedAt))
  }
  return views.join(",")
}

export const detail = (shop: Shop, index: number): string => {
  const nudges = shop.nudges(index).map((nudge) => `{"nudge_id":"${nudge.id}",${nudgeFields(nudge)}}`)
  return `{"data":{${fieldsOf(shop, index)},"events":[${events(shop, index)}],"nudges":[${nudges.join(",")}]}}`
}

/** A nudge, and the session that it is of. */
export interface Displayed {
  readonly sessionId: string
  readonly nudge: Nudge
}

export const nudgePage = (all: ReadonlyArray<Displayed>, start: number, end: number, last: number): string => {
  const rows = all
    .slice(start, end)
    .map(({ nudge, sessionId }) => `{"id":"${nudge.id}","session_id":"${sessionId}",${nudgeFields(nudge)}}`)
  return envelope(rows.join(","), end, last)
}
