/** HTTP as this program does it: undici, loaded with the first request, because many runs make none. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const dispatcher = Layer.unwrap(
  Effect.map(
    Effect.promise(() => import("./UndiciDispatcher.ts")),
    ({ layer }) => layer,
  ),
)

export const layer = NodeHttpClient.layerUndiciNoDispatcher.pipe(Layer.provide(dispatcher))
