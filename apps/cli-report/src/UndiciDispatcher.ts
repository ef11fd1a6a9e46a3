/** How undici reaches the API: through the proxy that `HTTPS_PROXY` names. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { EnvHttpProxyAgent } from "@effect/platform-node/Undici"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { UsageError } from "./UsageError.ts"

// Only https goes through a proxy, where the key is inside TLS; plain http is for this machine, and stays on it.
export const layer = Layer.effect(
  NodeHttpClient.Dispatcher,
  Effect.acquireRelease(
    Effect.try({
      try: () => new EnvHttpProxyAgent({ httpProxy: "" }),
      catch: () =>
        new UsageError({
          reason: "HTTPS_PROXY is not the address of a proxy",
          advice: "Give one such as http://proxy.example:8080, or unset it.",
        }),
    }),
    (agent) => Effect.promise(() => agent.destroy()),
  ),
)
