/** How undici reaches the API: through the proxy that `HTTPS_PROXY` names, whose failures are told as the proxy's. */
import * as TransportReason from "@effect-elnudge/core/TransportReason"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { buildConnector, EnvHttpProxyAgent, Pool } from "@effect/platform-node/Undici"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as InterimAnswer from "./InterimAnswer.ts"
import { UsageError } from "./UsageError.ts"

type Connector = ReturnType<typeof buildConnector>

const isConnector = (value: unknown): value is Connector => Predicate.isFunction(value)

/** How undici would connect. */
const connectorOf = (options: object): Connector =>
  Predicate.hasProperty(options, "connect") && isConnector(options.connect) ? options.connect : buildConnector({})

const withoutCredentials = ({ host, protocol }: URL): string => `${protocol}//${host}`

/** The proxy that a pool to the API goes through, if any. */
const proxyOf = (options: object): string | undefined =>
  Predicate.hasProperty(options, "uri") && Predicate.isString(options.uri) && URL.canParse(options.uri)
    ? withoutCredentials(new URL(options.uri))
    : undefined

/** What failed on the way through a proxy, with the proxy's name where it is the proxy's. */
const named = (error: Error, proxy: string | undefined): Error => {
  const reason = TransportReason.classify(error)
  return proxy === undefined || reason._tag !== "Proxy" || reason.proxy !== undefined
    ? error
    : new TransportReason.ProxyCause(proxy, reason.status, error)
}

const toApi = (origin: string | URL, options: object) => {
  const connect = connectorOf(options)
  const proxy = proxyOf(options)
  return new Pool(origin, {
    ...options,
    connect: (to, done) =>
      connect(to, (...[error, socket]) =>
        error === null ? done(null, InterimAnswer.without(socket)) : done(named(error, proxy), null),
      ),
  })
}

const toProxy = (proxy: URL, options: object) => {
  const connect = connectorOf(options)
  return new Pool(proxy.origin, {
    ...options,
    connect: (to, done) =>
      connect(to, (...[error, socket]) =>
        error === null
          ? done(null, socket)
          : done(new TransportReason.ProxyCause(withoutCredentials(proxy), undefined, error), null),
      ),
  })
}

/** `options`: in the place of what the environment names. Only https goes through a proxy, where the key is inside TLS; plain http is for this machine, and stays on it. */
export const make = (options: Pick<EnvHttpProxyAgent.Options, "httpsProxy" | "noProxy"> = {}) =>
  Layer.effect(
    NodeHttpClient.Dispatcher,
    Effect.acquireRelease(
      Effect.try({
        try: () =>
          new EnvHttpProxyAgent({
            httpProxy: "",
            ...options,
            factory: toApi,
            clientFactory: toProxy,
          }),
        catch: () =>
          new UsageError({
            reason: "HTTPS_PROXY is not the address of a proxy",
            advice: "Give one such as http://proxy.example:8080, or unset it.",
          }),
      }),
      (agent) => Effect.promise(() => agent.destroy()),
    ),
  )

export const layer = make()
