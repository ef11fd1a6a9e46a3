/** Sessions in memory as a walk hands them on, with details where a session was nudged. */
import { Session, type SessionRead, SessionsApi } from "@effect-elnudge/core"
import * as Schema from "effect/Schema"
import * as Shop from "../server/Shop.ts"
import * as Wire from "../server/Wire.ts"

const readPage = Schema.decodeUnknownSync(Schema.fromJsonString(SessionsApi.SessionPage))
const readSession = Schema.decodeUnknownSync(Schema.fromJsonString(SessionsApi.SessionEnvelope))

const detailOf = (shop: Shop.Shop, summary: Session.Summary): SessionRead.DetailState =>
  summary.nudge_count === 0
    ? { _tag: "NotNeeded" }
    : { _tag: "Read", session: readSession(Wire.detail(shop, Shop.indexOf(summary.id))).data }

export const make = (shop: Shop.Shop): ReadonlyArray<SessionRead.SessionRead> => {
  const { sessions } = shop.spec
  const window = { from: Shop.firstSecond * 1000, to: Shop.lastSecond * 1000 }
  const readAt = window.to + 3_600_000
  return readPage(Wire.page(shop, 0, sessions, sessions)).data.map((summary) => ({
    summary,
    detail: detailOf(shop, summary),
    readAt,
    window,
  }))
}
