/**
 * The wire of `GET /nudges`, which lists nudges without their sessions. The vendor describes it, but it is not in the
 * contract that the rest rests on: it may be missing, or differ. What it lists is in the sessions' details too.
 */
import * as Schema from "effect/Schema"
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import * as Session from "./Session.ts"
import * as SessionsApi from "./SessionsApi.ts"

/** What `GET /nudges` accepts: `from` (inclusive) and `to` (exclusive) are about `shown_at`. */
export const NudgeQuery = Schema.Struct({
  ...SessionsApi.ListQuery.fields,
  session_id: Schema.optional(Schema.String),
  type: Schema.optional(Schema.String),
})
export type NudgeQuery = typeof NudgeQuery.Type

const Id = Schema.String.check(Schema.isNonEmpty({ expected: "an id that is not empty" }))

const { nudge_id: _, ...display } = Session.Nudge.fields

/** A nudge that was displayed: as {@link Session.Nudge}, but with its own `id` and that of its session. */
export const NudgeItem = Schema.Struct({ id: Id, session_id: Id, ...display })
export type NudgeItem = typeof NudgeItem.Type

/** A page of nudges, newest first by `shown_at`. */
export const NudgePage = Schema.Struct({ data: Schema.Array(NudgeItem), ...SessionsApi.pageFields })
export type NudgePage = typeof NudgePage.Type

const list = HttpApiEndpoint.get("list", "/nudges", { query: NudgeQuery, success: NudgePage })

/** The group of the endpoint, for a server that mounts it under a prefix of its own. */
export const NudgesGroup = HttpApiGroup.make("nudges").add(list).middleware(SessionsApi.Authorization)

/** The one endpoint, for a client and for a server. */
export const NudgesApi = HttpApi.make("elnudge-nudges").add(NudgesGroup)
