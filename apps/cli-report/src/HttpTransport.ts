/** HTTP as this program does it: undici, through the proxy that `HTTPS_PROXY` names. */
import * as ElnudgeError from "@effect-elnudge/core/ElnudgeError"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

// Only https goes through a proxy, where the key is inside TLS; plain http is for this machine, and stays on it.
const dispatcher = Layer.effect(
  NodeHttpClient.Dispatcher,
  Effect.gen(function* () {
    // Only now: more than a third of the whole program is undici, and many runs ask nothing of the API.
    const { EnvHttpProxyAgent } = yield* Effect.promise(() => import("@effect/platform-node/Undici"))
    return yield* Effect.acquireRelease(
      Effect.try({
        try: () => new EnvHttpProxyAgent({ httpProxy: "" }),
        catch: () =>
          new ElnudgeError.InvalidRequest({
            reason: "HTTPS_PROXY is not the address of a proxy",
            advice: "Give one such as http://proxy.example:8080, or unset it.",
          }),
      }),
      (agent) => Effect.promise(() => agent.destroy()),
    )
  }),
)

export const layer = NodeHttpClient.layerUndiciNoDispatcher.pipe(Layer.provide(dispatcher))
