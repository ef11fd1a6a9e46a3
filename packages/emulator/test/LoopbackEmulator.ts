/** An emulator on a port of its own, and requests to it as any client could make them. */
import { Emulator } from "@effect-elnudge/emulator"
import { NodeHttpServer } from "@effect/platform-node"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { createServer } from "node:http"
import * as SessionFixture from "./SessionFixture.ts"

/** Its clock stands still unless a test moves it. */
export const layer = (options: Partial<Emulator.Options> = {}) =>
  Emulator.layer({ sessions: [], now: DateTime.makeUnsafe(SessionFixture.now), ...options }).pipe(
    Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: 0 })),
  )

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })

/** Fails where fetch rejects, or where the body that it promised does not come. */
export const get = Effect.fnUntraced(function* (path: string, headers = bearer(Emulator.defaultKey)) {
  const { baseUrl } = yield* Emulator.Emulator
  return yield* Effect.tryPromise(async () => {
    const response = await fetch(`${baseUrl}${path}`, { headers, redirect: "manual" })
    return { status: response.status, headers: response.headers, body: await response.text() }
  })
})

const Page = Schema.fromJsonString(
  Schema.Struct({
    data: Schema.Array(Schema.Struct({ id: Schema.String })),
    next_cursor: Schema.NullOr(Schema.String),
    has_more: Schema.Boolean,
  }),
)

/** The ids of a page that is there, and what it says of the next. */
export const getPage = Effect.fnUntraced(function* (query = "") {
  const { body } = yield* get(`/sessions${query}`)
  const { data, has_more, next_cursor } = yield* Schema.decodeEffect(Page)(body)
  return { ids: data.map(({ id }) => id), next_cursor, has_more }
})
