/**
 * The wire: the endpoints, their queries and envelopes, as one definition with two sides. The client builds its
 * requests from it; the emulator serves it. Paths are relative to the base URL (`https://api.elnudge.com/v1`).
 */
import * as Schema from "effect/Schema"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import * as Session from "./Session.ts"

/** The vendor's production address. */
export const baseUrl = "https://api.elnudge.com/v1"

/** What `GET /sessions` accepts. Instants are ISO 8601; `from` is inclusive, `to` exclusive; `limit` is 1–200. */
export const ListQuery = Schema.Struct({
  from: Schema.optional(Schema.String),
  to: Schema.optional(Schema.String),
  limit: Schema.optional(Schema.String),
  cursor: Schema.optional(Schema.String),
})
export type ListQuery = typeof ListQuery.Type

/** The most rows that one page can hold, and the API's own default. */
export const maxPageSize = 200
/** Rows on a page where the request does not say: the API's own default. */
export const defaultPageSize = 50

/**
 * Where a page leads. The last page's `next_cursor` may be a string, null, empty or absent; that there is one while
 * `has_more` is true is checked by the stream.
 */
export const pageFields = {
  next_cursor: Schema.optional(Schema.NullOr(Schema.String)),
  has_more: Schema.Boolean,
}

/** A page of sessions, newest first. */
export const SessionPage = Schema.Struct({ data: Schema.Array(Session.Summary), ...pageFields })
export type SessionPage = typeof SessionPage.Type

/** The envelope of `GET /sessions/:id`. */
export const SessionEnvelope = Schema.Struct({ data: Session.Detail })
export type SessionEnvelope = typeof SessionEnvelope.Type

/** The body of an error response. Its fields are not documented beyond the 429; the client never reads them. */
export const ErrorBody = Schema.Struct({ error: Schema.String, message: Schema.String })
export type ErrorBody = typeof ErrorBody.Type

/** `Authorization: Bearer <key>` on every request. The server side checks it; the client sets the header itself. */
export class Authorization extends HttpApiMiddleware.Service<Authorization>()(
  "@effect-elnudge/core/SessionsApi/Authorization",
  { security: { bearer: HttpApiSecurity.bearer } },
) {}

const list = HttpApiEndpoint.get("list", "/sessions", { query: ListQuery, success: SessionPage })

const get = HttpApiEndpoint.get("get", "/sessions/:id", {
  params: { id: Schema.String },
  success: SessionEnvelope,
})

/** The group of endpoints, for a server that mounts it under a prefix of its own. */
export const SessionsGroup = HttpApiGroup.make("sessions").add(list, get).middleware(Authorization)

/** Both endpoints of the contract, for a client and for a server. */
export const SessionsApi = HttpApi.make("elnudge").add(SessionsGroup)
